import { nearest } from '../../config/nearest.ts'
import type { ImageConfig } from '../../config/schema.ts'
import type { Context } from '../../entry/context.ts'
import { DeployError } from '../../errors.ts'

type Question = Pick<Context, 'config'> & { readonly request: Pick<Context['request'], 'only' | 'platforms'> }

/**
 * The images that this run builds, each with the platforms that it builds: those of the config, or the part of them
 * that `--only` and `--platform` ask for, where several machines share the work.
 * @throws DeployError CONFIG for a name or platform that the config does not have, and where nothing is left
 */
export const selectedImages = ({ config, request }: Question): Readonly<Record<string, ImageConfig>> => {
  const names = Object.keys(config.images)
  const unknown = (request.only ?? []).filter((name) => !names.includes(name))
  if (unknown.length > 0) throw unknownImage(unknown, names)
  const chosen = Object.entries(config.images)
    .filter(([name]) => request.only === undefined || request.only.includes(name))
    .map(([name, image]) => [name, { ...image, platforms: platformsOf(image, request.platforms) }] as const)
    .filter(([, { platforms }]) => platforms.length > 0)
  if (chosen.length > 0) return Object.fromEntries(chosen)
  throw new DeployError('CONFIG', `no image is built for ${request.platforms?.join(', ')}`, {
    hint: `by hand: platforms of the config: ${[...new Set(Object.values(config.images).flatMap(({ platforms }) => platforms))].join(', ')}`,
  })
}

const platformsOf = (image: ImageConfig, asked: readonly string[] | undefined): ImageConfig['platforms'] =>
  asked === undefined ? image.platforms : image.platforms.filter((platform) => asked.includes(platform))

const unknownImage = (unknown: readonly string[], names: readonly string[]): DeployError => {
  const meant = nearest(unknown[0] ?? '', names)
  return new DeployError('CONFIG', `${unknown.join(', ')}: the config has no such image`, {
    hint: meant === undefined ? `by hand: images of the config: ${names.join(', ')}` : `by hand: did you mean --only ${meant}?`,
  })
}
