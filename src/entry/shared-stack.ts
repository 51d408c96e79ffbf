import { DeployError } from '../errors.ts'
import type { Observed, ReleaseRecord } from '../plan/observed.ts'
import { contested, contestedFiles, partKey, takenOver, unreadableParts, withTakenOver } from '../plan/parts.ts'
import type { Context } from './context.ts'

/** What of the stack is this repository's, also where it was another's until now. */
export const ownStanding = (context: Context, observed: Observed, ownership: Readonly<Record<string, string>>): Observed => {
  const taken = takenOver(observed, ownership)
  for (const { id, repository, services } of taken)
    context.ports.log.warning(
      `${Object.keys(services).join(', ')} came from ${repository ?? 'a repository without a name'} until now (release ${id}); from this release on from here`,
    )
  return taken.length === 0 ? observed : withTakenOver(observed, taken)
}

/** Two repositories that ship the same service or file would undo each other. @throws DeployError CONFIG */
export const refuseContested = ({ config }: Context, observed: Observed, ownership: Readonly<Record<string, string>>): void => {
  const found = [
    ...unreadableParts(observed).map((id) => ({
      sentence: `the record of release ${id}, which is in force, cannot be read`,
      hint: `on the server: cat .deploy/releases/${id}/release.json`,
    })),
    ...contested(observed, ownership).map(({ service, release }) => ({
      sentence: `${service} is shipped by ${release.repository ?? 'another repository'} into this stack (release ${release.id})`,
      hint: `by hand: let one of the two ship it: take ${service} out of images here (images.NAME.services), or there`,
    })),
    ...contestedFiles(observed, config.compose.files).map(({ path, repository }) => ({
      sentence: `${path} was brought by ${repository} with other content`,
      hint: `by hand: give ${path} another name here or there (compose.sync)`,
    })),
  ]
  if (found.length === 0) return
  throw new DeployError('CONFIG', `${found.map(({ sentence }) => sentence).join('; ')}; nothing was touched`, {
    hint: [...new Set(found.map(({ hint }) => hint))].join('\n'),
    ...(observed.current === null ? {} : { serving: observed.current }),
  })
}

/** Going back is of one repository's releases: another's are its own to take back. @throws DeployError CONFIG */
export const refuseReleaseOfOthers = (observed: Observed, record: ReleaseRecord, own: string): void => {
  const key = partKey(record.repository)
  if (key === own || observed.parts[key] === undefined || observed.parts[key] === observed.current) return
  const mine = observed.releases.filter(({ repository }) => partKey(repository) === own).map(({ id }) => id)
  throw new DeployError('CONFIG', `release ${record.id} is of ${key}, and this is ${own === '-' ? 'a repository without a name' : own}`, {
    hint: `by hand: in ${key}: deploy-action rollback ${record.id}; releases of this repository: ${mine.join(', ') || 'none'}`,
    ...(observed.current === null ? {} : { serving: observed.current }),
  })
}
