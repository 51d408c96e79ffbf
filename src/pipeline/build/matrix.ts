import type { ImageConfig } from '../../config/schema.ts'
import type { BuildLeg, BuildMatrix } from '../../report/document.ts'

/**
 * Labels of GitHub's own machines with that architecture.
 * @see https://docs.github.com/en/actions/reference/runners/github-hosted-runners
 */
const NATIVE_RUNNERS: Readonly<Record<string, string>> = {
  'linux/amd64': 'ubuntu-24.04',
  'linux/arm64': 'ubuntu-24.04-arm',
}

/** As many as pipeline.yml has outputs for; more images than that share machines. */
export const SLOTS = 16

/**
 * One leg for each image and runner. Platforms that are given the same runner are built there together, which means by
 * emulation: so a caller says it, and nothing else has to.
 */
export const buildMatrix = (
  images: Readonly<Record<string, Pick<ImageConfig, 'platforms'>>>,
  runners: Readonly<Record<string, string>> = {},
): BuildMatrix => {
  const shares = Object.entries(images).flatMap(([name, { platforms }]) => sharesOf(name, platforms, { ...NATIVE_RUNNERS, ...runners }))
  return { include: withinSlots(shares).map((share, index) => leg(share, index + 1)) }
}

interface Share {
  readonly names: readonly string[]
  readonly runner: string
  readonly platforms: readonly string[]
}

const sharesOf = (name: string, platforms: readonly string[], runners: Readonly<Record<string, string>>): readonly Share[] => {
  const labels = [...new Set(platforms.map((platform) => runners[platform] ?? ''))]
  return labels.map((runner) => ({
    names: [name],
    runner,
    platforms: platforms.filter((platform) => (runners[platform] ?? '') === runner),
  }))
}

/** Where there are too many, the two smallest that need the same machine become one, until they fit. */
const withinSlots = (shares: readonly Share[]): readonly Share[] => {
  if (shares.length <= SLOTS) return shares
  const pairs = shares.flatMap((one, at) => shares.slice(at + 1).flatMap((other) => (alike(one, other) ? [{ one, other }] : [])))
  const [smallest] = pairs.toSorted((a, b) => size(a) - size(b))
  if (smallest === undefined) return shares
  const { one, other } = smallest
  const joined = { ...one, names: [...one.names, ...other.names] }
  return withinSlots(shares.filter((share) => share !== other).map((share) => (share === one ? joined : share)))
}

const alike = (one: Share, other: Share): boolean => one.runner === other.runner && one.platforms.join() === other.platforms.join()

const size = ({ one, other }: { readonly one: Share; readonly other: Share }): number => one.names.length + other.names.length

const leg = ({ names, runner, platforms }: Share, slot: number): BuildLeg => ({
  slot,
  name: `${names.join(', ')} (${platforms.map((platform) => platform.split('/')[1]).join(', ')})`,
  runner,
  only: names.join('\n'),
  platform: platforms.join('\n'),
  emulated: platforms.length > 1,
})
