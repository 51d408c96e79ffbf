import type { Observed, ReleasedService, ReleaseRecord } from './observed.ts'
import { runs } from './wanted.ts'

/** A sentence for each place where what runs is not what the records of the releases in force say. */
export const driftOf = (releases: readonly Pick<ReleaseRecord, 'services'>[], observed: Observed): readonly string[] =>
  releases.flatMap(({ services }) => Object.entries(services).flatMap(([service, released]) => driftOfService(observed, service, released)))

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
