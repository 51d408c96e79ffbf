import { dataBack } from './data.ts'
import type { BackupRecord } from './data-seen.ts'
import type { ReleaseRecord } from './observed.ts'
import { switchGroups } from './order.ts'
import type { Plan, Step } from './steps.ts'

interface Running {
  readonly service: string
  readonly ids: readonly string[]
}

/** The data of a backup under the release that serves: its services stop, get the data, and must be well again. */
export const restorePlan = (operation: string, current: ReleaseRecord, backup: BackupRecord, running: readonly Running[]): Plan => {
  const data = dataBack(backup, running)
  const order = switchGroups(
    Object.entries(current.services).map(([service, { exactly, after }]) => ({ service, exactly, last: exactly, after })),
  ).flat()
  const starts = order.flatMap(({ service }): Step[] => {
    const ids = running.find((one) => one.service === service)?.ids
    const readiness = current.services[service]?.readiness
    return ids === undefined || readiness === undefined ? [] : [{ kind: 'start', cause: 'it ran before', service, ids, readiness }]
  })
  return {
    kind: 'restore',
    release: `restore-${operation}`,
    previous: current.id,
    fallback: null,
    steps: [
      ...data.first,
      ...data.beforeSwitch,
      ...starts,
      ...current.smoke.map((smoke): Step => ({ kind: 'smoke', cause: 'the release was deployed with it', ...smoke })),
      { kind: 'commit-restore', cause: 'all is well with the data of the backup' },
      ...data.last,
    ],
  }
}
