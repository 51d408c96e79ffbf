import { parse } from 'yaml'
import { databaseServer, TAKES_CONNECTIONS } from '../../config/database-servers.ts'

type Json = Readonly<Record<string, unknown>>
const object = (value: unknown): Json => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {})

/**
 * A compose file to lay over a test environment: database servers without a health check get one, and who depends on
 * them waits for it, so that no test is faster than its database. null where there is nothing to add.
 */
export const awaitedDatabases = (composeFile: string): string | null => {
  const services = Object.entries(object(object(readYaml(composeFile)).services)).map(([name, value]) => [name, object(value)] as const)
  const silent = new Map(
    services.flatMap(([name, { image, healthcheck }]) => {
      const server = typeof image === 'string' && healthcheck === undefined ? databaseServer(image) : null
      return server === null ? [] : [[name, TAKES_CONNECTIONS[server]] as const]
    }),
  )
  const additions = services.flatMap(([name, { depends_on: dependsOn }]) => {
    const test = silent.get(name)
    const waits = startedOnly(dependsOn).filter((other) => silent.has(other))
    return test === undefined && waits.length === 0
      ? []
      : [
          [
            name,
            {
              ...(test === undefined ? {} : { healthcheck: { test: ['CMD', ...test.map(literal)], interval: '500ms', retries: 1000 } }),
              ...(waits.length === 0
                ? {}
                : { depends_on: Object.fromEntries(waits.map((other) => [other, { condition: 'service_healthy' }])) }),
            },
          ] as const,
        ]
  })
  return additions.length === 0 ? null : JSON.stringify({ services: Object.fromEntries(additions) })
}

/** What compose itself would say of a file that is none, it says when it is run. */
const readYaml = (text: string): unknown => {
  try {
    return parse(text, { logLevel: 'silent' })
  } catch {
    return null
  }
}

/** Services that somebody depends on without saying for what: in the short form, or until they are started. */
const startedOnly = (dependsOn: unknown): readonly string[] =>
  Array.isArray(dependsOn)
    ? dependsOn.filter((name): name is string => typeof name === 'string')
    : Object.entries(object(dependsOn)).flatMap(([name, how]) =>
        (object(how).condition ?? 'service_started') === 'service_started' ? [name] : [],
      )

/** Compose puts variables in. */
const literal = (text: string): string => text.replaceAll('$', '$$$$')
