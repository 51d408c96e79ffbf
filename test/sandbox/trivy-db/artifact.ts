import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { tar } from '../../../src/commands/archive.ts'
import type { Registry } from '../../../src/ports.ts'
import { trivyDatabase, type Variant } from './database.ts'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const CONFIG = 'application/vnd.aquasec.trivy.config.v1+json'
const LAYER = 'application/vnd.aquasec.trivy.db.layer.v1.tar+gzip'

/** Publishes a database as the OCI artifact that Trivy downloads. */
export const pushDatabase = async (registry: Registry, repository: string, variant: Variant = 'sound', tag = '2'): Promise<string> => {
  const layer = gzipSync(tar(trivyDatabase(variant)))
  const descriptors = {
    config: await putBlob(registry, repository, Buffer.from('{}'), CONFIG),
    layer: await putBlob(registry, repository, layer, LAYER),
  }
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: descriptors.config,
      layers: [{ ...descriptors.layer, annotations: { 'org.opencontainers.image.title': 'db.tar.gz' } }],
    }),
  )
  await registry.putManifest(repository, tag, { mediaType: MANIFEST, digest: digestOf(bytes), bytes })
  return digestOf(bytes)
}

const putBlob = async (registry: Registry, repository: string, bytes: Uint8Array, mediaType: string) => {
  const folder = await mkdtemp(join(tmpdir(), 'trivy-db-'))
  const source = { digest: digestOf(bytes), size: bytes.length, path: join(folder, 'blob') }
  await writeFile(source.path, bytes)
  await registry.putBlob(repository, source)
  await rm(folder, { recursive: true })
  return { mediaType, digest: source.digest, size: source.size }
}

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
