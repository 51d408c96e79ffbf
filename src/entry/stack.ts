import { walkedFiles } from '../adapters/source-tree.ts'
import { DeployError } from '../errors.ts'
import { namesOf } from '../pipeline/names.ts'
import { startedBefore } from '../plan/ancestry.ts'
import { repositoryOf } from '../plan/compose-files.ts'
import { secondServers } from '../plan/left-infrastructure.ts'
import type { ComposeModel, Observed, ReleaseRecord } from '../plan/observed.ts'
import { impossibleOrders } from '../plan/orders.ts'
import { partKey } from '../plan/parts.ts'
import { type EnvironmentContract, ownerWarnings, type PreflightQuestion, refusals, unseen, warnings } from '../plan/preflight.ts'
import { currentRelease } from '../plan/reconcile.ts'
import type { Origin } from '../plan/release.ts'
import { type Contents, refusedSeeds } from '../plan/seeds.ts'
import { servingReport } from '../plan/serving.ts'
import { hiddenImages } from '../plan/source-mounts.ts'
import { stepDetail } from '../plan/step-detail.ts'
import { type Plan, stepName } from '../plan/steps.ts'
import { volumesLeftBehind } from '../plan/volumes.ts'
import type { ImageReport, StepReport } from '../report/document.ts'
import { ancestryTo } from './ancestry.ts'
import type { Context } from './context.ts'
import { isProposal } from './job-event.ts'
import { actor, runUrl } from './server.ts'

/** What a command wants to serve, before the server was seen. */
export interface Wanted {
  readonly images: Readonly<Record<string, ImageReport>>
  readonly ownership: Readonly<Record<string, string>>
  readonly containerNames: Readonly<Record<string, string>>
  /** What the seeds are made of. */
  readonly contents: Contents
  /** Which of our services run without which mounts. */
  readonly without?: readonly string[]
  /** Service → names of the variables that the compose files set; those are left out of which more may be set elsewhere. */
  readonly sets?: Readonly<Record<string, readonly string[]>>
}

export const origin = (context: Context, operation: string): Origin => ({
  commit: context.commit.sha,
  ref: context.commit.ref,
  repository: context.commit.repository,
  actor: actor(context),
  run: runUrl(context),
  reason: context.request.reason ?? null,
  operation,
})

/** What serves goes into the facts as soon as it is seen. */
export const noteServing = (context: Context, observed: Observed): void => {
  const { config } = context.environment()
  context.facts.serving = [servingReport(config.host, observed.containers, observed.imageDigests)]
  context.facts.release = observed.current
  context.facts.previousRelease = currentRelease(observed)?.fallback ?? null
  if (isToHeal(context, observed)) context.facts.wasBroken = true
  noteReleases(context, observed)
}

/** A success takes the mark away where it is of the same repository; a restore is none that does. */
const isToHeal = ({ commit, request }: Context, { broken }: Observed): boolean =>
  broken !== null && broken.repository === partKey(commit.repository) && request.command !== 'restore'

const noteReleases = ({ noted, commit }: Context, { releases, current }: Observed): void => {
  const own = partKey(commit.repository)
  const ours = releases.filter(({ repository }) => partKey(repository) === own).toSorted((one, other) => one.number - other.number)
  Object.assign(noted, { looked: true, current, releases: ours.map(({ id, commit: sha }) => ({ id, commit: sha })) })
}

/**
 * The model, where nothing stands in the way.
 * @param contract what was asked of the environment file; a release that comes back asks for its own, not for that of today
 * @throws DeployError CONFIG with everything that does, each with its mending
 */
export const preflight = (
  context: Context,
  observed: Observed,
  { images, ownership, containerNames }: Pick<Wanted, 'images' | 'ownership' | 'containerNames'>,
  contract: EnvironmentContract = { required: [], requiredIf: {} },
): ComposeModel => {
  const { config } = context.environment()
  const question: PreflightQuestion = {
    host: config.host,
    user: config.user,
    path: config.path,
    project: context.config.project,
    environmentFile: config.env.file,
    ...contract,
    containerNames,
    platforms: Object.fromEntries(Object.entries(images).map(([name, { platforms }]) => [name, Object.keys(platforms)])),
  }
  refuseUnreadable(context, observed)
  const orders = 'error' in observed.model ? [] : impossibleOrders(context.config.services, observed.model, containerNames)
  const found = [...refusals(observed, question), ...orders]
  if (found.length > 0 || 'error' in observed.model) {
    throw new DeployError('CONFIG', `${found.map(({ sentence }) => sentence).join('; ')}; nothing was touched`, {
      hint: found.map(({ hint }) => hint).join('\n'),
      serving: observed.current ?? 'nothing of ours',
    })
  }
  for (const warning of [...warnings(observed, question, Object.keys(ownership)), ...ownerWarnings(observed)])
    context.ports.log.warning(warning)
  return observed.model
}

/** A look that could see nothing says nothing, and least of all that there is nothing. @throws DeployError CONFIG */
export const refuseUnseen = (context: Context, observed: Observed): void => {
  const { host, user, path } = context.environment().config
  const found = unseen(observed, { host, user, path })
  if (found.length > 0)
    throw new DeployError('CONFIG', `${found.map(({ sentence }) => sentence).join('; ')}; what is there and what runs is not known`, {
      hint: found.map(({ hint }) => hint).join('\n'),
    })
  refuseUnreadable(context, observed)
}

/** What is in force must be known: else a deploy would take itself for the first one. @throws DeployError CONFIG */
const refuseUnreadable = (context: Context, observed: Observed): void => {
  const { host, path } = context.environment().config
  const { current, releases, unreadable } = observed
  for (const { id, why } of unreadable.filter((one) => one.id !== current))
    context.ports.log.warning(`the record of release ${JSON.stringify(id)} on ${host} is left out: ${why}`)
  if (current === null || releases.some(({ id }) => id === current)) return
  const why = unreadable.find(({ id }) => id === current)?.why ?? 'it is not there, or no JSON'
  throw new DeployError(
    'CONFIG',
    `the record of release ${current}, which is in force on ${host}, cannot be used: ${why}; nothing was touched`,
    {
      hint: `by hand: look at it on the server: cat ${path}/.deploy/releases/${current}/release.json; put it back from a backup, or go back to another: ls ${path}/.deploy/releases, then ln -sfn releases/OTHER ${path}/.deploy/current`,
      serving: current,
    },
  )
}

/** Refuses what compose would not run with the wanted bytes. */
export const refuseOtherBytes = (context: Context, model: ComposeModel, wanted: Wanted): void => {
  refuseInherited(context, model, wanted)
  const wrong = Object.entries(wanted.ownership).filter(
    ([service, key]) => model.services[service] !== undefined && model.services[service].image !== wanted.images[key]?.reference,
  )
  if (wrong.length === 0) return
  throw new DeployError(
    'CONFIG',
    wrong
      .map(([service, key]) => `${service} would run ${model.services[service]?.image ?? ''}, not ${wanted.images[key]?.reference ?? ''}`)
      .join('; '),
    {
      hint: 'by hand: a later compose file or variable decides the image: remove it there, or use compose.pin: override',
    },
  )
}

/** A service that has an image of ours by `extends`, which is followed before a later file can say which bytes. */
const refuseInherited = (context: Context, model: ComposeModel, { ownership, images }: Wanted): void => {
  const { elsewhere } = context.config.compose
  const ours = Object.keys(images).flatMap((key) => {
    const { declared, actual } = namesOf(context, key)
    return [declared, actual].map(repositoryOf)
  })
  const inherited = Object.entries(model.services).filter(
    ([name, { image }]) => ownership[name] === undefined && !elsewhere.includes(name) && ours.includes(repositoryOf(image)),
  )
  if (inherited.length === 0) return
  throw new DeployError(
    'CONFIG',
    `${inherited.map(([name, { image }]) => `${name} would run ${image}, whatever is deployed`).join('; ')}: what it has by \`extends\` cannot be pinned`,
    { hint: `by hand: write the image out: image: under ${inherited.map(([name]) => name).join(' and under ')} in the compose file` },
  )
}

/** A seed that may have left half of its data is not run over it where its policy says so. @throws DeployError CONFIG */
export const refuseInterruptedSeeds = (context: Context, observed: Observed): void => {
  const found = context.request.noSeed ? [] : refusedSeeds(context.config.seed, observed)
  if (found.length === 0) return
  throw new DeployError('CONFIG', `${found.map(({ sentence }) => sentence).join('; ')}; nothing was touched`, {
    hint: `${found.map(({ hint }) => hint).join('\n')}\ndeploy-action deploy --no-seed`,
    ...(observed.current === null ? {} : { serving: observed.current }),
  })
}

/** Refuses to run what lies on the server in the place of what is in our images. @throws DeployError CONFIG */
export const refuseHiddenImages = (context: Context, model: ComposeModel, { ownership }: Wanted, observed: Observed): void => {
  const { images, compose } = context.config
  const found = hiddenImages(model, {
    path: context.environment().config.path.replace(/\/+$/, ''),
    ownership,
    contexts: Object.fromEntries(Object.entries(images).map(([key, image]) => [key, image.context])),
    brought: [...compose.files, ...compose.sync],
    dropped: compose.dropBinds,
    files: () => walkedFiles(context.project),
  })
  if (found.length === 0) return
  throw new DeployError('CONFIG', `${found.map(({ sentence }) => sentence).join('; ')}; nothing was touched`, {
    hint: [...new Set(found.map(({ hint }) => hint))].join('\n'),
    ...(observed.current === null ? {} : { serving: observed.current }),
  })
}

/** Refuses what would leave data behind, or damage it. @throws DeployError CONFIG */
export const refuseHarmToData = (context: Context, plan: Plan, model: ComposeModel, observed: Observed): void => {
  const found = [
    ...volumesLeftBehind(plan, model, observed, context.config.project),
    ...secondServers(plan, model, observed, currentRelease(observed)),
  ]
  if (found.length === 0) return
  throw new DeployError('CONFIG', `${found.map(({ sentence }) => sentence).join('; ')}; nothing was touched`, {
    hint: found.map(({ hint }) => hint).join('\n'),
    ...(observed.current === null ? {} : { serving: observed.current }),
  })
}

/** An older commit must not overtake what serves. @throws DeployError STALE */
export const refuseStale = async (context: Context, current: ReleaseRecord | null): Promise<void> => {
  if (current === null || current.repository !== context.commit.repository) return
  const ancestry = await ancestryTo(context, current.commit)
  const [own, other] = [context.commit.sha.slice(0, 7), current.commit.slice(0, 7)]
  const isEarlier = ancestry === 'unknown' && startedBefore(runUrl(context), current.run)
  if (ancestry === 'unknown' && !isEarlier)
    context.ports.log.warning(`this clone does not know ${other}, which serves: whether ${own} is older is not known (fetch-depth: 0)`)
  if (ancestry !== 'older' && !isEarlier) return
  throw new DeployError(
    'STALE',
    isEarlier
      ? `this run of ${own} was started before ${current.run}, whose commit ${other} serves as release ${current.id}`
      : `${own} is older than ${other}, which serves as release ${current.id}`,
    {
      hint: `deploy-action rollback ${current.fallback ?? 'RELEASE'}`,
      serving: current.id,
    },
  )
}

/** An environment may be for one branch or tag pattern only. @throws DeployError CONFIG */
export const refuseOtherBranch = (context: Context): void => {
  const { name, config } = context.environment()
  const ref = destination(context)
  if (config.branch === undefined || (ref !== null && globMatches(config.branch, ref))) return
  throw new DeployError('CONFIG', `environment ${name} takes ${config.branch} only, and this is ${ref ?? 'a commit without a branch'}`, {
    hint: `by hand: change environments.${name}.branch, or deploy from ${config.branch}`,
  })
}

/** What a pull request proposes would be deployed from the branch that it is for: its plan is one of that branch. */
const destination = ({ commit, ports: { env }, request: { command, dryRun } }: Context): string | null => {
  return isProposal(env) && (command === 'plan' || dryRun) ? env.GITHUB_BASE_REF || commit.ref : commit.ref
}

/** `*` stands for anything but a slash, `**` for anything. */
const globMatches = (pattern: string, ref: string): boolean => {
  const expression = pattern
    .split(/(\*\*?)/)
    .map((part) => (part === '**' ? '.*' : part === '*' ? '[^/]*' : part.replaceAll(/[\\^$.+?()[\]{}|]/g, '\\$&')))
  return new RegExp(`^${expression.join('')}$`).test(ref)
}

/** The steps as they would run. */
export const plannedSteps = ({ steps }: Plan): readonly StepReport[] =>
  steps.map((step) => {
    const detail = stepDetail(step)
    const planned = { name: stepName(step), cause: step.cause, start: null, duration: null, result: 'planned' as const }
    return detail === null ? planned : { ...planned, detail }
  })

/** One line for people. */
export const plannedLine = ({ name, cause, detail }: StepReport): string => `${name}: ${cause}${detail === undefined ? '' : ` (${detail})`}`

/** For a plan that is only shown. */
export const notePlan = (context: Context, plan: Plan): void => {
  const steps = plannedSteps(plan)
  context.facts.steps = [...context.facts.steps, ...steps]
  for (const step of steps) context.ports.log.info(plannedLine(step))
}
