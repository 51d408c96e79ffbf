/** How one stage went. */
export interface StageOutcome {
  readonly result: 'passed' | 'failed' | 'timed out'
  readonly code: number | null
  /** What was running when it failed: "setup", "services", "command". */
  readonly part: string
  readonly lastLines: readonly string[]
}

export type PartOutcome = Omit<StageOutcome, 'lastLines'>

export const PASSED: PartOutcome = { result: 'passed', code: 0, part: 'command' }

/** One part after the other, until one does not pass. */
export const inOrder = async (parts: readonly (() => Promise<PartOutcome>)[]): Promise<PartOutcome> => {
  let outcome: PartOutcome = PASSED
  for (const part of parts) {
    outcome = await part()
    if (outcome.result !== 'passed') return outcome
  }
  return outcome
}

export const ended = (part: string, code: number | null, timedOut: boolean): PartOutcome => {
  if (timedOut) return { result: 'timed out', code, part }
  return { result: code === 0 ? 'passed' : 'failed', code, part }
}
