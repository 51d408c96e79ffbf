import type { Config } from '../config/schema.ts'
import type { DataSteps } from './data.ts'
import { NO_DATA } from './data.ts'
import { serverHooks } from './hooks.ts'
import { ownInfrastructure, runsOnce } from './infrastructure.ts'
import { migrationSteps } from './migration.ts'
import type { ComposeModel, ComposeService, Observed, ObservedContainer, Readiness, ReleaseRecord } from './observed.ts'
import { sideBySide, switchOrder } from './order.ts'
import { configured, httpAsk, infrastructureReadiness, provenReadiness, readinessOf } from './readiness.ts'
import { pendingSeeds } from './seeds.ts'
import type { Plan, Step } from './steps.ts'

/** What is to serve, apart from what the server is like. */
export interface Target {
  readonly kind: 'deploy' | 'rollback'
  readonly config: Config
  /** Service → key of its image. */
  readonly ownership: Readonly<Record<string, string>>
  /** Image key → the bytes. */
  readonly images: Readonly<Record<string, { readonly reference: string; readonly digest: string }>>
  /** Services that name their container themselves: service → name. */
  readonly containerNames: Readonly<Record<string, string>>
  readonly commit: string
  readonly path: string
  readonly seeds: boolean
  /** For a rollback: the record that is brought back; its definitions hold, not those of today's config. */
  readonly record: ReleaseRecord | null
  /** For a rollback: what becomes of the data. */
  readonly data?: DataSteps
  /** With other servers: the number that the release has on all of them, also where this one needs no change. */
  readonly number?: number
}

/** One service of ours and what is to become of it. */
interface Wanted {
  readonly service: string
  readonly compose: ComposeService
  readonly digest: string
  readonly readiness: Readiness
  readonly order: 'stop-first' | 'start-first'
  readonly exactly: boolean
  readonly after: readonly string[]
  readonly running: readonly ObservedContainer[]
  readonly containers: readonly ObservedContainer[]
  /** Why it has to be replaced; null where it serves already. */
  readonly cause: string | null
}

/** What has to happen, and why: pure, from one look at the server. Without steps where nothing has to. */
export const reconcile = (target: Target, model: ComposeModel, observed: Observed): Plan => {
  const current = currentRelease(observed)
  const files = fileChanges(observed)
  const wanted = afterHalt(target, wantedServices(target, model, observed, files.changed))
  const changing = wanted.filter(({ cause }) => cause !== null)
  const infrastructure = infrastructureSteps(target, model, observed, files.changed)
  const seeds = target.kind === 'deploy' && target.seeds ? pendingSeeds(target.config.seed, observed) : []
  const sameBytes = current !== null && current.commit === target.commit && target.kind === 'deploy'
  const nothing =
    target.number === undefined &&
    observed.broken === null &&
    changing.length === 0 &&
    infrastructure.start.length === 0 &&
    infrastructure.restart.length === 0 &&
    files.changed.length + files.removed.length === 0 &&
    seeds.length === 0
  const number = target.number ?? nextNumber(observed)
  const base = {
    kind: target.kind,
    release: `${number}-${target.commit.slice(0, 7)}`,
    previous: observed.current,
    fallback: target.kind === 'rollback' ? (target.record?.fallback ?? null) : observed.current,
  } as const
  if (
    nothing &&
    (target.data?.beforeSwitch ?? []).length === 0 &&
    (sameBytes || (target.kind === 'rollback' && (current?.of ?? current?.id) === target.record?.id))
  )
    return { ...base, steps: [] }
  return { ...base, steps: orderedSteps({ target, observed, current, files, wanted, changing, infrastructure, seeds }) }
}

/** What was stopped so that the data can go back does not come back by itself: it is replaced, also by its like. */
const afterHalt = ({ data }: Target, wanted: readonly Wanted[]): readonly Wanted[] =>
  data?.beforeSwitch.some(({ kind }) => kind === 'halt') === true
    ? wanted.map((one) => ({ ...one, cause: one.cause ?? 'stopped while the data goes back' }))
    : wanted

export const nextNumber = ({ releases }: Observed): number => Math.max(0, ...releases.map(({ number }) => number)) + 1

interface Parts {
  readonly target: Target
  readonly observed: Observed
  readonly current: ReleaseRecord | null
  readonly files: FileChanges
  readonly wanted: readonly Wanted[]
  readonly changing: readonly Wanted[]
  readonly infrastructure: Infrastructure
  readonly seeds: readonly Step[]
}

/**
 * The order for a stack with a database: everything that can fail early first, nothing that serves touched before it;
 * then services by their order, seeds before the one that may exist once, which comes last.
 */
const orderedSteps = ({ target, observed, current, files, wanted, changing, infrastructure, seeds }: Parts): readonly Step[] => {
  const { config, kind } = target
  const hooks = (point: Parameters<typeof serverHooks>[1]) => (kind === 'deploy' ? serverHooks(config, point) : [])
  const order = switchOrder(changing)
  const once = order.filter(({ exactly }) => exactly)
  const migrations = kind === 'deploy' ? migrationSteps(config, target.images, current, changing.length > 0 || seeds.length > 0) : []
  const missing = [
    ...new Set([...wanted.map(({ service }) => target.images[target.ownership[service] ?? '']?.reference ?? ''), ...infrastructure.images]),
  ].filter((reference) => reference !== '' && !observed.present.includes(reference))
  const scales = changing.map(({ service, compose, containers }) => ({ name: service, scale: containers.length + compose.replicas }))
  const digests = Object.fromEntries(wanted.map(({ service, digest }) => [service, digest]))
  const data = target.data ?? NO_DATA
  return [
    ...hooks('beforeDeploy'),
    ...(missing.length > 0 ? [{ kind: 'pull', cause: 'not on the server yet', references: missing } as const] : []),
    ...data.first,
    { kind: 'files', cause: fileCause(files), changed: files.changed, removed: files.removed },
    ...infrastructure.start,
    ...(scales.length > 0
      ? [{ kind: 'create', cause: 'made beside those that run, so that the gap is short', services: scales } as const]
      : []),
    ...(migrations.length === 0 && kind === 'deploy' && config.backup?.when === 'always'
      ? [{ kind: 'backup', cause: 'the config asks for one at every deploy' } as const]
      : []),
    ...(migrations.length > 0 ? [...hooks('beforeMigrate'), ...migrations, ...hooks('afterMigrate')] : []),
    ...(scales.length > 0
      ? [
          {
            kind: 'await-created',
            cause: 'nothing that serves is touched before they are there',
            services: scales.map(({ name }) => name),
          } as const,
        ]
      : []),
    ...hooks('beforeSwitch'),
    ...infrastructure.restart,
    ...data.beforeSwitch,
    ...(kind === 'rollback' ? exchangeStep(sideBySide(order)) : []),
    ...order.filter(({ exactly }) => !exactly).map((service) => switchStep(service, current)),
    ...seeds,
    ...once.map((service) => switchStep(service, current)),
    ...hooks('afterSwitch'),
    ...(observed.broken === null ? [] : wanted.filter(({ cause }) => cause === null).map(proveStep)),
    ...smokeSteps(target),
    { kind: 'verify', cause: 'what runs is compared with what was wanted', services: digests },
    ...stableSteps(changing),
    ...hooks('afterDeploy'),
    { kind: 'commit', cause: 'healthy: from here on it is the current release' },
    {
      kind: 'tidy',
      cause: `${config.keep} releases are kept`,
      keep: config.keep,
      services: Object.fromEntries(changing.map(({ service }) => [service, target.containerNames[service] ?? ''])),
    },
    ...data.last,
  ]
}

export const currentRelease = (observed: Observed): ReleaseRecord | null =>
  observed.releases.find(({ id }) => id === observed.current) ?? null

// --- files ---------------------------------------------------------------------------------------------------------

interface FileChanges {
  readonly changed: readonly string[]
  readonly removed: readonly string[]
}

const fileChanges = (observed: Observed): FileChanges => ({
  // as another repository brought it is no reason: what a compose file changes is seen by its services
  changed: Object.keys(observed.brought).filter(
    (file) =>
      observed.files[file] !== observed.brought[file] &&
      !(observed.files[file] !== undefined && observed.files[file] === observed.othersBrought[file]?.sum),
  ),
  removed: observed.manifest.filter(
    (file) => observed.brought[file] === undefined && observed.files[file] !== undefined && observed.othersBrought[file] === undefined,
  ),
})

const fileCause = ({ changed, removed }: FileChanges): string =>
  changed.length + removed.length === 0
    ? 'files are as wanted'
    : [...changed.slice(0, 5).map((file) => `${file} differs`), ...removed.slice(0, 5).map((file) => `${file} is no longer brought`)].join(
        ', ',
      ) + (changed.length + removed.length > 10 ? ', …' : '')

/** A file that a service mounts itself or by one of its folders. */
const mountedChange = (path: string, service: ComposeService, changed: readonly string[]): string | undefined =>
  changed.find((file) =>
    service.binds.some(({ source }) => source === `${path}/${file}` || `${path}/${file}`.startsWith(`${source.replace(/\/$/, '')}/`)),
  )

// --- services of ours ------------------------------------------------------------------------------------------------

const wantedServices = (target: Target, model: ComposeModel, observed: Observed, changed: readonly string[]): readonly Wanted[] =>
  Object.entries(target.ownership).flatMap(([service, key]) => {
    const compose = model.services[service]
    if (compose === undefined || compose.replicas === 0 || runsOnce(service, model)) return []
    const digest = target.images[key]?.digest ?? ''
    const containers = observed.containers.filter((container) => container.service === service && !container.oneOff)
    const running = containers.filter(({ state }) => state === 'running' || state === 'restarting')
    const config = configured(target.config, service)
    const recorded = target.record?.services[service]
    return [
      {
        service,
        compose,
        digest,
        readiness: recorded === undefined ? readinessOf(config, compose) : provenReadiness(recorded.readiness),
        order: recorded?.order ?? config?.order ?? 'stop-first',
        exactly: recorded?.exactly ?? config?.exactly === 1,
        after: recorded?.after ?? [...(config?.after ?? []), ...Object.keys(compose.dependsOn)],
        containers,
        running,
        cause: changeOf({ service, compose, digest, containers, running, observed, mounted: mountedChange(target.path, compose, changed) }),
      },
    ]
  })

interface Comparison {
  readonly service: string
  readonly compose: ComposeService
  readonly digest: string
  readonly containers: readonly ObservedContainer[]
  readonly running: readonly ObservedContainer[]
  readonly observed: Observed
  readonly mounted: string | undefined
}

const changeOf = ({ service, compose, digest, containers, running, observed, mounted }: Comparison): string | null => {
  if (containers.length === 0) return 'does not exist yet'
  if (running.length === 0) return 'does not run'
  if (running.some((container) => !runs(container, digest, observed))) return 'image changed'
  if (observed.recordedHashes[service] !== observed.hashes[service]) return 'configuration changed'
  if (running.length !== compose.replicas || containers.length !== compose.replicas) return `${running.length} of ${compose.replicas} run`
  if (running.some(({ state, health }) => state === 'restarting' || health === 'unhealthy')) return 'is not healthy'
  return mounted === undefined ? null : `${mounted} changed, which it mounts`
}

/** Engines name an image by its index or by its configuration, depending on their store: the registry digest decides. */
export const runs = (container: ObservedContainer, digest: string, observed: Pick<Observed, 'imageDigests'>): boolean =>
  container.imageId === digest || (observed.imageDigests[container.imageId] ?? []).some((known) => known.endsWith(`@${digest}`))

/** Who goes back wants to be there soon: services that do not wait for one another are stopped and started side by side. */
const exchangeStep = (services: readonly Wanted[]): Step[] =>
  services.length === 0
    ? []
    : [
        {
          kind: 'exchange',
          cause: 'none of them waits for another',
          services: services.map(({ service, running }) => ({ service, ...before(running) })),
        },
      ]

const before = (running: readonly ObservedContainer[]): { readonly old: readonly string[]; readonly policy: string } => ({
  old: running.map(({ id }) => id),
  policy: running[0]?.policy || 'no',
})

const switchStep = (wanted: Wanted, current: ReleaseRecord | null): Step => ({
  kind: 'switch',
  cause: wanted.cause ?? '',
  service: wanted.service,
  order: wanted.order,
  ...before(wanted.running),
  readiness: wanted.readiness,
  readinessBefore: current?.services[wanted.service]?.readiness ?? wanted.readiness,
})

/** After what nobody could put right, what needs no change must show that it is well. */
const proveStep = ({ service, readiness }: Wanted): Step => ({ kind: 'await', service, readiness, cause: 'the stack was broken' })

/** Windows run side by side and beside smoke tests; whether all stayed up is asked once, before the commit. */
const stableSteps = (changing: readonly Wanted[]): Step[] => {
  const services = changing.filter(({ readiness }) => readiness.stable > 0).map(({ service }) => service)
  return services.length === 0 ? [] : [{ kind: 'stable', cause: 'ready is not enough: no restart during the window', services }]
}

const smokeSteps = ({ config, record }: Target): Step[] =>
  record === null
    ? config.smoke.map(({ name, service, http, run, retries, timeout }) => ({
        kind: 'smoke' as const,
        cause: 'the config asks for it',
        name,
        service,
        ask: http === undefined ? { kind: 'exec' as const, argv: run ?? [] } : httpAsk(http),
        retries,
        timeout,
      }))
    : record.smoke.map((smoke) => ({ kind: 'smoke' as const, cause: 'this release was deployed with it', ...smoke }))

// --- what is not ours --------------------------------------------------------------------------------------------------

interface Infrastructure {
  readonly start: readonly Step[]
  readonly restart: readonly Step[]
  readonly images: readonly string[]
}

const infrastructureSteps = (target: Target, model: ComposeModel, observed: Observed, changed: readonly string[]): Infrastructure => {
  const ours = ownInfrastructure(target.config, target.ownership, model, observed)
  const services = Object.entries(model.services).filter(([name]) => ours.includes(name))
  const start = services.flatMap(([name, compose]) => {
    const cause = infrastructureChange(name, compose, observed)
    return cause === null ? [] : [{ name, compose, cause }]
  })
  const restart = services.flatMap(([name, compose]) => {
    const mounted = start.some((one) => one.name === name) ? undefined : mountedChange(target.path, compose, changed)
    return mounted === undefined ? [] : [{ kind: 'restart' as const, service: name, cause: `${mounted} changed, which it mounts` }]
  })
  const steps: Step[] = []
  if (start.length > 0)
    steps.push({
      kind: 'infrastructure',
      services: start.map(({ name }) => name),
      cause: start.map(({ name, cause }) => `${name} ${cause}`).join(', '),
    })
  for (const { name } of start)
    steps.push({
      kind: 'await',
      service: name,
      cause: 'what depends on it comes next',
      readiness: infrastructureReadiness(configured(target.config, name)),
    })
  return { start: steps, restart, images: start.map(({ compose }) => compose.image) }
}

const infrastructureChange = (name: string, compose: ComposeService, observed: Observed): string | null => {
  const containers = observed.containers.filter(({ service, oneOff }) => service === name && !oneOff)
  const running = containers.filter(({ state }) => state === 'running')
  if (containers.length === 0) return 'does not exist yet'
  if (running.length < compose.replicas) return 'does not run'
  if (observed.recordedHashes[name] !== observed.hashes[name]) return 'configuration changed'
  return running.some(({ health }) => health !== null && health !== 'healthy') ? 'is not healthy' : null
}
