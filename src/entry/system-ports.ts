import { systemClock } from '../adapters/clock.ts'
import { systemPrograms } from '../adapters/programs.ts'
import type { Cancellation, Log, Ports } from '../ports.ts'

/** The real effects. What is heavy, or seldom used, is loaded when it is first used. */
export const systemPorts = (log: Log, cancellation: Cancellation, env: Ports['env']): Ports => ({
  programs: systemPrograms(cancellation.signal),
  clock: systemClock,
  log,
  cancellation,
  env,
  openRegistry: async (host, credentials) =>
    (await import('../adapters/registry.ts')).registries(systemClock, cancellation.signal)(host, credentials),
})
