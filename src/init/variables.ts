import { innerPath } from '../config/schema.ts'
import type { Compose } from './compose.ts'
import type { Service } from './compose-service.ts'
import { exampleOf, SECRET } from './env-example.ts'
import { folderOf, type SourceTree } from './tree.ts'
import { OPTIONAL_KIND } from './used-variables.ts'

/** The environment file of the server: which it is, and what must be set there. */
export interface Variables {
  readonly file: string
  /** By a service, by compose, or by a program that it is mounted for. */
  readonly isRead: boolean
  readonly required: readonly string[]
  /** File → the one that shows what belongs into it, where there is one. */
  readonly examples: Readonly<Record<string, string>>
  /** Further files that services read and the repository does not have: they must be on the server. */
  readonly others: readonly string[]
  /** Of these files, those that are not on this machine either. */
  readonly unwritten: readonly string[]
  /** Files that services read and that are in the repository: they are brought. */
  readonly brought: readonly string[]
  /** Sentences. */
  readonly notes: readonly string[]
}

/** What compose leaves empty where nobody sets it, and what the example leaves open. */
export const variablesOf = (tree: SourceTree, compose: Compose): Variables => {
  const started = compose.services.filter(({ profiles }) => profiles.length === 0)
  const written = [...new Set(started.flatMap(({ envFiles }) => envFiles.map(plainPath)))]
  const isBrought = (file: string): boolean => tree.files.includes(file) && !/(^|\/)\.env[^/]*$/.test(file)
  const isInside = (file: string): boolean => innerPath.safeParse(file).success
  const kept = written.filter((file) => !isBrought(file) && isInside(file))
  const isUnset = (name: string): boolean => !AMBIENT.has(name)
  const passed = passedOn(started).filter(isUnset)
  // where compose puts something in, it takes it from there: another file would be in its place, not beside it
  const fills = [...compose.variables.all, ...compose.insisted, ...passed].some(isUnset)
  const file = kept.includes('.env') || fills ? '.env' : (kept[0] ?? '.env')
  const readsFile = kept.includes(file)
  const isMounted = started.some(({ mounts }) => mounts.some(({ source }) => plainPath(source) === file))
  const isRead = readsFile || fills || isMounted
  const shown = (one: string) => exampleOf(tree, one, [...compose.files.map(folderOf), ...contextsOf(started, one)])
  const example = shown(file)
  const required = [
    ...[...compose.variables.open, ...compose.insisted].filter(isUnset),
    ...passed.filter((name) => SECRET.test(name) && !OPTIONAL_KIND.test(name)),
    // what no service reads by `env_file` is of use only where compose puts it in
    ...(readsFile ? example.open.filter(isUnset) : []),
  ]
  const unsure = (names: readonly string[], why: string): readonly string[] => {
    const open = names.filter((name) => !required.includes(name))
    return open.length === 0
      ? []
      : [`whether ${open.join(', ')} may be missing is not known: ${why}; what may not belongs into environments.production.env.required`]
  }
  const others = [...kept.filter((one) => one !== file), ...written.filter((one) => !isInside(one))]
  return {
    file,
    isRead,
    required: [...new Set(required)].toSorted(),
    examples: Object.fromEntries([file, ...kept].flatMap((one) => (shown(one).file === null ? [] : [[one, shown(one).file ?? '']]))),
    others,
    unwritten: [file, ...others].filter((one) => !tree.isFile(one)),
    brought: written.filter(isBrought),
    notes: [
      ...unsure(passed, 'the compose file leaves the value to the .env of the server'),
      ...unsure(readsFile ? example.doubtful : [], `${example.file} has no value there, and a placeholder for other secrets`),
      ...(isRead ? [] : unread(started, example)),
    ],
  }
}

/** Without the "./" before it. */
export const plainPath = (path: string): string => path.replace(/^(\.\/)+/, '')

/** `NAME:` and `- NAME`: the container gets what compose has of that name, and nothing where it has none. */
const passedOn = (services: readonly Service[]): readonly string[] => [
  ...new Set(
    services.flatMap(({ environment }) =>
      Object.keys(environment).filter((name) => environment[name] === null && /^[A-Za-z_]\w*$/.test(name)),
    ),
  ),
]

/** What is built shows what it reads. */
const contextsOf = (services: readonly Service[], file: string): readonly string[] =>
  services.flatMap(({ envFiles, build }) => (envFiles.some((one) => plainPath(one) === file) ? (build?.context ?? []) : []))

/** An `.env` beside the compose file reaches no container by itself. */
const unread = (services: readonly Service[], { file, values }: ReturnType<typeof exampleOf>): readonly string[] =>
  services
    .filter(
      ({ build, envFiles, environment }) =>
        build !== null && envFiles.length === 0 && Object.keys(values).some((name) => environment[name] === undefined),
    )
    .map(
      ({ name }) =>
        `${name} has no env_file: of ${file} nothing reaches it but what the compose file sets itself; where it needs more, write env_file: .env into its service`,
    )

/** What compose has on the server without a file, see src/transaction/program/docker.sh, and what it sets itself. */
const AMBIENT: ReadonlySet<string> = new Set(['HOME', 'PATH', 'PWD', 'COMPOSE_PROJECT_NAME'])
