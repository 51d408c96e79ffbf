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
  const causes = [...new Set(group.map(({ cause }) => cause ?? ''))]
  return causes.length === 1 ? causes.join() : group.map(({ service, cause }) => `${service}: ${cause ?? ''}`).join(', ')
}

const switchService = ({ service, order, running, readiness }: Wanted, current: ReleaseRecord | null): SwitchService => ({
  service,
  order,
  old: running.map(({ id }) => id),
  policy: running[0]?.policy || 'no',
  readiness,
  readinessBefore: current?.services[service]?.readiness ?? readiness,
})
