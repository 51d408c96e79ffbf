import { isWithin } from '../plan/paths.ts'
import { inContext, isCopied } from './code-in-image.ts'
import { pathInImage } from './dockerfile.ts'
import type { OwnImage } from './images.ts'
import { isServerOfOthers, type OwnService } from './kinds.ts'
import { manifestText } from './libraries.ts'
import { byScript, scriptFor } from './migration-scripts.ts'
import { type MigrationTool, type Preset, TOOLS } from './migration-tools.ts'
import { placeIn } from './startup.ts'
import { baseOf, below, folderOf, type SourceTree } from './tree.ts'

/** What changes the schema, who runs it, and where that was seen. */
export interface Migration {
  readonly service: string
  readonly preset: Preset | null
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
  const open = new Set<string>()
  for (const image of new Set(services.map((service) => service.image))) {
    const own = services.filter((service) => service.image === image)
    const manifests = manifestText(tree, image.context, image.dockerfile)
    for (const tool of TOOLS) {
      const sign = tool.sign(tree, image.context, manifests, image.dockerfile)
      if (sign === null || !isOfImage(sign, image.dockerfile?.path ?? null, image.context, all)) continue
      const one = seenWith(tree, tool, sign, image, own)
      const { preset, up, onStart, reason } = one.migration
      if (preset !== null || up !== null || onStart) found.push(one)
      else
        open.add(
          `${reason}, and what runs that was not seen: write migrate, with up, or with onStart: true where the image does it as it starts`,
        )
      break
    }
  }
  // a tool of several images of one source is seen with each
  const [chosen] = found.toSorted((a, b) => b.rank - a.rank || Number(b.isWeb) - Number(a.isWeb))
  const same = found.filter((one) => one !== chosen && one.sign === chosen?.sign)
  const equals = same.filter(({ rank }) => rank === chosen?.rank).map((one) => one.migration.service)
  const doubt = `whether ${chosen?.migration.service} is the one that migrates; built from the same source: ${equals.join(', ')}`
  const { migration = byScript(tree, services) } = chosen ?? {}
  return {
    migration: migration === null || equals.length === 0 ? migration : { ...migration, doubts: [...migration.doubts, doubt] },
    notes: [
      ...endings(all, migration?.service),
      // a script of the project may be what runs it
      ...(chosen === undefined && migration !== null ? [] : open),
      ...found
        .filter((one) => one !== chosen && !same.includes(one))
        .map(
          ({ migration: { service, reason } }) =>
            `${service} has migrations of its own (${reason}); a deploy runs one: write the other as a hook, or into the first`,
        ),
    ],
  }
}

/** A deploy runs such a service where others wait for its end; else it waits for it to stay up. */
const endings = (services: readonly OwnService[], migrating: string | undefined): readonly string[] =>
  services.flatMap(({ service: { name, runsOnce }, kind }) =>
    kind !== 'once' || runsOnce
      ? []
      : [
          `${name} migrates and ends, and no service waits for its end: a deploy would wait for it to stay up, and fail (HEALTH). In the compose file, let one that needs the schema wait for it (depends_on: { ${name}: { condition: service_completed_successfully } })${name === migrating ? '' : ', or, where none depends on it, give it a profile (profiles: [tools]), which a deploy does not start'}`,
        ],
  )

const seenWith = (tree: SourceTree, tool: MigrationTool, sign: string, image: OwnImage, own: readonly OwnService[]): Seen => {
  const migration = ofTool(tree, tool, sign, own)
  const is = (...kinds: readonly OwnService['kind'][]): boolean => own.some(({ kind }) => kinds.includes(kind))
  const isRun = migration.onStart || own.some(({ kind, startup }) => kind === 'once' && tool.atStart.test(startup.text))
  const rank = (isRun ? 4 : 0) + (isCopied(sign, image) ? 2 : 0) + (is('web', 'bot') ? 1 : 0)
  return { sign, migration, rank, isWeb: is('web') }
}

/** A file in the folder of another image's Dockerfile is that image's. */
const isOfImage = (sign: string, dockerfile: string | null, context: string, services: readonly OwnService[]): boolean => {
  const home = folderOf(dockerfile ?? '')
  if (home === context || home === '' || isWithin(home, sign)) return true
  return !services.some(
    ({ image }) => image.dockerfile !== null && folderOf(image.dockerfile.path) !== '' && isWithin(folderOf(image.dockerfile.path), sign),
  )
}

const ofTool = (tree: SourceTree, tool: MigrationTool, sign: string, services: readonly OwnService[]): Migration => {
  const starting = services.find(
    (service) => service.kind !== 'once' && tool.atStart.test(service.startup.text) && !isForOther(service, tool.atStart),
  )
  const forOther = services.find((service) => isForOther(service, tool.atStart))
  const once = services.find(({ service, startup }) => service.runsOnce && tool.atStart.test(startup.text))
  // what ends by itself is the last choice: a migration needs the environment of what serves
  const [first] = (['web', 'bot', 'worker', 'scheduler', 'once'] as const).flatMap((kind) => services.filter((one) => one.kind === kind))
  const chosen = starting ?? first
  const place = starting === undefined ? null : placeIn(starting.startup, tool.atStart)
  const { image, service } = chosen ?? { image: null, service: null }
  const up = tool.preset === null && starting === undefined ? (scriptFor(tree, tool, sign) ?? tool.up) : null
  return {
    service: service?.name ?? '',
    preset: tool.preset,
    config: tool.preset === 'alembic' ? alembicPath(sign, image) : null,
    up,
    onStart: starting !== undefined || tool.builtIn === true,
    reason: `${tool.name}: ${sign}${place === null ? '' : `; ${place} runs it`}`,
    doubts: [
      ...(forOther === undefined || starting !== undefined
        ? []
        : [`${placeIn(forOther.startup, tool.atStart)} migrates for another command than the one that ${forOther.service.name} has`]),
      ...(once === undefined
        ? []
        : [`${once.service.name} migrates too, before the others start; with the migration here it has nothing left to do`]),
      ...(up === null ? [] : [`whether \`${up.join(' ')}\` is how the image migrates`]),
      ...(tool.preset !== 'prisma' || starting !== undefined ? [] : misplacedSchema(tree, sign, image)),
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

/** Prisma looks at two places of the working directory, and where its own settings say. */
const misplacedSchema = (tree: SourceTree, sign: string, image: OwnImage | null): readonly string[] => {
  const { context = '', dockerfile = null } = image ?? {}
  const file = inContext(sign, context)
  const copied = dockerfile === null ? null : pathInImage(dockerfile, file)
  const place = copied === null ? file : copied.replace(`${(dockerfile?.directory ?? '').replace(/\/$/, '')}/`, '')
  const isSet = below(tree, context, 1).some(
    (one) =>
      /^prisma\.config\.\w+$/.test(baseOf(one)) || (baseOf(one) === 'package.json' && /"prisma"\s*:\s*\{/.test(tree.read(one) ?? '')),
  )
  return isSet || /^(prisma\/)?schema\.prisma$/.test(place)
    ? []
    : [
        `whether Prisma finds ${sign}: in its working directory it looks for schema.prisma and prisma/schema.prisma; else write, in the place of preset, up: [npx, prisma, migrate, deploy, --schema, ${place}]`,
      ]
}
