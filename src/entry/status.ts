import { driftOf } from '../plan/drift.ts'
import type { Observed, ReleaseRecord } from '../plan/observed.ts'
import { neighbours, unreadableParts } from '../plan/parts.ts'
import { currentRelease } from '../plan/reconcile.ts'
import type { ImageReport, Verdict } from '../report/document.ts'
import { brokenSentence } from './broken.ts'
import type { Command, Context } from './context.ts'
import { onEachHost } from './hosts.ts'
import { frontArguments } from './server.ts'
import { noteServing, refuseUnseen } from './stack.ts'
import { transact } from './transact.ts'

/** What runs, since when, from which commit, and where it is not what the record says. Writes nothing. */
export const run: Command = (context) => onEachHost(context, statusOfOne)

const statusOfOne: Command = async (context) => {
  let seen: Observed | null = null
  await transact(context, {
    front: frontArguments(context, 'observe', 'current'),
    files: {},
    decide: async (observed) => {
      seen = observed
      noteServing(context, observed)
      refuseUnseen(context, observed)
      return null
    },
  })
  return verdict(context, seen)
}

const verdict = (context: Context, observed: Observed | null): Verdict => {
  if (observed !== null) noteKept(context, observed)
  const parts = observed === null ? [] : partsOf(observed)
  const broken = observed?.broken == null ? null : `BROKEN: ${brokenSentence(observed)}`
  if (broken !== null) context.ports.log.warning(broken)
  if (observed === null || parts.length === 0) return nothingYet(context, broken)
  context.facts.images = imagesOf(parts)
  const drift = driftOf(parts, observed)
  context.facts.drift = [...(broken === null ? [] : [broken]), ...drift]
  const { log } = context.ports
  for (const line of drift) log.warning(line)
  for (const operation of observed.unfinished) log.warning(`operation ${operation} is unfinished: the next deploy settles it first`)
  const state = observed.unfinished.length > 0 ? `; unfinished: ${observed.unfinished.join(', ')}` : ''
  const next =
    broken !== null ? 'deploy-action rollback' : drift.length > 0 || observed.unfinished.length > 0 ? 'deploy-action deploy' : null
  return {
    outcome: 'succeeded',
    ...(next === null ? {} : { hint: next }),
    message: `${broken === null ? '' : `${broken}; on record: `}${parts.map(sinceWhen).join('; ')}${drift.length === 0 ? ', as recorded' : `; drift: ${drift.join('; ')}`}${state}`,
  }
}

/** Whoever cleans the registry must leave these; where a record is unreadable nobody knows what it needs. */
const noteKept = (context: Context, observed: Observed): void => {
  const { releases, unreadable } = observed
  const lost = unreadableParts(observed).filter((id) => !unreadable.some((one) => one.id === id))
  for (const id of lost) context.ports.log.warning(`there is no record of release ${id}, which is in force for another repository`)
  if (unreadable.length + lost.length > 0) return
  const references = releases.flatMap(({ images }) =>
    Object.values(images).flatMap(({ reference, platforms }) => {
      const [repository] = reference.split('@')
      return [reference, ...Object.values(platforms).map((digest) => `${repository}@${digest}`)]
    }),
  )
  context.facts.kept = { environment: context.environment().name, references: [...new Set(references)].sort() }
}

const nothingYet = (context: Context, broken: string | null): Verdict => {
  context.facts.drift = broken === null ? [] : [broken]
  return { outcome: 'succeeded', message: broken ?? `nothing was deployed in ${context.environment().config.path} yet` }
}

/** The releases in force: of this repository first, then of those that ship into the same stack. */
const partsOf = (observed: Observed): readonly ReleaseRecord[] => {
  const current = currentRelease(observed)
  return [...(current === null ? [] : [current]), ...neighbours(observed)]
}

/** By name; where two repositories call theirs the same, ours keeps it. */
const imagesOf = (parts: readonly ReleaseRecord[]): Readonly<Record<string, ImageReport>> =>
  Object.fromEntries(
    parts.toReversed().flatMap(({ images, repository }) =>
      Object.entries(images).map(([name, image]) => {
        const isTaken = parts.some((other) => other.repository !== repository && Object.hasOwn(other.images, name))
        return [isTaken && repository !== parts[0]?.repository ? `${slug(repository)}.${name}` : name, image]
      }),
    ),
  )

/** A repository as part of an image's name, so that `scan` takes what `status` gives. */
const slug = (repository: string | null): string => (repository ?? 'unnamed').toLowerCase().replaceAll(/[^a-z0-9_.-]+/g, '-')

const sinceWhen = ({ id, repository, commit, committed, actor }: ReleaseRecord): string =>
  `release ${id} from ${repository ?? 'commit'} ${commit.slice(0, 7)}, since ${committed}${actor === null ? '' : ` by ${actor}`}`
