import type { ReleaseRecord } from './observed.ts'
import { switchGroups } from './order.ts'
import type { Step, SwitchService } from './steps.ts'
import type { Wanted } from './wanted.ts'

/** One step for each group of services that do not wait for one another: they are switched side by side. */
export const switchSteps = (services: readonly Wanted[], current: ReleaseRecord | null): readonly Step[] =>
  switchGroups(services).map((group) => ({
    kind: 'switch',
    cause: causeOf(group),
    services: group.map((wanted) => switchService(wanted, current)),
  }))

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
