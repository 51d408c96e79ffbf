import { imageNames } from '../config/images.ts'
import type { Context } from '../entry/context.ts'
import { DeployError } from '../errors.ts'
import type { Registry } from '../ports.ts'
import type { ImageReport } from '../report/document.ts'
import { REVISION_LABEL } from './build/labels.ts'
import { unchangedSince } from './build/unchanged.ts'
import { verifyPushed } from './build/verify.ts'
import { type BuildRecord, type BuiltImage, readRecord } from './record.ts'
import { splitRepository } from './reference.ts'

/** What was built of this commit: as an earlier job handed it over, else as it was recorded here; null: nothing. */
export const recordOf = async (context: Context): Promise<BuildRecord | null> => {
  const { handedOver } = context.request
  if (handedOver === undefined) return readRecord(context.project, context.commit.sha)
  const images = Object.entries(handedOver).map(([name, report]) => [name, builtImage(context, name, report)] as const)
  return { version: 1, commit: context.commit.sha, dirty: false, images: Object.fromEntries(images) }
}

/** Only what the config knows, and only under the name that the config gives it: a mixed-up output must not reach a tag. */
const builtImage = (context: Context, name: string, report: ImageReport): BuiltImage => {
  const { config, commit, request } = context
  const [repository = ''] = report.reference.split('@')
  const known = Object.hasOwn(config.images, name)
  const { actual } = known ? imageNames(config, name, commit.repository?.split('/')[0] ?? null, request.registry) : { actual: null }
  if (actual !== repository)
    throw new DeployError(
      'CONFIG',
      `\`images\` holds ${repository} as ${name}; the config ${known ? `says ${actual}` : 'has no such image'}`,
      {
        hint: 'by hand: take the output of a job with the same config and the same registry',
      },
    )
  const { digest, platforms, scans = {}, tags = [] } = report
  return { repository, digest, platforms, layout: null, scans, tags }
}

/** What came from another job is looked at in the registry before it gets a tag: its platforms, and that it is of this commit. */
export const verifyHandedOver = async (context: Context, registry: Registry, record: BuildRecord): Promise<void> => {
  if (context.request.handedOver === undefined) return
  for (const [name, { repository, digest, platforms }] of Object.entries(record.images)) {
    const isKept = await areUnchanged(context, registry, name, Object.values(platforms))
    const labels = isKept ? {} : { [REVISION_LABEL]: context.commit.sha }
    const seen = await verifyPushed(registry, splitRepository(repository).repository, { digest, platforms: Object.keys(platforms), labels })
    const other = Object.keys(seen).find((platform) => seen[platform] !== platforms[platform])
    if (other !== undefined)
      throw new DeployError('CONFIG', `\`images\` does not hold the ${other} of ${repository}@${digest}`, {
        evidence: [`in the registry: ${seen[other]}`, `handed over: ${platforms[other] ?? 'none'}`],
        hint: 'by hand: hand over the output of build and scan as it is',
      })
  }
}

/** Images of earlier commits are as good where the config says what they are made of, and nothing of that has changed. */
const areUnchanged = async (context: Context, registry: Registry, name: string, digests: readonly string[]): Promise<boolean> => {
  const revisions = await Promise.all(digests.map((digest) => unchangedSince(context, registry, name, digest)))
  return revisions.length > 0 && revisions.every((revision) => revision !== null)
}
