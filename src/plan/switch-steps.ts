import type { ReleaseRecord } from './observed.ts'
import type { Job } from './once.ts'
import { switchGroups } from './order.ts'
import type { Step, SwitchService } from './steps.ts'
import type { Wanted } from './wanted.ts'

/**
 * One step for each group of services that do not wait for one another: they are switched side by side. Jobs run where they
 * belong between them; such a one holds up nobody who did not name it.
 */
export const switchSteps = (services: readonly Wanted[], current: ReleaseRecord | null, jobs: readonly Job[] = []): readonly Step[] =>
  switchGroups<Wanted | PlacedJob>([...services, ...jobs.map((job): PlacedJob => ({ ...job, exactly: true, last: false }))]).flatMap(
    (group): readonly Step[] => {
      const switched = group.filter((one): one is Wanted => !('step' in one))
      const step: Step = { kind: 'switch', cause: causeOf(switched), services: switched.map((wanted) => switchService(wanted, current)) }
      return [...(switched.length === 0 ? [] : [step]), ...group.flatMap((one) => ('step' in one ? [one.step] : []))]
    },
  )

/** It may wait for a service that comes last. */
type PlacedJob = Job & { readonly exactly: true; readonly last: false }

const causeOf = (group: readonly Wanted[]): string => {
  const causes = [...new Set(group.map(reasonOf))]
  return causes.length === 1 ? causes.join() : group.map((wanted) => `${wanted.service}: ${reasonOf(wanted)}`).join(', ')
}

const reasonOf = ({ cause, compose, parallelism, running }: Wanted): string =>
  compose.replicas > parallelism && running.length > 0
    ? `${cause ?? ''}; its ${compose.replicas} replicas ${parallelism} at a time`
    : (cause ?? '')

const switchService = ({ service, order, parallelism, running, readiness }: Wanted, current: ReleaseRecord | null): SwitchService => ({
  service,
  order,
  parallelism,
  old: running.map(({ id }) => id),
  policy: running[0]?.policy || 'no',
  readiness,
  readinessBefore: current?.services[service]?.readiness ?? readiness,
})
