/** What a look at a server finds, made from little. */
import type { ComposeModel, ComposeService, Observed, ObservedContainer, ReleaseRecord } from '../../../src/plan/observed.ts'
import { reconcile } from '../../../src/plan/reconcile.ts'
import { deployedRelease } from '../../../src/plan/release.ts'
import type { Plan } from '../../../src/plan/steps.ts'
import type { Target } from '../../../src/plan/target.ts'
import { configOf } from '../../config/problems.ts'

export const digest = (name: string): string => `sha256:${name.padEnd(64, '0')}`

export const container = (service: string, image: string, more: Partial<ObservedContainer> = {}): ObservedContainer => ({
  id: `${service}-old`,
  name: `shop-${service}-1`,
  service,
  oneOff: false,
  operation: '',
  image,
  imageId: digest(image),
  state: 'running',
  started: '2026-11-21T10:00:00Z',
  restarts: 0,
  health: null,
  policy: 'unless-stopped',
  anonymousVolumes: [],
  ...more,
})

export const service = (image: string, more: Partial<ComposeService> = {}): ComposeService => ({
  image,
  containerName: null,
  restart: 'unless-stopped',
  replicas: 1,
  ports: [],
  binds: [],
  mounted: [],
  dependsOn: {},
  healthcheck: true,
  limits: true,
  privileged: false,
  networkMode: null,
  user: null,
  ...more,
})

export const MODEL: ComposeModel = {
  services: {
    db: service('postgres:16'),
    api: service('a1', { dependsOn: { db: 'service_healthy' } }),
    bot: service('b1', { healthcheck: false }),
  },
}

export const nothingThere: Observed = {
  missingTools: [],
  directory: 'there',
  user: { name: 'deploy', groups: ['docker'] },
  bash: true,
  engine: { version: '28.5.2', platform: 'linux/amd64' },
  compose: { version: '2.40.0' },
  containers: [],
  imageDigests: {},
  present: [],
  disk: [{ mount: '/', freeKib: 50_000_000 }],
  listening: [],
  published: [],
  environmentFile: { mode: '600', owner: 'deploy' },
  environmentSet: [],
  environmentNeeded: [],
  environmentComments: [],
  environmentMisses: [],
  model: MODEL,
  hashes: { db: 'h-db', api: 'h-api', bot: 'h-bot' },
  recordedHashes: {},
  binds: [],
  missingBinds: [],
  missingExternals: [],
  otherContainers: [],
  files: {},
  brought: { 'docker-compose.yml': 'f1', 'conf/app.conf': 'f2' },
  manifest: [],
  releases: [],
  unreadable: [],
  current: null,
  parts: {},
  othersBrought: {},
  target: null,
  seeds: [],
  broken: null,
  unfinished: [],
}

export const CONFIG = `
project: shop
registry: { namespace: acme }
images: { api: {}, bot: {} }
services:
  api: { health: { http: { port: 8000, path: /health } } }
  bot: { exactly: 1 }
migrate: { service: api, up: [migrate, up], current: [migrate, show] }
seed: [{ name: users, service: api, run: [seed] }]
smoke: [{ name: answers, service: api, http: { port: 8000, path: / } }]
`

export const target = (more: Partial<Target> = {}): Target => ({
  kind: 'deploy',
  config: configOf(CONFIG),
  ownership: { api: 'api', bot: 'bot' },
  images: {
    api: { reference: `ghcr.io/acme/shop-api@${digest('a1')}`, digest: digest('a1') },
    bot: { reference: `ghcr.io/acme/shop-bot@${digest('b1')}`, digest: digest('b1') },
  },
  containerNames: {},
  commit: '1111111aaaa',
  path: '/opt/stacks/shop',
  seeds: true,
  record: null,
  ...more,
})

export const record = (number: number, letter: string, commit: string, of: Target = target()): ReleaseRecord => ({
  ...deployedRelease(
    {
      id: `${number}-${commit.slice(0, 7)}`,
      fallback: number > 1 ? `${number - 1}-0000000` : null,
      origin: { commit, ref: null, repository: null, actor: null, run: null, reason: null, operation: 'o' },
      config: of.config,
      ownership: of.ownership,
      images: Object.fromEntries(
        ['api', 'bot'].map((name) => [
          name,
          {
            reference: `ghcr.io/acme/shop-${name}@${digest(`${name[0]}${letter}`)}`,
            digest: digest(`${name[0]}${letter}`),
            tags: [],
            platforms: {},
          },
        ]),
      ),
      containerNames: of.containerNames,
      observed: nothingThere,
    },
    MODEL,
  ),
  schema: { before: 'r1', after: 'r1' },
  committed: '2026-11-21T10:00:00Z',
})

/** Release 1 of commit 1111111aaaa serves and nothing differs. */
export const serving = (more: Partial<Observed> = {}): Observed => ({
  ...nothingThere,
  containers: [container('db', 'postgres:16'), container('api', 'a1'), container('bot', 'b1')],
  present: ['postgres:16', `ghcr.io/acme/shop-api@${digest('a1')}`, `ghcr.io/acme/shop-bot@${digest('b1')}`],
  recordedHashes: nothingThere.hashes,
  files: nothingThere.brought,
  manifest: Object.keys(nothingThere.brought),
  releases: [record(1, '1', '1111111aaaa')],
  current: '1-1111111',
  seeds: [{ name: 'users', hash: '0', release: '1-1111111' }],
  ...more,
})

export const planOf = (observed: Observed, more: Partial<Target> = {}, services: ComposeModel['services'] = MODEL.services): Plan =>
  reconcile(target(more), { services }, { ...observed, model: { services } })
