import type { Command } from './context.ts'
import { deployment, plannedDeploy } from './deployment.ts'
import { releaseRequest } from './release-request.ts'
import { frontArguments } from './server.ts'
import { notePlan } from './stack.ts'
import { transact } from './transact.ts'

/** Each step of a deploy and why; reads the server, writes nothing. */
export const run: Command = async (context) => {
  const { project, wanted } = await deployment(context)
  let steps = 0
  await transact(context, {
    front: frontArguments(context, 'observe'),
    files: releaseRequest(context, project, wanted.images),
    decide: async (observed) => {
      for (const operation of observed.unfinished)
        context.ports.log.warning(`operation ${operation} is unfinished: the next deploy settles it first`)
      const { plan } = await plannedDeploy(context, wanted, observed)
      notePlan(context, plan)
      steps = plan.steps.length
      return null
    },
  })
  return steps === 0
    ? { outcome: 'unchanged', message: 'nothing to do: this commit serves already' }
    : { outcome: 'succeeded', message: `a deploy would take ${steps} steps; nothing was written` }
}
