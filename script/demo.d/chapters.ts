import { join } from 'node:path'
import {
  answers,
  type Claim,
  exitCode,
  newContainers,
  noOneOff,
  publishedAs,
  runs,
  sameContainers,
  seededOnce,
  triedAndFailed,
  wentBackToo,
} from './claims.ts'
import type { Product } from './product.ts'
import type { Environment } from './program.ts'
import { type Published, published } from './registry.ts'
import type { Sample } from './sample.ts'
import type { Container, Server } from './server.ts'

/** What is there to tell with. */
export interface Scene {
  readonly product: Product
  readonly sample: Sample
  readonly server: Server
  readonly env: Environment
  readonly port: number
  readonly logs: string
  /** Version → image → what the registry has of it. */
  readonly images: Map<number, Readonly<Record<string, Published>>>
  /** Versions whose images an earlier demo has built. */
  readonly reused: Set<number>
}

export interface Chapter {
  readonly title: string
  readonly tell: (scene: Scene) => Promise<readonly Claim[]>
}

const SERVICES = ['api', 'bot']
const NOTHING: Published = { digest: 'sha256:nothing!', platforms: [] }
const USERS = 3

const reference = ({ env, sample }: Scene, image: string, tag: string): string =>
  `${env.SANDBOX_REGISTRY}/${sample.owner}/bot-and-api-${image}:${tag}`

/** From commit to server; what an earlier demo in the same folder has published is only deployed. */
const ship = async (scene: Scene, version: number, sha: string): Promise<number> => {
  const isPublished = (await Promise.all(SERVICES.map((image) => published(reference(scene, image, sha), scene.env)))).every(
    (found) => found !== null,
  )
  scene.reused.add(isPublished ? version : 0)
  return scene.product.run([isPublished ? 'deploy' : 'all'], join(scene.logs, `version-${version}.log`))
}

/** What must run is decided by what the registry has of the commit, not by what was told. */
const lookUp = async (scene: Scene, version: number, sha: string): Promise<readonly Claim[]> => {
  const claims: Claim[] = []
  const found: Record<string, Published> = {}
  for (const image of SERVICES) {
    const named = (await published(reference(scene, image, sha), scene.env)) ?? NOTHING
    found[image] = named
    // of images that are used again `latest` is that of the last version
    const latest = scene.reused.has(version) ? null : ((await published(reference(scene, image, 'latest'), scene.env)) ?? NOTHING)
    claims.push(publishedAs(image, sha.slice(0, 7), named, latest))
  }
  scene.images.set(version, found)
  return claims
}

const running = (scene: Scene, containers: readonly Container[], version: number): readonly Claim[] =>
  SERVICES.map((service) => runs(service, containers, scene.images.get(version)?.[service]?.digest ?? 'sha256:none'))

const serves = async ({ server, port }: Scene, version: number, schema: string): Promise<readonly Claim[]> => [
  answers('/health', await server.http(port, '/health'), { status: 'ok', version: `${version}.0.0`, schema, users: USERS }),
  answers('/bot', await server.http(port, '/bot'), { online: 1 }),
]

const seeded = async ({ server }: Scene): Promise<Claim> => seededOnce(await server.sql('select count(*) from seed_runs'))

const first: Chapter = {
  title: 'Version 1: check, build for two platforms, scan, publish, deploy, migrate, seed',
  tell: async (scene) => {
    const sha = await scene.sample.version(1)
    const code = await ship(scene, 1, sha)
    if (code !== 0) return [exitCode(code, 0, 'succeeded')]
    const inRegistry = await lookUp(scene, 1, sha)
    return [...inRegistry, ...running(scene, await scene.server.settled(), 1), ...(await serves(scene, 1, '0002')), await seeded(scene)]
  },
}

const second: Chapter = {
  title: 'Version 2 over it, with a migration',
  tell: async (scene) => {
    const before = await scene.server.containers()
    const sha = await scene.sample.version(2)
    const code = await ship(scene, 2, sha)
    if (code !== 0) return [exitCode(code, 0, 'succeeded')]
    await lookUp(scene, 2, sha)
    const after = await scene.server.settled()
    return [...running(scene, after, 2), newContainers(before, after, SERVICES), ...(await serves(scene, 2, '0003')), await seeded(scene)]
  },
}

const broken: Chapter = {
  title: 'Version 3 passes every test, but its bot crashes on the server: all go back by themselves',
  tell: async (scene) => {
    const before = await scene.server.containers()
    const since = Date.now()
    const sha = await scene.sample.version(3, 'bot-crash')
    const code = await ship(scene, 3, sha)
    await lookUp(scene, 3, sha)
    const events = await scene.server.events(since)
    const after = await scene.server.settled()
    const digest = (image: string): string => scene.images.get(3)?.[image]?.digest ?? 'sha256:none'
    return [
      exitCode(code, 24, 'HEALTH'),
      wentBackToo('api', events, digest('api')),
      triedAndFailed('bot', events, digest('bot')),
      sameContainers(before, after, SERVICES),
      ...running(scene, after, 2),
      ...(await serves(scene, 2, '0003')),
    ]
  },
}

const back: Chapter = {
  title: 'Rollback by hand: the release before runs again',
  tell: async (scene) => {
    const since = Date.now()
    const code = await scene.product.run(['rollback', '--reason', 'the demo goes back'], join(scene.logs, 'rollback.log'))
    const events = await scene.server.events(since)
    return [
      exitCode(code, 0, 'succeeded'),
      ...running(scene, await scene.server.settled(), 1),
      // the old code runs on the new schema: a rollback undoes no migration
      ...(await serves(scene, 1, '0003')),
      noOneOff(events),
    ]
  },
}

export const STORY: readonly Chapter[] = [first, second, broken, back]
