import { withDefaults } from '../plan/compose-variables.ts'
import { asText, type Mount, mountOf } from '../plan/mounts.ts'
import { normal } from '../plan/paths.ts'
import { buildMap } from './compose-merge.ts'
import { NOT_HERE } from './compose-paths.ts'
import { containerPort, environmentOf, type Json, list, record, words } from './compose-values.ts'
import { baseOf, folderOf, type SourceTree, under } from './tree.ts'
import { type Variables, variablesIn } from './used-variables.ts'

/** A service as the compose files write it, with what init asks of it. */
export interface Service {
  readonly name: string
  /** As it is written, with its variables. */
  readonly image: string | null
  readonly build: Build | null
  /** Command and entrypoint, as text. */
  readonly command: string
  /** Ports inside the container, the published first. */
  readonly ports: readonly number[]
  /** On all addresses of the host. */
  readonly publishedToAll: boolean
  readonly healthcheck: boolean
  /** Null: taken from the environment of compose. */
  readonly environment: Readonly<Record<string, string | null>>
  /** As they are written. */
  readonly envFiles: readonly string[]
  /** Those that need not be there, and are not in the repository; but for `.env`, which compose reads anyway. */
  readonly optionalEnvFiles: readonly string[]
  readonly mounts: readonly Mount[]
  /** By their keys; "default" where it names none. */
  readonly networks: readonly string[]
  readonly profiles: readonly string[]
  readonly platform: string | null
  readonly restart: string | null
  /** As text: a proxy may be told there where the service listens. */
  readonly labels: string
  /** It extends another one: what it has may stand there. */
  readonly takesOver: boolean
  /** Others wait until it has ended well. */
  readonly runsOnce: boolean
  readonly variables: Variables
}

export interface Build {
  /** Inside the project, "" for its top; null where it lies outside. */
  readonly context: string | null
  readonly dockerfile: string | null
  readonly target: string | null
  readonly args: Readonly<Record<string, string | null>>
  /** Its Dockerfile stands in the compose file. */
  readonly inline: boolean
  /** Parts that no field of ours is filled with. */
  readonly besides: readonly string[]
}

/** Of what the files say together; `home` is the folder that is built where they name none. */
export const serviceOf = (tree: SourceTree, home: string, name: string, value: Json, runsOnce: boolean): Service => {
  const published = list(value.ports).flatMap(containerPort)
  const files = list(typeof value.env_file === 'string' ? [value.env_file] : value.env_file).map((entry) => {
    const path = withDefaults(asText(record(entry).path ?? entry))
    const known = normal(path)
    return { path, isOptional: record(entry).required === false && known !== '.env' && !tree.files.includes(known ?? '') }
  })
  return {
    name,
    image: typeof value.image === 'string' ? value.image : null,
    build: buildOf(tree, home, value.build),
    command: [words(value.entrypoint), words(value.command)].filter(Boolean).join(' '),
    ports: [...published, ...list(value.expose).flatMap(containerPort)],
    publishedToAll: list(value.ports).some((port) =>
      typeof port === 'object' && port !== null ? record(port).host_ip === undefined : !/^(127\.|\[::1\])/.test(withDefaults(asText(port))),
    ),
    healthcheck: value.healthcheck !== undefined && record(value.healthcheck).disable !== true,
    environment: environmentOf(value.environment),
    envFiles: files.filter(({ isOptional }) => !isOptional).map(({ path }) => path),
    optionalEnvFiles: files.filter(({ isOptional }) => isOptional).map(({ path }) => path),
    mounts: list(value.volumes).map(mountOf),
    networks:
      (value.networks ?? undefined) === undefined
        ? ['default']
        : Array.isArray(value.networks)
          ? value.networks.map(asText)
          : Object.keys(record(value.networks)),
    profiles: list(value.profiles).map(asText),
    platform: typeof value.platform === 'string' ? value.platform : null,
    restart: typeof value.restart === 'string' ? value.restart : null,
    labels: JSON.stringify(value.labels ?? ''),
    takesOver: value.extends !== undefined,
    runsOnce,
    variables: variablesIn(value),
  }
}

const buildOf = (tree: SourceTree, home: string, value: unknown): Build | null => {
  if (value === undefined || value === null) return null
  const build = buildMap(value)
  const written = withDefaults(asText(build.context ?? home))
  const context = NOT_HERE.test(written) ? null : normal(written)
  const dockerfile = typeof build.dockerfile === 'string' ? under(context ?? '', withDefaults(build.dockerfile)) : null
  return {
    context,
    dockerfile: dockerfile ?? namedOtherwise(tree, context),
    target: typeof build.target === 'string' ? withDefaults(build.target) : null,
    args: environmentOf(build.args),
    inline: build.dockerfile_inline !== undefined,
    besides: ['secrets', 'ssh', 'additional_contexts'].filter((part) => build[part] !== undefined),
  }
}

/** Where the file is not called "Dockerfile", compose finds none on Linux, but people on other systems do. */
const namedOtherwise = (tree: SourceTree, context: string | null): string | null => {
  if (context === null || tree.files.includes(context === '' ? 'Dockerfile' : `${context}/Dockerfile`)) return null
  return tree.files.find((path) => folderOf(path) === context && baseOf(path).toLowerCase() === 'dockerfile') ?? null
}
