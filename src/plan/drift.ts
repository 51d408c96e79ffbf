import type { Observed, ReleasedService, ReleaseRecord } from './observed.ts'
import { runs } from './wanted.ts'

type InForce = Pick<ReleaseRecord, 'services' | 'infrastructure'>

/** A sentence for each place where what runs is not what the records of the releases in force say. */
export const driftOf = (releases: readonly InForce[], observed: Observed): readonly string[] => [
  ...releases.flatMap(({ services }) =>
    Object.entries(services).flatMap(([service, released]) => driftOfService(observed, service, released)),
  ),
  ...leftRunning(releases, observed).map(
    ({ service, release }) => `${service} of release ${release} runs still, and no release in force has it`,
  ),
]

/** What a kept release started and none in force knows: a going back that ended half done leaves such services. */
export const leftRunning = (
  inForce: readonly InForce[],
  { releases, containers }: Observed,
): readonly { readonly service: string; readonly release: string }[] => {
  const known = new Set(inForce.flatMap(({ services, infrastructure }) => [...Object.keys(services), ...infrastructure]))
  const left = new Map<string, string>()
  for (const { id, services } of releases)
    for (const [service, { replicas }] of Object.entries(services)) if (replicas !== 0 && !known.has(service)) left.set(service, id)
  return [...left]
    .filter(([service]) => containers.some((one) => one.service === service && !one.oneOff && one.state === 'running'))
    .map(([service, release]) => ({ service, release }))
}

const driftOfService = (observed: Observed, service: string, { digest, replicas }: ReleasedService): readonly string[] => {
  const running = observed.containers.filter(
    (container) => container.service === service && !container.oneOff && container.state === 'running',
  )
  // what somebody started by hand beside it is no business of the record
  if (replicas === 0) return []
  if (running.length === 0) return [`${service} does not run`]
  return [
    ...(replicas === undefined || running.length === replicas ? [] : [`${running.length} of ${replicas} replicas of ${service} run`]),
    ...running.filter((container) => !runs(container, digest, observed)).map(({ image }) => `${service} runs ${image}, not ${digest}`),
  ]
}
