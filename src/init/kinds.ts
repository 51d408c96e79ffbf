import { databaseServer } from '../config/database-servers.ts'
import { repositoryOf } from '../plan/compose-files.ts'
import type { Service } from './compose-service.ts'
import type { OwnImage } from './images.ts'
import { BOT_LIBRARY, BOT_NAME, manifestText } from './libraries.ts'
import { migrates } from './migration-tools.ts'
import { type Startup, startupOf } from './startup.ts'
import { folderOf, type SourceTree } from './tree.ts'

/** A service that runs an image of ours, and what it is. */
export interface OwnService {
  readonly service: Service
  readonly image: OwnImage
  readonly startup: Startup
  readonly kind: 'web' | 'bot' | 'scheduler' | 'worker' | 'once'
  /** Where it answers HTTP inside its container; null where it does not, or nothing says so. */
  readonly port: number | null
}

export type Database = 'postgres' | 'mysql'

/** Whose backup we know, by the last part of the image's name. */
export const databaseOf = (service: Service, own: OwnImage | undefined): Database | null =>
  namesOf(service, own)
    .map(databaseServer)
    .find((kind) => kind !== null) ?? null

/** Databases that our kinds of backup do not know. */
export const otherDatabaseOf = (service: Service, own: OwnImage | undefined): string | null =>
  namesOf(service, own).find((name) => OTHER_DATABASE.test(name)) ?? null

/** The image's own, and that of what it is made of, as long as that is what starts: a job that uses its tools is none. */
const namesOf = ({ image, command }: Service, own: OwnImage | undefined): readonly string[] => {
  const { base = '', startup = '' } = own?.dockerfile ?? {}
  const isBase = [command, startup].every((text) => text === '' || STARTS_DATABASE.test(text))
  return [...(image === null ? [] : [lastPart(image)]), ...(isBase ? [lastPart(base)] : [])]
}

const STARTS_DATABASE = /^-|^(\S*\/)?(docker-entrypoint\.sh|postgres|mysqld|mariadbd|mongod)(\s|$)/

const lastPart = (image: string): string => repositoryOf(image).split('/').at(-1) ?? ''

const OTHER_DATABASE =
  /^(mongo|mongodb|couchdb|cassandra|neo4j|influxdb|elasticsearch|opensearch|clickhouse(-server)?|mssql.*|cockroach|surrealdb|meilisearch|qdrant)$/
const OTHER_SERVER = /^(nginx|nginx-unprivileged|caddy|httpd|traefik|haproxy|redis|valkey|memcached|rabbitmq)$/

/** It is made of a database, or of a server of files and requests: no program that could change a schema is in it. */
export const isServerOfOthers = ({ dockerfile }: OwnImage): boolean => {
  const name = lastPart(dockerfile?.base ?? '')
  return databaseServer(name) !== null || OTHER_DATABASE.test(name) || OTHER_SERVER.test(name)
}

const SCHEDULER = /\bcelery\b[^\n]*\sbeat\b|\b(supercronic|crond|rq ?scheduler|clockwork|whenever)\b|schedule:work/
const WORKER = /\bcelery\b|\b(sidekiq|resque|good_job|rq worker|dramatiq|huey|arq|taskiq|horizon|queue:work|bullmq|worker)\b/i
/** A server that speaks FastCGI, not HTTP. */
const NOT_HTTP = /php-fpm/

export const ownServices = (tree: SourceTree, images: readonly OwnImage[], composeFile: string): readonly OwnService[] =>
  images.flatMap((image) => {
    const others = images.filter((other) => other !== image)
    const folders = others.flatMap(({ context, dockerfile }) => [context, folderOf(dockerfile?.path ?? '')])
    const hasBotLibrary = BOT_LIBRARY.test(manifestText(tree, image.context, image.dockerfile, folders))
    const isBeside = others.some(({ services }) => services.some(looksLikeBot))
    return image.services.map((service): OwnService => {
      const startup = startupOf(tree, service, image.dockerfile, composeFile)
      const isAlone = isOnly(image)
      const isDatabase = databaseOf(service, image) !== null || otherDatabaseOf(service, image) !== null
      const port = isDatabase ? null : portOf(service, image, startup)
      const isCalledBot = looksLikeBot(service)
      // of what shares its libraries with a bot, what serves is another program
      const isServer = isBeside && (service.ports.length > 0 || WEB_SERVER.test(service.command || startup.text))
      const kind = ends(service, image)
        ? 'once'
        : isDatabase
          ? 'worker'
          : SCHEDULER.test(service.command) || (isAlone && SCHEDULER.test(startup.text))
            ? 'scheduler'
            : // what is called a bot and answers nobody is taken for one: the price of a mistake is a moment of silence
              (hasBotLibrary && (isCalledBot || (isAlone && !isServer))) || (isCalledBot && port === null)
              ? 'bot'
              : port !== null
                ? 'web'
                : 'worker'
      return { service, image, startup, kind, port: kind === 'scheduler' || kind === 'once' ? null : port }
    })
  })

const looksLikeBot = ({ name, command }: Service): boolean => BOT_NAME.test(name) || /(^|[\s/.])(discord|telegram)?bot\b/i.test(command)

/** One service of the image stays. */
const isOnly = (image: OwnImage): boolean => image.services.filter((service) => !ends(service, image)).length === 1

/** Others wait for its end; or nothing starts it again after the one thing that it does, which is to change the schema. */
const ends = ({ runsOnce, restart, ports, command }: Service, { dockerfile }: OwnImage): boolean => {
  const run = command || (dockerfile?.startup ?? '')
  return runsOnce || (ports.length === 0 && !/always|unless-stopped/.test(restart ?? '') && !/[&|;\n]|\bstart/.test(run) && migrates(run))
}

/** Where it listens, from what says it most clearly; a worker of an image that exposes a port does not listen there. */
const portOf = (service: Service, image: OwnImage, startup: Startup): number | null => {
  if (NOT_HTTP.test(`${service.command} ${image.dockerfile?.startup ?? ''} ${image.dockerfile?.base ?? ''}`)) return null
  if (service.ports.length > 0) return service.ports.find((port) => !DEBUG_PORTS.has(port)) ?? null
  if (WORKER.test(service.command)) return null
  const isServer = isOnly(image) || service.command === '' || SERVER.test(service.command)
  const exposed = image.dockerfile?.exposed.find((port) => !DEBUG_PORTS.has(port))
  if (exposed !== undefined && isServer) return exposed
  const [, said] = /(?:--port[= ]|--bind[= ]\S*?:|-b ?\S*?:|-p |0\.0\.0\.0:|runserver [\w.]*:|PORT=)(\d{2,5})\b/.exec(startup.text) ?? []
  if (said !== undefined) return Number(said)
  const [, proxied] = /loadbalancer\.server\.port"?[=:]"?(\d+)/.exec(service.labels) ?? []
  return proxied === undefined ? null : Number(proxied)
}

const SERVER = /uvicorn|gunicorn|runserver|hypercorn|daphne|puma|rails s|fastapi run|next start|http|serve/
const WEB_SERVER = /\b(uvicorn|gunicorn|hypercorn|daphne|puma|runserver|fastapi run|next start)\b/
/** Debuggers of Node, Python and Delve. */
const DEBUG_PORTS: ReadonlySet<number> = new Set([9229, 5858, 5678, 2345, 40_000])
