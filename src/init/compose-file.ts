import { parseDocument } from 'yaml'
import { withDefaults } from '../plan/compose-variables.ts'
import { asText, type Mount, mountOf } from '../plan/mounts.ts'
import { containerPort, environmentOf, type Json, list, record, words } from './compose-values.ts'
import { baseOf, folderOf, type SourceTree, under } from './tree.ts'
import { variablesIn, variablesWith } from './used-variables.ts'

/** A service as a compose file writes it, with what init asks of it. */
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
  readonly mounts: readonly Mount[]
  /** By their keys; "default" where it names none. */
  readonly networks: readonly string[]
  readonly profiles: readonly string[]
  readonly platform: string | null
  readonly restart: string | null
  /** As text: a proxy may be told there where the service listens. */
  readonly labels: string
  /** Others wait until it has ended well. */
  readonly runsOnce: boolean
  readonly variables: Variables
}

/** What compose puts in from its environment; not for a build. */
export interface Variables {
  readonly all: readonly string[]
  /** Those without a default, outside of `image`: empty where nobody sets them. */
  readonly open: readonly string[]
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

/** What one file says. */
export interface ComposeFile {
  readonly name: string | null
  readonly services: readonly Service[]
  /** Networks and volumes that must be there before. */
  readonly external: readonly { readonly kind: 'network' | 'volume'; readonly name: string; readonly key: string }[]
  /** Compose files of the project that this one includes. */
  readonly included: readonly string[]
  /** Those that services of it extend. */
  readonly extended: readonly string[]
  /** Files of `secrets` and `configs`, as they are written. */
  readonly secretFiles: readonly string[]
  /** Beside the services: of networks, volumes, secrets and configs. */
  readonly variables: Variables
  /** Those without which compose refuses to work, wherever they stand: it looks for them before it leaves anything out. */
  readonly insisted: readonly string[]
  readonly problems: readonly string[]
}

const NOTHING: ComposeFile = {
  name: null,
  services: [],
  external: [],
  included: [],
  extended: [],
  secretFiles: [],
  variables: { all: [], open: [] },
  insisted: [],
  problems: [],
}

/** A file that is no YAML holds nothing but its problem. */
export const readComposeFile = (tree: SourceTree, file: string): ComposeFile => {
  const text = tree.read(file) ?? ''
  const document = parseDocument(text, { merge: true, logLevel: 'silent' })
  const [error] = document.errors
  if (error !== undefined) return { ...NOTHING, problems: [`${file}:${error.linePos?.[0].line ?? 1}: ${error.message.split('\n')[0]}`] }
  const whole = plain(document)
  if (typeof whole === 'string') return { ...NOTHING, problems: [`${file}:1: ${whole}`] }
  const services = record(whole.services)
  const awaited = new Set(
    Object.values(services).flatMap((service) =>
      Object.entries(record(record(service).depends_on)).flatMap(([name, how]) =>
        record(how).condition === 'service_completed_successfully' ? [name] : [],
      ),
    ),
  )
  return {
    name: typeof whole.name === 'string' ? withDefaults(whole.name) : null,
    services: Object.entries(services).map(([name, value]) => serviceOf(tree, file, name, record(value), awaited.has(name))),
    external: (['network', 'volume'] as const).flatMap((kind) =>
      Object.entries(record(whole[`${kind}s`])).flatMap(([key, value]) => {
        const { external, name } = record(value)
        return external === true || typeof external === 'object'
          ? [{ kind, key, name: withDefaults(asText(name ?? record(external).name ?? key)) }]
          : []
      }),
    ),
    included: list(typeof whole.include === 'string' ? [whole.include] : whole.include).flatMap((entry) => {
      const path = record(entry).path ?? entry
      return (Array.isArray(path) ? path : [path]).flatMap((one) => partOf(tree, file, one))
    }),
    extended: Object.values(services).flatMap((service) => partOf(tree, file, record(record(service).extends).file)),
    secretFiles: [whole.secrets, whole.configs]
      .flatMap((part) => Object.values(record(part)))
      .flatMap((value) => (typeof record(value).file === 'string' ? [asText(record(value).file)] : [])),
    variables: variablesIn({ ...whole, services: {} }),
    insisted: variablesWith(whole, /\?$/),
    problems: [],
  }
}

/** A file of the project; what is elsewhere, or what a variable names, is not seen. */
const partOf = (tree: SourceTree, file: string, value: unknown): readonly string[] => {
  const path = typeof value === 'string' ? under(folderOf(file), value) : null
  return path !== null && tree.read(path) !== null ? [path] : []
}

/** The text of what is wrong where aliases lead nowhere, or to so much that they are an attack. */
const plain = (document: ReturnType<typeof parseDocument>): Json | string => {
  try {
    return record(document.toJS({ maxAliasCount: 1000 }))
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const serviceOf = (tree: SourceTree, file: string, name: string, value: Json, runsOnce: boolean): Service => {
  const published = list(value.ports).flatMap(containerPort)
  return {
    name,
    image: typeof value.image === 'string' ? value.image : null,
    build: buildOf(tree, file, value.build),
    command: [words(value.entrypoint), words(value.command)].filter(Boolean).join(' '),
    ports: [...published, ...list(value.expose).flatMap(containerPort)],
    publishedToAll: list(value.ports).some((port) =>
      typeof port === 'object' && port !== null ? record(port).host_ip === undefined : !/^(127\.|\[::1\])/.test(withDefaults(asText(port))),
    ),
    healthcheck: value.healthcheck !== undefined && record(value.healthcheck).disable !== true,
    environment: environmentOf(value.environment),
    envFiles: list(typeof value.env_file === 'string' ? [value.env_file] : value.env_file).map((entry) =>
      withDefaults(asText(record(entry).path ?? entry)),
    ),
    mounts: list(value.volumes).map(mountOf),
    networks:
      value.networks === undefined
        ? ['default']
        : Array.isArray(value.networks)
          ? value.networks.map(asText)
          : Object.keys(record(value.networks)),
    profiles: list(value.profiles).map(asText),
    platform: typeof value.platform === 'string' ? value.platform : null,
    restart: typeof value.restart === 'string' ? value.restart : null,
    labels: JSON.stringify(value.labels ?? ''),
    runsOnce,
    variables: variablesIn(value),
  }
}

const buildOf = (tree: SourceTree, file: string, value: unknown): Build | null => {
  if (value === undefined || value === null) return null
  const build = typeof value === 'string' ? { context: value } : record(value)
  const written = withDefaults(asText(build.context ?? '.'))
  const context = /^[a-z]+:\/\/|^git@|^\//.test(written) ? null : under(folderOf(file), written)
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
