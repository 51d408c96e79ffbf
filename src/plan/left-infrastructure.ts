import { repositoryOf } from './compose-files.ts'
import type { ComposeModel, Observed, ReleaseRecord } from './observed.ts'
import type { Finding } from './preflight.ts'
import type { Plan } from './steps.ts'
import { containersOf } from './wanted.ts'

/**
 * Infrastructure that the release in force has and this one has under another name: it stays, since it may hold data, and its
 * successor would work on the same data beside it. Two database servers on one volume damage what is in it.
 */
export const secondServers = (plan: Plan, model: ComposeModel, observed: Observed, current: ReleaseRecord | null): readonly Finding[] => {
  const left = (current?.infrastructure ?? [])
    .filter((service) => model.services[service] === undefined)
    .flatMap((service) => containersOf(observed, service).running)
  const started = plan.steps
    .flatMap((step) => (step.kind === 'infrastructure' ? step.services : []))
    .filter((service) => containersOf(observed, service).containers.length === 0)
  return started.flatMap((service) => {
    const image = repositoryOf(model.services[service]?.image ?? '')
    return left
      .filter((container) => repositoryOf(container.image) === image)
      .map(({ service: before, name }) => ({
        sentence: `${service} would be a second ${image} beside ${before}, which the compose files have no more and which runs still; two of them on the same data would damage it`,
        hint: `on the server: docker rm --force ${name.replace(/^\//, '')}\nby hand: its volumes with a name stay; or give ${service} its name ${before} back`,
      }))
  })
}
