/** A small stack as a project of two services with a database, deployed by the real road onto a stand-in server. */
import type { Config } from '../../../src/config/schema.ts'
import { withGates } from '../../../src/plan/gates.ts'
import type { Observed } from '../../../src/plan/observed.ts'
import { pinFile } from '../../../src/plan/pins.ts'
import { currentRelease, reconcile } from '../../../src/plan/reconcile.ts'
import { deployedRelease, rolledBackRelease } from '../../../src/plan/release.ts'
import type { Plan } from '../../../src/plan/steps.ts'
import type { Cancellation, Ports } from '../../../src/ports.ts'
import { Secret } from '../../../src/ports.ts'
import { compile } from '../../../src/transaction/compile.ts'
import { composeFunction } from '../../../src/transaction/compose-function.ts'
import type { FrontArguments } from '../../../src/transaction/front.ts'
import type { JournalEvent } from '../../../src/transaction/journal.ts'
import { type Operation, operate } from '../../../src/transaction/operate.ts'
import type { Remote } from '../../../src/transaction/remote.ts'
import { configOf } from '../../config/problems.ts'
import { ports } from '../../entry/fakes.ts'
import { localRemote, type StandInServer } from './server.ts'

export const MODEL = `name: shop
services:
  api:
    image: ghcr.io/acme/shop-api
    volumes:
      - type: bind
        source: conf
        target: /conf
    depends_on:
      db:
        condition: service_healthy
  bot:
    image: ghcr.io/acme/shop-bot
  db:
    image: postgres:16
    healthcheck:
      test: [CMD, true]
`

export const CONFIG = `
project: shop
registry: { namespace: acme }
images: { api: {}, bot: {} }
compose: { sync: [conf] }
services:
  api: { stable: 0s, health: { deadline: 1s, interval: 50ms } }
  bot: { exactly: 1, stable: 0s, health: { deadline: 1s, interval: 50ms } }
  db: { health: { deadline: 1s, interval: 50ms } }
migrate: { service: api, preset: alembic }
seed: [{ name: users, service: api, run: [seed] }]
smoke: [{ name: answers, service: api, run: ["true"], retries: 0 }]
`

export const digestOf = (version: number, image: string): string => `sha256:${`${version}${image === 'api' ? 'a' : 'b'}`.repeat(32)}`
export const commitOf = (version: number): string => String(version).repeat(40)

export interface Deployment {
  readonly version: number
  readonly config?: Config
  /** Who ships; by itself nobody who is named. */
  readonly repository?: string
  /** Which of the two images it ships; both by itself. */
  readonly only?: 'api' | 'bot'
  /** Content of conf/app.conf. */
  readonly file?: string
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  readonly rollbackTo?: string
  readonly credentials?: string
  /** Decide to change nothing: what an earlier operation left is settled all the same. */
  readonly leave?: boolean
  readonly verb?: FrontArguments['verb']
  readonly waitSeconds?: number
  readonly remote?: Remote
  /** For the second and later connections. */
  readonly reconnect?: () => Promise<Remote>
  readonly cancellation?: Cancellation
  readonly clock?: Ports['clock']
  readonly onEvent?: (event: JournalEvent) => void
  /** One of several servers: how words reach its program. */
  readonly attend?: Operation['attend']
  readonly onReady?: (observed: Observed) => Promise<void> | void
}

export interface Deployed {
  readonly operation: string
  readonly plan: Plan | null
  readonly events: readonly JournalEvent[]
  readonly said: readonly string[]
  readonly observed: Observed | null
}

let operations = 0
const newOperation = (): string => {
  operations += 1
  return `20261121T10${String(operations).padStart(4, '0')}Z-abcdef`
}

/** The whole road: look, decide, compile, run, follow. */
export const deploy = async (server: StandInServer, given: Deployment): Promise<Deployed> => {
  const { config = configOf(CONFIG), version } = given
  const said: string[] = []
  const note = (line: string): void => void said.push(line)
  const events: JournalEvent[] = []
  let plan: Plan | null = null
  let observed: Observed | null = null
  const operation = newOperation()
  const { directory } = server
  const compose = composeFunction({
    project: 'shop',
    directory: directory,
    environmentFile: '.env',
    files: ['docker-compose.yml'],
    profiles: [],
    pin: 'override',
  })
  const images = Object.fromEntries(
    (given.only === undefined ? ['api', 'bot'] : [given.only]).map((image) => [
      image,
      { reference: `ghcr.io/acme/shop-${image}@${digestOf(version, image)}`, digest: digestOf(version, image), tags: [], platforms: {} },
    ]),
  )
  const ownership: Record<string, string> = Object.fromEntries(Object.keys(images).map((image) => [image, image]))
  const references = Object.fromEntries(Object.entries(images).map(([name, { reference }]) => [name, reference]))
  const files = {
    'project/docker-compose.yml': MODEL,
    'project/conf/app.conf': given.file ?? `of version ${version}\n`,
    ...given.files,
    'compose.sh': compose,
    'pin.yml': pinFile(ownership, references, []),
    'probe.yml': 'services: {}\n',
  }
  const front: FrontArguments = {
    verb: given.verb ?? 'operate',
    nonce: 'abcdef0123456789',
    directory,
    project: 'shop',
    operation,
    environmentFile: '.env',
    waitSeconds: given.waitSeconds ?? 20,
    holder: 'deploy by a test',
    target: given.rollbackTo ?? '',
    repository: given.repository ?? '-',
  }
  const decide = async (seen: Observed) => {
    observed = seen
    await given.onReady?.(seen)
    if (given.verb === 'observe' || given.leave) return { kind: 'leave' as const }
    const record = given.rollbackTo === undefined ? null : (seen.releases.find(({ id }) => id === seen.target) ?? null)
    if (given.rollbackTo !== undefined && record === null) throw new Error('no such release')
    if ('error' in seen.model) throw new Error(`unresolved: ${seen.model.error}`)
    const origin = {
      commit: commitOf(version),
      ref: null,
      repository: given.repository ?? null,
      actor: 'a test',
      run: null,
      reason: null,
      operation,
    }
    plan = reconcile(
      {
        kind: record === null ? 'deploy' : 'rollback',
        config,
        ownership: record === null ? ownership : Object.fromEntries(Object.keys(record.services).map((service) => [service, service])),
        images: record?.images ?? images,
        containerNames: {},
        commit: record?.commit ?? commitOf(version),
        path: directory,
        seeds: true,
        record,
      },
      seen.model,
      seen,
    )
    if (plan.steps.length === 0) return { kind: 'leave' as const }
    if (given.attend !== undefined) plan = withGates(plan)
    const program = compile(plan, {
      directory,
      project: 'shop',
      operation,
      schema: currentRelease(seen)?.schema.after ?? '',
      database: config.backup,
      environmentFile: '.env',
      compose: record === null ? compose : '. "$operation/stage/compose.sh"',
      record:
        record === null
          ? deployedRelease(
              { id: plan.release, fallback: plan.fallback, origin, config, ownership, images, containerNames: {}, observed: seen },
              seen.model,
            )
          : rolledBackRelease(plan.release, record, origin, seen),
    })
    return { kind: 'go' as const, program, credentials: given.credentials ?? '' }
  }
  let connections = 0
  const connect = async (): Promise<Remote> => {
    connections += 1
    if (connections > 1 && given.reconnect !== undefined) return given.reconnect()
    return given.remote ?? localRemote(server)
  }
  await operate(
    {
      connect,
      target: { host: 'web-1', port: 22, user: 'deploy', key: new Secret(''), pins: { keys: [], fingerprints: [] } },
      front,
      files: given.rollbackTo === undefined ? files : {},
      decide,
      ...(given.attend === undefined ? {} : { attend: given.attend }),
      onEvent: (event) => {
        events.push(event)
        given.onEvent?.(event)
      },
    },
    ports({
      log: { group: (_, work) => work(), info: note, debug: note, warning: note, error: note, foreign: note, mask: () => {} },
      ...(given.cancellation === undefined ? {} : { cancellation: given.cancellation }),
      ...(given.clock === undefined ? {} : { clock: given.clock }),
    }),
  )
  return { operation, plan, events, said, observed }
}

/** The client goes with the program that is killed, so that nobody is left to settle it. */
export const ABANDONED: Pick<Deployment, 'clock' | 'reconnect'> = {
  clock: { now: () => new Date(), elapsed: () => 0, sleep: () => Promise.resolve() },
  reconnect: () => Promise.reject(new Error('its client is gone, too')),
}

export const endOf = ({ events }: Pick<Deployed, 'events'>): string =>
  events.flatMap((event) => (event.kind === 'end' ? [event.end] : [])).join(', ')
export const failureOf = ({ events }: Pick<Deployed, 'events'>): string =>
  events.flatMap((event) => (event.kind === 'fail' ? [`${event.code}: ${event.sentence}`] : [])).join(', ')

/** What serves: "api 1, bot 1" by the version in the digests of the containers that run. */
export const serving = (server: StandInServer): string =>
  server
    .containers()
    .filter(({ state, service }) => state === 'running' && service !== 'db')
    .map(({ service, image }) => `${service} ${/@sha256:(\d)/.exec(image)?.[1]}`)
    .toSorted()
    .join(', ')
