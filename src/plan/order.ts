interface Ordered {
  readonly service: string
  readonly exactly: boolean
  readonly after: readonly string[]
}

interface Exchanged extends Ordered {
  readonly order: 'stop-first' | 'start-first'
}

/** Those that can be exchanged at the same time: stopped before their successors start, and not waiting for one another. */
export const sideBySide = <T extends Exchanged>(services: readonly T[]): readonly T[] => {
  const names = services.map(({ service }) => service)
  const beside = services.filter(({ order, after }) => order === 'stop-first' && !after.some((name) => names.includes(name)))
  return beside.length > 1 ? beside : []
}

/** Each service after those it names; the ones that may exist once last. Ties keep the order of the compose file. */
export const switchOrder = <T extends Ordered>(services: readonly T[]): readonly T[] => {
  const placed: T[] = []
  const visit = (service: T, path: readonly string[]): void => {
    if (placed.includes(service) || path.includes(service.service)) return
    for (const other of services) if (service.after.includes(other.service)) visit(other, [...path, service.service])
    placed.push(service)
  }
  for (const service of services.filter(({ exactly }) => !exactly)) visit(service, [])
  for (const service of services) visit(service, [])
  return [...placed.filter(({ exactly }) => !exactly), ...placed.filter(({ exactly }) => exactly)]
}
