import type { Plan, Step } from './steps.ts'

/** What several servers that act as one agree on. */
export interface Company {
  /** Of the release, on each of them. */
  readonly number: number
}

/** What touches, or judges, what serves. */
const FROM_THE_SWITCH_ON: readonly Step['kind'][] = ['retire', 'restart', 'switch', 'seed', 'http-seed', 'smoke', 'verify']

/**
 * The plan of one of several servers. It waits before its switch until all are prepared and those before it are healthy,
 * and before its commit until all are healthy. A rollback is never rolled back, so it does not wait a second time.
 */
export const withGates = (plan: Plan): Plan => {
  const first = plan.steps.findIndex(({ kind }) => FROM_THE_SWITCH_ON.includes(kind))
  const last = plan.steps.findIndex(({ kind }) => kind === 'commit')
  if (first < 0 || last < 0) return plan
  return {
    ...plan,
    steps: [
      ...plan.steps.slice(0, first),
      { kind: 'gate', gate: 'switch', cause: 'all servers are prepared, and those before this one healthy' },
      ...plan.steps.slice(first, last),
      ...(plan.kind === 'rollback' ? [] : [{ kind: 'gate', gate: 'commit', cause: 'all servers are healthy' } as const]),
      ...plan.steps.slice(last),
    ],
  }
}
