import { isWithin } from '../plan/paths.ts'
import { pathInImage } from './dockerfile.ts'
import type { OwnImage } from './images.ts'
import { isServerOfOthers, type OwnService } from './kinds.ts'
import { manifestText } from './libraries.ts'
import { type MigrationTool, type Preset, TOOLS } from './migration-tools.ts'
import { placeIn, scripts } from './startup.ts'
import { baseOf, exists, folderOf, type SourceTree } from './tree.ts'

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

const seenWith = (tool: MigrationTool, sign: string, image: OwnImage, own: readonly OwnService[]): Seen => {
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

const ofTool = (tool: MigrationTool, sign: string, services: readonly OwnService[]): Migration => {
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
