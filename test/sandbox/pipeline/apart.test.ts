/** Two machines build one platform each, a third makes one image of it: the same image as if one had built both. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { ImageReport } from '../../../src/report/document.ts'
import type { TestProject } from '../../pipeline/support/project.ts'
import { imageProject } from './support/image-project.ts'
import { type CommandEnvironment, command, commandEnvironment, crane, REGISTRY, tagsOf, uniqueName } from './support/sandbox.ts'

jest.setTimeout(300_000)

describe('platforms that are built apart', () => {
  const name = uniqueName('apart')
  const repository = `${REGISTRY}/tests/${name}-app`
  let environment: CommandEnvironment
  let project: TestProject & { readonly sha: string }
  const run = (...args: readonly string[]) => command(project.folder, args, environment.env)
  /** The output `images` of one machine. */
  const built = async (platform: string): Promise<ImageReport> => {
    const { code, document } = await run('build', '--platform', platform)
    expect([code, Object.keys(document.images.app?.platforms ?? {})]).toEqual([0, [platform]])
    return document.images.app as ImageReport
  }
  const merge = (...images: readonly ImageReport[]) => {
    const parts = images.map((image, at) => [`images-${at + 1}`, JSON.stringify({ app: image })])
    const file = join(project.folder, '.git', 'parts.json')
    writeFileSync(file, JSON.stringify(Object.fromEntries([...parts, ['images-16', '']])))
    return run('build', '--parts', file)
  }

  beforeAll(() => {
    environment = commandEnvironment()
    project = imageProject({ name, config: 'tags: [sha]\n' })
  })
  afterAll(() => {
    project[Symbol.dispose]()
    environment[Symbol.dispose]()
  })

  let amd: ImageReport
  let arm: ImageReport
  let merged: ImageReport

  test('are pushed each by the digest of its own image, under no tag', async () => {
    amd = await built('linux/amd64')
    arm = await built('linux/arm64')
    for (const image of [amd, arm]) expect(await crane('digest', image.reference)).toBe(image.digest)
    expect(amd.digest).not.toBe(arm.digest)
    expect(await tagsOf(repository)).toEqual([])
  })

  test('and one that is missing makes no image', async () => {
    const { code, document } = await merge(amd)
    expect([code, document.failureCode]).toEqual([78, 'CONFIG'])
    expect(document.message).toContain('app for linux/arm64 is missing')
  })

  test('become one index, which the registry has, with both of them and still no tag', async () => {
    const { code, document } = await merge(arm, amd)
    merged = document.images.app as ImageReport
    expect([code, merged.platforms]).toEqual([0, { 'linux/amd64': amd.digest, 'linux/arm64': arm.digest }])
    for (const [platform, digest] of Object.entries(merged.platforms))
      expect(await crane('digest', '--platform', platform, merged.reference)).toBe(digest)
    expect(await tagsOf(repository)).toEqual([])
  })

  test('which is, byte for byte, the index of one machine that builds both', async () => {
    const { document } = await run('build')
    expect(document.images.app).toEqual(merged)
    const [one, other] = [
      await crane('manifest', `${repository}@${document.images.app?.digest}`),
      await crane('manifest', merged.reference),
    ]
    expect(one).toBe(other)
  })

  test('what is to be built where follows from the config', async () => {
    const { document } = await run('build', '--matrix', '--runners', 'linux/arm64=our-arm')
    expect(document.matrix?.include.map(({ name, runner }) => `${name}: ${runner}`)).toEqual([
      'app (amd64): ubuntu-24.04',
      'app (arm64): our-arm',
    ])
  })
})
