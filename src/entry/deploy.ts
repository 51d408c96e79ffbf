import { runHooks } from '../pipeline/hooks.ts'
import { currentRelease } from '../plan/reconcile.ts'
import { deployedRelease } from '../plan/release.ts'
import type { Verdict } from '../report/document.ts'
import { compile } from '../transaction/compile.ts'
import { composeFunction } from '../transaction/compose-function.ts'
import type { ConnectRemote } from '../transaction/remote.ts'
import { afterDeploy } from './after-deploy.ts'
import { refuseBroken } from './broken.ts'
import type { ConnectionAhead } from './connect-ahead.ts'
import type { Command, Context } from './context.ts'
import { connection, plannedDeploy, readDeployment, wantedOf } from './deployment.ts'
import { type SharedTransaction, transactEverywhere } from './everywhere.ts'
import { type HostContext, hostContexts, refuseTwice, wantedOn } from './hosts.ts'
import { refuseBesideLeft } from './left-running.ts'
import { run as plan } from './plan.ts'
import { pullCredentials } from './pull-credentials.ts'
import { type Project, releaseRequest } from './release-request.ts'
import { frontArguments } from './server.ts'
import { origin, type Wanted } from './stack.ts'
import { transact } from './transact.ts'
import { verdictOf } from './verdict.ts'
import { verdictEverywhere } from './verdict-everywhere.ts'

/** The transaction: what was published of this commit serves, or what served before still does. */
export const run: Command = async (context) => {
  if (context.request.dryRun) return plan(context)
  const hosts = hostContexts(context)
  const project = readDeployment(context)
  const ahead = hosts.map((host) => connection(host.context))
  try {
    const wanted = await wantedOf(context, project)
    await runHooks(context, 'beforeDeploy', 'CONFIG')
    const verdict = await (hosts.length === 1
      ? deployed(context, wanted, project, ahead[0]?.connect)
      : deployedEverywhere(context, hosts, wanted, project, ahead))
    return verdict.outcome === 'succeeded' ? afterDeploy(context, verdict) : verdict
  } finally {
    for (const one of ahead) one.abandon()
  }
}

const deployed = async (context: Context, wanted: Wanted, project: Project, connect: ConnectRemote | undefined): Promise<Verdict> => {
  const transaction = deployTransaction(context, wanted, project)
  const transacted = await transact(context, { ...transaction, ...(connect === undefined ? {} : { connect }) })
  if (transacted === null) return unchanged(context)
  return verdictOf(context, transacted, `release ${transacted.plan.release} serves`)
}

/** The same on several servers, as one. */
const deployedEverywhere = async (
  context: Context,
  hosts: readonly HostContext[],
  wanted: Wanted,
  project: Project,
  ahead: readonly ConnectionAhead[],
): Promise<Verdict> => {
  const members = hosts.map((host, index) => {
    const transaction = deployTransaction(host.context, wantedOn(host, wanted), project, host)
    const connect = ahead[index]?.connect
    return { host, transaction: connect === undefined ? transaction : { ...transaction, connect } }
  })
  const done = await transactEverywhere(context, members, true)
  if (done === null) return unchanged(context)
  return verdictEverywhere(context, done)
}

const unchanged = ({ facts }: Context): Verdict => ({
  outcome: 'unchanged',
  message: `nothing to do: release ${facts.release ?? ''} serves this commit already`,
})

const deployTransaction = (context: Context, wanted: Wanted, project: Project, host?: HostContext): SharedTransaction => {
  const front = frontArguments(context, 'operate')
  return {
    front,
    files: releaseRequest(context, project, wanted.images),
    decide: async (seen, company) => {
      refuseBroken(context, seen)
      refuseBesideLeft(context, seen)
      if (host !== undefined) refuseTwice(host, seen)
      const { plan, model, observed, wanted: named } = await plannedDeploy(context, wanted, seen, company)
      if (plan.steps.length === 0) return null
      const { config } = context.environment()
      const program = compile(plan, {
        directory: front.directory,
        project: context.config.project,
        operation: front.operation,
        schema: currentRelease(observed)?.schema.after ?? '',
        database: context.config.backup,
        environmentFile: config.env.file,
        compose: composeFunction({
          project: context.config.project,
          directory: front.directory,
          environmentFile: config.env.file,
          ...context.config.compose,
        }),
        record: deployedRelease(
          {
            id: plan.release,
            fallback: plan.fallback,
            origin: origin(context, front.operation),
            config: context.config,
            ...named,
            observed,
          },
          model,
        ),
      })
      return { plan, program, credentials: pullCredentials(context) }
    },
  }
}
