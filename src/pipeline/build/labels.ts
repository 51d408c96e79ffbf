import type { Commit } from '../../entry/context.ts'

/**
 * What an image says of where it comes from. All of it follows from the commit, so building it twice yields the same.
 * @see https://github.com/opencontainers/image-spec/blob/main/annotations.md
 */
export const imageLabels = (commit: Commit): Record<string, string> => ({
  ...(commit.source === null ? {} : { 'org.opencontainers.image.source': commit.source }),
  [REVISION_LABEL]: commit.sha,
  'org.opencontainers.image.version': version(commit),
  'org.opencontainers.image.created': commit.created,
})

export const REVISION_LABEL = 'org.opencontainers.image.revision'

/** The release a tag names, else the commit; a tree with changes says so. */
const version = ({ ref, sha, dirty }: Commit): string => {
  const named = ref !== null && /^v?\d+(\.\d+)*([.-].*)?$/.test(ref) ? ref.replace(/^v/, '') : sha.slice(0, 12)
  return dirty ? `${named}-dirty` : named
}
