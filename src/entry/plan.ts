import { currentRelease } from '../plan/reconcile.ts'
import type { Command } from './context.ts'
import { wantedOf } from './deploy.ts'
import { readProject, releaseRequest } from './release-request.ts'
import { frontArguments, remoteTarget } from './server.ts'
import { deployPlan, notePlan, noteServing, preflight, refuseOtherBytes, refuseStale } from './stack.ts'
import { together } from './together.ts'
import { transact } from './transact.ts'

/** Each step of a deploy and why; reads the server, writes nothing. */
export const run: Command = async (context) => {
  together(
    () => remoteTarget(context),
    () => readProject(context),
  )
  const wanted = await wantedOf(context)
  let steps = 0
  await transact(context, {
    front: frontArguments(context, 'observe'),
    files: releaseRequest(context, readProject(context), wanted.images),
    decide: async (observed) => {
      noteServing(context, observed)
      for (const operation of observed.unfinished)
        context.ports.log.warning(`operation ${operation} is unfinished: the next deploy settles it first`)
      const model = preflight(context, observed, wanted.images, Object.keys(wanted.ownership))
      refuseOtherBytes(model, wanted)
      await refuseStale(context, currentRelease(observed))
      const plan = deployPlan(context, wanted, model, observed)
      notePlan(context, plan)
      steps = plan.steps.length
      return null
    },
  })
  return steps === 0
    ? { outcome: 'unchanged', message: 'nothing to do: this commit serves already' }
    : { outcome: 'succeeded', message: `a deploy would take ${steps} steps; nothing was written` }
}
