/** How long may a server let us wait before it is ready? */

/** Between two words of ours: the slowest look at a busy server takes a tenth of that. */
const SILENCE_MS = 120_000
/** Undoing what a killed run left may wait for its migration and for services to become healthy again. */
const SETTLING_MS = 3_600_000
/** A server that keeps talking, and never comes to its point. */
const ALL_IN_ALL_MS = 7_200_000

export interface Patience {
  readonly silenceMs: number
  readonly settlingMs: number
  readonly allInAllMs: number
}

export const PATIENCE: Patience = { silenceMs: SILENCE_MS, settlingMs: SETTLING_MS, allInAllMs: ALL_IN_ALL_MS }

/** Calls `onSilent` once, when the server has not said a word of ours in the time that its last one allows. */
export class Silence {
  /** What was waited for in vain; null as long as there is hope. */
  broken: string | null = null
  readonly #patience: Patience
  readonly #waitMs: number
  readonly #onSilent: () => void
  readonly #end: NodeJS.Timeout
  #timer: NodeJS.Timeout | undefined
  #isOver = false

  /** @param waitMs how long the server may wait for the lock */
  constructor(patience: Patience, waitMs: number, onSilent: () => void) {
    this.#patience = patience
    this.#waitMs = waitMs
    this.#onSilent = onSilent
    const allInAll = patience.allInAllMs + waitMs
    this.#end = setTimeout(() => this.#break(`was not ready after ${allInAll / 1000} s`), allInAll)
    this.#allow(patience.silenceMs)
  }

  /** Every line of ours is a sign of life; some announce that more time is needed. */
  heard(word: string): void {
    if (word.startsWith('settling')) this.#allow(this.#patience.settlingMs)
    else this.#allow(this.#patience.silenceMs + (word.includes(' waiting ') ? this.#waitMs : 0))
  }

  over(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    clearTimeout(this.#end)
  }

  #allow(ms: number): void {
    clearTimeout(this.#timer)
    if (!this.#isOver) this.#timer = setTimeout(() => this.#break(`said nothing for ${ms / 1000} s before it was ready`), ms)
  }

  #break(how: string): void {
    this.broken ??= how
    this.over()
    this.#onSilent()
  }
}
