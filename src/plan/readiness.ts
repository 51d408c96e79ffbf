import { databaseServer, TAKES_CONNECTIONS } from '../config/database-servers.ts'
import type { Config, HealthConfig, HttpCheck, ServiceConfig } from '../config/schema.ts'
import type { Ask, ComposeService, Readiness } from './observed.ts'

/** A container that tells nothing of itself is believed after it has stayed up this long. */
const SILENT_STABLE_MS = 10_000

const DEFAULTS = { grace: 0, interval: 500, retries: 10_000, deadline: 60_000 } as const

/** What the config says of a service, whose name may be any, such as "constructor". */
export const configured = ({ services }: Config, service: string): ServiceConfig | undefined =>
  Object.hasOwn(services, service) ? services[service] : undefined

/** How a service is asked whether it is ready: as the config says, else by the container's own health check, else by its staying up. */
export const readinessOf = (service: ServiceConfig | undefined, compose: ComposeService | undefined): Readiness => {
  const ask = service === undefined ? ({ kind: 'auto' } as const) : askOf(service.health)
  const silent = ask.kind === 'auto' && !(compose?.healthcheck ?? false)
  const { grace, interval, retries, deadline } = service?.health ?? DEFAULTS
  return { ask, grace, interval, retries, deadline, stable: service?.stable ?? (silent ? SILENT_STABLE_MS : 0) }
}

/**
 * Infrastructure is ready when it is healthy. Where nothing says so, it has to run; a database server to take
 * connections, because a migration comes next.
 */
export const infrastructureReadiness = (service: ServiceConfig | undefined, compose: ComposeService): Readiness => ({
  ...DEFAULTS,
  deadline: 120_000,
  ...(service === undefined ? {} : readinessOf(service, undefined)),
  stable: service?.stable ?? 0,
  ask: infrastructureAsk(service, compose),
})

const infrastructureAsk = (service: ServiceConfig | undefined, { image, healthcheck }: ComposeService): Ask => {
  const ask: Ask = service === undefined ? { kind: 'auto' } : askOf(service.health)
  const server = ask.kind === 'auto' && !healthcheck ? databaseServer(image) : null
  return server === null ? ask : { kind: 'exec', argv: TAKES_CONNECTIONS[server] }
}

/** A release that proved itself once comes back quickly: what says that it is ready is believed, silence is not. */
export const provenReadiness = (readiness: Readiness): Readiness =>
  readiness.ask.kind === 'auto' ? readiness : { ...readiness, stable: 0 }

const askOf = (health: HealthConfig): Ask => {
  if (health.http !== undefined) return httpAsk(health.http)
  if (health.exec !== undefined) return { kind: 'exec', argv: health.exec }
  if (health.log !== undefined) return { kind: 'log', text: health.log }
  return { kind: 'auto' }
}

export const httpAsk = (check: HttpCheck): Ask => ({
  kind: 'http',
  port: check.port,
  path: check.path,
  status: check.status,
  contains: check.contains ?? null,
  patterns: Object.entries(check.json).map(([key, value]) => jsonPattern(key, value)),
})

/** An extended regular expression that finds a key with this value in a JSON text. */
export const jsonPattern = (key: string, value: string | number | boolean): string =>
  `${literal(JSON.stringify(key))}[[:space:]]*:[[:space:]]*${literal(JSON.stringify(value))}[[:space:]]*[],}]`

const literal = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
