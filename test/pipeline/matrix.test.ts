import { describe, expect, test } from '@jest/globals'
import type { ImageConfig } from '../../src/config/schema.ts'
import type { DeployError } from '../../src/errors.ts'
import { buildMatrix, SLOTS } from '../../src/pipeline/build/matrix.ts'
import { selectedImages } from '../../src/pipeline/build/selection.ts'
import { testContext } from './support/context.ts'

const BOTH = ['linux/amd64', 'linux/arm64'] as const
const image = (...platforms: ImageConfig['platforms']): Pick<ImageConfig, 'platforms'> => ({ platforms })

describe('what has to be built where', () => {
  test('each image and platform on a machine of its own, of its architecture', () => {
    expect(buildMatrix({ api: image(...BOTH), bot: image('linux/amd64') }).include).toEqual([
      { slot: 1, name: 'api (amd64)', runner: 'ubuntu-24.04', only: 'api', platform: 'linux/amd64', emulated: false },
      { slot: 2, name: 'api (arm64)', runner: 'ubuntu-24.04-arm', only: 'api', platform: 'linux/arm64', emulated: false },
      { slot: 3, name: 'bot (amd64)', runner: 'ubuntu-24.04', only: 'bot', platform: 'linux/amd64', emulated: false },
    ])
  })

  test('a label of the caller replaces that of GitHub', () => {
    const { include } = buildMatrix({ api: image(...BOTH) }, { 'linux/arm64': 'our-arm' })
    expect(include.map(({ runner }) => runner)).toEqual(['ubuntu-24.04', 'our-arm'])
  })

  test('platforms with the same label are built there together, by emulation', () => {
    expect(buildMatrix({ api: image(...BOTH) }, { 'linux/arm64': 'ubuntu-24.04' }).include).toEqual([
      {
        slot: 1,
        name: 'api (amd64, arm64)',
        runner: 'ubuntu-24.04',
        only: 'api',
        platform: 'linux/amd64\nlinux/arm64',
        emulated: true,
      },
    ])
  })

  test.each([1, 7, 8, 9, 16, 40])('%i images fit the outputs that the job has, and nothing is left out', (count) => {
    const images = Object.fromEntries(Array.from({ length: count }, (_, at) => [`image-${at}`, image(...BOTH)]))
    const { include } = buildMatrix(images)
    expect(include.length).toBe(Math.min(SLOTS, 2 * count))
    expect(include.map(({ slot }) => slot)).toEqual(include.map((_, at) => at + 1))
    const built = include.flatMap(({ only, platform }) => only.split('\n').map((name) => `${name} ${platform}`))
    expect(built.sort()).toEqual(
      Object.keys(images)
        .flatMap((name) => BOTH.map((platform) => `${name} ${platform}`))
        .sort(),
    )
    const sizes = include.map(({ only }) => only.split('\n').length)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2 * Math.min(...sizes))
  })
})

describe('what this machine builds', () => {
  const context = (request: Parameters<typeof testContext>[0]['request']) =>
    testContext({ project: '/x', config: { images: { api: {}, bot: { platforms: ['linux/amd64'] } } }, ...(request && { request }) })
  const chosen = (request: Parameters<typeof testContext>[0]['request']) =>
    Object.entries(selectedImages(context(request))).map(([name, { platforms }]) => [name, ...platforms])

  test('is everything where nothing is asked', () => {
    expect(chosen({})).toEqual([
      ['api', 'linux/amd64', 'linux/arm64'],
      ['bot', 'linux/amd64'],
    ])
  })

  test('is the part that is asked for; an image without that platform is left out', () => {
    expect(chosen({ platforms: ['linux/arm64'] })).toEqual([['api', 'linux/arm64']])
    expect(chosen({ only: ['bot'] })).toEqual([['bot', 'linux/amd64']])
  })

  test('is refused where it is nothing, or unknown', () => {
    expect(refusal(() => chosen({ only: ['bot'], platforms: ['linux/arm64'] })).message).toBe('CONFIG: no image is built for linux/arm64')
    expect(refusal(() => chosen({ only: ['bto'] }))).toMatchObject({
      message: 'CONFIG: bto: the config has no such image',
      details: { hint: 'by hand: did you mean --only bot?' },
    })
  })
})

const refusal = (work: () => unknown): DeployError => {
  try {
    work()
  } catch (error) {
    return error as DeployError
  }
  throw new Error('nothing was refused')
}
