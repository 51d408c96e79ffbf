import { DeployError } from '../errors.ts'
import type { Registry, StoredManifest } from '../ports.ts'

/** What a descriptor of an index, or of an image's layers, says. */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string }
}

/** The config of one image, as far as we need it. */
export interface ImageConfigDocument {
  readonly os: string
  readonly architecture: string
  readonly created: string | null
  readonly labels: Readonly<Record<string, string>>
}

export interface ManifestDocument {
  /** Manifests of an index; empty where it is an image. */
  readonly manifests: readonly Descriptor[]
  readonly config: Descriptor | null
  readonly layers: readonly Descriptor[]
}

/** @throws DeployError CONNECT where it is no manifest at all */
export const parseManifest = (stored: StoredManifest): ManifestDocument => {
  const document = parseJson(stored.bytes, stored.digest)
  const manifests = list(document.manifests)
  const config = isDescriptor(document.config) ? document.config : null
  if (config === null && document.manifests === undefined)
    throw new DeployError('CONNECT', `${stored.digest} (${stored.mediaType}) is neither an image nor an index`)
  return { manifests, config, layers: list(document.layers) }
}

/**
 * "linux/amd64" → manifest. Attestations ("unknown/unknown") are no platforms; the usual variant of arm64 (v8) is
 * left out of the name, as everybody does.
 */
export const platformsOfIndex = (manifests: readonly Descriptor[]): Readonly<Record<string, Descriptor>> =>
  Object.fromEntries(
    manifests
      .filter(({ platform }) => platform !== undefined && platform.os !== 'unknown' && platform.architecture !== 'unknown')
      .map((descriptor) => [platformName(descriptor.platform), descriptor]),
  )

const platformName = (platform: Descriptor['platform']): string => {
  const { os, architecture, variant } = platform ?? { os: 'unknown', architecture: 'unknown' }
  const usual = variant === undefined || variant === '' || (architecture === 'arm64' && variant === 'v8')
  return `${os}/${architecture}${usual ? '' : `/${variant}`}`
}

export const parseImageConfig = (bytes: Uint8Array, digest: string): ImageConfigDocument => {
  const document = parseJson(bytes, digest)
  const config = typeof document.config === 'object' && document.config !== null ? (document.config as Record<string, unknown>) : {}
  const labels = typeof config.Labels === 'object' && config.Labels !== null ? (config.Labels as Record<string, unknown>) : {}
  return {
    os: String(document.os ?? ''),
    architecture: String(document.architecture ?? ''),
    created: typeof document.created === 'string' ? document.created : null,
    labels: Object.fromEntries(Object.entries(labels).filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
  }
}

/** Digest of each platform's manifest, of an index or of a single image. */
export const readPlatforms = async (
  registry: Registry,
  repository: string,
  stored: StoredManifest,
): Promise<Readonly<Record<string, string>>> => {
  const document = parseManifest(stored)
  if (document.config === null) return mapValues(platformsOfIndex(document.manifests), ({ digest }) => digest)
  const config = await readConfig(registry, repository, document.config)
  return { [platformName({ os: config.os, architecture: config.architecture })]: stored.digest }
}

export const readConfig = async (registry: Registry, repository: string, config: Descriptor): Promise<ImageConfigDocument> =>
  parseImageConfig(await registry.blob(repository, config.digest), config.digest)

const mapValues = <A, B>(values: Readonly<Record<string, A>>, of: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, of(value)]))

const parseJson = (bytes: Uint8Array, digest: string): Record<string, unknown> => {
  try {
    const document: unknown = JSON.parse(Buffer.from(bytes).toString())
    if (typeof document === 'object' && document !== null && !Array.isArray(document)) return document as Record<string, unknown>
  } catch (cause) {
    throw new DeployError('CONNECT', `${digest} is not JSON`, { cause })
  }
  throw new DeployError('CONNECT', `${digest} is not a JSON object`)
}

const list = (value: unknown): readonly Descriptor[] => (Array.isArray(value) ? value.filter(isDescriptor) : [])

const isDescriptor = (value: unknown): value is Descriptor =>
  typeof value === 'object' &&
  value !== null &&
  /^sha256:[0-9a-f]{64}$/.test(String((value as Descriptor).digest)) &&
  Number.isSafeInteger((value as Descriptor).size)
