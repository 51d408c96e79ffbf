import type { Argv } from '../ports.ts'

export interface ImageBuild {
  /** Absent: the builder that buildx is set to use. */
  readonly builder?: string | undefined
  /** Folder that the build sees. */
  readonly context: string
  readonly dockerfile: string
  readonly target?: string | undefined
  readonly platforms: readonly string[]
  readonly args: Readonly<Record<string, string>>
  /** Secret → variable of the client's environment that holds it: neither argument nor layer. */
  readonly secrets: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly cacheFrom: readonly string[]
  readonly cacheTo: readonly string[]
  /** Tar file of the OCI layout that is written. */
  readonly archive: string
  /** Seconds since 1970 that the image's config tells as its time of creation. */
  readonly created: number
}

/**
 * Builds one image for all its platforms into an OCI layout: nothing leaves the machine, so the digest is known and
 * checked before anything is pushed. A tar and not a folder (`tar=false`): into a folder BuildKit writes a layer that
 * two platforms share twice at once, and fails ("ref … locked … unavailable"). Provenance and SBOM are off: their manifests ("unknown/unknown")
 * would be platforms that nobody can scan.
 */
export const buildxBuild = (build: ImageBuild): Argv => [
  'docker',
  'buildx',
  'build',
  ...(build.builder === undefined ? [] : ['--builder', build.builder]),
  '--progress=plain',
  '--provenance=false',
  '--sbom=false',
  ...build.platforms.flatMap((platform) => ['--platform', platform]),
  ...(build.target === undefined ? [] : ['--target', build.target]),
  ...assignments('--build-arg', build.args),
  ...Object.entries(build.secrets).flatMap(([id, variable]) => ['--secret', `id=${id},env=${variable}`]),
  ...assignments('--label', build.labels),
  ...(build.platforms.length > 1 ? assignments('--annotation', prefixed('index:', build.labels)) : []),
  ...build.cacheFrom.flatMap((cache) => ['--cache-from', cache]),
  ...build.cacheTo.flatMap((cache) => ['--cache-to', cache]),
  '--output',
  // quoted as one CSV field: a path may hold a comma. The time goes to the exporter only: as the variable
  // SOURCE_DATE_EPOCH it would be an input of WORKDIR and so rebuild every layer behind it for each commit
  `type=oci,${csvField(`dest=${build.archive}`)},source-date-epoch=${build.created}`,
  '--file',
  build.dockerfile,
  '--',
  build.context,
]

/** A builder in a container of its own, for engines that cannot build for several platforms themselves. */
export const buildxCreate = (builder: {
  readonly name: string
  readonly image?: string | undefined
  readonly config?: string | undefined
  readonly network?: string | undefined
}): Argv => [
  'docker',
  'buildx',
  'create',
  '--name',
  builder.name,
  '--driver',
  'docker-container',
  ...(builder.image === undefined ? [] : ['--driver-opt', `image=${builder.image}`]),
  ...(builder.network === undefined ? [] : ['--driver-opt', `network=${builder.network}`]),
  ...(builder.config === undefined ? [] : ['--buildkitd-config', builder.config]),
  '--bootstrap',
]

/** Removes the builder with its container and volume, also while it builds. */
export const buildxRemove = (name: string): Argv => ['docker', 'buildx', 'rm', '--force', name]

/** The builder that is in use, told as text; it has no machine-readable form in all versions. */
export const buildxInspect = (): Argv => ['docker', 'buildx', 'inspect']

const assignments = (flag: string, values: Readonly<Record<string, string>>): string[] =>
  Object.entries(values).flatMap(([key, value]) => [flag, `${key}=${value}`])

const prefixed = (prefix: string, values: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [`${prefix}${key}`, value]))

/** buildx reads these options as CSV. */
export const csvField = (field: string): string => (/[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)
