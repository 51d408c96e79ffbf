import type { Log } from '../ports.ts'

/** Short enough to see that nothing hangs, long enough to fill no log. */
const EVERY_MS = 30_000

/** Says from time to time that something long is still under way. @returns what ends it */
export const underWay = (log: Log, what: string, everyMs = EVERY_MS): (() => void) => {
  let times = 0
  const timer = setInterval(() => {
    times += 1
    log.info(`… ${what}: still under way after ${Math.round((times * everyMs) / 1000)} s`)
  }, everyMs)
  // never a reason for the process to stay
  timer.unref()
  return () => clearInterval(timer)
}
