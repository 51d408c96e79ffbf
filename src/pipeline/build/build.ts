import { rename, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { ImageConfig } from '../../config/schema.ts'
import type { Context } from '../../entry/context.ts'
import { DeployError } from '../../errors.ts'
import { untilCancelled } from '../cancelled.ts'
import { registryCredentials, registryHost } from '../credentials.ts'
import { namesOf } from '../names.ts'
import { type BuildRecord, type BuiltImage, localFolder, reportsOf, writeRecord } from '../record.ts'
import { splitRepository } from '../reference.ts'
import { detailedStep, skippedStep } from '../steps.ts'
import { type Builder, withBuilder } from './builder.ts'
import { labelsOf } from './labels.ts'
import { type Layout, readLayout } from './layout.ts'
import { removeLeftovers } from './leftovers.ts'
import { runOwnBuilder } from './own-builder.ts'
import { prebuild } from './prebuild.ts'
import { pushByDigest } from './push.ts'
import { runBuild } from './run-build.ts'
import { selectedImages } from './selection.ts'
import { refuseEmptySubmodules } from './submodules.ts'
import { unchangedImage } from './unchanged.ts'
import { verifyPushed } from './verify.ts'

/**
 * Builds the images, one after the other (BuildKit runs the platforms and steps of one side by side already), and pushes
 * them by digest. A dry run keeps the layouts instead, and pushes nothing.
 */
export const buildImages = async (context: Context): Promise<BuildRecord> => {
  const images = selectedImages(context)
  if (context.commit.dirty)
    context.ports.log.warning(`The working tree differs from ${context.commit.sha}: the images hold changes that no commit has`)
  if (!context.request.dryRun) await knock(context, Object.keys(images))
  for (const image of Object.values(images)) await refuseEmptySubmodules(context, image)
  await removeLeftovers(await localFolder(context.project, 'layouts'))
  let record: BuildRecord = { version: 1, commit: context.commit.sha, dirty: context.commit.dirty, images: {} }
  const kept = await keptImages(context, images)
  record = { ...record, images: kept }
  context.facts.images = reportsOf(record)
  const toBuild = Object.entries(images).filter(([name]) => kept[name] === undefined)
  const buildAll = async (builder: Builder | null): Promise<void> => {
    for (const [name, image] of toBuild) {
      record = { ...record, images: { ...record.images, [name]: await buildImage(context, builder, name, image) } }
      context.facts.images = reportsOf(record)
    }
  }
  // who builds without docker may not have it
  if (toBuild.some(([, { builder }]) => builder === undefined)) await withBuilder(context, buildAll)
  else await buildAll(null)
  await writeRecord(context.project, record)
  return record
}

/**
 * Images that nothing has changed in, as `latest` has them. A dry run builds all of them: of a pull request, it may not
 * be able to ask the registry.
 */
const keptImages = async (context: Context, images: Readonly<Record<string, ImageConfig>>): Promise<Record<string, BuiltImage>> => {
  const candidates = Object.entries(images).filter(([, { paths }]) => paths !== undefined && !context.request.dryRun)
  const kept: Record<string, BuiltImage> = {}
  if (candidates.length === 0) return kept
  const registry = await context.ports.openRegistry(registryHost(context), registryCredentials(context))
  for (const [name, image] of candidates) {
    const unchanged = await unchangedImage(context, registry, name)
    if (unchanged === null) continue
    const platforms = Object.fromEntries(image.platforms.map((platform) => [platform, unchanged.platforms[platform] ?? '']))
    // one machine's share is told by its own image, as where it is built
    const [only] = Object.values(platforms)
    const digest = image.platforms.length === Object.keys(unchanged.platforms).length ? unchanged.digest : (only ?? unchanged.digest)
    kept[name] = { repository: namesOf(context, name).actual, digest, platforms, layout: null, scans: {}, tags: [] }
    skippedStep(context, `build ${name}`, 'nothing that it is made of has changed', `as of ${unchanged.revision.slice(0, 12)}: ${digest}`)
    context.ports.log.info(`${name} stays as it is: nothing that it is made of has changed since ${unchanged.revision.slice(0, 12)}`)
  }
  return kept
}

/** A registry that refuses us should do so before minutes are spent on building. */
const knock = async (context: Context, names: readonly string[]): Promise<void> => {
  const registry = await context.ports.openRegistry(registryHost(context), registryCredentials(context))
  for (const name of names) await registry.hasBlob(splitRepository(namesOf(context, name).actual).repository, EMPTY_BLOB)
}

/** The digest of nothing: asking for it asks whether we may ask. */
const EMPTY_BLOB = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

const buildImage = async (context: Context, builder: Builder | null, name: string, image: ImageConfig): Promise<BuiltImage> => {
  const folder = await localFolder(context.project, 'layouts')
  const layoutFolder = join(folder, `.${name}-${process.pid}`)
  const job = { name, image, layoutFolder }
  try {
    await prebuild(context, job)
    const layout = await detailedStep(context, `build ${name}`, `${name}: ${image.platforms.join(' and ')}`, async (tell) => {
      if (image.builder !== undefined) await runOwnBuilder(context, job, image.builder)
      else if (builder !== null) await runBuild(context, { ...job, builder })
      const built = checked(await readLayout(layoutFolder), name, image)
      tell(`${built.top.digest}`)
      return built
    })
    return context.request.dryRun ? await keepLayout(context, name, layout) : await push(context, name, layout)
  } finally {
    for (const left of ['', '.tar', '.written'].map((ending) => `${layoutFolder}${ending}`))
      await rm(left, { recursive: true, force: true })
  }
}

const checked = (layout: Layout, name: string, image: ImageConfig): Layout => {
  const missing = image.platforms.filter((platform) => layout.images[platform] === undefined)
  if (missing.length === 0) return layout
  throw new DeployError('BUILD', `image ${name} was built for ${Object.keys(layout.images).join(', ')}; ${missing.join(', ')} is missing`, {
    hint: 'by hand: look for a fixed --platform in a FROM line of the Dockerfile',
  })
}

const platformDigests = (layout: Layout): Record<string, string> =>
  Object.fromEntries(Object.entries(layout.images).map(([platform, image]) => [platform, image.manifest.digest]))

const push = async (context: Context, name: string, layout: Layout): Promise<BuiltImage> => {
  const names = namesOf(context, name)
  const { repository } = splitRepository(names.actual)
  return detailedStep(context, `push ${name}`, `${name}: ${names.actual}, by digest only`, async (tell) => {
    const registry = await context.ports.openRegistry(registryHost(context), registryCredentials(context))
    const sent = await untilCancelled(context.ports, () => pushByDigest(registry, repository, layout))
    const platforms = await verifyPushed(registry, repository, {
      digest: layout.top.digest,
      platforms: Object.keys(layout.images),
      labels: labelsOf(context, name),
    })
    tell(`${layout.top.digest}, ${sent === 0 ? 'everything was there already' : `${sent} blobs sent`}, read back and compared`)
    return { repository: names.actual, digest: layout.top.digest, platforms, layout: null, scans: {}, tags: [] }
  })
}

/** Of a dry run: the layout stays where scan finds it, until the next one of this image. */
const keepLayout = async (context: Context, name: string, layout: Layout): Promise<BuiltImage> => {
  const kept = join(await localFolder(context.project, 'layouts'), name)
  await rm(kept, { recursive: true, force: true })
  await rename(layout.folder, kept)
  const names = namesOf(context, name)
  return {
    repository: names.actual,
    digest: layout.top.digest,
    platforms: platformDigests(layout),
    layout: relative(context.project, kept),
    scans: {},
    tags: [],
  }
}
