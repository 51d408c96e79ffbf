import type { Argv } from '../ports.ts'

/** What the engine is and can. */
export const dockerInfo = (): Argv => ['docker', 'info', '--format', '{{json .}}']

export interface ContainerRun {
  /** Known beforehand, so that it can be removed whatever happens to the client. */
  readonly name: string
  readonly image: string
  /** Mounted at `/project`, where the command starts. */
  readonly project: string
  /** Joined, so that services of a test environment are reached by their names. */
  readonly network?: string | undefined
  /** Names only: the values come from the environment of the client, not from its arguments. */
  readonly variables: readonly string[]
  readonly command: readonly string[]
}

/** A command in a container that sees the project; its exit code is the command's. */
export const dockerRun = (run: ContainerRun): Argv => [
  'docker',
  'run',
  '--rm',
  '--init',
  '--name',
  run.name,
  '--label',
  'deploy-action.check=true',
  '--mount',
  `type=bind,${csvSafe(`source=${run.project}`)},target=/project`,
  '--workdir',
  '/project',
  ...(run.network === undefined ? [] : ['--network', run.network]),
  ...run.variables.flatMap((variable) => ['--env', variable]),
  '--entrypoint',
  // an image's entrypoint would swallow the command
  run.command[0] ?? 'true',
  '--',
  run.image,
  ...run.command.slice(1),
]

export const dockerRemove = (container: string): Argv => ['docker', 'rm', '--force', '--volumes', container]

const csvSafe = (field: string): string => (/[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)
