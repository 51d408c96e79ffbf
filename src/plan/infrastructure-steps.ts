import { mountedChange } from './changed-files.ts'
import { isInFront, ownInfrastructure } from './infrastructure.ts'
import type { ComposeModel, ComposeService, Observed } from './observed.ts'
import { configured, infrastructureReadiness } from './readiness.ts'
import type { Step } from './steps.ts'
import type { Target } from './target.ts'
import { containersOf } from './wanted.ts'

/** What has to happen to what runs no image of ours. */
export interface Infrastructure {
  readonly start: readonly Step[]
  /** What stands before our services, to be started when they are there. */
  readonly front: readonly Step[]
  readonly restart: readonly Step[]
  readonly images: readonly string[]
}

export const infrastructureSteps = (
  target: Target,
  model: ComposeModel,
  observed: Observed,
  changed: readonly string[],
): Infrastructure => {
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
  const isFront = ({ name }: Starting): boolean => isInFront(name, target.ownership, model)
  return {
    start: startSteps(
      start.filter((one) => !isFront(one)),
      {},
      { target, model, observed },
    ),
    front: startSteps(start.filter(isFront), { alone: true }, { target, model, observed }),
    restart,
    images: start.map(({ compose }) => compose.image),
  }
}

interface Starting {
  readonly name: string
  readonly compose: ComposeService
  readonly cause: string
}

interface Around {
  readonly target: Target
  readonly model: ComposeModel
  readonly observed: Observed
}

const startSteps = (start: readonly Starting[], how: { readonly alone?: true }, { target, model, observed }: Around): readonly Step[] =>
  start.length === 0
    ? []
    : [
        {
          kind: 'infrastructure',
          services: start.map(({ name }) => name),
          cause: start.map(({ name, cause }) => `${name} ${cause}`).join(', '),
          ...how,
          ...addedTo(start, target, observed),
        },
        ...start.map(
          ({ name, compose }): Step => ({
            kind: 'await',
            service: name,
            cause: awaitCause(name, model),
            readiness: infrastructureReadiness(configured(target.config, name), compose),
            ...(name === target.config.backup?.service && !observed.containers.some(({ service }) => service === name)
              ? { first: true as const }
              : {}),
          }),
        ),
      ]

/**
 * What the release in force cannot put back, because its compose files know no such service. Of a deploy only: a rollback is
 * not rolled back, and a key that is only for going back knows no such part of a program.
 */
const addedTo = (
  start: readonly Starting[],
  { kind }: Target,
  observed: Observed,
): { readonly added?: Readonly<Record<string, 'new' | 'there'>> } => {
  const current = observed.releases.find(({ id }) => id === observed.current)
  if (kind === 'rollback' || current === undefined) return {}
  const added = start.filter(({ name }) => !current.infrastructure.includes(name) && current.services[name] === undefined)
  if (added.length === 0) return {}
  return {
    added: Object.fromEntries(added.map(({ name }) => [name, containersOf(observed, name).containers.length > 0 ? 'there' : 'new'])),
  }
}

const awaitCause = (service: string, model: ComposeModel): string => {
  const waiting = Object.entries(model.services).flatMap(([name, { dependsOn }]) =>
    Object.hasOwn(dependsOn, service) && name !== service ? [name] : [],
  )
  return waiting.length === 0 ? 'it has to run' : `${waiting.join(', ')} ${waiting.length === 1 ? 'needs' : 'need'} it`
}

const infrastructureChange = (name: string, compose: ComposeService, observed: Observed): string | null => {
  const containers = observed.containers.filter(({ service, oneOff }) => service === name && !oneOff)
  const running = containers.filter(({ state }) => state === 'running')
  if (containers.length === 0) return 'does not exist yet'
  if (running.length < compose.replicas) return 'does not run'
  if (observed.recordedHashes[name] !== observed.hashes[name]) return 'configuration changed'
  return running.some(({ health }) => health !== null && health !== 'healthy') ? 'is not healthy' : null
}
