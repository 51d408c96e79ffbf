import type { Config } from './schema.ts'

/** Where an image lives: as the project's own files name it, and where this run really pushes and pulls. */
export interface ImageNames {
  /** As compose files and the config name it: "ghcr.io/acme/shop-api". */
  readonly declared: string
  /** Differs from `declared` where a run replaces the registry's host. */
  readonly actual: string
}

/** What of a config names are made of. */
interface Naming {
  readonly project: string
  readonly registry: Pick<Config['registry'], 'host' | 'namespace'>
  readonly images: Readonly<Record<string, { readonly name?: string | undefined }>>
}

/**
 * The repository of one image of the config, without tag or digest. Owners such as `Black-And-White-Club` are
 * lowercased: registries refuse uppercase names.
 * @param owner owner of the source repository, for configs that name no namespace
 */
export const imageNames = (config: Naming, key: string, owner: string | null, registryHost?: string): ImageNames => {
  const namespace = config.registry.namespace ?? owner
  const name = config.images[key]?.name ?? `${config.project}-${key}`
  const path = [namespace, name].filter(Boolean).join('/').toLowerCase()
  return { declared: `${config.registry.host}/${path}`, actual: `${registryHost ?? config.registry.host}/${path}` }
}
