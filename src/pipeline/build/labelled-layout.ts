import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DeployError } from '../../errors.ts'
import type { StoredManifest } from '../../ports.ts'
import { type Descriptor, parseImageConfig, parseManifest } from '../image-index.ts'
import { type IndexEntry, indexOf } from './index-document.ts'
import { blobPath, manifestOf, topDescriptors } from './layout.ts'

interface Wish {
  readonly name: string
  readonly platforms: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

/**
 * Makes a layout that others wrote into one of ours, in its place: each wanted platform once, with labels, under one
 * index; what else is in it is left out. Layers stay as they are; config and manifest become others, before anything
 * is scanned.
 * @throws DeployError BUILD where a platform is missing or there twice, or the layout is not whole
 */
export const labelLayout = async (folder: string, { name, platforms, labels }: Wish): Promise<void> => {
  const images = await imagesIn(folder, await topDescriptors(folder))
  const entries: IndexEntry[] = []
  for (const platform of platforms) {
    const [image, another] = images.filter((one) => one.platform === platform)
    if (image === undefined) throw missing(name, platform, images)
    if (another !== undefined && another.manifest.digest !== image.manifest.digest)
      throw new DeployError('BUILD', `the builder of image ${name} wrote two images for ${platform}`, {
        hint: 'by hand: it has to write one for each of $IMAGE_PLATFORMS',
      })
    entries.push({ platform, manifest: await labelled(folder, image.manifest, labels) })
  }
  const [only] = entries
  const top = entries.length === 1 && only !== undefined ? only.manifest : await stored(folder, indexOf(entries, labels))
  const { mediaType, digest, bytes } = top
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType, digest, size: bytes.length }] }))
}

/** Everything that runs, through indexes inside of indexes; attestations ("unknown") do not. */
const imagesIn = async (folder: string, descriptors: readonly Descriptor[], depth = 0): Promise<readonly IndexEntry[]> => {
  const found: IndexEntry[] = []
  for (const descriptor of depth > 3 ? [] : descriptors) {
    const manifest = await manifestOf(folder, descriptor)
    const { config, manifests } = parseManifest(manifest)
    if (config === null) found.push(...(await imagesIn(folder, manifests, depth + 1)))
    else {
      const { os, architecture } = parseImageConfig(await readFile(blobPath(folder, config.digest)), config.digest)
      found.push({ platform: `${os}/${architecture}`, manifest })
    }
  }
  return found
}

const labelled = async (folder: string, manifest: StoredManifest, labels: Wish['labels']): Promise<StoredManifest> => {
  const document = json(manifest.bytes)
  const descriptor = document.config as Descriptor
  const config = json((await manifestOf(folder, descriptor)).bytes)
  const runtime = record(config.config)
  const bytes = Buffer.from(JSON.stringify({ ...config, config: { ...runtime, Labels: { ...record(runtime.Labels), ...labels } } }))
  const { digest } = await stored(folder, manifestFrom(descriptor.mediaType, bytes))
  const changed = { ...document, config: { ...descriptor, digest, size: bytes.length } }
  return stored(folder, manifestFrom(manifest.mediaType, Buffer.from(JSON.stringify(changed))))
}

const manifestFrom = (mediaType: string, bytes: Uint8Array): StoredManifest => ({
  mediaType,
  digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
  bytes,
})

const stored = async (folder: string, blob: StoredManifest): Promise<StoredManifest> => {
  await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true })
  await writeFile(blobPath(folder, blob.digest), blob.bytes)
  return blob
}

/** Parsed once already. */
const json = (bytes: Uint8Array): Record<string, unknown> => record(JSON.parse(Buffer.from(bytes).toString()))
const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

const missing = (name: string, platform: string, images: readonly IndexEntry[]): DeployError =>
  new DeployError(
    'BUILD',
    `image ${name} was built for ${images.map((image) => image.platform).join(', ') || 'no platform'}; ${platform} is missing`,
    { hint: 'by hand: the builder has to build for each of $IMAGE_PLATFORMS, such as "linux/amd64,linux/arm64"' },
  )
