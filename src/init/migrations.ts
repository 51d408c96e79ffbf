import { isWithin } from '../plan/paths.ts'
import { type Dockerfile, pathInImage } from './dockerfile.ts'
import type { OwnImage } from './images.ts'
import { isServerOfOthers, type OwnService } from './kinds.ts'
import { manifestText } from './libraries.ts'
import { placeIn, scripts } from './startup.ts'
import { baseOf, below, exists, folderOf, type SourceTree } from './tree.ts'

/** What changes the schema, who runs it, and where that was seen. */
export interface Migration {
  readonly service: string
  readonly preset: 'alembic' | 'django' | 'prisma' | 'flyway' | null
  /** With alembic: where its file is in the image, where that is not the working directory. */
  readonly config: string | null
  readonly up: readonly string[] | null
  /** The image does it itself when it starts. */
  readonly onStart: boolean
  /** Why it is there, with the file. */
  readonly reason: string
  /** What could not be known. */
  readonly doubts: readonly string[]
}

interface Tool {
  readonly name: string
  readonly preset: Migration['preset']
  readonly up: readonly string[] | null
  /** The file that shows it. */
  readonly sign: (tree: SourceTree, context: string, manifests: string, dockerfile: Dockerfile | null) => string | null
  /** What a container runs that migrates as it starts. */
  readonly atStart: RegExp
  /** It has no command of its own: the application does it. */
  readonly builtIn?: true
}

const named =
  (pattern: RegExp) =>
  (tree: SourceTree, context: string): string | null =>
    below(tree, context, 8).find((file) => pattern.test(`/${file}`)) ?? null

const TOOLS: readonly Tool[] = [
  {
    name: 'Flyway',
    preset: 'flyway',
    up: null,
    sign: (_tree, _context, _manifests, dockerfile) =>
      /(^|\/)flyway(\/flyway)?(:|$)/.test(dockerfile?.base ?? '') ? (dockerfile?.path ?? null) : null,
    // its own entrypoint migrates only where the command says so
    atStart: /(?!)/,
  },
  {
    name: 'Django',
    preset: 'django',
    up: null,
    sign: (tree, context, manifests) => (/django/i.test(manifests) ? named(/\/manage\.py$/)(tree, context) : null),
    atStart: /manage\.py\s+migrate\b|django-admin\s+migrate\b/,
  },
  {
    name: 'Flask-Migrate',
    preset: null,
    up: ['flask', 'db', 'upgrade'],
    sign: (tree, context, manifests) =>
      /flask[-_]migrate/i.test(manifests) ? named(/\/migrations\/(alembic\.ini|env\.py)$/)(tree, context) : null,
    atStart: /flask\s+db\s+upgrade|\bupgrade\(\)/,
  },
  { name: 'Alembic', preset: 'alembic', up: null, sign: named(/\/alembic\.ini$/), atStart: /alembic\b[^\n&|;]*\bupgrade\b/ },
  {
    name: 'Prisma',
    preset: 'prisma',
    up: null,
    sign: (tree, context) =>
      below(tree, context, 8).some((file) => /(^|\/)migrations\/[^/]+\/migration\.sql$/.test(file))
        ? named(/\.prisma$/)(tree, context)
        : null,
    atStart: /prisma[\s:]+(migrate\s+)?deploy\b|migrate-and-start|migrate\s+deploy\b/,
  },
  {
    name: 'Rails',
    preset: null,
    up: ['bundle', 'exec', 'rails', 'db:migrate'],
    sign: named(/\/db\/migrate\/\d+_\w+\.rb$/),
    atStart: /db:(migrate|prepare)\b/,
  },
  {
    name: 'Laravel',
    preset: null,
    up: ['php', 'artisan', 'migrate', '--force'],
    sign: named(/\/artisan$/),
    atStart: /artisan\s+migrate\b/,
  },
  {
    name: 'Flyway in the application',
    preset: null,
    up: null,
    sign: (tree, context, manifests) =>
      /flyway/i.test(manifests) ? named(/\/db\/migration\/[VR]\w*__\w+\.(sql|java|kt)$/)(tree, context) : null,
    atStart: /(?!)/,
    builtIn: true,
  },
  {
    name: 'Knex',
    preset: null,
    up: ['npx', 'knex', 'migrate:latest'],
    sign: (tree, context, manifests) => (/"knex"/.test(manifests) ? named(/\/knexfile\.(js|cjs|mjs|ts)$/)(tree, context) : null),
    atStart: /knex\b[^\n]*migrate:latest|\bmigrate:latest\b/,
  },
  {
    name: 'Sequelize',
    preset: null,
    up: ['npx', 'sequelize-cli', 'db:migrate'],
    sign: (tree, context, manifests) => (/"sequelize(-cli)?"/.test(manifests) ? named(/\/\.sequelizerc$/)(tree, context) : null),
    atStart: /sequelize\b[^\n]*db:migrate/,
  },
]

/** A tool that was seen with an image. */
interface Seen {
  readonly sign: string
  readonly migration: Migration
  /** How likely this image is the one that migrates: what starts it, what its Dockerfile copies, what it is. */
  readonly rank: number
  readonly isWeb: boolean
}

/** The one migration of the project, and what was seen besides. */
export const migrationOf = (
  tree: SourceTree,
  all: readonly OwnService[],
): { readonly migration: Migration | null; readonly notes: readonly string[] } => {
  const services = all.filter(({ image }) => !isServerOfOthers(image))
  const found: Seen[] = []
  for (const image of new Set(services.map((service) => service.image))) {
    const own = services.filter((service) => service.image === image)
    const manifests = manifestText(tree, image.context, image.dockerfile)
    for (const tool of TOOLS) {
      const sign = tool.sign(tree, image.context, manifests, image.dockerfile)
      const belongs = sign !== null && isOfImage(sign, image.dockerfile?.path ?? null, image.context, all)
      if (belongs) found.push(seenWith(tool, sign, image, own))
      if (belongs) break
    }
  }
  // a tool of several images of one source is seen with each
  const [chosen] = found.toSorted((a, b) => b.rank - a.rank || Number(b.isWeb) - Number(a.isWeb))
  if (chosen === undefined) return { migration: byScript(tree, services), notes: [] }
  const same = found.filter((one) => one !== chosen && one.sign === chosen.sign)
  const equals = same.filter(({ rank }) => rank === chosen.rank).map((one) => one.migration.service)
  const { service, doubts } = chosen.migration
  const doubt = equals.length === 0 ? [] : [`whether ${service} is the one that migrates; built from the same source: ${equals.join(', ')}`]
  return {
    migration: { ...chosen.migration, doubts: [...doubts, ...doubt] },
    notes: found
      .filter((one) => one !== chosen && !same.includes(one))
      .map(
        ({ migration }) =>
          `${migration.service} has migrations of its own (${migration.reason}); a deploy runs one: write the other as a hook, or into the first`,
      ),
  }
}

const seenWith = (tool: Tool, sign: string, image: OwnImage, own: readonly OwnService[]): Seen => {
  const migration = ofTool(tool, sign, own)
  const is = (...kinds: readonly OwnService['kind'][]): boolean => own.some(({ kind }) => kinds.includes(kind))
  const rank = (migration.onStart ? 4 : 0) + (isCopied(sign, image) ? 2 : 0) + (is('web', 'bot') ? 1 : 0)
  return { sign, migration, rank, isWeb: is('web') }
}

/** What its Dockerfile is, or copies, is certainly in the image. */
const isCopied = (sign: string, { dockerfile, context }: OwnImage): boolean =>
  dockerfile !== null && (sign === dockerfile.path || pathInImage(dockerfile, inContext(sign, context)) !== null)

const inContext = (file: string, context: string): string => (context === '' ? file : file.slice(context.length + 1))

/** A file in the folder of another image's Dockerfile is that image's. */
const isOfImage = (sign: string, dockerfile: string | null, context: string, services: readonly OwnService[]): boolean => {
  const home = folderOf(dockerfile ?? '')
  if (home === context || home === '' || isWithin(home, sign)) return true
  return !services.some(
    ({ image }) => image.dockerfile !== null && folderOf(image.dockerfile.path) !== '' && isWithin(folderOf(image.dockerfile.path), sign),
  )
}

const ofTool = (tool: Tool, sign: string, services: readonly OwnService[]): Migration => {
  const starting = services.find(
    (service) => service.kind !== 'once' && tool.atStart.test(service.startup.text) && !isForOther(service, tool.atStart),
  )
  const forOther = services.find((service) => isForOther(service, tool.atStart))
  const once = services.find(({ startup, kind }) => kind === 'once' && tool.atStart.test(startup.text))
  const chosen = starting ?? services.find(({ kind }) => kind === 'web') ?? services.find(({ kind }) => kind === 'bot') ?? services[0]
  const place = starting === undefined ? null : placeIn(starting.startup, tool.atStart)
  const { image, service } = chosen ?? { image: null, service: null }
  return {
    service: service?.name ?? '',
    preset: tool.preset,
    config: tool.preset === 'alembic' ? alembicPath(sign, image) : null,
    up: tool.preset === null && starting === undefined && tool.builtIn === undefined ? tool.up : null,
    onStart: starting !== undefined || tool.builtIn === true,
    reason: `${tool.name}: ${sign}${place === null ? '' : `; ${place} runs it`}`,
    doubts: [
      ...(forOther === undefined || starting !== undefined
        ? []
        : [`${placeIn(forOther.startup, tool.atStart)} migrates for another command than the one that ${forOther.service.name} has`]),
      ...(once === undefined
        ? []
        : [`${once.service.name} migrates too, before the others start; with the migration here it has nothing left to do`]),
      ...(tool.preset === null && starting === undefined && tool.builtIn === undefined
        ? [`whether \`${tool.up?.join(' ')}\` is how the image migrates`]
        : []),
    ],
  }
}

/** A script that does it only where it is called with a certain word, which the command of the service does not begin with. */
const isForOther = ({ service, startup }: OwnService, atStart: RegExp): boolean =>
  service.command !== '' &&
  startup.parts.some(({ text }) => {
    const at = text.search(atStart)
    const [, word] = /if\s+\[+\s+"?\$\{?1[^\]]*?==?\s*"?([\w.-]+)"?(?:(?!\bfi\b)[\s\S])*$/.exec(text.slice(0, Math.max(0, at))) ?? []
    return at >= 0 && word !== undefined && service.command.split(/\s+/)[0] !== word
  })

/** In the working directory it is found without being named; elsewhere, it is where the Dockerfile copies it to. */
const alembicPath = (sign: string, image: OwnImage | null): string | null => {
  const { context = '', dockerfile = null } = image ?? {}
  const directory = (dockerfile?.directory ?? '').replace(/\/$/, '')
  const relative = inContext(sign, context)
  const copied = dockerfile === null ? null : pathInImage(dockerfile, relative)
  if (copied !== null) return folderOf(copied) === directory ? null : copied
  return relative === baseOf(sign) || folderOf(relative).split('/').length === 1 ? null : `${directory}/${relative}`
}

/** No tool that we know, but a script that says what it is. */
const byScript = (tree: SourceTree, services: readonly OwnService[]): Migration | null => {
  for (const { service, image, startup, kind } of services) {
    const file = image.context === '' ? 'package.json' : `${image.context}/package.json`
    if (kind === 'once' || !exists(tree, file)) continue
    const name = ['migrate', 'db:migrate', 'migrate:up', 'migration:run', 'migrations:run', 'migrate:deploy'].find(
      (one) => scripts(tree, file)[one] !== undefined,
    )
    if (name === undefined) continue
    const onStart = new RegExp(`(npm run|yarn( run)?|pnpm( run)?) ${name}\\b`).test(startup.text)
    return {
      service: service.name,
      preset: null,
      config: null,
      up: onStart ? null : ['npm', 'run', name],
      onStart,
      reason: `the script "${name}" of ${file}${onStart ? `; ${placeIn(startup, new RegExp(name)) ?? 'its start'} runs it` : ''}`,
      doubts: onStart ? [] : [`whether \`npm run ${name}\` works in the image, without development packages`],
    }
  }
  return null
}
