/** What `docker compose` is told for a test environment: options of its own and of each of its commands. */
export interface ComposeTest {
  /** Unique for each run: two runs on one machine never share containers, networks or volumes. */
  readonly project: string
  /** Laid over each other; paths in them are relative to the folder of the first. */
  readonly files: readonly string[]
}

/** Starts the services that are named (and what they depend on) and waits until they are healthy. */
export const composeUpOptions = (timeoutMs: number): readonly string[] => [
  '--build',
  '--wait',
  '--wait-timeout',
  String(Math.max(1, Math.ceil(timeoutMs / 1000))),
  '--quiet-pull',
]

/** One container of a service, whose exit code is the result; nobody types into it. */
export const composeRunOptions = (): readonly string[] => ['--rm', '--interactive=false', '--build', '--quiet-pull']

/** Nothing stays: containers, networks, volumes, also those of services that the file no longer names; and images built for it. */
export const composeDownOptions = (): readonly string[] => ['--volumes', '--remove-orphans', '--rmi', 'local', '--timeout', '2']
