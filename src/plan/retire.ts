import { runsOnce } from './infrastructure.ts'
import type { ComposeModel, Observed, ReleasedService, ReleaseRecord } from './observed.ts'
import { neighbours, ownReleases } from './parts.ts'
import { provenReadiness } from './readiness.ts'
import type { Step } from './steps.ts'
import type { Target } from './target.ts'
import { containersOf } from './wanted.ts'

export type RetireStep = Extract<Step, { kind: 'retire' }>

/**
 * Services that we shipped and that this release has no more: renamed, removed, or of no replicas now. Nothing takes their
 * place, so nothing else would stop them, and a bot of another name would run beside itself. Asked of all releases that are
 * kept, not only of the one in force: a going back that ended half done leaves services of the release that it went to.
 */
export const retireSteps = (
  target: Target,
  model: ComposeModel,
  observed: Observed,
  current: ReleaseRecord | null,
): readonly RetireStep[] => {
  const shipped: Readonly<Record<string, ReleasedService>> =
    current === null ? {} : Object.assign({}, ...ownReleases(observed, current).map(({ services }) => services), current.services)
  return Object.entries(shipped).flatMap(([service, { readiness }]): RetireStep[] => {
    const { containers, running } = containersOf(observed, service)
    const cause = goneBecause(target, model, service, current?.services[service])
    if (cause === null || containers.length === 0 || isOfOthers(target, observed, service)) return []
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
}

/** Of a profile that is off there may be what somebody started by hand; what the release in force started is ours to end. */
const goneBecause = (
  { ownership }: Target,
  { services }: ComposeModel,
  service: string,
  inForce: ReleasedService | undefined,
): string | null => {
  const wasStarted = inForce !== undefined && inForce.replicas !== 0
  const compose = services[service]
  if (ownership[service] === undefined) return compose === undefined ? 'this release has no such service' : null
  if (compose === undefined) return wasStarted ? 'its profile is off now' : null
  if (compose.replicas === 0) return 'this release wants none of it'
  return wasStarted && runsOnce(service, { services }) ? 'it runs once and ends now' : null
}

/** Also what is to become theirs: it runs on until they ship it. */
const isOfOthers = ({ config }: Target, observed: Observed, service: string): boolean =>
  config.compose.elsewhere.includes(service) ||
  neighbours(observed).some(({ services, infrastructure }) => Object.hasOwn(services, service) || infrastructure.includes(service))
