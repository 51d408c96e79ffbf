import type { Verdict } from '../report/document.ts'
import type { ConnectRemote } from '../transaction/remote.ts'
import { brokenSentence } from './broken.ts'
import type { Command, Context } from './context.ts'
import { connection, plannedDeploy, readDeployment, wantedOf } from './deployment.ts'
import { onEachHost } from './hosts.ts'
import { type Project, releaseRequest } from './release-request.ts'
import { frontArguments } from './server.ts'
import { notePlan, type Wanted } from './stack.ts'
import { transact } from './transact.ts'

/** Each step of a deploy and why; reads the server, writes nothing. */
export const run: Command = (context) => onEachHost(context, planForOne)

const planForOne: Command = async (context) => {
  const project = readDeployment(context)
  const ahead = connection(context)
  try {
    return await planned(context, await wantedOf(context, project), project, ahead.connect)
  } finally {
    ahead.abandon()
  }
}

const planned = async (context: Context, wanted: Wanted, project: Project, connect: ConnectRemote): Promise<Verdict> => {
  let steps = 0
  await transact(context, {
    connect,
    front: frontArguments(context, 'observe'),
    files: releaseRequest(context, project, wanted.images),
    decide: async (observed) => {
      const broken = observed.broken === null ? null : brokenSentence(observed)
      if (broken !== null) context.ports.log.warning(`BROKEN: ${broken}; a deploy needs --from-broken`)
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
