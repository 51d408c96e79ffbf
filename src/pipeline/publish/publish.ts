import type { Context } from '../../entry/context.ts'
import { DeployError } from '../../errors.ts'
import type { Registry, StoredManifest } from '../../ports.ts'
import { throwIfCancelled } from '../cancelled.ts'
import { registryCredentials, registryHost } from '../credentials.ts'
import { recordOf, verifyHandedOver } from '../handed-over.ts'
import { notPassed } from '../passed.ts'
import { type BuildRecord, type BuiltImage, reportsOf, withImage, writeRecord } from '../record.ts'
import { splitRepository } from '../reference.ts'
import { detailedStep, skippedStep } from '../steps.ts'
import { decideLatest } from './latest.ts'
import { wantedTags } from './tags.ts'

interface Publication {
  readonly name: string
  readonly repository: string
  readonly index: StoredManifest
}

/**
 * Puts tags on what was built and scanned of this commit. First every image is looked at, then all get the tags that
 * name the commit, and last `latest` moves: so a failure in between leaves no `latest` without its siblings' tags.
 * @returns a sentence about the outcome
 */
export const publishImages = async (context: Context): Promise<string> => {
  const tags = wantedTags(context.config.tags, context.commit)
  let record = await requireScanned(context)
  if (context.request.dryRun) return planned(context, record, tags.plain, tags.latest)
  const registry = await context.ports.openRegistry(registryHost(context), registryCredentials(context))
  await verifyHandedOver(context, registry, record)
  const publications: Publication[] = []
  for (const [name, image] of Object.entries(record.images)) publications.push(await find(registry, name, image))
  for (const publication of publications) {
    await setTags(context, registry, publication, tags.plain)
    record = await remember(context, record, publication, tags.plain)
  }
  const kept: string[] = []
  for (const publication of tags.latest ? publications : []) {
    if (await moveLatest(context, registry, publication)) record = await remember(context, record, publication, ['latest'])
    else kept.push(publication.name)
  }
  return `${publications.map(({ name }) => name).join(', ')}: ${tags.plain.join(', ')}${latestSentence(tags.latest, kept, publications)}`
}

const latestSentence = (wanted: boolean, kept: readonly string[], publications: readonly Publication[]): string => {
  if (!wanted) return ''
  if (kept.length === 0) return ', latest'
  return kept.length === publications.length ? '; latest was not moved' : `, latest; not moved for ${kept.join(', ')}`
}

/** The bytes that were scanned are the bytes that get a name: every platform of every image, by digest. */
const requireScanned = async (context: Context): Promise<BuildRecord> => {
  const record = await recordOf(context)
  if (record === null)
    throw new DeployError('CONFIG', `nothing was built of ${context.commit.sha} here`, {
      hint: 'deploy-action build && deploy-action scan && deploy-action publish\nby hand: or --images with what another job scanned',
    })
  context.facts.images = reportsOf(record)
  const missing = Object.keys(context.config.images).filter((name) => record.images[name] === undefined)
  if (missing.length > 0)
    throw new DeployError('CONFIG', `${missing.join(', ')} was not built of ${context.commit.sha}`, { hint: 'deploy-action build' })
  // all that gets a tag, also what the config no longer has
  for (const [name, image] of Object.entries(record.images)) {
    requireWhole(context, name, image)
    requirePassed(name, image, context.request.dryRun)
  }
  return record
}

/** One machine's share of an image is not the image. */
const requireWhole = ({ config, commit }: Context, name: string, { platforms }: BuiltImage): void => {
  const missing = config.images[name]?.platforms.filter((platform) => platforms[platform] === undefined) ?? []
  if (missing.length === 0) return
  throw new DeployError('CONFIG', `${name} for ${missing.join(', ')} was not built of ${commit.sha}; no tag was set`, {
    hint: 'deploy-action build && deploy-action scan\nby hand: or --parts with what each machine built, then scan',
  })
}

const requirePassed = (name: string, image: BuiltImage, dryRun: boolean): void => {
  if (image.layout !== null && !dryRun)
    throw new DeployError('CONFIG', `${name} was built by a dry run, so it is in no registry`, {
      hint: 'deploy-action build',
    })
  const found = notPassed(image.platforms, image.scans)
  if (found !== null)
    throw new DeployError('PUBLISH', `${name} for ${found.platform} ${found.why}; no tag was set`, {
      evidence: [found.digest],
      hint: 'deploy-action scan',
    })
}

const find = async (registry: Registry, name: string, image: BuiltImage): Promise<Publication> => {
  const { host, repository } = splitRepository(image.repository)
  if (host !== registry.host)
    throw new DeployError('CONFIG', `${name} was built for ${host}, this run publishes to ${registry.host}`, {
      hint: 'by hand: build with the same registry',
    })
  const index = await registry.manifest(repository, image.digest)
  if (index === null)
    throw new DeployError('PUBLISH', `${image.repository}@${image.digest} is no longer in the registry`, {
      hint: 'deploy-action build\nby hand: something removed untagged images there: look what',
    })
  return { name, repository, index }
}

const setTags = (context: Context, registry: Registry, publication: Publication, tags: readonly string[]): Promise<void> =>
  detailedStep(context, `tag ${publication.name}`, `every platform passed the scan`, async (tell) => {
    for (const tag of tags) await setTag(context, registry, publication, tag)
    tell(`${tags.join(', ')} → ${publication.index.digest}`)
  })

/** The identical bytes under one more name, and read back: what a server will pull. */
const setTag = async (context: Context, registry: Registry, { repository, index }: Publication, tag: string): Promise<void> => {
  throwIfCancelled(context.ports)
  await registry.putManifest(repository, tag, index)
  const seen = await registry.manifest(repository, tag)
  if (seen?.digest === index.digest) return
  throw new DeployError(
    'PUBLISH',
    `${registry.host}/${repository}:${tag} is ${seen?.digest ?? 'absent'} after it was set to ${index.digest}`,
    {
      hint: 'by hand: somebody else sets the same tag: look at other workflows, and at immutable tags in the registry',
    },
  )
}

/** @returns whether it was moved */
const moveLatest = async (context: Context, registry: Registry, publication: Publication): Promise<boolean> => {
  const where = `${registry.host}/${publication.repository}`
  const decision = await decideLatest(context, registry, publication.repository)
  if (decision.kind === 'move') {
    await detailedStep(context, `latest ${publication.name}`, decision.why, async (tell) => {
      // somebody may have moved it while we looked at the history: look once more, right before
      const now = await registry.manifest(publication.repository, 'latest')
      if ((now?.digest ?? null) !== decision.present)
        throw new DeployError('PUBLISH', `${where}:latest was moved by another run just now`, {
          hint: 'deploy-action publish',
        })
      await setTag(context, registry, publication, 'latest')
      tell(`latest → ${publication.index.digest}`)
    })
    return true
  }
  const remedy = decision.kind === 'unknown' ? `. ${decision.remedy.replaceAll('IMAGE', where)}` : ''
  skippedStep(context, `latest ${publication.name}`, 'latest never moves backwards', `${decision.why}${remedy}`)
  context.ports.log.warning(`${where}:latest was not moved: ${decision.why}${remedy}`)
  return false
}

const remember = async (context: Context, record: BuildRecord, { name }: Publication, tags: readonly string[]): Promise<BuildRecord> => {
  const known = record.images[name]?.tags ?? []
  const next = withImage(record, name, { tags: [...new Set([...known, ...tags])] })
  await writeRecord(context.project, next)
  context.facts.images = reportsOf(next)
  return next
}

const planned = (context: Context, record: BuildRecord, plain: readonly string[], latest: boolean): string => {
  const tags = [...plain, ...(latest ? ['latest, unless it is newer'] : [])].join(', ')
  const steps = Object.entries(record.images).map(([name, { digest }]) => ({
    name: `tag ${name}`,
    cause: 'every platform passed the scan',
    start: null,
    duration: null,
    result: 'planned' as const,
    detail: `${tags} → ${digest}`,
  }))
  context.facts.steps = [...context.facts.steps, ...steps]
  return `would tag ${Object.keys(record.images).join(', ')} with ${tags}`
}
