import { DeployError } from '../errors.ts'
import { credentialsFor } from '../pipeline/credentials.ts'
import { parseReference } from '../pipeline/reference.ts'
import { NO_DATA } from '../plan/data.ts'
import { withGates } from '../plan/gates.ts'
import type { Observed, ReleaseRecord } from '../plan/observed.ts'
import { stayingSentence } from '../plan/parts.ts'
import { currentRelease, reconcile } from '../plan/reconcile.ts'
import { rolledBackRelease } from '../plan/release.ts'
import type { ImageReport } from '../report/document.ts'
import { compile } from '../transaction/compile.ts'
import { LOOK, lookAtData } from '../transaction/looked.ts'
import type { Command, Context } from './context.ts'
import { type SharedTransaction, transactEverywhere } from './everywhere.ts'
import { goingBack, refuseOnSeveral, schemaRefusal } from './going-back.ts'
import { type HostCommand, hostContexts, onEachHost } from './hosts.ts'
import { refuseBesideLeft } from './left-running.ts'
import { pullCredentials } from './pull-credentials.ts'
import { frontArguments } from './server.ts'
import { refuseContested, refuseReleaseOfOthers } from './shared-stack.ts'
import { notePlan, noteServing, origin, preflight, refuseHarmToData, type Wanted } from './stack.ts'
import { transact } from './transact.ts'
import { verdictOf } from './verdict.ts'
import { verdictEverywhere } from './verdict-everywhere.ts'

/** Back to a release by its record: the same road with its bytes, files and definitions. The migration is not run. */
export const run: Command = async (context) => {
  const hosts = hostContexts(context)
  if (context.request.backup !== undefined) refuseOnSeveral(context)
  if (hosts.length === 1 || context.request.dryRun) return onEachHost(context, onOne)
  const members = hosts.map((host) => ({
    host,
    transaction: rollbackTransaction(host.context, { planned: 0, staying: '', isFirst: host.isFirst }),
  }))
  const done = await transactEverywhere(context, members, false)
  return done === null ? nothingDone(context, 0) : verdictEverywhere(context, done)
}

/** What is told at the end and was seen on the way. */
interface Seen {
  planned: number
  staying: string
  target?: { readonly observed: Observed; readonly record: ReleaseRecord }
  /** The server that the data is reached from. */
  readonly isFirst: boolean
}

const onOne: HostCommand = async (context, { isFirst }) => {
  const seen: Seen = { planned: 0, staying: '', isFirst }
  const transaction = rollbackTransaction(context, seen)
  const transacted = await transact(context, transaction)
  if (transacted === null) return nothingDone(context, seen.planned)
  const { failure, end } = transacted
  if (failure?.step === 'schema known' && failure.code === 'CONFIG' && end === 'aborted' && seen.target !== undefined)
    throw schemaRefusal(context, seen.target.observed, seen.target.record, failure.sentence)
  const { target } = transaction.front
  return verdictOf(
    context,
    transacted,
    `rolled back: release ${transacted.plan.release} runs what ${target === 'previous' ? 'the last good release' : target} ran${seen.staying === '' ? '' : `; ${seen.staying}`}`,
  )
}

const rollbackTransaction = (context: Context, seen: Seen): SharedTransaction => {
  const { dryRun, release } = context.request
  const front = frontArguments(context, dryRun ? 'observe' : 'operate', release ?? 'previous')
  return {
    front,
    files: { [LOOK]: lookAtData(context.config.backup, context.request.backup !== undefined) },
    decide: async (observed, company) => {
      noteServing(context, observed)
      if (!dryRun) refuseBesideLeft(context, observed)
      const record = targetRecord(observed, release)
      refuseReleaseOfOthers(observed, record, front.repository)
      const wanted = wantedOf(record)
      refuseContested(context, observed, wanted.ownership)
      seen.staying = stayingSentence(observed)
      context.facts.images = wanted.images
      await refuseLost(context, observed, record)
      const model = preflight(context, observed, wanted)
      seen.target = { observed, record }
      const data = seen.isFirst ? goingBack(context, observed, record) : NO_DATA
      const alone = reconcile(
        {
          kind: 'rollback',
          data,
          config: context.config,
          commit: record.commit,
          path: front.directory,
          seeds: false,
          record,
          ...wanted,
          ...company,
        },
        model,
        observed,
      )
      const plan = company === undefined ? alone : withGates(alone)
      refuseHarmToData(context, plan, model, observed)
      seen.planned = plan.steps.length
      if (dryRun) notePlan(context, plan)
      if (dryRun || plan.steps.length === 0) return null
      const program = compile(plan, {
        directory: front.directory,
        project: context.config.project,
        operation: front.operation,
        schema: currentRelease(observed)?.schema.after ?? '',
        database: context.config.backup,
        environmentFile: front.environmentFile,
        compose: '. "$operation/stage/compose.sh"',
        record: rolledBackRelease(plan.release, record, origin(context, front.operation), observed),
      })
      return { plan, program, credentials: pullCredentials(context) }
    },
  }
}

const nothingDone = ({ facts, request }: Context, planned: number): ReturnType<typeof verdictOf> =>
  request.dryRun && planned > 0
    ? { outcome: 'succeeded', message: `a rollback would take ${planned} steps; nothing was written` }
    : { outcome: 'unchanged', message: `nothing to do: release ${facts.release ?? ''} runs these bytes already` }

/** Going back is refused before anything is touched where the bytes are neither on the server nor in the registry. */
const refuseLost = async (context: Context, observed: Observed, record: ReleaseRecord): Promise<void> => {
  const lost: string[] = []
  for (const { reference, digest } of Object.values(record.images)) {
    if (observed.present.includes(reference)) continue
    const { host, repository } = parseReference(reference)
    const registry = await context.ports.openRegistry(host, credentialsFor(context, host))
    if ((await registry.manifest(repository, digest)) === null) lost.push(reference)
  }
  if (lost.length === 0) return
  throw new DeployError(
    'CONFIG',
    `release ${record.id} cannot come back: ${lost.join(', ')} ${lost.length === 1 ? 'is' : 'are'} neither on the server nor in the registry`,
    {
      hint: `by hand: go back to another one; on record are ${releasesOnRecord(observed).join(', ')}`,
      ...(observed.current === null ? {} : { serving: observed.current }),
    },
  )
}

const releasesOnRecord = (observed: Observed): string[] =>
  observed.releases
    .toSorted((one, other) => other.number - one.number)
    .map(
      ({ id, commit, committed, repository }) =>
        `${id} (${Object.keys(observed.parts).length > 1 ? `${repository ?? 'unnamed'} ` : ''}${commit.slice(0, 7)}, ${committed})`,
    )

const targetRecord = (observed: Observed, asked: string | undefined): ReleaseRecord => {
  const record = observed.releases.find(({ id }) => id === observed.target)
  if (record !== undefined) return record
  const known = releasesOnRecord(observed)
  const current = currentRelease(observed)
  throw new DeployError(
    'CONFIG',
    asked === undefined
      ? `there is no release before ${current?.id ?? 'the first one'} to go back to`
      : `there is no release ${JSON.stringify(asked)} on the server`,
    {
      hint: known.length === 0 ? 'deploy-action deploy' : `by hand: deploy-action rollback RELEASE, with one of ${known.join(', ')}`,
      ...(observed.current === null ? {} : { serving: observed.current }),
    },
  )
}

const wantedOf = (record: ReleaseRecord): Wanted => ({
  images: Object.fromEntries(Object.entries(record.images).map(([name, image]): [string, ImageReport] => [name, image])),
  ownership: Object.fromEntries(Object.entries(record.services).map(([service, { image }]) => [service, image])),
  containerNames: Object.fromEntries(
    Object.entries(record.services).flatMap(([service, { containerName }]) => (containerName === '' ? [] : [[service, containerName]])),
  ),
  contents: {},
})
