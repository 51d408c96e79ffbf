import { type ComposeTest, composeDownOptions, composeRunOptions, composeUpOptions } from '../../commands/compose-test.ts'

/** One call of `docker compose`. */
export interface ComposeCall extends ComposeTest {
  readonly command: 'up' | 'run' | 'down'
  readonly options: readonly string[]
  /** Services, or the service and its command. */
  readonly args: readonly string[]
  readonly directory: string
  /** The whole environment of the child. */
  readonly env: Readonly<Record<string, string>>
  readonly onText: (text: string) => void
}

/** Ends when compose does; null where a signal ended it. */
export type RunCompose = (call: ComposeCall) => Promise<{ readonly code: number | null }>

type Around = Pick<ComposeCall, 'project' | 'file' | 'directory' | 'env' | 'onText'>

export const composeUp = (around: Around, services: readonly string[], timeoutMs: number): ComposeCall => ({
  ...around,
  command: 'up',
  options: composeUpOptions(timeoutMs),
  args: services,
})

export const composeRun = (around: Around, service: string, command: readonly string[]): ComposeCall => ({
  ...around,
  command: 'run',
  options: composeRunOptions(),
  args: [service, ...command],
})

export const composeDown = (around: Around): ComposeCall => ({ ...around, command: 'down', options: composeDownOptions(), args: [] })
