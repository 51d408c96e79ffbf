import { connectRemote } from '../adapters/ssh.ts'
import { wantedImages } from '../pipeline/wanted.ts'
import { firstStartWarnings } from '../plan/first-start.ts'
import { type Company, withGates } from '../plan/gates.ts'
import { noWayBack } from '../plan/migration.ts'
import type { ComposeModel, Observed } from '../plan/observed.ts'
import { currentRelease, reconcile } from '../plan/reconcile.ts'
import { droppedSentences, withoutFolders } from '../plan/source-mounts.ts'
import type { Plan } from '../plan/steps.ts'
import { type ConnectionAhead, connectAhead } from './connect-ahead.ts'
import type { Context } from './context.ts'
import { environmentContract } from './environment-contract.ts'
import { hostContexts } from './hosts.ts'
import { type Project, readProject } from './release-request.ts'
import { refuseMissingSeedFiles } from './seed-files.ts'
import { remoteTarget } from './server.ts'
import { ownStanding, refuseContested } from './shared-stack.ts'
import {
  noteServing,
  preflight,
  refuseHarmToData,
  refuseHiddenImages,
  refuseInterruptedSeeds,
  refuseOtherBranch,
  refuseOtherBytes,
  refuseStale,
  type Wanted,
} from './stack.ts'
import { together } from './together.ts'

/** All that can be refused without a network, refused together. @throws DeployError CONFIG */
export const readDeployment = (context: Context): Project => {
  together(
    ...hostContexts(context).map((host) => () => remoteTarget(host.context)),
    () => refuseOtherBranch(context),
    () => refuseMissingSeedFiles(context),
    () => readProject(context),
  )
  return readProject(context)
}

/** The connection, under way while the registry is asked for the bytes. */
export const connection = (context: Context): ConnectionAhead =>
  connectAhead(connectRemote(context.ports.log, context.ports.clock), remoteTarget(context))

/** The bytes and who runs them. @throws DeployError CONFIG where the registry has none */
export const wantedOf = async (context: Context, project: Project): Promise<Wanted> => {
  const images = await wantedImages(context)
  context.facts.images = images
  return wantedWith(context, project, images)
}

export const wantedWith = (context: Context, project: Project, images: Wanted['images']): Wanted => {
  const without = droppedSentences(withoutFolders(project.declared, project.ownership, context.config.compose.dropBinds))
  const sets = Object.fromEntries(
    project.declared.flatMap(({ name, sets: names }) => (names === undefined ? [] : [[name, names] as const])),
  )
  return { images, ownership: project.ownership, containerNames: declaredNames(project), contents: project.contents, without, sets }
}

/** As the compose files write them. */
export const declaredNames = ({ declared }: Project): Readonly<Record<string, string>> =>
  Object.fromEntries(declared.flatMap(({ name, containerName }) => (containerName === null ? [] : [[name, containerName] as const])))

/** The plan, where nothing stands in its way: the same for one that is shown and one that is run. */
export const plannedDeploy = async (
  context: Context,
  wanted: Wanted,
  seen: Observed,
  company?: Company,
): Promise<{ readonly plan: Plan; readonly model: ComposeModel; readonly observed: Observed; readonly wanted: Wanted }> => {
  const observed = ownStanding(context, seen, wanted.ownership)
  noteServing(context, observed)
  const model = preflight(context, observed, wanted, environmentContract(context))
  return { ...(await planOver(context, wanted, observed, model, company)), model, observed }
}

/** What preflight knows nothing of is refused here; what is left is the plan. @throws DeployError */
export const planOver = async (
  context: Context,
  wanted: Wanted,
  observed: Observed,
  model: ComposeModel,
  company?: Company,
): Promise<{ readonly plan: Plan; readonly wanted: Wanted }> => {
  refuseContested(context, observed, wanted.ownership)
  refuseOtherBytes(context, model, wanted)
  refuseHiddenImages(context, model, wanted, observed)
  refuseInterruptedSeeds(context, observed)
  await refuseStale(context, currentRelease(observed))
  const named = namedByCompose(wanted, model)
  const plan = reconcile(
    {
      kind: 'deploy',
      config: context.config,
      ...named,
      commit: context.commit.sha,
      path: context.environment().config.path.replace(/\/+$/, ''),
      seeds: !context.request.noSeed,
      contents: wanted.contents,
      record: null,
      ...company,
    },
    model,
    observed,
  )
  refuseHarmToData(context, plan, model, observed)
  const warning = noWayBack(context.config, plan)
  for (const said of [...(warning === null ? [] : [warning]), ...firstStartWarnings(plan.steps, model, observed, wanted.sets ?? {})])
    context.ports.log.warning(said)
  return { plan: company === undefined ? plan : withGates(plan), wanted: named }
}

/** A container's name may hold a variable of the server's environment file: compose was asked what it becomes. */
const namedByCompose = (wanted: Wanted, model: ComposeModel): Wanted => ({
  ...wanted,
  containerNames: Object.fromEntries(
    Object.entries(wanted.containerNames).map(([service, name]) => [service, model.services[service]?.containerName ?? name]),
  ),
})
