import type { Observed, ReleasedPart, ReleaseRecord } from './observed.ts'

/** Several repositories may ship into one stack: each has a part of it, with a release of its own in force. */

/** What a repository without a name is called. */
const NAMELESS = '-'

/** A repository as it stands in the files of the server. */
export const partKey = (repository: string | null): string =>
  repository !== null && /^[\w.-]+(\/[\w.-]+)*$/.test(repository) ? repository : NAMELESS

/** The releases of other repositories that are in force. */
export const neighbours = (observed: Observed): readonly ReleaseRecord[] =>
  Object.values(observed.parts).flatMap((id) => (id === observed.current ? [] : observed.releases.filter((release) => release.id === id)))

/** The releases of one repository that are kept, this one among them. */
export const ownReleases = ({ releases }: Observed, one: ReleaseRecord): readonly ReleaseRecord[] =>
  releases.filter((release) => ownKey(release) === ownKey(one))

/** Releases in force of which the server kept no record that can be read: nobody knows what is theirs. */
export const unreadableParts = (observed: Observed): readonly string[] =>
  Object.values(observed.parts).filter((id) => !observed.releases.some((release) => release.id === id))

/** What others look after: neither pulled, nor started, nor switched by us. What runs an image of ours is ours. */
export const servicesOfOthers = (observed: Observed, ownership: Readonly<Record<string, string>>): ReadonlySet<string> =>
  new Set(
    neighbours(observed)
      .flatMap(({ services, infrastructure }) => [...Object.keys(services), ...infrastructure])
      .filter((service) => ownership[service] === undefined),
  )

/** All that runs an image of somebody's: of the given release, and of the other repositories. */
export const servicesOfStack = (observed: Observed, own: ReleaseRecord | null): ReleaseRecord['services'] =>
  Object.assign({}, ...neighbours(observed).map(({ services }) => services), own?.services)

/** A part all of whose services we ship now is ours: its repository was renamed, or became a folder of this one. */
export const takenOver = (observed: Observed, ownership: Readonly<Record<string, string>>): readonly ReleaseRecord[] =>
  neighbours(observed).filter(({ services }) => {
    const names = Object.keys(services)
    return names.length > 0 && names.every((name) => ownership[name] !== undefined)
  })

/** The server as it is once those parts are ours. */
export const withTakenOver = (observed: Observed, taken: readonly ReleaseRecord[]): Observed => ({
  ...observed,
  current: observed.current ?? taken[0]?.id ?? null,
  parts: Object.fromEntries(
    Object.entries(observed.parts).filter(([, id]) => id === observed.current || !taken.some((one) => one.id === id)),
  ),
})

/** Services that we ship and another repository ships too, each with its release. */
export const contested = (
  observed: Observed,
  ownership: Readonly<Record<string, string>>,
): readonly { readonly service: string; readonly release: ReleaseRecord }[] =>
  neighbours(observed).flatMap((release) =>
    Object.keys(release.services)
      .filter((service) => ownership[service] !== undefined)
      .map((service) => ({ service, release })),
  )

/** Files that another repository brought with other content; compose files are read from the release, so these may differ. */
export const contestedFiles = (
  { brought, othersBrought }: Observed,
  composeFiles: readonly string[],
): readonly { readonly path: string; readonly repository: string }[] =>
  Object.entries(brought).flatMap(([path, sum]) => {
    const other = othersBrought[path]
    return other === undefined || other.sum === sum || composeFiles.includes(path) ? [] : [{ path, repository: other.repository }]
  })

/** The whole stack with this release in force: every digest, and which repository and commit it is of. */
export const stackWith = (observed: Observed, key: string, own: ReleasedPart): ReleaseRecord['stack'] => ({
  ...Object.fromEntries(
    neighbours(observed).map((release) => [
      keyOf(observed, release.id),
      { release: release.id, commit: release.commit, images: references(release.images) },
    ]),
  ),
  [key === NAMELESS && observed.current !== null ? keyOf(observed, observed.current) : key]: own,
})

export const references = (images: Readonly<Record<string, { readonly reference: string }>>): ReleasedPart['images'] =>
  Object.fromEntries(Object.entries(images).map(([name, { reference }]) => [name, reference]))

const keyOf = ({ parts }: Observed, release: string): string => Object.keys(parts).find((key) => parts[key] === release) ?? NAMELESS

/** As the server keeps it beside the record: "REPOSITORY RELEASE" lines. */
export const partLines = ({ stack }: Pick<ReleaseRecord, 'stack'>): string =>
  Object.entries(stack)
    .map(([key, { release }]) => `${key} ${release}`)
    .join('\n')

/** The repository whose release this is. */
export const ownKey = ({ id, stack }: Pick<ReleaseRecord, 'id' | 'stack'>): string =>
  Object.keys(stack).find((key) => stack[key]?.release === id) ?? NAMELESS

/** What stays as it is, in words: "acme/bot stays at release 4-1a2b3c4". Empty where the stack has one repository. */
export const stayingSentence = (observed: Observed): string =>
  neighbours(observed)
    .map(({ id, commit }) => `${keyOf(observed, id)} stays at release ${id} (commit ${commit.slice(0, 7)})`)
    .join(', ')
