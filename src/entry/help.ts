import packageFile from '../../package.json' with { type: 'json' }
import { COMMANDS } from './context.ts'
import { OPTIONS, type Option, variableOf } from './options.ts'

/** What each command does, in one line: for `--help`, action.yml and the README tables. */
export const COMMAND_SENTENCES: Readonly<Record<(typeof COMMANDS)[number], string>> = {
  check: 'Lint and test the project as its config says',
  build: 'Build every image for all its platforms and push it by digest',
  scan: 'Scan every platform of the images that were built',
  publish: 'Tag the images that passed the scan: sha, latest and further tags',
  plan: 'Read the server and show each step of a deploy and why it is there; change nothing',
  deploy: 'Bring the server to this commit: pull, migrate, switch, check health, seed, smoke test, or go back',
  rollback: 'Go back to the last good release, or to the one that is named',
  restore: 'Bring the data of a proven backup back, or list the backups; says what would be lost, and asks for the name of the stack',
  status: 'Show what runs, since when and from which commit, and where it differs from the record',
  prune: 'Show which images in the registry nothing needs any more; with --confirm remove them',
  logs: 'Show the last lines of the containers, or of the operation that made a release; without the values of the environment file',
  history: 'Show who did what to the stack, when, how long it took and how it ended',
  all: 'check, build, scan, publish and deploy in one step',
  init: 'Write the config and the workflow from the compose file, the Dockerfiles and the tests that are there; list what is left to do, and with a key what a deploy would do',
  doctor:
    'Look at config, workflow, key, registry and server; say of each thing whether it is well, and which command mends it; change nothing',
  exec: 'Refused, with the reason and the ways there are',
}

export const versionText = (): string => `${packageFile.version}\n`

export const helpText = (command: string | undefined): string => {
  const name = COMMANDS.find((known) => known === command)
  return `${(name === undefined ? overview() : ofCommand(name)).join('\n')}\n`
}

const overview = (): readonly string[] => [
  'deploy-action COMMAND [OPTIONS]',
  '',
  ...columns(COMMANDS.map((name) => [name, COMMAND_SENTENCES[name]])),
  '',
  'deploy-action COMMAND --help shows the options of a command; completion bash, zsh or fish prints a completion.',
  'Logs go to standard error. Exit codes: 0, or the code of the failure (see README.md).',
]

/** What may stand after a command without an option before it. */
const WORDS: Readonly<Partial<Record<(typeof COMMANDS)[number], string>>> = {
  rollback: '[RELEASE] ',
  restore: '[BACKUP] ',
  logs: '[SERVICE] ',
}

const ofCommand = (name: (typeof COMMANDS)[number]): readonly string[] => {
  const options = OPTIONS.filter((option: Option) => option.commands?.includes(name) ?? true)
  return [
    `deploy-action ${name} ${WORDS[name] ?? ''}[OPTIONS]`,
    ...broken(`${COMMAND_SENTENCES[name]}.`, WIDTH - 2).map((line) => `  ${line}`),
    '',
    ...columns(
      options.map((option: Option) => [
        optionText(option),
        `${option.description}${option.default === undefined ? '' : ` (default: ${option.default})`}`,
      ]),
    ),
  ]
}

/** How it is given: as an option where that is possible, else by its variable. */
const optionText = (option: Option): string => {
  if (option.onCommandLine === 'never') return variableOf(option.name)
  return option.kind === 'flag' ? `--${option.name}` : `--${option.name} ${option.value ?? 'TEXT'}`
}

/** A terminal has at least this many. */
const WIDTH = 100
const NARROWEST = 40

/** Two columns, the right one broken between words. */
const columns = (rows: readonly (readonly [string, string])[]): readonly string[] => {
  const width = Math.max(...rows.map(([left]) => left.length))
  const room = Math.max(NARROWEST, WIDTH - width - 4)
  return rows.flatMap(([left, right]) => broken(right, room).map((line, index) => `  ${(index === 0 ? left : '').padEnd(width)}  ${line}`))
}

const broken = (text: string, room: number): readonly string[] => {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= room) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
