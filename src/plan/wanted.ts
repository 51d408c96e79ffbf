import { mountedChange } from './changed-files.ts'
import { runsOnce } from './infrastructure.ts'
import type { ComposeModel, ComposeService, Observed, ObservedContainer, Readiness } from './observed.ts'
import { comesLast } from './order.ts'
import { configured, provenReadiness, readinessOf } from './readiness.ts'
import type { Target } from './target.ts'

/** One service of ours and what is to become of it. */
export interface Wanted {
  readonly service: string
  readonly compose: ComposeService
  readonly digest: string
  readonly readiness: Readiness
  readonly order: 'stop-first' | 'start-first'
  readonly parallelism: number
  readonly exactly: boolean
  readonly after: readonly string[]
  /** Where nobody said whom it waits for: it waits for all others. */
  readonly last: boolean
  readonly running: readonly ObservedContainer[]
  readonly containers: readonly ObservedContainer[]
  /** Why it has to be replaced; null where it serves already. */
  readonly cause: string | null
}

/** Every service that runs an image of this config, with the reason for which it has to be replaced. */
export const wantedServices = (target: Target, model: ComposeModel, observed: Observed, changed: readonly string[]): readonly Wanted[] =>
  Object.entries(target.ownership).flatMap(([service, key]) => {
    const compose = model.services[service]
    if (compose === undefined || compose.replicas === 0 || runsOnce(service, model)) return []
    const digest = target.images[key]?.digest ?? ''
    const { containers, running } = containersOf(observed, service)
    const config = configured(target.config, service)
    const recorded = target.record?.services[service]
    return [
      {
        service,
        compose,
        digest,
        readiness: recorded === undefined ? readinessOf(config, compose) : provenReadiness(recorded.readiness),
        order: recorded?.order ?? config?.order ?? 'stop-first',
        parallelism: recorded?.parallelism ?? config?.parallelism ?? 1,
        exactly: recorded?.exactly ?? config?.exactly === 1,
        after: recorded?.after ?? [...(config?.after ?? []), ...Object.keys(compose.dependsOn)],
        last: recorded === undefined ? comesLast(config) : recorded.last === true,
        containers,
        running,
        cause: changeOf({ service, compose, digest, containers, running, observed, mounted: mountedChange(target.path, compose, changed) }),
      },
    ]
  })

/** All that is there of a service but for what ran once, and those of it that run. */
export const containersOf = ({ containers: seen }: Observed, service: string): Pick<Wanted, 'containers' | 'running'> => {
  const containers = seen.filter((container) => container.service === service && !container.oneOff)
  return { containers, running: containers.filter(({ state }) => state === 'running' || state === 'restarting') }
}

interface Comparison {
  readonly service: string
  readonly compose: ComposeService
  readonly digest: string
  readonly containers: readonly ObservedContainer[]
  readonly running: readonly ObservedContainer[]
  readonly observed: Observed
  readonly mounted: string | undefined
}

const changeOf = ({ service, compose, digest, containers, running, observed, mounted }: Comparison): string | null => {
  if (containers.length === 0) return 'does not exist yet'
  if (running.length === 0) return 'does not run'
  if (running.some((container) => !runs(container, digest, observed))) return 'image changed'
  if (observed.recordedHashes[service] !== observed.hashes[service]) return 'configuration changed'
  if (running.length !== compose.replicas || containers.length !== compose.replicas) return `${running.length} of ${compose.replicas} run`
  if (running.some(({ state, health }) => state === 'restarting' || health === 'unhealthy')) return 'is not healthy'
  return mounted === undefined ? null : `${mounted} changed, which it mounts`
}

/** Engines name an image by its index or by its configuration, depending on their store: the registry digest decides. */
export const runs = (container: ObservedContainer, digest: string, observed: Pick<Observed, 'imageDigests'>): boolean =>
  container.imageId === digest || (observed.imageDigests[container.imageId] ?? []).some((known) => known.endsWith(`@${digest}`))
