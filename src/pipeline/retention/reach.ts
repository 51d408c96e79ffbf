/** One thing in a repository that can be deleted: an image, or an index with the images below it. */
export interface Version {
  readonly digest: string
  readonly tags: readonly string[]
  /** ISO 8601: when it was pushed, else when it was made; null where the registry does not say. */
  readonly created: string | null
  /** Digests of the images of an index; null where they could not be read. */
  readonly children: readonly string[] | null
}

export interface Needs {
  /** Digests of every release that is kept on a server. */
  readonly deployed: ReadonlySet<string>
  /** How many of the newest tagged ones stay, whether they were deployed or not. */
  readonly newest: number
  /** Older than this may go, in ISO 8601: what is younger may belong to a run that has not ended. */
  readonly before: string
}

export interface Retained {
  readonly version: Version
  readonly why: string
}

export interface Retention {
  readonly keep: readonly Retained[]
  /** An index stands before what is below it. */
  readonly remove: readonly Version[]
}

/**
 * What nothing needs any more. Needed is what a kept release runs, what has a name that people gave it, the newest, the
 * young, whatever is not known well enough, and all that can be reached from any of those: an index without its images
 * cannot be pulled.
 */
export const retention = (versions: readonly Version[], needs: Needs): Retention => {
  const newest = new Set(newestTagged(versions, needs.newest))
  const roots = versions.flatMap((version): Retained[] => {
    const why = reasonFor(version, needs, newest)
    return why === null ? [] : [{ version, why }]
  })
  const reached = reachable(roots, new Map(versions.map((version) => [version.digest, version])))
  const isRoot = new Set(roots.map(({ version }) => version.digest))
  const below = versions
    .filter(({ digest }) => !isRoot.has(digest) && reached.has(digest))
    .map((version) => ({ version, why: `part of ${reached.get(version.digest) ?? ''}` }))
  const remove = versions.filter(({ digest }) => !isRoot.has(digest) && !reached.has(digest))
  return { keep: [...roots, ...below], remove: remove.toSorted((one, other) => indexesFirst(one) - indexesFirst(other)) }
}

const indexesFirst = ({ children }: Version): number => (children === null || children.length === 0 ? 1 : 0)

const reasonFor = (version: Version, { deployed, newest: count, before }: Needs, newest: ReadonlySet<Version>): string | null => {
  const { digest, tags, created, children } = version
  if (deployed.has(digest)) return 'a release that is kept on a server'
  if (children?.some((child) => deployed.has(child)) === true) return 'an image of it belongs to a release that is kept on a server'
  const named = tags.filter((tag) => !isOfCommit(tag))
  if (named.length > 0) return `named ${named.join(', ')}`
  if (newest.has(version)) return `among the ${count} newest`
  if (children === null) return 'what is below it is not known'
  if (created === null || Number.isNaN(Date.parse(created))) return 'its age is not known'
  return Date.parse(created) >= Date.parse(before) ? 'young' : null
}

/** As `sha` and `short-sha` of the config make them. */
const isOfCommit = (tag: string): boolean => /^[0-9a-f]{7}$|^[0-9a-f]{40}$/.test(tag)

/** In milliseconds; what has no age of its own stays anyway, and must not disturb the order of the others. */
export const timeOf = ({ created }: Pick<Version, 'created'>): number => Date.parse(created ?? '') || 0

const newestTagged = (versions: readonly Version[], count: number): readonly Version[] =>
  versions
    .filter(({ tags }) => tags.length > 0)
    .toSorted((one, other) => timeOf(other) - timeOf(one))
    .slice(0, count)

/** Digest → the first root that it can be reached from. */
const reachable = (roots: readonly Retained[], known: ReadonlyMap<string, Version>): ReadonlyMap<string, string> => {
  const reached = new Map<string, string>()
  const queue = roots.flatMap(({ version }) => (version.children ?? []).map((child) => [child, version.digest] as const))
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [digest, root] = next
    if (reached.has(digest)) continue
    reached.set(digest, root)
    for (const child of known.get(digest)?.children ?? []) queue.push([child, root])
  }
  return reached
}
