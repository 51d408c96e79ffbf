import type { OwnService } from './kinds.ts'
import { type Route, routeOf } from './routes.ts'
import type { SourceTree } from './tree.ts'
import { isWebServer, servedBy } from './web-servers.ts'

/** How a service says that it is ready, and where that was found. */
export type Health =
  | { readonly kind: 'own'; readonly from: string }
  | ({ readonly kind: 'http'; readonly port: number } & Route)
  | { readonly kind: 'open'; readonly port: number }
  | { readonly kind: 'silent' }

/** Its own health check where it has one; else a path that its source answers; else nothing that could be known. */
export const healthOf = (tree: SourceTree, own: OwnService, composeFile: string): Health => {
  const { service, image, port } = own
  if (service.healthcheck) return { kind: 'own', from: composeFile }
  if (image.dockerfile?.healthcheck === true) return { kind: 'own', from: `${image.dockerfile.path}${madeForOther(own)}` }
  if (port === null) return { kind: 'silent' }
  const found = isWebServer(own) ? servedBy(tree, own) : routeOf(tree, image.context)
  return found === null ? { kind: 'open', port } : { kind: 'http', port, ...found }
}

/** A worker has the health check of its image, too, which may ask what only the server of that image answers. */
const madeForOther = ({ service, image: { services }, kind }: OwnService): string => {
  const server = services.find(({ name, ports }) => name !== service.name && ports.length > 0)
  return kind === 'web' || kind === 'bot' || server === undefined
    ? ''
    : `, the same as for ${server.name}: where ${service.name} does not answer that, give it one of its own in the compose file`
}
