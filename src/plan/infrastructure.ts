import type { Config } from '../config/schema.ts'
import type { ComposeModel, Observed } from './observed.ts'
import { servicesOfOthers } from './parts.ts'

/** A service that others wait for to complete runs once and ends: it is not switched. */
export const runsOnce = (service: string, model: ComposeModel): boolean =>
  Object.values(model.services).some(({ dependsOn }) => dependsOn[service] === 'service_completed_successfully')

/** What runs no image of ours and is ours to start all the same: not what another repository looks after. */
export const ownInfrastructure = (
  config: Config,
  ownership: Readonly<Record<string, string>>,
  model: ComposeModel,
  observed: Observed,
): readonly string[] => {
  const others = servicesOfOthers(observed, ownership)
  return Object.keys(model.services).filter(
    (name) => ownership[name] === undefined && !runsOnce(name, model) && !others.has(name) && !config.compose.elsewhere.includes(name),
  )
}

/**
 * Whether it stands before what we ship, such as a proxy: it depends on one of our services, itself or by another. It is
 * started when they are there, and without what it depends on, which compose would start or replace by itself.
 */
export const isInFront = (service: string, ownership: Readonly<Record<string, string>>, model: ComposeModel): boolean => {
  const seen = new Set<string>()
  const look = (name: string): boolean => {
    if (seen.has(name)) return false
    seen.add(name)
    return Object.keys(model.services[name]?.dependsOn ?? {}).some(
      (other) => (Object.hasOwn(ownership, other) && !runsOnce(other, model)) || look(other),
    )
  }
  return look(service)
}
