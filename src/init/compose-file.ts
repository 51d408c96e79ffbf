import { isMap, isNode, parseDocument } from 'yaml'
import { withDefaults } from '../plan/compose-variables.ts'
import { asText } from '../plan/mounts.ts'
import { mergedService } from './compose-merge.ts'
import { fromTop, joined, type Origins } from './compose-paths.ts'
import { type Json, list, record } from './compose-values.ts'
import { folderOf, type SourceTree, under } from './tree.ts'
import { type Variables, variablesIn, variablesWith } from './used-variables.ts'

/** What one file says. */
export interface ComposeFile {
  readonly name: string | null
  /** By their names, over what they extend; paths from the top of the project. */
  readonly services: Readonly<Record<string, Json>>
  /** Service → keys of which nothing of earlier files stays. */
  readonly replaced: ReadonlyMap<string, readonly string[]>
  /** Networks and volumes that must be there before. */
  readonly external: readonly { readonly kind: 'network' | 'volume'; readonly name: string; readonly key: string }[]
  /** Compose files of the project that this one includes, and where their paths begin. */
  readonly included: readonly { readonly file: string; readonly folder: string }[]
  /** Those that services of it extend, and what these extend. */
  readonly extended: readonly string[]
  /** Files of `secrets` and `configs`. */
  readonly secretFiles: readonly string[]
  /** Beside the services: of networks, volumes, secrets and configs. */
  readonly variables: Variables
  /** Those without which compose refuses to work, wherever they stand: it looks for them before it leaves anything out. */
  readonly insisted: readonly string[]
  readonly problems: readonly string[]
}

/** A file that is no YAML holds nothing but its problem. */
export const readComposeFile = (tree: SourceTree, file: string, origins: Origins): ComposeFile => {
  const loaded = load(tree, file, origins)
  const { whole, replaced } = loaded
  const seen: Seen = { extended: new Set(), problems: new Set(loaded.problems) }
  const services = Object.fromEntries(
    Object.keys(record(whole.services)).map((name) => [name, serviceIn(tree, loaded, name, seen, []) ?? {}]),
  )
  return {
    name: typeof whole.name === 'string' ? withDefaults(whole.name) : null,
    services,
    replaced,
    external: (['network', 'volume'] as const).flatMap((kind) =>
      Object.entries(record(whole[`${kind}s`])).flatMap(([key, value]) => {
        const { external, name } = record(value)
        return external === true || typeof external === 'object'
          ? [{ kind, key, name: withDefaults(asText(name ?? record(external).name ?? key)) }]
          : []
      }),
    ),
    included: list(typeof whole.include === 'string' ? [whole.include] : whole.include).flatMap((entry) => {
      const files = [record(entry).path ?? entry].flat().flatMap((one) => partOf(tree, origins.home, one))
      // the first says where the paths of all of them begin
      return files.map((one) => ({ file: one, folder: folderOf(files[0] ?? '') }))
    }),
    extended: [...seen.extended],
    secretFiles: [whole.secrets, whole.configs]
      .flatMap((part) => Object.values(record(part)))
      .flatMap((value) => (typeof record(value).file === 'string' ? [joined(origins.folder, asText(record(value).file))] : [])),
    variables: variablesIn({ ...whole, services: {} }),
    insisted: variablesWith({ ...whole, merged: services }, /\?$/),
    problems: [...seen.problems],
  }
}

interface Loaded extends Pick<ComposeFile, 'replaced' | 'problems'> {
  readonly file: string
  readonly origins: Origins
  readonly whole: Json
}

/** The text of a YAML file of the project; nothing where it is none. */
export const wholeOf = (tree: SourceTree, file: string): Json => load(tree, file, { home: '', folder: '' }).whole

const load = (tree: SourceTree, file: string, origins: Origins): Loaded => {
  const document = parseDocument(tree.read(file) ?? '', { merge: true, logLevel: 'silent' })
  const [error] = document.errors
  const replaced = replacedIn(document)
  const whole = error === undefined ? plain(document) : (error.message.split('\n')[0] ?? '')
  if (typeof whole !== 'string') return { file, origins, whole, replaced, problems: [] }
  return { file, origins, whole: {}, replaced, problems: [`${file}:${error?.linePos?.[0].line ?? 1}: ${whole}`] }
}

/** The text of what is wrong where aliases lead nowhere, or to so much that they are an attack. */
const plain = (document: ReturnType<typeof parseDocument>): Json | string => {
  try {
    return record(document.toJS({ maxAliasCount: 1000 }))
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** By tags that compose has for it; what stands behind `!reset` is nothing. */
const replacedIn = (document: ReturnType<typeof parseDocument>): ComposeFile['replaced'] => {
  const services = isMap(document.contents) ? document.get('services') : null
  return new Map(
    (isMap(services) ? services.items : []).map(({ key: name, value }) => {
      const tagged = (isMap(value) ? value.items : []).filter(
        ({ value: part }) => isNode(part) && /^!(override|reset)$/.test(part.tag ?? ''),
      )
      for (const { key, value: part } of tagged) if (isMap(value) && isNode(part) && part.tag === '!reset') value.delete(key)
      return [String(name), tagged.map(({ key }) => String(key))]
    }),
  )
}

/** What is read on the way to a service. */
interface Seen {
  readonly extended: Set<string>
  readonly problems: Set<string>
}

/** A service over what it extends, whose paths begin in the folder of its own file; null where there is none of that name. */
const serviceIn = (
  tree: SourceTree,
  { file, origins, whole, replaced }: Loaded,
  name: string,
  seen: Seen,
  above: readonly string[],
): Json | null => {
  const services = record(whole.services)
  if (!Object.hasOwn(services, name)) return null
  const own = fromTop(record(services[name]), origins)
  const { file: other, service } = typeof own.extends === 'string' ? { file: undefined, service: own.extends } : record(own.extends)
  // which file a variable names, only the server knows; what is elsewhere is no part of a deploy
  if (typeof service !== 'string' || (typeof other === 'string' && /\$|^\w+:|^git@|^\//.test(other))) return own
  const here = `${file} ${name}`
  const [path] = other === undefined ? [file] : partOf(tree, origins.home, other)
  const folder = folderOf(path ?? '')
  const loaded = path === undefined ? null : load(tree, path, other === undefined ? origins : { home: folder, folder })
  if (path !== undefined && other !== undefined) seen.extended.add(path)
  for (const one of loaded?.problems ?? []) seen.problems.add(one)
  const isLoop = [...above, here].includes(`${path} ${service}`)
  const base = loaded === null || isLoop ? null : serviceIn(tree, loaded, service, seen, [...above, here])
  if (base === null)
    seen.problems.add(
      `${file}: ${name} extends ${service}${other === undefined ? '' : ` of ${asText(other)}`}, which ${isLoop ? 'extends it again' : 'is not there'}`,
    )
  return mergedService(base ?? {}, own, replaced.get(name))
}

/** A file of the project; what is elsewhere, or what a variable names, is not seen. */
const partOf = (tree: SourceTree, folder: string, value: unknown): readonly string[] => {
  const path = typeof value === 'string' ? under(folder, value) : null
  return path !== null && tree.read(path) !== null ? [path] : []
}
