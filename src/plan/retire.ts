import type { ComposeModel, Observed, ReleaseRecord } from './observed.ts'
import { neighbours } from './parts.ts'
import { provenReadiness } from './readiness.ts'
import type { Step } from './steps.ts'
import type { Target } from './target.ts'
import { containersOf } from './wanted.ts'

export type RetireStep = Extract<Step, { kind: 'retire' }>

/**
 * Services of the release in force that this one has no more: renamed, removed, or of no replicas now. Nothing takes their
 * place, so nothing else would stop them, and a bot of another name would run beside itself.
 */
export const retireSteps = (
  target: Target,
  model: ComposeModel,
  observed: Observed,
  current: ReleaseRecord | null,
): readonly RetireStep[] =>
  Object.entries(current?.services ?? {}).flatMap(([service, { readiness }]): RetireStep[] => {
    const { containers, running } = containersOf(observed, service)
    const cause = goneBecause(target, model, service)
    if (cause === null || containers.length === 0 || neighbours(observed).some(({ services }) => Object.hasOwn(services, service)))
      return []
    return [
      {
        kind: 'retire',
        cause,
        service,
        ids: containers.map(({ id }) => id),
        running: running.map(({ id }) => id),
        policy: running[0]?.policy || 'no',
        readinessBefore: provenReadiness(readiness),
      },
    ]
  })

/** A service of a profile that is not started now is declared all the same, and somebody may have started it. */
const goneBecause = ({ ownership }: Target, { services }: ComposeModel, service: string): string | null => {
  if (services[service] === undefined) return ownership[service] === undefined ? 'this release has no such service' : null
  return services[service].replicas === 0 ? 'this release wants none of it' : null
}
