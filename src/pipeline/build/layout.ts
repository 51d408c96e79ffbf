import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { DeployError } from '../../errors.ts'
import type { BlobSource, StoredManifest } from '../../ports.ts'
import { type Descriptor, type ImageConfigDocument, parseImageConfig, parseManifest, platformsOfIndex } from '../image-index.ts'

/** One platform's image in a layout. */
export interface LayoutImage {
  readonly manifest: StoredManifest
  readonly config: ImageConfigDocument
  /** Config and layers. */
  readonly blobs: readonly BlobSource[]
}

/** What a build left in a folder: one index (or one image) with everything below it. */
export interface Layout {
  readonly folder: string
  readonly top: StoredManifest
  readonly images: Readonly<Record<string, LayoutImage>>
}

/**
 * Reads an OCI layout of one image, comparing every byte with its digest.
 * @throws DeployError BUILD where it is not whole
 */
export const readLayout = async (folder: string): Promise<Layout> => {
  const [entry, ...more] = await topDescriptors(folder)
  if (entry === undefined || more.length > 0) throw broken(folder, `index.json lists ${more.length + (entry ? 1 : 0)} images, not one`)
  const top = await manifestOf(folder, entry)
  const document = parseManifest(top)
  if (document.config !== null) {
    const image = await readImage(folder, top)
    return { folder, top, images: { [`${image.config.os}/${image.config.architecture}`]: image } }
  }
  const images: Record<string, LayoutImage> = {}
  for (const [platform, descriptor] of Object.entries(platformsOfIndex(document.manifests)))
    images[platform] = await readImage(folder, await manifestOf(folder, descriptor))
  return { folder, top, images }
}

/** What index.json lists. @throws DeployError BUILD where there is none */
export const topDescriptors = async (folder: string): Promise<readonly Descriptor[]> => {
  const bytes = await readFile(join(folder, 'index.json')).catch((cause) => {
    throw broken(folder, 'it has no index.json', cause)
  })
  return parseManifest({ mediaType: '', digest: `${folder}/index.json`, bytes }).manifests
}

/** The bytes that a descriptor names. @throws DeployError BUILD where they are others */
export const manifestOf = async (folder: string, descriptor: Descriptor): Promise<StoredManifest> => {
  const bytes = await readFile(blobPath(folder, descriptor.digest)).catch((cause) => {
    throw broken(folder, `${descriptor.digest} is missing`, cause)
  })
  if (`sha256:${createHash('sha256').update(bytes).digest('hex')}` !== descriptor.digest)
    throw broken(folder, `${descriptor.digest} has other bytes`)
  return { mediaType: descriptor.mediaType, digest: descriptor.digest, bytes }
}

const readImage = async (folder: string, manifest: StoredManifest): Promise<LayoutImage> => {
  const { config, layers } = parseManifest(manifest)
  if (config === null) throw broken(folder, `${manifest.digest} is an index inside an index`)
  const blobs: BlobSource[] = []
  for (const descriptor of [config, ...layers]) blobs.push(await checkedBlob(folder, descriptor))
  return { manifest, config: parseImageConfig(await readFile(blobPath(folder, config.digest)), config.digest), blobs }
}

const checkedBlob = async (folder: string, descriptor: Descriptor): Promise<BlobSource> => {
  const path = blobPath(folder, descriptor.digest)
  const { size } = await stat(path).catch((cause) => {
    throw broken(folder, `${descriptor.digest} is missing`, cause)
  })
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  if (size !== descriptor.size || `sha256:${hash.digest('hex')}` !== descriptor.digest)
    throw broken(folder, `${descriptor.digest} has other bytes`)
  return { digest: descriptor.digest, size, path }
}

export const blobPath = (folder: string, digest: string): string => join(folder, 'blobs', digest.replace(':', '/'))

const broken = (folder: string, why: string, cause?: unknown): DeployError =>
  new DeployError('BUILD', `the build left a layout that is not whole (${folder}): ${why}`, {
    cause,
    hint: 'deploy-action build\ndf -h',
  })
