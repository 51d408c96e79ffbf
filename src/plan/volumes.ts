import type { ComposeModel, Observed } from './observed.ts'
import type { Finding } from './preflight.ts'
import type { Plan } from './steps.ts'

/**
 * Data that a switch would leave behind: a service that is replaced while its container keeps something in a volume
 * without a name. `docker compose up` hands such volumes on; a container made beside the old one cannot share them.
 */
export const volumesLeftBehind = (plan: Plan, model: ComposeModel, observed: Observed, project: string): readonly Finding[] =>
  plan.steps.flatMap((step) => {
    if (step.kind !== 'switch') return []
    const volumes = observed.containers.filter(({ id }) => step.old.includes(id)).flatMap(({ anonymousVolumes }) => anonymousVolumes)
    const mounted = model.services[step.service]?.mounted ?? []
    return volumes
      .filter(({ path }) => !mounted.includes(path))
      .map(({ name, path }) => ({
        sentence: `${step.service} keeps ${path} in a volume without a name, which its successor would not get`,
        hint: `name it in the compose file (volumes: ["${step.service}-data:${path}"]) and bring its content over on the server: docker run --rm -v ${name}:/from -v ${project}_${step.service}-data:/to busybox cp -a /from/. /to; or, if nothing in it matters: docker rm --force --volumes the container first`,
      }))
  })
