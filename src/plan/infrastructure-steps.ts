import { mountedChange } from './changed-files.ts'
import { ownInfrastructure } from './infrastructure.ts'
import type { ComposeModel, ComposeService, Observed } from './observed.ts'
import { configured, infrastructureReadiness } from './readiness.ts'
import type { Step } from './steps.ts'
import type { Target } from './target.ts'

/** What has to happen to what runs no image of ours. */
export interface Infrastructure {
  readonly start: readonly Step[]
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
  const steps: Step[] = []
  if (start.length > 0)
    steps.push({
      kind: 'infrastructure',
      services: start.map(({ name }) => name),
      cause: start.map(({ name, cause }) => `${name} ${cause}`).join(', '),
    })
  for (const { name, compose } of start)
    steps.push({
      kind: 'await',
      service: name,
      cause: 'what depends on it comes next',
      readiness: infrastructureReadiness(configured(target.config, name), compose),
      ...(name === target.config.backup?.service && !observed.containers.some(({ service }) => service === name)
        ? { first: true as const }
        : {}),
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
