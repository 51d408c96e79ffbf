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
  /** Called for each line of its output, bounded. */
  readonly onLine: (line: string) => void
  /** Stops it; it then ends as if a signal had ended it. */
  readonly signal?: AbortSignal
}

/** Ends when compose does; null where a signal ended it. */
export type RunCompose = (call: ComposeCall) => Promise<{ readonly code: number | null }>

/** A call without anybody who listens. */
export type ComposePlan = Omit<ComposeCall, 'onLine' | 'signal'>
export type ComposeSurroundings = Pick<ComposeCall, 'project' | 'files' | 'directory' | 'env'>

export const composeUp = (around: ComposeSurroundings, services: readonly string[], timeoutMs: number): ComposePlan => ({
  ...around,
  command: 'up',
  options: composeUpOptions(timeoutMs),
  args: services,
})

export const composeRun = (around: ComposeSurroundings, service: string, command: readonly string[]): ComposePlan => ({
  ...around,
  command: 'run',
  options: composeRunOptions(),
  args: [service, ...command],
})

export const composeDown = (around: ComposeSurroundings): ComposePlan => ({
  ...around,
  command: 'down',
  options: composeDownOptions(),
  args: [],
})
