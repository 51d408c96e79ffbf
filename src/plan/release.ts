import type { Config } from '../config/schema.ts'
import type { ImageReport } from '../report/document.ts'
import { ownInfrastructure, runsOnce } from './infrastructure.ts'
import type { ComposeModel, Observed, ReleasedService, ReleaseRecord } from './observed.ts'
import { comesLast } from './order.ts'
import { partKey, references, stackWith } from './parts.ts'
import { configured, httpAsk, readinessOf } from './readiness.ts'

/** Who and what brought a release. */
export interface Origin {
  readonly commit: string
  readonly ref: string | null
  readonly repository: string | null
  readonly actor: string | null
  readonly run: string | null
  readonly reason: string | null
  readonly operation: string
}

interface NewRelease {
  readonly id: string
  readonly fallback: string | null
  readonly origin: Origin
  readonly config: Config
  readonly ownership: Readonly<Record<string, string>>
  readonly images: Readonly<Record<string, ImageReport>>
  readonly containerNames: Readonly<Record<string, string>>
  /** As found; what other repositories shipped is in it. */
  readonly observed: Observed
}

type Started = Omit<ReleaseRecord, 'schema' | 'committed'>

/** The record of a deploy, as far as it is known before it ran. */
export const deployedRelease = (
  { id, fallback, origin, config, ownership, images, containerNames, observed }: NewRelease,
  model: ComposeModel,
): Started => ({
  id,
  number: Number.parseInt(id, 10),
  kind: 'deploy',
  of: null,
  fallback,
  ...origin,
  ...(config.migrate?.compatible === true ? { compatible: true } : {}),
  images: Object.fromEntries(
    Object.entries(images).map(([name, { reference, digest, platforms }]) => [name, { reference, digest, platforms }]),
  ),
  services: Object.fromEntries(
    Object.entries(ownership).map(([service, image]): [string, ReleasedService] => [
      service,
      releasedService(config, service, image, images[image]?.digest ?? '', model, containerNames[service] ?? ''),
    ]),
  ),
  smoke: config.smoke.map(({ name, service, http, run, retries, timeout }) => ({
    name,
    service,
    ask: http === undefined ? { kind: 'exec', argv: run ?? [] } : httpAsk(http),
    retries,
    timeout,
  })),
  infrastructure: ownInfrastructure(config, ownership, model, observed),
  stack: stackWith(observed, partKey(origin.repository), { release: id, commit: origin.commit, images: references(images) }),
})

const releasedService = (
  config: Config,
  service: string,
  image: string,
  digest: string,
  model: ComposeModel,
  containerName: string,
): ReleasedService => {
  const asked = configured(config, service)
  const compose = model.services[service]
  // of a profile that is off, or one that runs once and ends: none is there afterwards
  const replicas = compose === undefined || runsOnce(service, model) ? 0 : compose.replicas
  return {
    image,
    digest,
    order: asked?.order ?? 'stop-first',
    ...(asked === undefined || asked.parallelism === 1 ? {} : { parallelism: asked.parallelism }),
    ...(replicas === 1 ? {} : { replicas }),
    exactly: asked?.exactly === 1,
    ...(comesLast(asked) ? { last: true } : {}),
    after: [...(asked?.after ?? []), ...Object.keys(compose?.dependsOn ?? {})],
    readiness: readinessOf(asked, compose),
    containerName,
  }
}

/** The record of going back: a new release that runs an older one's bytes and definitions. */
export const rolledBackRelease = (id: string, record: ReleaseRecord, origin: Origin, observed: Observed): Started => {
  const { schema: _schema, committed: _committed, ...kept } = record
  return {
    ...kept,
    id,
    number: Number.parseInt(id, 10),
    kind: 'rollback',
    of: record.id,
    actor: origin.actor,
    run: origin.run,
    reason: origin.reason,
    operation: origin.operation,
    stack: stackWith(observed, partKey(origin.repository), { release: id, commit: record.commit, images: references(record.images) }),
  }
}
