import type { Config } from '../config/schema.ts'
import type { ComposeModel } from './observed.ts'
import type { Finding } from './preflight.ts'

/**
 * What the config asks of a service and its compose file makes impossible: known before anything is touched.
 * @param containerNames service → the name its container gets after the switch, which compose is not told of
 */
export const impossibleOrders = (
  services: Config['services'],
  model: ComposeModel,
  containerNames: Readonly<Record<string, string>>,
): readonly Finding[] =>
  Object.entries(services).flatMap(([name, { order, exactly }]) => {
    const compose = model.services[name]
    if (compose === undefined) return []
    const containerName = compose.containerName ?? (containerNames[name] || null)
    const found: Finding[] = []
    const published = compose.ports.find((port) => port.published > 0)
    if (order === 'start-first' && published !== undefined) {
      found.push({
        sentence: `${name} cannot start first: its successor could not have port ${published.published} while it runs`,
        hint: `by hand: take ports out of ${name} and let a proxy reach it by its name, or services.${name}.order: stop-first`,
      })
    }
    if (order === 'start-first' && containerName !== null) {
      found.push({
        sentence: `${name} cannot start first: its successor could not be called ${containerName} while it runs, and whoever asks for that name would meet nobody in between`,
        hint: `by hand: take container_name out of ${name} and reach it by its service name, or services.${name}.order: stop-first`,
      })
    }
    if (order === 'start-first' && compose.networkMode === 'host') {
      found.push({
        sentence: `${name} cannot start first: with network_mode: host both would want the same ports`,
        hint: `by hand: services.${name}.order: stop-first`,
      })
    }
    if (exactly === 1 && compose.replicas > 1) {
      found.push({
        sentence: `${name} may exist once, but its compose file wants ${compose.replicas} replicas`,
        hint: `by hand: take deploy.replicas out of ${name}, or services.${name}.exactly`,
      })
    }
    if (containerName !== null && compose.replicas > 1) {
      found.push({
        sentence: `${name} has ${compose.replicas} replicas, which cannot all be called ${containerName}`,
        hint: `by hand: take container_name out of ${name}`,
      })
    }
    return found
  })
