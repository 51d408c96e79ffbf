import { DeployError } from '../errors.ts'

/** Everybody waits until everybody is there; one that fails, or a cancelled run, ends it for all. */
export class Meeting<T> {
  readonly result: Promise<readonly T[]>
  readonly #arrived: (T | undefined)[] = []
  readonly #size: number
  #missing: number
  #resolve: (all: readonly T[]) => void = () => {}
  #reject: (reason: unknown) => void = () => {}

  constructor(size: number, signal: AbortSignal) {
    this.#size = size
    this.#missing = size
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // whoever did not come to it hears of the failure elsewhere
    this.result.catch(() => {})
    signal.addEventListener('abort', () => this.fail(new DeployError('CANCELLED', 'the run was cancelled before anything was touched')))
  }

  arrive(place: number, value: T): Promise<readonly T[]> {
    this.#arrived[place] = value
    this.#missing -= 1
    if (this.#missing === 0) this.#resolve(this.#arrived.slice(0, this.#size) as T[])
    return this.result
  }

  fail(reason: unknown): void {
    this.#reject(reason)
  }
}
