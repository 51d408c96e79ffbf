/**
 * What is decided for the swept stack, as the programs that come of it: for whatever a look may find there in the course of
 * a try. The plan is a function, so its answers say more than its text, most of which the swept stack never comes by.
 */
import { readConfig } from '../../../src/config/read.ts'
import type { Config } from '../../../src/config/schema.ts'
import type { ComposeModel, Observed, ObservedContainer, ReleaseRecord } from '../../../src/plan/observed.ts'
import { reconcile } from '../../../src/plan/reconcile.ts'
import { deployedRelease } from '../../../src/plan/release.ts'
import type { Target } from '../../../src/plan/target.ts'
import { compile } from '../../../src/transaction/compile.ts'
import { composeFunction } from '../../../src/transaction/compose-function.ts'
import { container, digest, nothingThere, service } from '../../plan/support/observed.ts'

const PATH = '/opt/stacks/faults'
const MODEL: ComposeModel = {
  services: { web: service('app:latest', { restart: 'always' }), worker: service('app:latest') },
}
const reference = (version: string): string => `ghcr.io/acme/faults-app@${digest(version)}`

/** @param text of a deploy.yml */
export const plannedPrograms = (text: string): readonly string[] => {
  const { config } = readConfig({ bytes: Buffer.from(text), file: 'deploy.yml', environment: { SSH_HOST: 'host' }, isUnused: () => false })
  const seen = looks(config)
  const wishes = [
    wish(config, 'one'),
    wish(config, 'two'),
    { ...wish(config, 'one'), kind: 'rollback' as const, record: release(config, 1, 'one') },
  ]
  return [JSON.stringify(config), ...seen.flatMap((observed) => wishes.map((target) => program(target, observed)))]
}

const wish = (config: Config, version: string): Target => ({
  kind: 'deploy',
  config,
  ownership: { web: 'app', worker: 'app' },
  images: { app: { reference: reference(version), digest: digest(version) } },
  containerNames: {},
  commit: version === 'one' ? '1111111aaaa' : '2222222bbbb',
  path: PATH,
  seeds: true,
  record: null,
})

const release = (config: Config, number: number, version: string): ReleaseRecord => {
  const { commit, ownership, images, containerNames } = wish(config, version)
  const app = { ...(images.app ?? { reference: '', digest: '' }), tags: [], platforms: {} }
  const origin = { commit, ref: null, repository: null, actor: null, run: null, reason: null, operation: 'o' }
  const id = `${number}-${commit.slice(0, 7)}`
  const made = { id, fallback: null, origin, config, ownership, images: { app }, containerNames, observed: nothingThere }
  return { ...deployedRelease(made, MODEL), schema: { before: 'one', after: 'one' }, committed: '2026-11-21T10:00:00Z' }
}

/** Nothing yet, all in order, and what a fault may leave. */
const looks = (config: Config): readonly Observed[] => {
  const runs = (version: string, more: Partial<ObservedContainer> = {}): readonly ObservedContainer[] =>
    ['web', 'worker'].map((name) => container(name, version, { id: `${name}-${version}`, ...more }))
  const [web, worker] = runs('one') as [ObservedContainer, ObservedContainer]
  const whole: Observed = {
    ...nothingThere,
    model: MODEL,
    hashes: { web: 'h-web', worker: 'h-worker' },
    recordedHashes: { web: 'h-web', worker: 'h-worker' },
    containers: [web, worker],
    present: [reference('one')],
    files: nothingThere.brought,
    manifest: Object.keys(nothingThere.brought),
    releases: [release(config, 1, 'one')],
    current: '1-1111111',
    seeds: ['told', 'handed'].map((name) => ({ name, hash: '0', release: '1-1111111' })),
  }
  const changes: readonly Partial<Observed>[] = [
    {},
    { present: [reference('one'), reference('two')] },
    { containers: [{ ...web, state: 'exited' }, worker] },
    { containers: [web, { ...worker, state: 'exited' }] },
    { containers: [web] },
    { containers: [] },
    { containers: [web, worker, ...runs('two', { state: 'created' })] },
    { containers: [web, ...runs('two')] },
    { containers: runs('two') },
    { containers: runs('one', { state: 'restarting', restarts: 3 }) },
    { containers: [web, worker, container('web', 'two', { id: 'left', oneOff: true, state: 'exited' })] },
    { recordedHashes: {} },
    {
      broken: { repository: '-', operation: 'o', kind: 'deploy', release: '2-2222222', since: '2026-11-21T10:00:00Z', sentences: [] },
      containers: [web, ...runs('two')],
    },
    { files: {} },
    { seeds: ['told', 'handed'].map((name) => ({ name, hash: '0', release: '1-1111111', started: true as const })) },
    { releases: [release(config, 1, 'one'), release(config, 2, 'two')], current: '2-2222222', containers: runs('two') },
  ]
  return [{ ...whole, ...nothingThere, model: MODEL }, ...changes.map((change) => ({ ...whole, ...change }))]
}

const program = (target: Target, observed: Observed): string => {
  const plan = reconcile(target, MODEL, observed)
  const { compose, backup } = target.config
  const { schema: _, committed: __, ...record } = release(target.config, 9, 'two')
  return plan.steps.length === 0
    ? 'nothing to do'
    : compile(plan, {
        directory: PATH,
        project: 'faults',
        operation: '20261121T100000Z-abcdef',
        environmentFile: '.env',
        compose: composeFunction({
          project: 'faults',
          directory: PATH,
          environmentFile: '.env',
          files: compose.files,
          profiles: compose.profiles,
          pin: compose.pin,
        }),
        schema: 'one',
        database: backup,
        record,
      })
}
