import { DeployError } from '../errors.ts'
import type { JournalEvent } from './journal.ts'

const LAST_LINES = 12

/** How far a program on the server came, by its own journal. */
export class Progress {
  #step: number | null = null
  #state: 'before' | 'switched' | 'committed' = 'before'
  readonly #lines: string[] = []

  take(event: JournalEvent, line: string): void {
    if (event.kind === 'step') this.#step = event.step
    if (event.kind === 'switch') this.#state = 'switched'
    if (event.kind === 'committed') this.#state = 'committed'
    // what others wrote there as base64 was shown as text when it came
    this.#lines.push(line.slice(0, 120))
    if (this.#lines.length > LAST_LINES) this.#lines.shift()
  }

  /** The program died without a word. @param nameOf how people know a step */
  killed(
    where: { readonly host: string; readonly directory: string; readonly operation: string },
    nameOf: (step: number) => string,
  ): DeployError {
    const step = this.#step === null ? 'before its first step' : `in step ${this.#step}, ${nameOf(this.#step)}`
    return new DeployError('UNKNOWN', `the program on ${where.host} was killed ${step}; ${CONSEQUENCES[this.#state]}`, {
      evidence: [`the end of the journal of ${where.operation}:`, ...this.#lines],
      hint: `deploy-action status\non the server: journalctl -k | grep -i 'out of memory'\non the server: tail ${where.directory}/.deploy/operations/${where.operation}/stray\nby hand: run it again when you know why; it first settles what was left`,
      ...(this.#state === 'before' ? { serving: 'what served before' } : {}),
    })
  }
}

const CONSEQUENCES = {
  before: 'nothing that serves was touched',
  switched: 'services may be stopped or half switched, and nobody finishes this before the next run',
  committed: 'the new release was committed and serves; what is left is to tidy up',
} as const
