import type { ImageConfig } from '../../config/schema.ts'
import type { Context } from '../../entry/context.ts'
import { DeployError } from '../../errors.ts'
import type { Registry } from '../../ports.ts'
import { untilCancelled } from '../cancelled.ts'
import { registryCredentials, registryHost } from '../credentials.ts'
import { namesOf } from '../names.ts'
import { type MergedPart, mergedParts } from '../parts.ts'
import { type BuildRecord, type BuiltImage, reportsOf, writeRecord } from '../record.ts'
import { splitRepository } from '../reference.ts'
import { detailedStep } from '../steps.ts'
import { type IndexEntry, indexOf } from './index-document.ts'
import { labelsOf, REVISION_LABEL } from './labels.ts'
import { unchangedImage, unchangedSince } from './unchanged.ts'
import { verifyPushed } from './verify.ts'

/**
 * Makes one image of what several machines built of it: looks at each platform in the registry, writes the index of
 * them there, by digest only, and reads it back. Nothing is built, and no layer is sent.
 * @throws DeployError CONFIG where a platform of the config was not handed over, before anything is written
 */
export const mergeImages = async (context: Context): Promise<BuildRecord> => {
  const parts = mergedParts(context)
  const registry = await context.ports.openRegistry(registryHost(context), registryCredentials(context))
  let record: BuildRecord = { version: 1, commit: context.commit.sha, dirty: false, images: {} }
  for (const [name, image] of Object.entries(context.config.images)) {
    const built = await mergeImage(context, registry, name, image, parts[name] as MergedPart)
    record = { ...record, images: { ...record.images, [name]: built } }
    context.facts.images = reportsOf(record)
  }
  await writeRecord(context.project, record)
  return record
}

const mergeImage = (context: Context, registry: Registry, name: string, image: ImageConfig, part: MergedPart): Promise<BuiltImage> => {
  const names = namesOf(context, name)
  const { repository } = splitRepository(names.actual)
  const labels = labelsOf(context, name)
  return detailedStep(context, `merge ${name}`, `${name}: ${image.platforms.join(' and ')} were built apart`, async (tell) => {
    const unchanged = await unchangedImage(context, registry, name)
    if (unchanged !== null && image.platforms.every((platform) => unchanged.platforms[platform] === part.platforms[platform])) {
      tell(`${unchanged.digest}, as of ${unchanged.revision.slice(0, 12)}: nothing that it is made of has changed`)
      return { repository: names.actual, digest: unchanged.digest, platforms: unchanged.platforms, layout: null, scans: {}, tags: [] }
    }
    const entries: IndexEntry[] = []
    const revisions: Record<string, string> = {}
    for (const platform of image.platforms) {
      const digest = part.platforms[platform] as string
      const revision = (await unchangedSince(context, registry, name, digest)) ?? context.commit.sha
      revisions[platform] = revision
      await verifyPushed(registry, repository, {
        digest,
        platforms: [platform],
        labels: revision === context.commit.sha ? labels : { [REVISION_LABEL]: revision },
      })
      entries.push({ platform, manifest: await stored(registry, repository, digest) })
    }
    const [only] = entries
    // an image for one platform has no index when one machine builds it, either
    const top = entries.length === 1 && only !== undefined ? only.manifest : indexOf(entries, labels)
    if (top !== only?.manifest) await untilCancelled(context.ports, () => registry.putManifest(repository, top.digest, top))
    const allAnew = Object.values(revisions).every((revision) => revision === context.commit.sha)
    const platforms = await verifyPushed(registry, repository, {
      digest: top.digest,
      platforms: image.platforms,
      labels: allAnew ? labels : {},
    })
    tell(`${top.digest}, read back and compared`)
    return { repository: names.actual, digest: top.digest, platforms, layout: null, scans: {}, tags: [] }
  })
}

const stored = async (registry: Registry, repository: string, digest: string): Promise<IndexEntry['manifest']> => {
  const manifest = await registry.manifest(repository, digest)
  if (manifest !== null) return manifest
  throw new DeployError('BUILD', `${registry.host}/${repository}@${digest} is no longer in the registry`, { hint: 'deploy-action build' })
}
