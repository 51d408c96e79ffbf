import { stringify } from 'yaml'
import { COMMANDS, type CommandName, TERMINAL_COMMANDS } from '../../src/entry/context.ts'
import { COMMAND_SENTENCES } from '../../src/entry/help.ts'
import { ON_A_SERVER, OPTIONS, type Option } from '../../src/entry/options.ts'
import { OUTPUTS } from '../../src/entry/outputs.ts'

const HEADER = '# Written by script/generate from src/entry/options.ts and src/entry/help.ts: change those.\n'

interface Input {
  readonly description: string
  readonly required: false
  readonly default?: string
}

/** Commands with an action of their own. */
export const ACTIONS: readonly CommandName[] = COMMANDS.filter((name) => name !== 'all' && !TERMINAL_COMMANDS.includes(name))

/** The action whose command is an input. */
export const rootAction = (): string =>
  HEADER +
  yaml({
    name: 'deploy-action',
    description:
      'From a push to a healthy compose project on your server: test, build, scan, publish, deploy over SSH, migrate, health-check, roll back',
    branding: { icon: 'upload-cloud', color: 'green' },
    inputs: { command: { description: `What to do: ${[...ACTIONS, 'all'].join(', ')}`, required: false, default: 'all' }, ...inputs() },
    outputs: outputs(),
    runs: { using: 'node24', main: 'dist/action.js' },
  })

/** The same bundle with one command. */
export const subAction = (command: CommandName): string =>
  HEADER +
  yaml({
    name: `deploy-action ${command}`,
    description: COMMAND_SENTENCES[command],
    inputs: {
      command: { description: 'Leave it as it is: it tells the shared bundle what this action does', required: false, default: command },
      ...inputs(command),
    },
    outputs: outputs(),
    runs: { using: 'node24', main: '../../dist/action.js' },
  })

export const subActionReadme = (command: CommandName): string =>
  [
    `# ${command}`,
    '',
    `${COMMAND_SENTENCES[command]}.`,
    '',
    '```yaml',
    `- uses: org/deploy-action/action/${command}@v1`,
    ...((ON_A_SERVER as readonly CommandName[]).includes(command)
      ? ['  with:', '    ssh-key: ${{ secrets.SSH_KEY }}', '    known-hosts: ${{ vars.KNOWN_HOSTS }}']
      : []),
    '```',
    '',
    `The same as \`command: ${command}\` of the main action, and as \`node dist/cli.js ${command}\` on a laptop.`,
    '',
    '## Inputs',
    '',
    ...inputTable(command),
    '',
    '## Outputs',
    '',
    ...outputTable(),
    '',
  ].join('\n')

export const inputTable = (command?: CommandName): readonly string[] => [
  '| input | what | default |',
  '| --- | --- | --- |',
  ...Object.entries(inputs(command)).map(
    ([name, input]) => `| \`${name}\` | ${cell(input.description)} | ${input.default === undefined ? '' : `\`${input.default}\``} |`,
  ),
]

export const outputTable = (): readonly string[] => [
  '| output | what |',
  '| --- | --- |',
  ...Object.entries(OUTPUTS).map(([name, description]) => `| \`${name}\` | ${cell(description)} |`),
]

const inputs = (command?: CommandName): Readonly<Record<string, Input>> => {
  const options: readonly Option[] = OPTIONS
  const fitting = options.filter(
    (option) => option.input !== false && (command === undefined || (option.commands?.includes(command) ?? true)),
  )
  return {
    ...Object.fromEntries(fitting.map((option) => [option.name, { description: described(option), required: false as const }])),
    'github-token': {
      description:
        'For what is posted to GitHub, the scan rules of a pull request’s base branch, and the login for ghcr.io where the config and `docker login` give none',
      required: false,
      default: '${{ github.token }}',
    },
  }
}

/** Defaults stand in the text: an input that is always set would beat the environment variable of the same name. */
const described = (option: Option): string => {
  const form = option.kind === 'flag' ? ' ("true" or "false")' : option.kind === 'list' ? ` (${option.value}, one a line)` : ''
  return `${option.description}${form}${option.default === undefined ? '' : `; default ${option.default}`}`
}

const outputs = (): Readonly<Record<string, { readonly description: string }>> =>
  Object.fromEntries(Object.entries(OUTPUTS).map(([name, description]) => [name, { description }]))

const cell = (text: string): string => text.replaceAll('|', '\\|')

const yaml = (value: unknown): string => stringify(value, { lineWidth: 0 })
