import { type Finding, fail, unknown } from '../doctor/finding.ts'
import { DeployError } from '../errors.ts'
import { composeError } from '../plan/compose-error.ts'
import type { Observed } from '../plan/observed.ts'
import type { Ports } from '../ports.ts'
import type { StepReport } from '../report/document.ts'
import type { Context, Request } from './context.ts'
import { createContext } from './create-context.ts'
import { planOver, wantedWith } from './deployment.ts'
import { attempt, placed, sentenceOf } from './doctor/attempt.ts'
import { lookAtServer } from './doctor/server.ts'
import type { Further } from './doctor/stack.ts'
import { type Project, readProject } from './release-request.ts'
import { ownStanding } from './shared-stack.ts'
import { plannedSteps } from './stack.ts'
import { noFacts } from './steps.ts'

export interface FirstLook {
  /** What the server is like, as doctor says it, and what cannot be known yet. */
  readonly findings: readonly Finding[]
  /** Of the deploy that would come; empty where they are not known. */
  readonly steps: readonly StepReport[]
}

/**
 * What a deploy of the files that init wrote would find and do, before an image of theirs is built. Reads the server by one
 * connection, pins its key as any command does, and yields whatever is wrong as a finding.
 */
export const firstLook = async (request: Request, host: string, ports: Ports): Promise<FirstLook> => {
  const asked: Request = { ...request, command: 'plan', environment: 'production', variables: { SSH_HOST: host } }
  const context = await attempt(() => createContext(asked, ports, noFacts()))
  if (context instanceof DeployError) return { findings: placed('config', context), steps: [] }
  const project = await attempt(async () => readProject(context))
  if (project instanceof DeployError) return { findings: placed('compose files', project), steps: [] }
  let steps: readonly StepReport[] = []
  const { findings } = await lookAtServer(context, project, async (observed, images, found) => {
    const standing = inTheWay(observed, found)
    if (standing !== null) return [unknown('plan', standing)]
    const made = await attempt(() => stepsOf(context, project, observed, images))
    if (made instanceof DeployError) return [fail('plan', sentenceOf(made), made.details.hint ?? 'see docs/troubleshooting.md')]
    steps = made
    return steps.length === 0
      ? []
      : [unknown('images', `${notBuilt(context)}: the steps are the same for any bytes, and whether those start is not known`)]
  })
  return { findings, steps }
}

/** A variable that is missing changes no step; all else that a deploy refuses may. Null where nothing does. */
const inTheWay = ({ model }: Observed, found: readonly Finding[]): string | null => {
  const refused = (check: string): boolean => found.some((one) => one.check === check && one.result === 'fail')
  if ('error' in model) {
    if (refused('compose files')) return 'its steps are not known before compose can resolve the project there'
    return refused('environment')
      ? 'its steps are not known before the environment file is there'
      : `its steps are not known before compose can resolve the project there: ${composeError(model.error)}`
  }
  const wrong = found.filter(({ check, result }) => result === 'fail' && check !== 'environment').map(({ check }) => check)
  return wrong.length === 0 ? null : `its steps are not known before this is mended: ${[...new Set(wrong)].join(', ')}`
}

const stepsOf = async (
  context: Context,
  project: Project,
  seen: Observed,
  images: Parameters<Further>[1],
): Promise<readonly StepReport[]> => {
  if ('error' in seen.model) return []
  const observed = ownStanding(context, seen, project.ownership)
  const { plan } = await planOver(context, wantedWith(context, project, images), observed, seen.model)
  return plannedSteps(plan)
}

const notBuilt = ({ config }: Context): string => {
  const names = Object.keys(config.images)
  return `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} not built yet`
}
