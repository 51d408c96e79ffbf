import { DeployError } from '../../errors.ts'
import type { PackagesApi, Registry } from '../../ports.ts'
import type { Version } from './reach.ts'
import { type VersionStore, versionOf } from './versions.ts'

/**
 * Versions on ghcr.io, whose registry deletes nothing: GitHub's API does, by a number. It also lists what has no tag; what is
 * below an index, only the registry knows.
 */
export const githubVersions = (api: PackagesApi, registry: Registry): VersionStore => {
  const ids = new Map<string, number>()
  return {
    list: async (repository) => {
      const { owner, name } = packageOf(repository)
      const versions: Version[] = []
      for (let page = 1; ; page++) {
        const found = await api.page(owner, name, page)
        if (found.length === 0) return { versions, complete: true }
        for (const { id, name: digest, created_at: created, metadata } of found) {
          ids.set(digest, id)
          const read = await versionOf(registry, repository, digest)
          versions.push({ digest, tags: metadata?.container?.tags ?? [], created, children: read?.children ?? null })
        }
      }
    },
    remove: async (repository, digest) => {
      const { owner, name } = packageOf(repository)
      const id = ids.get(digest)
      if (id === undefined) throw new DeployError('BUG', `${repository}@${digest} is to be removed and was never listed`)
      await api.remove(owner, name, id)
    },
  }
}

/** The first part is the owner, all the rest is the package's name. */
const packageOf = (repository: string): { readonly owner: string; readonly name: string } => {
  const slash = repository.indexOf('/')
  return { owner: repository.slice(0, slash), name: repository.slice(slash + 1) }
}
