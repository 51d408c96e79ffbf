import { createHash } from 'node:crypto'
import type { StoredManifest } from '../../ports.ts'

const INDEX = 'application/vnd.oci.image.index.v1+json'

/** One platform's image, as an index lists it. */
export interface IndexEntry {
  readonly manifest: StoredManifest
  /** "linux/arm64" */
  readonly platform: string
}

/**
 * The index of images that were built apart: the same document, byte for byte, that BuildKit writes when one machine
 * builds them all, so the digest does not tell how it was built.
 * @see https://github.com/opencontainers/image-spec/blob/main/image-index.md
 */
export const indexOf = (entries: readonly IndexEntry[], annotations: Readonly<Record<string, string>>): StoredManifest => {
  const document = {
    schemaVersion: 2,
    mediaType: INDEX,
    manifests: entries.map(({ manifest: { mediaType, digest, bytes }, platform }) => ({
      mediaType,
      digest,
      size: bytes.length,
      platform: { architecture: platform.split('/')[1] ?? '', os: platform.split('/')[0] ?? '' },
    })),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations: sorted(annotations) }),
  }
  const bytes = Buffer.from(JSON.stringify(document, null, 2))
  return { mediaType: INDEX, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, bytes }
}

/** As Go writes a map. */
const sorted = (values: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(values).sort(([one], [other]) => (one < other ? -1 : 1)))
