import { posix } from 'node:path'
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit, type YAMLMap } from 'yaml'
import { DeployError, type Place } from '../errors.ts'
import { withDefaults } from './compose-variables.ts'
import { type Mount, mountOf } from './mounts.ts'

/** A service as the project's own compose files name it, before anything is resolved. */
export interface DeclaredService {
  readonly name: string
  readonly file: string
  /** Of its `image`, or of the service where it has none. */
  readonly line: number
  readonly column: number
  /** Raw, with its variables. */
  readonly image: string | null
  /** Variables replaced by their defaults; null where compose names the container. */
  readonly containerName: string | null
  /** The same as it is written, where what it becomes depends on the server's environment file. */
  readonly containerNameToAsk?: string
  readonly hasBuild: boolean
  /** None: it is always started. */
  readonly profiles: readonly string[]
  /** Those of a file that it extends are not among them. */
  readonly mounts: readonly Mount[]
  /** The mounts of files before are gone (`!override`, `!reset`). */
  readonly ownMountsOnly: boolean
  /** Names of the variables that it gets; absent where a file that is not here may set more. */
  readonly sets?: readonly string[]
}

/**
 * The services of the compose files, later files over earlier ones, and of those that they include.
 * @param brought text of what else goes to the server; undefined for what does not
 * @throws DeployError CONFIG with every file that is not compose, or asks for one that is not brought, and where
 */
export const declaredServices = (
  files: Readonly<Record<string, string>>,
  brought?: (path: string) => string | undefined,
): readonly DeclaredService[] => {
  const places: Place[] = []
  const found = new Map<string, DeclaredService>()
  // the server's compose has the deploy directory for its project, wherever the file lies
  const queue = Object.entries(files).map(([file, text]) => ({ file, text, folder: '' }))
  const seen = new Set(Object.keys(files))
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { file, text, folder } = next
    const lines = new LineCounter()
    // compose has tags of its own (!reset, !override) and merge keys
    const document = parseDocument(text, { lineCounter: lines, merge: true, logLevel: 'silent' })
    for (const error of document.errors) {
      const start = error.linePos?.[0]
      places.push({ file, line: start?.line ?? 1, column: start?.col ?? 1, message: error.message.split('\n')[0] ?? '' })
    }
    if (document.errors.length > 0) continue
    try {
      places.push(...remoteParts(document, file, lines))
      for (const part of brought === undefined ? [] : localParts(document, { file, folder }, lines)) {
        const content = isOutside(part.path) ? undefined : brought?.(part.path)
        if (content === undefined) places.push(part.place)
        else if (part.includedIn !== null && !seen.has(part.path)) queue.push({ file: part.path, text: content, folder: part.includedIn })
        seen.add(part.path)
      }
      for (const service of servicesOf(document, file, lines)) found.set(service.name, merged(found.get(service.name), service))
    } catch (error) {
      // aliases are followed only now: one without its anchor, or so many that they are an attack
      places.push({ file, line: 1, column: 1, message: error instanceof Error ? error.message : String(error) })
    }
  }
  if (places.length > 0) throw new DeployError('CONFIG', `a compose file cannot be used: ${places[0]?.message ?? ''}`, { places })
  return [...found.values()]
}

const servicesOf = (document: Document.Parsed, file: string, lines: LineCounter): DeclaredService[] => {
  const services = document.get('services')
  if (!isMap(services)) return []
  const plain = (document.toJS({ maxAliasCount: 1000 }) as { services?: Record<string, Record<string, unknown> | null> }).services ?? {}
  return (services as YAMLMap).items.flatMap((pair) => {
    const name = isScalar(pair.key) ? String(pair.key.value) : ''
    const values = plain[name] ?? {}
    const imageNode = isMap(pair.value) ? pair.value.get('image', true) : undefined
    const range =
      (imageNode as { range?: [number, number, number] } | undefined)?.range ?? (isScalar(pair.key) ? pair.key.range : undefined)
    const position = lines.linePos(range?.[0] ?? 0)
    return [
      {
        name,
        file,
        line: position.line,
        column: position.col,
        image: typeof values.image === 'string' ? values.image : null,
        containerName: typeof values.container_name === 'string' ? withDefaults(values.container_name) : null,
        ...askedName(values.container_name),
        hasBuild: values.build !== undefined && values.build !== null,
        profiles: Array.isArray(values.profiles) ? values.profiles.map(String) : [],
        mounts: Array.isArray(values.volumes) ? values.volumes.map(mountOf) : [],
        ...setNames(values),
        ownMountsOnly: isMap(pair.value) && /^!(override|reset)$/.test(tagOf(pair.value.get('volumes', true))),
      },
    ]
  })
}

const tagOf = (node: unknown): string => (isNode(node) ? (node.tag ?? '') : '')

const askedName = (written: unknown): Pick<DeclaredService, 'containerNameToAsk'> =>
  typeof written === 'string' && written.includes('$') ? { containerNameToAsk: written } : {}

/** What is set to nothing is not set. */
const setNames = ({ environment, env_file, extends: extended }: Record<string, unknown>): Pick<DeclaredService, 'sets'> => {
  if (env_file !== undefined || extended !== undefined) return {}
  const entries: readonly (readonly [string, unknown])[] = Array.isArray(environment)
    ? environment.map((entry) => [String(entry).split('=')[0] ?? '', /^[^=]*=$/.test(String(entry)) ? '' : 'set'])
    : Object.entries(environment ?? {})
  return { sets: entries.flatMap(([name, value]) => (value === '' ? [] : [name])) }
}

interface LocalPart {
  readonly path: string
  /** The folder its paths are relative to; null for a file that is extended, of which no service is started. */
  readonly includedIn: string | null
  /** What is to be said where it does not go to the server. */
  readonly place: Place
}

/**
 * Files of the project that this one asks for; where a variable says which, only the server knows. What is included is looked
 * for in the folder of the project that includes it, and is a project of its own, with its own folder or `project_directory`:
 * https://docs.docker.com/reference/compose-file/include/
 */
const localParts = (
  document: Document.Parsed,
  { file, folder }: { readonly file: string; readonly folder: string },
  lines: LineCounter,
): readonly LocalPart[] => {
  const found: LocalPart[] = []
  const look = (node: unknown, includedIn: LocalPart['includedIn']): void => {
    const written = localPath(node)
    if (written === null || !isScalar(node)) return
    const path = posix.isAbsolute(written) ? written : posix.join(folder, written)
    const { line, col } = lines.linePos(node.range?.[0] ?? 0)
    const message = isOutside(path)
      ? `${written}, which is asked for here, is outside of the project, and nothing else goes to the server: bring it into the project`
      : `${path}, which is asked for here, does not go to the server: add it to \`compose.sync\``
    found.push({ path, includedIn, place: { file, line, column: col, message } })
  }
  const include = document.get('include')
  for (const item of isSeq(include) ? include.items : []) {
    const path = isMap(item) ? item.get('path', true) : item
    const paths = isSeq(path) ? path.items : [path]
    const first = localPath(paths[0])
    const given = isMap(item) ? localPath(item.get('project_directory', true)) : null
    const own = given ?? (first === null ? '' : posix.dirname(first))
    for (const one of paths) look(one, posix.join(folder, own).replace(/^\.$|\/$/, ''))
  }
  const services = document.get('services')
  for (const { value } of isMap(services) ? services.items : []) if (isMap(value)) look(value.getIn(['extends', 'file'], true), null)
  return found
}

const localPath = (node: unknown): string | null =>
  isScalar(node) && typeof node.value === 'string' && !node.value.includes('$') && !REMOTE.test(node.value) ? node.value : null

const isOutside = (path: string): boolean => posix.isAbsolute(path) || path === '..' || path.startsWith('../')

/** Whether compose has to read more of what a release brings than the compose files that it is given. */
export const readsFurther = (composeFiles: readonly string[], brought: readonly string[]): boolean =>
  composeFiles.some((text) => {
    const plain = (parseDocument(text, { merge: true, logLevel: 'silent' }).toJS({ maxAliasCount: 1000 }) ?? {}) as Composed
    return plain.include != null || Object.values(plain.services ?? {}).some((service) => service !== null && readsOf(service, brought))
  })

interface Composed {
  readonly include?: unknown
  readonly services?: Readonly<Record<string, Readonly<Record<string, unknown>> | null>>
}

const readsOf = ({ extends: extended, env_file, label_file }: Readonly<Record<string, unknown>>, brought: readonly string[]): boolean => {
  const isBrought = (one: unknown): boolean => {
    const path = typeof one === 'string' ? one : String((one as { readonly path?: unknown } | null)?.path ?? '')
    // where a variable says which, only the server knows
    return path.includes('$') || brought.includes(posix.normalize(path))
  }
  const hasFile = typeof extended === 'object' && extended !== null && 'file' in extended
  return hasFile || [env_file, label_file].flat().some((one) => one !== undefined && isBrought(one))
}

/** Compose would fetch them as it runs: what serves would then depend on somebody else's server, at that moment. */
const remoteParts = (document: Document.Parsed, file: string, lines: LineCounter): readonly Place[] => {
  const found: Place[] = []
  const look = (name: string, node: unknown): void => {
    if (!isNode(node)) return
    visit(node, {
      Scalar: (_, { value, range }) => {
        if (typeof value !== 'string' || !REMOTE.test(value)) return
        const { line, col } = lines.linePos(range?.[0] ?? 0)
        found.push({ file, line, column: col, message: `${name}: ${value.slice(0, 100)} is not in the project` })
      },
    })
  }
  look('include', document.get('include', true))
  const services = document.get('services')
  for (const { key, value } of isMap(services) ? services.items : [])
    if (isMap(value)) look(`services.${String(key)}.extends`, value.getIn(['extends', 'file'], true))
  return found
}
const REMOTE = /^(?:[a-z][a-z0-9+.-]*:\/\/|git@|github\.com\/|oci:)|\.git(?:[#?]|$)/i

const merged = (before: DeclaredService | undefined, { sets, ...after }: DeclaredService): DeclaredService =>
  before === undefined
    ? { ...after, ...(sets === undefined ? {} : { sets }) }
    : {
        ...(before.sets === undefined || sets === undefined ? {} : { sets: [...before.sets, ...sets] }),
        ...(after.image === null ? { ...after, image: before.image, file: before.file, line: before.line, column: before.column } : after),
        containerName: after.containerName ?? before.containerName,
        hasBuild: before.hasBuild || after.hasBuild,
        profiles: after.profiles.length > 0 ? after.profiles : before.profiles,
        mounts: after.ownMountsOnly
          ? after.mounts
          : [...before.mounts.filter(({ target }) => !after.mounts.some((mount) => mount.target === target)), ...after.mounts],
      }

/**
 * The repository of an image reference as a compose file writes it: variables take their defaults, tag and digest go,
 * Docker Hub's own prefix too. `${REGISTRY:-ghcr.io}/acme/api:${TAG}` → `ghcr.io/acme/api`.
 */
export const repositoryOf = (image: string): string => {
  const withoutDigest = withDefaults(image).split('@')[0] ?? ''
  const slash = withoutDigest.lastIndexOf('/')
  const colon = withoutDigest.indexOf(':', slash)
  return (colon < 0 ? withoutDigest : withoutDigest.slice(0, colon)).replace(/^docker\.io\//, '').replace(/^library\//, '')
}
