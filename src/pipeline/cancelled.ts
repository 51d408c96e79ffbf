import { DeployError } from '../errors.ts'
import type { Ports } from '../ports.ts'

/** @throws DeployError CANCELLED where the run was cancelled meanwhile */
export const throwIfCancelled = (ports: Ports): void => {
  if (ports.cancellation.signal.aborted) throw cancelled()
}

/**
 * The result of some work, or CANCELLED at once when the run is: whoever tidies up must not wait for the work's own
 * end. In a run that is cancelled already it is not even started.
 */
export const untilCancelled = async <T>(ports: Ports, start: () => Promise<T>): Promise<T> => {
  const { signal } = ports.cancellation
  throwIfCancelled(ports)
  let give: () => void = () => {}
  // listening before it starts: the signal may come while it does
  const abort = new Promise<never>((_, reject) => {
    give = () => reject(cancelled())
    signal.addEventListener('abort', give, { once: true })
  })
  // whoever loses the race may still fail; nobody listens any more
  abort.catch(() => {})
  try {
    const work = start()
    work.catch(() => {})
    return await Promise.race([work, abort])
  } finally {
    signal.removeEventListener('abort', give)
  }
}

const cancelled = (): DeployError => new DeployError('CANCELLED', 'the run was cancelled', { hint: 'by hand: run the same command again' })
