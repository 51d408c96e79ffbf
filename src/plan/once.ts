import { createHash } from 'node:crypto'
import { ownInfrastructure, runsOnce } from './infrastructure.ts'
import type { ComposeModel, Observed } from './observed.ts'
import { servicesOfOthers } from './parts.ts'
import { oneOffArguments } from './seeds.ts'
import type { Step } from './steps.ts'
import type { Target } from './target.ts'

const COMPLETED = 'service_completed_successfully'
/** Nobody says how long it may take; seeds have as long where nobody says. */
const TIMEOUT_MS = 600_000

export interface Once {
  /** Before the first service is switched. */
  readonly first: readonly Step[]
  /** These wait for services that are switched now. */
  readonly between: readonly Job[]
  /** That they run. */
  readonly images: readonly string[]
}

/** In its place among the services: after those it waits for, and before those that wait for it. */
export interface Job {
  readonly service: string
  readonly after: readonly string[]
  readonly step: Step
}

/**
 * What the compose file has run, once, before services that are switched now: in its place, with the new image, because they
 * are made and started without what they depend on. Not where a seed of the config does the same, nor in a rollback: it may
 * write into the database. What infrastructure waits for is run by compose with it.
 */
export const onceSteps = (target: Target, model: ComposeModel, observed: Observed, changing: readonly string[]): Once => {
  if (target.kind !== 'deploy') return { first: [], between: [], images: [] }
  const infrastructure = ownInfrastructure(target.config, target.ownership, model, observed)
  const byCompose = new Set(infrastructure.flatMap((name) => awaited(name, model)))
  const others = servicesOfOthers(observed, target.ownership)
  const services = [...new Set(changing.flatMap((name) => awaited(name, model)))].filter(
    (name) =>
      !byCompose.has(name) &&
      !others.has(name) &&
      !target.config.compose.elsewhere.includes(name) &&
      !target.config.seed.some((seed) => seed.name === name || seed.service === name),
  )
  const jobs = services.map((service) => ({
    service,
    after: Object.keys(model.services[service]?.dependsOn ?? {}),
    step: stepOf(service, model),
  }))
  const isBetween = ({ after }: Job, path: readonly Job[] = []): boolean =>
    after.some(
      (name) =>
        changing.includes(name) || jobs.some((job) => job.service === name && !path.includes(job) && isBetween(job, [...path, job])),
    )
  return {
    first: jobs.flatMap((job) => (isBetween(job) ? [] : [job.step])),
    between: jobs.filter((job) => isBetween(job)),
    images: services.map((name) => model.services[name]?.image ?? ''),
  }
}

const stepOf = (name: string, model: ComposeModel): Step => ({
  kind: 'seed',
  name,
  cause: `${waitingFor(name, model).join(', ')} may start only when it has ended well`,
  hash: createHash('sha256')
    .update(model.services[name]?.image ?? '')
    .digest('hex')
    .slice(0, 16),
  timeout: TIMEOUT_MS,
  run: oneOffArguments(name, undefined, []),
})

/** What has to end before it, what that waits for first. */
const awaited = (service: string, model: ComposeModel, path: readonly string[] = []): readonly string[] =>
  Object.entries(model.services[service]?.dependsOn ?? {}).flatMap(([name, how]) =>
    how !== COMPLETED || path.includes(name) || !runsOnce(name, model) ? [] : [...awaited(name, model, [...path, service]), name],
  )

const waitingFor = (name: string, model: ComposeModel): readonly string[] =>
  Object.entries(model.services).flatMap(([service, { dependsOn }]) => (dependsOn[name] === COMPLETED ? [service] : []))
