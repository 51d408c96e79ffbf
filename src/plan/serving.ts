import type { ServingReport } from '../report/document.ts'
import type { Observed, ObservedContainer } from './observed.ts'

/** What serves on one host: each service's newest running container, by digest where the engine knows one. */
export const servingReport = (
  host: string,
  containers: readonly ObservedContainer[],
  imageDigests: Observed['imageDigests'] = {},
): ServingReport => {
  const services: Record<string, ServingReport['services'][string]> = {}
  for (const container of containers.filter(({ oneOff }) => !oneOff).toSorted(byState)) {
    services[container.service] ??= {
      digest: digestOf(container, imageDigests),
      image: container.image,
      since: container.state === 'running' ? container.started : null,
      state: container.health === null || container.state !== 'running' ? container.state : `${container.state} (${container.health})`,
    }
  }
  return { host, services }
}

/** Running ones first: what is stopped is told only where nothing of the service runs. */
const byState = (one: ObservedContainer, other: ObservedContainer): number =>
  Number(other.state === 'running') - Number(one.state === 'running')

const digestOf = ({ image, imageId }: ObservedContainer, imageDigests: Observed['imageDigests']): string | null => {
  const pinned = /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1]
  return pinned ?? (imageDigests[imageId] ?? []).map((known) => known.split('@')[1]).find((digest) => digest !== undefined) ?? null
}
