import { type FileChanges, fileCause, fileChanges } from './changed-files.ts'
import { NO_DATA } from './data.ts'
import { serverHooks } from './hooks.ts'
import { type Infrastructure, infrastructureSteps } from './infrastructure-steps.ts'
import { migrationSteps } from './migration.ts'
import type { ComposeModel, Observed, ReleaseRecord } from './observed.ts'
import { type Job, onceSteps } from './once.ts'
import { publishes } from './published.ts'
import { httpAsk } from './readiness.ts'
import { type RetireStep, retireSteps } from './retire.ts'
import { pendingSeeds } from './seeds.ts'
import type { Plan, Step } from './steps.ts'
import { switchSteps } from './switch-steps.ts'
import type { Target } from './target.ts'
import { type Wanted, wantedServices } from './wanted.ts'

/** What has to happen, and why: pure, from one look at the server. Without steps where nothing has to. */
export const reconcile = (target: Target, model: ComposeModel, observed: Observed): Plan => {
  const current = currentRelease(observed)
  const files = fileChanges(observed)
  const wanted = afterHalt(target, wantedServices(target, model, observed, files.changed))
  const changing = wanted.filter(({ cause }) => cause !== null)
  const infrastructure = infrastructureSteps(target, model, observed, files.changed)
  const retired = retireSteps(target, model, observed, current)
  const seeds = target.kind === 'deploy' && target.seeds ? pendingSeeds(target.config.seed, target.contents ?? {}, observed) : []
  const sameBytes = current !== null && current.commit === target.commit && target.kind === 'deploy'
  const nothing =
    target.number === undefined &&
    observed.broken === null &&
    changing.length === 0 &&
    retired.length === 0 &&
    infrastructure.start.length + infrastructure.front.length === 0 &&
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
  return { ...base, steps: orderedSteps({ target, model, observed, current, files, wanted, changing, retired, infrastructure, seeds }) }
}

/** What was stopped so that the data can go back does not come back by itself: it is replaced, also by its like. */
const afterHalt = ({ data }: Target, wanted: readonly Wanted[]): readonly Wanted[] =>
  data?.beforeSwitch.some(({ kind }) => kind === 'halt') === true
    ? wanted.map((one) => ({ ...one, cause: one.cause ?? 'stopped while the data goes back' }))
    : wanted

export const nextNumber = ({ releases }: Observed): number => Math.max(0, ...releases.map(({ number }) => number)) + 1

interface Parts {
  readonly target: Target
  readonly model: ComposeModel
  readonly observed: Observed
  readonly current: ReleaseRecord | null
  readonly files: FileChanges
  readonly wanted: readonly Wanted[]
  readonly changing: readonly Wanted[]
  readonly retired: readonly RetireStep[]
  readonly infrastructure: Infrastructure
  readonly seeds: readonly Step[]
}

/** A database server that is built here is no infrastructure, and still nothing migrates before it runs; a file has no server. */
const isServer = ({ backup }: Target['config'], service: string): boolean =>
  backup !== undefined && backup.service === service && (backup.kind === 'postgres' || backup.kind === 'mysql')

/** Whether infrastructure that is started now publishes what this one has. */
const holdsPortOf = ({ running }: RetireStep, { start }: Infrastructure, { services }: ComposeModel, observed: Observed): boolean => {
  const names = observed.containers.filter(({ id }) => running.includes(id)).map(({ name }) => name.replace(/^\//, ''))
  const held = observed.published.filter(({ name }) => names.includes(name))
  const wanted = start
    .flatMap((step) => (step.kind === 'infrastructure' ? step.services : []))
    .flatMap((name) => services[name]?.ports ?? [])
  return held.some(({ ports }) => wanted.some(({ published }) => published > 0 && publishes(ports, published)))
}

/**
 * The order for a stack with a database: everything that can fail early first, nothing that serves touched before it;
 * then services by their order, seeds before the one that may exist once, which comes last.
 */
const orderedSteps = ({
  target,
  model,
  observed,
  current,
  files,
  wanted,
  changing,
  retired,
  infrastructure,
  seeds,
}: Parts): readonly Step[] => {
  const { config, kind } = target
  const hooks = (point: Parameters<typeof serverHooks>[1]) => (kind === 'deploy' ? serverHooks(config, point) : [])
  const migrations = kind === 'deploy' ? migrationSteps(config, target.images, current, changing.length > 0 || seeds.length > 0) : []
  const once = onceSteps(
    target,
    model,
    observed,
    changing.map(({ service }) => service),
  )
  const missing = [
    ...new Set([
      ...wanted.map(({ service }) => target.images[target.ownership[service] ?? '']?.reference ?? ''),
      ...infrastructure.images,
      ...once.images,
    ]),
  ].filter((reference) => reference !== '' && !observed.present.includes(reference))
  const scales = changing.map(({ service, compose, containers }) => ({ name: service, scale: containers.length + compose.replicas }))
  const awaitCreated: readonly Step[] =
    scales.length === 0
      ? []
      : [{ kind: 'await-created', cause: 'nothing that serves is touched before they are there', services: scales.map(({ name }) => name) }]
  const early = changing.filter(({ service, running }) => isServer(config, service) && running.length === 0)
  const later = changing.filter((one) => !early.includes(one))
  const waitsForTheOne = ({ after }: Job): boolean => later.some(({ service, exactly }) => exactly && after.includes(service))
  // two servers on one data would damage it, and nobody else can have a port that is taken
  const place = (one: RetireStep): 'before infrastructure' | 'before the database' | 'before services' => {
    if (holdsPortOf(one, infrastructure, model, observed)) return 'before infrastructure'
    return early.length > 0 ? 'before the database' : 'before services'
  }
  const digests = Object.fromEntries(wanted.map(({ service, digest }) => [service, digest]))
  const data = target.data ?? NO_DATA
  return [
    ...(missing.length > 0 ? [{ kind: 'pull', cause: 'not on the server yet', references: missing } as const] : []),
    ...data.first,
    { kind: 'files', cause: [fileCause(files), ...(target.without ?? [])].join('; '), changed: files.changed, removed: files.removed },
    // what a hook runs may be a file that this release brings
    ...hooks('beforeDeploy'),
    ...retired.filter((one) => place(one) === 'before infrastructure'),
    ...infrastructure.start,
    ...(scales.length > 0
      ? [{ kind: 'create', cause: 'made beside those that run, so that the gap is short', services: scales } as const]
      : []),
    ...(early.length > 0
      ? [...awaitCreated, ...retired.filter((one) => place(one) === 'before the database'), ...switchSteps(early, current)]
      : []),
    ...(migrations.length === 0 && kind === 'deploy' && config.backup?.when === 'always'
      ? [{ kind: 'backup', cause: 'the config asks for one at every deploy' } as const]
      : []),
    ...(migrations.length > 0 ? [...hooks('beforeMigrate'), ...migrations, ...hooks('afterMigrate')] : []),
    ...(early.length > 0 ? [] : awaitCreated),
    ...hooks('beforeSwitch'),
    ...infrastructure.restart,
    ...data.beforeSwitch,
    ...retired.filter((one) => place(one) === 'before services'),
    ...once.first,
    ...(seeds.length === 0
      ? switchSteps(later, current, once.between)
      : [
          ...switchSteps(
            later.filter(({ exactly }) => !exactly),
            current,
            once.between.filter((job) => !waitsForTheOne(job)),
          ),
          ...seeds,
          ...switchSteps(
            later.filter(({ exactly }) => exactly),
            current,
            once.between.filter(waitsForTheOne),
          ),
        ]),
    ...infrastructure.front,
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
      services: Object.fromEntries([...changing, ...retired].map(({ service }) => [service, target.containerNames[service] ?? ''])),
    },
    ...data.last,
  ]
}

export const currentRelease = (observed: Observed): ReleaseRecord | null =>
  observed.releases.find(({ id }) => id === observed.current) ?? null

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
