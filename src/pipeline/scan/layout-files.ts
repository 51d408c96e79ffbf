import { createHash } from 'node:crypto'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Descriptor } from '../image-index.ts'

const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'
const MARKER = JSON.stringify({ imageLayoutVersion: '1.0.0' })

/** A layout that names one image only, over the blobs of another: of several, the scanner would take the first. */
export const writeSingleLayout = async (
  folder: string,
  blobs: string,
  manifest: { readonly digest: string; readonly size: number },
): Promise<void> => {
  await mkdir(folder, { recursive: true })
  await symlink(blobs, join(folder, 'blobs'))
  await writeIndex(folder, { mediaType: MANIFEST_TYPE, ...manifest })
}

/** A layout with one image of one layer, made of nothing. */
export const writeImageLayout = async (
  folder: string,
  image: { readonly architecture: string; readonly layer: Uint8Array },
): Promise<void> => {
  await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true })
  const layer = await putBlob(folder, image.layer, 'application/vnd.oci.image.layer.v1.tar')
  const config = await putJson(folder, 'application/vnd.oci.image.config.v1+json', {
    architecture: image.architecture,
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  })
  const manifest = await putJson(folder, MANIFEST_TYPE, { schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers: [layer] })
  await writeIndex(folder, manifest)
}

const writeIndex = async (folder: string, manifest: Descriptor): Promise<void> => {
  await writeFile(join(folder, 'oci-layout'), MARKER)
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }))
}

const putJson = (folder: string, mediaType: string, document: unknown): Promise<Descriptor> =>
  putBlob(folder, Buffer.from(JSON.stringify(document)), mediaType)

const putBlob = async (folder: string, bytes: Uint8Array, mediaType: string): Promise<Descriptor> => {
  const hex = createHash('sha256').update(bytes).digest('hex')
  await writeFile(join(folder, 'blobs', 'sha256', hex), bytes)
  return { mediaType, digest: `sha256:${hex}`, size: bytes.length }
}
