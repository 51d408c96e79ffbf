import type { Context } from '../entry/context.ts'
import { DeployError } from '../errors.ts'
import { namesOf } from './names.ts'

/** What several machines built of one image, together. */
export interface MergedPart {
  /** HOST/PATH */
  readonly repository: string
  /** "linux/arm64" → digest of that platform's manifest. */
  readonly platforms: Readonly<Record<string, string>>
}

/**
 * The parts that were handed over, by image. Everything that does not fit the config is told at once.
 * @throws DeployError CONFIG for a foreign image or platform, one that came twice with different bytes, and one that is missing
 */
export const mergedParts = (context: Context): Readonly<Record<string, MergedPart>> => {
  const { config, request } = context
  const problems: string[] = []
  const found = new Map<string, { repository: string; platforms: Record<string, string> }>()
  for (const [name, { reference, platforms }] of (request.parts ?? []).flatMap((part) => Object.entries(part))) {
    if (!Object.hasOwn(config.images, name)) {
      problems.push(`${name} is no image of the config`)
      continue
    }
    const { actual } = namesOf(context, name)
    const [repository = ''] = reference.split('@')
    if (repository !== actual) problems.push(`${name} was pushed to ${repository}, not to ${actual}`)
    const known = found.get(name) ?? { repository: actual, platforms: {} }
    problems.push(...conflicts(name, config.images[name]?.platforms ?? [], known.platforms, platforms))
    found.set(name, { repository: actual, platforms: { ...known.platforms, ...platforms } })
  }
  for (const [name, image] of Object.entries(config.images)) {
    const missing = image.platforms.filter((platform) => found.get(name)?.platforms[platform] === undefined)
    if (missing.length > 0) problems.push(`${name} for ${missing.join(', ')} is missing`)
  }
  if (problems.length === 0) return Object.fromEntries(found)
  throw new DeployError('CONFIG', `\`parts\` and the config do not fit: ${problems.join('; ')}`, {
    hint: 'by hand: hand over the output `images` of every build of this commit; GitHub drops an output in which it sees a secret: image names must be variables, not secrets',
  })
}

/** What of one more part cannot stand beside what is known. */
const conflicts = (
  name: string,
  wanted: readonly string[],
  known: Readonly<Record<string, string>>,
  more: Readonly<Record<string, string>>,
): readonly string[] =>
  Object.entries(more).flatMap(([platform, digest]) => {
    if (!wanted.includes(platform)) return [`${name} is not built for ${platform}`]
    return (known[platform] ?? digest) === digest ? [] : [`${name} came twice for ${platform}, with different digests`]
  })
