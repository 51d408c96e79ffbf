import type { Registry } from '../../ports.ts'
import { parseManifest, platformsOfIndex, readConfig } from '../image-index.ts'
import { timeOf, type Version } from './reach.ts'

/** What keeps the versions of a repository, and can take one away. */
export interface VersionStore {
  /** All that it can tell of. Whether that is all there is, says `complete`. */
  readonly list: (repository: string) => Promise<{ readonly versions: readonly Version[]; readonly complete: boolean }>
  readonly remove: (repository: string, digest: string) => Promise<void>
}

/**
 * By the distribution API, which every registry has: it lists tags only, so what has none, and is below no tag, is not
 * seen. The age is that of the image's config: with our own builds, of the commit.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
export const distributionVersions = (registry: Registry): VersionStore => ({
  list: async (repository) => {
    const byDigest = new Map<string, Version>()
    for (const tag of await registry.tags(repository)) {
      const read = await versionOf(registry, repository, tag)
      const known = read === null ? undefined : byDigest.get(read.digest)
      if (read !== null) byDigest.set(read.digest, { ...read, tags: [...(known?.tags ?? []), tag] })
    }
    const tagged = [...byDigest.values()]
    const below = [...new Set(tagged.flatMap(({ children }) => children ?? []))].filter((digest) => !byDigest.has(digest))
    const ageOf = (digest: string): string | null => newestOf(tagged.filter(({ children }) => children?.includes(digest)))
    return {
      versions: [...tagged, ...below.map((digest) => ({ digest, tags: [], created: ageOf(digest), children: [] }))],
      complete: false,
    }
  },
  remove: (repository, digest) => registry.deleteManifest(repository, digest),
})

/** Without its tags; null where the tag vanished meanwhile. */
export const versionOf = async (registry: Registry, repository: string, reference: string): Promise<Version | null> => {
  const stored = await registry.manifest(repository, reference)
  if (stored === null) return null
  const { manifests, config } = parseManifest(stored)
  // attestations, too: they are no platforms, but belong to the index all the same
  const children = manifests.map(({ digest }) => digest)
  if (config !== null)
    return { digest: stored.digest, tags: [], created: (await readConfig(registry, repository, config)).created, children }
  const [first] = Object.values(platformsOfIndex(manifests))
  const image = first === undefined ? null : await versionOf(registry, repository, first.digest)
  return { digest: stored.digest, tags: [], created: image?.created ?? null, children }
}

const newestOf = (versions: readonly Version[]): string | null =>
  versions.toSorted((one, other) => timeOf(other) - timeOf(one))[0]?.created ?? null
