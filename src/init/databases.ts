import { posix } from 'node:path'
import { lackedAtFirstStart } from '../plan/first-start.ts'
import type { Compose } from './compose.ts'
import { exampleOf } from './env-example.ts'
import type { OwnImage } from './images.ts'
import { databaseOf, type OwnService, otherDatabaseOf } from './kinds.ts'
import { manifestText } from './libraries.ts'
import { below, folderOf, type SourceTree } from './tree.ts'
import { plainPath } from './variables.ts'

export interface Backup {
  readonly kind: 'postgres' | 'mysql' | 'sqlite'
  readonly service: string
  readonly file: string | null
  readonly reason: string
  /** Why it is only written as a comment. */
  readonly doubt: string | null
}

/** The database whose backup is made, and what is known of others. */
export const backupOf = (
  tree: SourceTree,
  compose: Compose,
  services: readonly OwnService[],
): { readonly backup: Backup | null; readonly notes: readonly string[] } => {
  const imageOf = (name: string): OwnImage | undefined => services.find(({ service }) => service.name === name)?.image
  const servers = compose.services.flatMap((service) => {
    const own = imageOf(service.name)
    const kind = databaseOf(service, own)
    const reason = own?.dockerfile ? `${own.dockerfile.base} in ${own.dockerfile.path}` : (service.image ?? '')
    return kind === null ? [] : [{ kind, service: service.name, file: null, reason, doubt: null }]
  })
  const notes = compose.services.flatMap((service) => {
    const own = imageOf(service.name)
    const other = otherDatabaseOf(service, own)
    return [
      ...(other === null
        ? []
        : [`${service.name} is ${other}: its backup needs commands of your own (backup.kind: command with save, prove and restore)`]),
      ...(own !== undefined && (other !== null || databaseOf(service, own) !== null) ? [ownDatabase(service.name, own)] : []),
    ]
  })
  const closed = closedDatabases(tree, compose)
  const [first, ...more] = servers
  if (first !== undefined)
    return {
      backup: first,
      notes: [
        ...notes,
        ...closed,
        ...more.map(({ service }) => `${service} is a database too; one backup section knows one: ${first.service}`),
      ],
    }
  const sqlite = sqliteOf(tree, services)
  return sqlite === null ? { backup: null, notes } : { backup: sqlite.backup, notes: [...notes, ...sqlite.notes] }
}

/** The databases of others are there before a migration; what is built here is exchanged after it. */
const ownDatabase = (service: string, { dockerfile }: OwnImage): string =>
  `${service} is a database that is built here (${dockerfile?.path ?? 'no Dockerfile'}): a deploy exchanges it like any image of yours, so it stops for a moment whenever its image changes; better: run ${dockerfile?.base.replace(/:$/, '') ?? 'its base'} as it is, and mount what the Dockerfile adds`

/** Those whose image does not start on an empty volume, as long as nobody says who may come in. */
const closedDatabases = (tree: SourceTree, compose: Compose): readonly string[] =>
  compose.services.flatMap(({ name, image, environment, envFiles }) => {
    const files = envFiles.map((written) => {
      const file = plainPath(written)
      const example = exampleOf(tree, file, compose.files.map(folderOf))
      return namesIn(tree.read(file)) ?? (example.file === null ? null : Object.keys(example.values))
    })
    if (image === null || files.includes(null)) return []
    const set = [
      ...Object.entries(environment).flatMap(([key, value]) => (value === '' ? [] : [key])),
      ...files.flatMap((names) => names ?? []),
    ]
    const lacked = lackedAtFirstStart(image, set)
    return lacked === null
      ? []
      : [
          `${name} (${image}) gets no ${lacked}, and does not start for the first time without: write ${lacked}: \${${lacked}} into its environment in the compose file, and the value into the .env of the server; what connects to it needs the same`,
        ]
  })

const namesIn = (text: string | null): readonly string[] | null =>
  text === null ? null : [...text.matchAll(/^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=/gm)].map(([, name = '']) => name)

/** After the name of the database, the name of a driver: `sqlite+aiosqlite:`. */
const FILE = /(?:sqlite3?(?:\+\w+)?:(?:\/\/)?|file:)?(\/?[\w./-]*[\w-]+\.(?:db3?|sqlite3?))(?:[?\s]|$)/i

/** A file of an address in the environment, in a place that is kept. */
const sqliteOf = (
  tree: SourceTree,
  services: readonly OwnService[],
): { readonly backup: Backup | null; readonly notes: readonly string[] } | null => {
  const notes: string[] = []
  for (const { service, image, startup } of services) {
    const examples = service.envFiles.map((file) => exampleOf(tree, plainPath(file), [image.context]).values)
    const values = Object.assign({}, ...examples, service.environment) as OwnService['service']['environment']
    const settings = [...Object.entries(values), ...Object.entries(envOf(startup.text))]
    for (const [name, value] of settings) {
      const [whole, path = ''] = FILE.exec(value ?? '') ?? []
      if (whole === undefined || !/sqlite|db|database|data/i.test(`${name} ${value}`)) continue
      const directory = image.dockerfile?.directory ?? ''
      // four slashes are an absolute path, three one from where the program runs
      const isAbsolute = path.startsWith('//') || (path.startsWith('/') && !/^sqlite3?(\+\w+)?:\/\/\/[^/]/.test(value ?? ''))
      const file = posix.join('/', isAbsolute ? '' : directory, path)
      const kept = service.mounts.some(({ target }) => target !== '' && file.startsWith(`${target.replace(/\/$/, '')}/`))
      if (kept)
        return { backup: { kind: 'sqlite', service: service.name, file, reason: `${name}=${value}`, doubt: toolDoubt(image) }, notes }
      notes.push(`${service.name} seems to keep its data in ${file} (${name}), which is in no volume: it would be gone with each deploy`)
    }
  }
  if (notes.length > 0) return { backup: null, notes }
  return bySource(tree, services)
}

/** Nothing in the environment names it: the library and a file name in the source do, in the one place that is kept. */
const bySource = (
  tree: SourceTree,
  services: readonly OwnService[],
): { readonly backup: Backup | null; readonly notes: readonly string[] } | null => {
  for (const { service, image, kind } of services) {
    const manifests = manifestText(tree, image.context, image.dockerfile)
    const schema = below(tree, image.context).find(
      (file) => file.endsWith('.prisma') && /provider\s*=\s*"sqlite"/.test(tree.read(file) ?? ''),
    )
    if (kind === 'once' || (schema === undefined && !LIBRARY.test(manifests))) continue
    const mounts = service.mounts.filter(({ target, readOnly }) => target !== '' && !readOnly && !/log|cache|tmp/.test(target))
    const [mount] = mounts
    if (mount === undefined || mounts.length > 1)
      return {
        backup: null,
        notes: [`${service.name} uses SQLite, but not in a place that could be found: backup.file is for a person to write`],
      }
    const name = below(tree, image.context)
      .filter((file) => /\.(js|ts|py|go|rb|rs|json|ya?ml|toml)$/.test(file))
      .map((file) => ({ file, found: /[/"'`]([\w-]+\.(?:db3?|sqlite3?))["'`]/.exec(tree.read(file) ?? '')?.[1] }))
      .find(({ found }) => found !== undefined)
    const file = `${mount.target.replace(/\/$/, '')}/${name?.found ?? 'FILE.db'}`
    const doubt = `not known: whether the database is ${file}${toolDoubt(image) === null ? '' : `; and ${toolDoubt(image)}`}`
    return {
      backup: {
        kind: 'sqlite',
        service: service.name,
        file,
        reason: `${schema ?? 'SQLite among the libraries'}${name === undefined ? '' : `, ${name.file}`}`,
        doubt,
      },
      notes: [],
    }
  }
  return null
}

const LIBRARY = /better-sqlite3|"sqlite3?"|aiosqlite|go-sqlite3|modernc\.org\/sqlite|rusqlite|sqlite-jdbc/

/** The backup is made with the image's own program, see src/transaction/databases/sqlite.sh. */
const toolDoubt = ({ dockerfile }: OwnService['image']): string | null =>
  dockerfile === null || /(^|\/)python:|django|flask/.test(dockerfile.bases.join(' ')) || /sqlite3|python3/.test(dockerfile.text)
    ? null
    : 'the image needs sqlite3 or python3 for it, and its Dockerfile installs neither'

const envOf = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...text.matchAll(/\b(DATABASE_URL|DB_PATH|DB_FILE|SQLITE\w*)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
  )
