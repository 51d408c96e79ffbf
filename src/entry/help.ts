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
  all: 'check, build, scan, publish and deploy in one step',
  init: 'Write the config and the workflow from the compose file, the Dockerfiles and the tests that are there; list what is left to do',
  doctor:
    'Look at config, workflow, key, registry and server; say of each thing whether it is well, and which command mends it; change nothing',
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
  'deploy-action COMMAND --help shows the options of a command.',
  'Logs go to standard error. Exit codes: 0, or the code of the failure (see README.md).',
]

const ofCommand = (name: (typeof COMMANDS)[number]): readonly string[] => {
  const options = OPTIONS.filter((option: Option) => option.commands?.includes(name) ?? true)
  return [
    `deploy-action ${name} ${name === 'rollback' ? '[RELEASE] ' : name === 'restore' ? '[BACKUP] ' : ''}[OPTIONS]`,
    `  ${COMMAND_SENTENCES[name]}.`,
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

const columns = (rows: readonly (readonly [string, string])[]): readonly string[] => {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}
