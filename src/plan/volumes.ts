import type { ComposeModel, Observed } from './observed.ts'
import type { Finding } from './preflight.ts'
import type { Plan, Step, SwitchService } from './steps.ts'

/**
 * Data that a release would leave behind: a service that is replaced, or is gone, while its container keeps something in a
 * volume without a name. `docker compose up` hands such volumes on; a container made beside the old one cannot share them.
 */
export const volumesLeftBehind = (plan: Plan, model: ComposeModel, observed: Observed, project: string): readonly Finding[] =>
  plan.steps.flatMap((step) => {
    if (step.kind === 'retire') return retiredWith(step, observed)
    return step.kind === 'switch' ? step.services.flatMap((one) => leftBehind(one, model, observed, project)) : []
  })

const nameless = ({ containers }: Observed, ids: readonly string[]) =>
  containers
    .filter(({ id }) => ids.includes(id))
    .flatMap(({ name: container, anonymousVolumes }) => anonymousVolumes.map(({ name, path }) => ({ container, name, path })))

const leftBehind = ({ service, old }: SwitchService, model: ComposeModel, observed: Observed, project: string): readonly Finding[] => {
  const mounted = model.services[service]?.mounted ?? []
  return nameless(observed, old)
    .filter(({ path }) => !mounted.includes(path))
    .map(({ name, path }) => ({
      sentence: `${service} keeps ${path} in a volume without a name, which its successor would not get`,
      hint: `by hand: name it in the compose file (volumes: ["${service}-data:${path}"]) and bring its content over on the server: docker run --rm -v ${name}:/from -v ${project}_${service}-data:/to busybox cp -a /from/. /to; or, if nothing in it matters: docker rm --force --volumes the container first`,
    }))
}

const retiredWith = ({ service, ids }: Extract<Step, { kind: 'retire' }>, observed: Observed): readonly Finding[] =>
  nameless(observed, ids).map(({ container, name, path }) => ({
    sentence: `${service}, which this release has no more, keeps ${path} in a volume without a name, which nobody would know any more`,
    hint: `on the server: docker run --rm -v ${name}:/from -v ${service}-data:/to busybox cp -a /from/. /to\nby hand: and then, or if nothing in it matters: docker rm --force --volumes ${container.replace(/^\//, '')}`,
  }))
