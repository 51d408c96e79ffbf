import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../ports.ts'

/** The machine's clocks. */
export const systemClock: Clock = {
  now: () => new Date(),
  elapsed: () => performance.now(),
  sleep: async (ms) => {
    await wait(ms)
  },
}
