import type { Cancellation } from '../ports.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export interface ListeningCancellation extends Cancellation {
  /** Fires at the second signal: whoever asked does not want to wait. */
  readonly impatience: AbortSignal
}

/** The run is cancelled by a signal: the runner sends SIGINT, 7.5 s later SIGTERM, 2.5 s later the kill. */
export const listenForCancellation = (): ListeningCancellation => {
  const first = new AbortController()
  const second = new AbortController()
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (first.signal.aborted) second.abort(signal)
      else first.abort(signal)
    })
  }
  return { signal: first.signal, impatience: second.signal }
}
