import type { ServiceConfig } from '../config/schema.ts'

interface Ordered {
  readonly service: string
  /** Whom it waits for; names that are not among the services hold nobody up. */
  readonly after: readonly string[]
  readonly exactly: boolean
  /** Waits for all that are not last themselves. Only who may exist once, too, can wait for it. */
  readonly last: boolean
}

/**
 * Services in groups: each waits for services of earlier groups only, so those of one group may be switched side by
 * side. Within a group in the order of the compose file. A circle ends somewhere, with each service once.
 */
export const switchGroups = <T extends Ordered>(services: readonly T[]): readonly (readonly T[])[] => {
  const names = (one: T, other: T): boolean => one.after.includes(other.service) && (one.exactly || !other.last)
  const waits = (one: T, other: T): boolean => names(one, other) || (one.last && !other.last && !names(other, one))
  const depths = new Map<T, number>()
  const depth = (one: T, path: readonly T[] = []): number => {
    const others = services.filter((other) => other !== one && !path.includes(other) && waits(one, other))
    const found = depths.get(one) ?? Math.max(0, ...others.map((other) => 1 + depth(other, [...path, one])))
    depths.set(one, found)
    return found
  }
  const depthsThereAre = [...new Set(services.map((service) => depth(service)))].toSorted((one, other) => one - other)
  return depthsThereAre.map((wanted) => services.filter((service) => depth(service) === wanted))
}

/** What may exist once waits for all others where nobody said whom it waits for. */
export const comesLast = (config: ServiceConfig | undefined): boolean => config?.exactly === 1 && config.after === undefined
