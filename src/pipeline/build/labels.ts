import { createHash } from 'node:crypto'
import type { ImageConfig } from '../../config/schema.ts'
import type { Commit, Context } from '../../entry/context.ts'

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

/** Of an image that is kept while nothing changes, also what it was built with. */
export const labelsOf = ({ commit, config }: Context, name: string): Record<string, string> => {
  const image = config.images[name]
  return { ...imageLabels(commit), ...(image?.paths === undefined ? {} : { [INPUTS_LABEL]: buildInputs(image) }) }
}

export const INPUTS_LABEL = 'deploy-action.build-inputs'

/** What a build depends on besides files: also values that variables brought, which no history shows. */
export const buildInputs = ({ context, dockerfile, target, args, paths, builder, prebuild }: ImageConfig): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        context,
        dockerfile ?? null,
        target ?? null,
        Object.entries(args).sort(),
        paths ?? null,
        // absent from the list where they are absent, so that what was built before there were such keys stays known
        ...(builder === undefined && prebuild === undefined ? [] : [builder ?? null, prebuild ?? null]),
      ]),
    )
    .digest('hex')

export const REVISION_LABEL = 'org.opencontainers.image.revision'

/** The release a tag names, else the commit; a tree with changes says so. */
const version = ({ ref, sha, dirty }: Commit): string => {
  const named = ref !== null && /^v?\d+(\.\d+)*([.-].*)?$/.test(ref) ? ref.replace(/^v/, '') : sha.slice(0, 12)
  return dirty ? `${named}-dirty` : named
}
