import { POSTS } from './context.ts'

/**
 * Everything that can be asked, once: read from here by the command line, the environment and the action's inputs;
 * `--help`, action.yml and the README tables are made of it.
 */
export interface Option {
  /** As option `--name`, input `name`, and variable DEPLOY_NAME. */
  readonly name: string
  readonly kind: 'text' | 'flag' | 'list'
  /** Sentence for people, without the default. */
  readonly description: string
  /** How the value is called in `--help`. */
  readonly value?: string
  readonly default?: string
  /** `file`: on the command line it names a file, elsewhere it is the content. `never`: only elsewhere. */
  readonly onCommandLine?: 'file' | 'never'
  /** False where the input makes no sense in a workflow. */
  readonly input?: false
  readonly secret?: true
  /** Absent: all of them. */
  readonly commands?: readonly string[]
}

/** Commands that ask a server. */
export const ON_A_SERVER = ['plan', 'deploy', 'rollback', 'restore', 'status', 'logs', 'history', 'all', 'doctor'] as const
const WITH_A_REGISTRY = ['build', 'scan', 'publish', 'plan', 'deploy', 'rollback', 'prune', 'all', 'doctor'] as const

export const OPTIONS = [
  { name: 'config', kind: 'text', value: 'FILE', default: 'deploy.yml', description: 'The config file; its folder is the project' },
  {
    name: 'environment',
    kind: 'text',
    value: 'NAME',
    commands: ['check', ...ON_A_SERVER],
    description: "Which of the config's environments; needed where there are several. For check: a deploy to it follows",
  },
  {
    name: 'release',
    kind: 'text',
    value: 'RELEASE',
    commands: ['rollback', 'logs'],
    description: 'A release id, its number, or the beginning of a commit; for rollback the last good one when absent',
  },
  {
    name: 'backup',
    kind: 'text',
    value: 'BACKUP',
    commands: ['rollback', 'restore'],
    description: 'A backup by its id, or "latest": whose data is brought back; for rollback together with the release',
  },
  {
    name: 'confirm',
    kind: 'text',
    value: 'TEXT',
    commands: ['rollback', 'restore', 'prune'],
    description: 'What is lost, typed once more: for restore and prune the name of the stack, for rollback the revision of the backup',
  },
  {
    name: 'down',
    kind: 'flag',
    commands: ['rollback'],
    description: 'Take the schema back, too, with the migration tool of the image that serves; a backup is made before',
  },
  {
    name: 'image',
    kind: 'list',
    value: 'NAME=REF@sha256:…',
    commands: ['scan', 'plan', 'deploy', 'all'],
    description: 'Which bytes to deploy, or to scan, as an image of the config; what build and publish recorded for the commit when absent',
  },
  {
    name: 'images',
    kind: 'text',
    value: 'FILE',
    onCommandLine: 'file',
    commands: ['scan', 'publish', 'plan', 'deploy'],
    description: 'The output `images` of the job before (as JSON), for jobs that share no disk; publish accepts only what a scan passed',
  },
  {
    name: 'kept',
    kind: 'text',
    value: 'FILE',
    onCommandLine: 'file',
    commands: ['prune'],
    description: 'What the servers need: the output `kept` of status; of several environments a JSON object with that of each',
  },
  {
    name: 'audit',
    kind: 'flag',
    commands: ['scan'],
    description: 'Scan `images` as they are deployed, such as status gives them, of whatever commit; no tag follows from it',
  },
  {
    name: 'only',
    kind: 'list',
    value: 'NAME',
    commands: ['build'],
    description: 'Build this image of the config and no other; all of them when absent',
  },
  {
    name: 'platform',
    kind: 'list',
    value: 'PLATFORM',
    commands: ['build'],
    description: 'Build for this platform and no other: linux/amd64 or linux/arm64; those of the config when absent',
  },
  {
    name: 'matrix',
    kind: 'flag',
    commands: ['build'],
    description: 'Build nothing: say what has to be built on which runner, as the output `matrix`',
  },
  {
    name: 'runners',
    kind: 'list',
    value: 'PLATFORM=LABEL',
    commands: ['build'],
    description: 'For `matrix`: which runner builds a platform; two platforms with the same are built there together, by emulation',
  },
  {
    name: 'parts',
    kind: 'text',
    value: 'FILE',
    onCommandLine: 'file',
    commands: ['build', 'plan'],
    description:
      'What several machines built (a JSON object whose values are their outputs `images`): build makes one image of it, plan takes it as it is',
  },
  {
    name: 'variables',
    kind: 'list',
    value: 'NAME=VALUE',
    description: 'Values for ${NAME} in the config, before those of the environment; for reusable workflows, which get no `env`',
  },
  {
    name: 'dry-run',
    kind: 'flag',
    commands: ['build', 'scan', 'publish', 'deploy', 'rollback', 'restore', 'all', 'init'],
    description: 'Show what would happen; change nothing',
  },
  { name: 'no-seed', kind: 'flag', commands: ['plan', 'deploy', 'all'], description: 'Deploy without seeding' },
  {
    name: 'from-broken',
    kind: 'flag',
    commands: ['deploy', 'all'],
    description: 'Deploy although an earlier operation left the stack BROKEN, and nobody knows in which state',
  },
  { name: 'reason', kind: 'text', value: 'TEXT', commands: ['deploy', 'rollback', 'all'], description: 'Why: kept with the release' },
  {
    name: 'registry',
    kind: 'text',
    value: 'HOST',
    commands: WITH_A_REGISTRY,
    description: 'Replaces registry.host of the config: a mirror, a test registry',
  },
  {
    name: 'registry-username',
    kind: 'text',
    value: 'NAME',
    commands: WITH_A_REGISTRY,
    description: 'Replaces registry.username of the config',
  },
  {
    name: 'registry-password',
    kind: 'text',
    secret: true,
    onCommandLine: 'never',
    commands: WITH_A_REGISTRY,
    description: 'Replaces registry.password of the config',
  },
  {
    name: 'ssh-key',
    kind: 'text',
    value: 'FILE',
    secret: true,
    onCommandLine: 'file',
    commands: [...ON_A_SERVER, 'init'],
    description: 'The private key for the server, without a passphrase',
  },
  {
    name: 'known-hosts',
    kind: 'text',
    value: 'FILE',
    onCommandLine: 'file',
    commands: [...ON_A_SERVER, 'init'],
    description: 'known_hosts lines of the server; replaces those of the environment',
  },
  {
    name: 'post',
    kind: 'text',
    value: 'KINDS',
    onCommandLine: 'never',
    commands: ['check', 'build', 'scan', 'publish', 'plan', 'deploy', 'rollback', 'all'],
    description: `What a job posts to GitHub where its token may, separated by commas: ${POSTS.join(', ')} (all of them when absent), or none`,
  },
  { name: 'service', kind: 'text', value: 'NAME', commands: ['logs'], description: 'Only this service; all of them when absent' },
  {
    name: 'lines',
    kind: 'text',
    value: 'NUMBER',
    default: '100',
    commands: ['logs'],
    description: 'How many lines of each container',
  },
  {
    name: 'host',
    kind: 'text',
    value: 'HOST',
    input: false,
    commands: ['init'],
    description: 'The server, for the list of what is to do: HOST or USER@HOST. With --ssh-key it is asked, too, and the plan is shown',
  },
  {
    name: 'user',
    kind: 'text',
    value: 'NAME',
    input: false,
    commands: ['init'],
    description: 'The user on the server; deploy when absent',
  },
  {
    name: 'prepare',
    kind: 'flag',
    input: false,
    commands: ['doctor'],
    description: 'Print, and do not run, what makes a fresh Debian server ready',
  },
  {
    name: 'rollback-key',
    kind: 'text',
    value: 'FILE',
    onCommandLine: 'file',
    input: false,
    commands: ['doctor'],
    description: 'With --prepare: print instead what lets in this public key, which may only look at the stack and roll it back',
  },
  { name: 'yes', kind: 'flag', input: false, commands: ['init'], description: 'Ask nothing, and overwrite what is there' },
  { name: 'reports', kind: 'text', value: 'FOLDER', default: 'reports', description: 'Where reports are written' },
  { name: 'json', kind: 'flag', input: false, description: 'One JSON document on standard output, everything else on standard error' },
] as const satisfies readonly Option[]

export type OptionName = (typeof OPTIONS)[number]['name']

/** What is asked by the environment variable of an option. */
export const variableOf = (name: string): string => `DEPLOY_${name.toUpperCase().replaceAll('-', '_')}`

/** How the runner hands an input to an action. */
export const inputVariableOf = (name: string): string => `INPUT_${name.toUpperCase()}`

/** What was asked before it is understood: texts, each with the place it came from. */
export interface Asked {
  readonly command: string | undefined
  readonly values: ReadonlyMap<OptionName, { readonly texts: readonly string[]; readonly from: string; readonly isFile?: boolean }>
  readonly problems: readonly string[]
  /** Words that would have been understood, where only names of options were misspelt. */
  readonly meant?: readonly string[]
  readonly wants?: 'help' | 'version' | 'completion'
}
