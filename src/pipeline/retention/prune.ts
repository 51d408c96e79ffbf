import type { Context } from '../../entry/context.ts'
import { DeployError } from '../../errors.ts'
import { throwIfCancelled } from '../cancelled.ts'
import { registryHost } from '../credentials.ts'
import { namesOf } from '../names.ts'
import { splitRepository } from '../reference.ts'
import { detailedStep } from '../steps.ts'
import { type Needs, type Retention, retention } from './reach.ts'
import type { VersionStore } from './versions.ts'

/**
 * Shows, for each image of the config, what nothing needs any more in the registry; removes it where that was confirmed.
 * @returns a sentence about the outcome
 * @throws DeployError CONFIG where it is not known what the servers of some environment need
 */
export const pruneRegistry = async (context: Context, store: VersionStore): Promise<string> => {
  refuseUnknownNeeds(context)
  const isConfirmed = confirmed(context)
  const found: { readonly repository: string; readonly retained: Retention }[] = []
  // everything is looked at before anything is removed
  for (const name of Object.keys(context.config.images)) found.push(await look(context, store, name))
  const count = found.reduce((sum, { retained }) => sum + retained.remove.length, 0)
  if (!isConfirmed) return count === 0 ? 'everything in the registry is needed' : `${count} would be removed; nothing was`
  for (const { repository, retained } of found) await remove(context, store, repository, retained)
  return count === 0 ? 'everything in the registry is needed' : `${count} removed`
}

/** Of every environment, or nothing is known to be superfluous. */
const refuseUnknownNeeds = ({ environmentNames, request }: Context): void => {
  const known = (request.kept ?? []).map(({ environment }) => environment)
  const missing = environmentNames.filter((name) => !known.includes(name))
  if (missing.length === 0) return
  throw new DeployError('CONFIG', `it is not known which images the servers of ${missing.join(', ')} need; nothing was removed`, {
    hint: 'by hand: run `status` for every environment of the config, and give its output `kept` to prune: --kept FILE',
  })
}

const confirmed = ({ config, request }: Context): boolean => {
  if (request.confirm === undefined) return false
  if (request.confirm === config.project) return true
  throw new DeployError('CONFIG', `to remove images, --confirm must be the name of the stack, ${config.project}; nothing was removed`, {
    hint: `deploy-action prune --confirm ${config.project}`,
  })
}

const look = (context: Context, store: VersionStore, name: string): Promise<{ repository: string; retained: Retention }> =>
  detailedStep(context, `look at ${name}`, namesOf(context, name).actual, async (tell) => {
    const { repository } = splitRepository(namesOf(context, name).actual)
    const { versions, complete } = await store.list(repository)
    const retained = retention(versions, needsOf(context))
    for (const { version, why } of retained.keep)
      context.ports.log.debug(`stays: ${repository}@${version.digest} ${version.tags.join(', ')}: ${why}`)
    for (const { digest, tags } of retained.remove)
      context.ports.log.info(`not needed: ${repository}@${digest}${tags.length === 0 ? '' : ` (${tags.join(', ')})`}`)
    const unseen = complete ? '' : `; ${registryHost(context)} lists tags only, so what has none was not looked at`
    tell(`${versions.length} versions, ${retained.keep.length} needed, ${retained.remove.length} not${unseen}`)
    return { repository, retained }
  })

const DAY_MS = 86_400_000

const needsOf = ({ config, request, ports }: Context): Needs => ({
  // whatever the host was called when they were pulled: a digest is the same everywhere
  deployed: new Set((request.kept ?? []).flatMap(({ references }) => references.flatMap((reference) => reference.split('@')[1] ?? []))),
  newest: config.retention.newest,
  before: new Date(ports.clock.now().getTime() - config.retention.days * DAY_MS).toISOString(),
})

const remove = async (context: Context, store: VersionStore, repository: string, { remove: versions }: Retention): Promise<void> => {
  if (versions.length === 0) return
  await detailedStep(context, `remove from ${repository}`, 'nothing needs them any more', async (tell) => {
    let removed = 0
    for (const { digest } of versions) {
      throwIfCancelled(context.ports)
      await store.remove(repository, digest)
      removed++
      tell(`${removed} of ${versions.length} removed`)
    }
  })
}
