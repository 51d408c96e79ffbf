import type { ComposeModel, Observed } from './observed.ts'
import type { Finding } from './preflight.ts'
import type { Plan, SwitchService } from './steps.ts'

/**
 * Data that a switch would leave behind: a service that is replaced while its container keeps something in a volume
 * without a name. `docker compose up` hands such volumes on; a container made beside the old one cannot share them.
 */
export const volumesLeftBehind = (plan: Plan, model: ComposeModel, observed: Observed, project: string): readonly Finding[] =>
  plan.steps.flatMap((step) => (step.kind === 'switch' ? step.services : [])).flatMap((one) => leftBehind(one, model, observed, project))

const leftBehind = ({ service, old }: SwitchService, model: ComposeModel, observed: Observed, project: string): readonly Finding[] => {
  const volumes = observed.containers.filter(({ id }) => old.includes(id)).flatMap(({ anonymousVolumes }) => anonymousVolumes)
  const mounted = model.services[service]?.mounted ?? []
  return volumes
    .filter(({ path }) => !mounted.includes(path))
    .map(({ name, path }) => ({
      sentence: `${service} keeps ${path} in a volume without a name, which its successor would not get`,
      hint: `by hand: name it in the compose file (volumes: ["${service}-data:${path}"]) and bring its content over on the server: docker run --rm -v ${name}:/from -v ${project}_${service}-data:/to busybox cp -a /from/. /to; or, if nothing in it matters: docker rm --force --volumes the container first`,
    }))
}
