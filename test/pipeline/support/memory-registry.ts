import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Registry, StoredManifest } from '../../../src/ports.ts'

export interface MemoryRegistry extends Registry {
  readonly blobs: Map<string, Uint8Array>
  readonly manifests: Map<string, StoredManifest>
  /** References that were written, in order. */
  readonly written: string[]
  /** Puts an image with these labels under a reference; yields its index and children. */
  put(
    repository: string,
    image: TestImage,
    ...tags: readonly string[]
  ): { readonly index: StoredManifest; readonly platforms: Record<string, string> }
}

interface TestImage {
  readonly labels?: Record<string, string>
  readonly created?: string
  readonly platforms?: readonly string[]
  /** With BuildKit's attestation manifests. */
  readonly attested?: boolean
}

export const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** A registry that keeps everything in memory, without faults and without a network. */
export const memoryRegistry = (host = 'registry.example'): MemoryRegistry => {
  const blobs = new Map<string, Uint8Array>()
  const manifests = new Map<string, StoredManifest>()
  const written: string[] = []
  const store = (repository: string, mediaType: string, document: unknown, ...tags: readonly string[]): StoredManifest => {
    const bytes = Buffer.from(JSON.stringify(document))
    const manifest = { mediaType, digest: digestOf(bytes), bytes }
    for (const reference of [manifest.digest, ...tags]) manifests.set(`${repository}:${reference}`, manifest)
    return manifest
  }
  const putImage = (repository: string, platform: string, image: TestImage): StoredManifest => {
    const [os, architecture] = platform.split('/')
    const bytes = Buffer.from(JSON.stringify({ os, architecture, created: image.created, config: { Labels: image.labels ?? {} } }))
    blobs.set(digestOf(bytes), bytes)
    const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(bytes), size: bytes.length }
    return store(repository, MANIFEST, { schemaVersion: 2, config, layers: [] })
  }
  return {
    host,
    blobs,
    manifests,
    written,
    manifest: async (repository, reference) => manifests.get(`${repository}:${reference}`) ?? null,
    blob: async (_repository, digest) => blobs.get(digest) ?? new Uint8Array(),
    hasBlob: async (_repository, digest) => blobs.has(digest),
    putBlob: async (_repository, source) => {
      blobs.set(source.digest, await readFile(source.path))
    },
    putManifest: async (repository, reference, manifest) => {
      written.push(`${repository}:${reference}`)
      manifests.set(`${repository}:${reference}`, manifest)
    },
    tags: async (repository) =>
      [...manifests.keys()]
        .filter((key) => key.startsWith(`${repository}:`))
        .map((key) => key.slice(repository.length + 1))
        .filter((reference) => !reference.startsWith('sha256:')),
    deleteManifest: async (repository, digest) => {
      for (const [key, stored] of manifests) if (key.startsWith(`${repository}:`) && stored.digest === digest) manifests.delete(key)
    },
    put: (repository, image, ...tags) => {
      const names = image.platforms ?? ['linux/amd64', 'linux/arm64']
      const children = names.map((platform) => ({ platform, manifest: putImage(repository, platform, image) }))
      const descriptors = children.map(({ platform, manifest }) => ({
        mediaType: MANIFEST,
        digest: manifest.digest,
        size: manifest.bytes.length,
        platform: { os: platform.split('/')[0], architecture: platform.split('/')[1] },
      }))
      const attestation = {
        mediaType: MANIFEST,
        digest: `sha256:${'f'.repeat(64)}`,
        size: 1,
        platform: { os: 'unknown', architecture: 'unknown' },
      }
      const index = store(
        repository,
        INDEX,
        { schemaVersion: 2, manifests: image.attested ? [...descriptors, attestation] : descriptors },
        ...tags,
      )
      return { index, platforms: Object.fromEntries(children.map(({ platform, manifest }) => [platform, manifest.digest])) }
    },
  }
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const INDEX = 'application/vnd.oci.image.index.v1+json'
