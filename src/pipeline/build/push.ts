import type { BlobSource, Registry } from '../../ports.ts'
import type { Layout } from './layout.ts'

/** More at once gain nothing on a runner's uplink, and registries count. */
const AT_ONCE = 4

/**
 * Brings everything of a layout to the registry, under digests only: no tag is made or moved. What is there already
 * is not sent. Returns how many blobs were.
 */
export const pushByDigest = async (registry: Registry, repository: string, layout: Layout): Promise<number> => {
  const images = Object.values(layout.images)
  const blobs = new Map(images.flatMap((image) => image.blobs).map((blob) => [blob.digest, blob]))
  const sent = await pushBlobs(registry, repository, [...blobs.values()])
  for (const image of images) await registry.putManifest(repository, image.manifest.digest, image.manifest)
  // an index comes last: a registry refuses one whose images it does not have
  if (!images.some((image) => image.manifest.digest === layout.top.digest))
    await registry.putManifest(repository, layout.top.digest, layout.top)
  return sent
}

const pushBlobs = async (registry: Registry, repository: string, blobs: readonly BlobSource[]): Promise<number> => {
  const queue = [...blobs]
  let sent = 0
  const worker = async (): Promise<void> => {
    for (let blob = queue.shift(); blob !== undefined; blob = queue.shift()) {
      if (await registry.hasBlob(repository, blob.digest)) continue
      await registry.putBlob(repository, blob)
      sent++
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return sent
}
