import { describe, expect, test } from '@jest/globals'
import { imageLabels } from '../../src/pipeline/build/labels.ts'
import { mergeImages } from '../../src/pipeline/build/merge.ts'
import { publishImages } from '../../src/pipeline/publish/publish.ts'
import { readRecord } from '../../src/pipeline/record.ts'
import { wantedImages } from '../../src/pipeline/wanted.ts'
import type { ImageReport } from '../../src/report/document.ts'
import { failure, testContext } from './support/context.ts'
import { memoryRegistry } from './support/memory-registry.ts'
import { testProject } from './support/project.ts'

const REPOSITORY = 'acme/sample-api'
const NAME = `ghcr.io/${REPOSITORY}`
const AMD = 'linux/amd64'
const ARM = 'linux/arm64'
const SHA = 'a'.repeat(40)

/** A registry in which two machines have put one platform each, and what they hand over. */
const built = (labels = imageLabels(testContext({ project: '/x', config: {} }).commit)) => {
  const registry = memoryRegistry('ghcr.io')
  const { platforms } = registry.put(REPOSITORY, { labels })
  registry.written.length = 0
  const part = (platform: string, digest = platforms[platform] ?? ''): Readonly<Record<string, ImageReport>> => ({
    api: { reference: `${NAME}@${digest}`, digest, platforms: { [platform]: digest } },
  })
  return { registry, platforms, parts: [part(AMD), part(ARM)], part }
}

const contextOf = (folder: string, registry: ReturnType<typeof memoryRegistry>, parts: ReturnType<typeof built>['parts'], config = {}) =>
  testContext({ project: folder, config, request: { parts }, ports: { openRegistry: async () => registry } })

describe('what several machines built', () => {
  test('becomes one index of exactly their images, by digest only', async () => {
    using project = testProject()
    const { registry, platforms, parts } = built()
    const context = contextOf(project.folder, registry, parts)
    const { api } = (await mergeImages(context)).images
    expect(api?.platforms).toEqual(platforms)
    expect(registry.written).toEqual([`${REPOSITORY}:${api?.digest}`])
    const index = JSON.parse(Buffer.from((await registry.manifest(REPOSITORY, api?.digest ?? ''))?.bytes ?? '').toString())
    expect(index.annotations).toEqual(imageLabels(context.commit))
    expect(index.manifests.map((entry: { platform: unknown }) => entry.platform)).toEqual([
      { architecture: 'amd64', os: 'linux' },
      { architecture: 'arm64', os: 'linux' },
    ])
    expect(context.facts.images.api?.reference).toBe(`${NAME}@${api?.digest}`)
    expect((await readRecord(project.folder, SHA))?.images.api?.digest).toBe(api?.digest)
  })

  test('of an image for one platform is that image: no index is written', async () => {
    using project = testProject()
    const { registry, platforms, part } = built()
    const { api } = (await mergeImages(contextOf(project.folder, registry, [part(AMD)], { images: { api: { platforms: [AMD] } } }))).images
    expect(api?.digest).toBe(platforms[AMD])
    expect(registry.written).toEqual([])
  })

  test('is refused, everything at once, where it does not fit the config', async () => {
    using project = testProject()
    const { registry, part } = built()
    const twice = [part(AMD), part(AMD, `sha256:${'e'.repeat(64)}`), { other: (part(AMD) as { api: ImageReport }).api }]
    const error = await failure(mergeImages(contextOf(project.folder, registry, twice)))
    expect(error.message).toBe(
      'CONFIG: `parts` and the config do not fit: api came twice for linux/amd64, with different digests; other is no image of the config; ' +
        'api for linux/arm64 is missing',
    )
    expect(registry.written).toEqual([])
  })

  test('of another repository is refused', async () => {
    using project = testProject()
    const { registry, parts } = built()
    const foreign = parts.map(({ api }) => ({ api: { ...(api as ImageReport), reference: `ghcr.io/eve/api@${api?.digest}` } }))
    const error = await failure(mergeImages(contextOf(project.folder, registry, foreign)))
    expect(error.message).toContain('api was pushed to ghcr.io/eve/api, not to ghcr.io/acme/sample-api')
  })

  test('of another commit, or for another platform than it says, is refused before anything is written', async () => {
    using project = testProject()
    const other = built({ 'org.opencontainers.image.revision': 'b'.repeat(40) })
    expect((await failure(mergeImages(contextOf(project.folder, other.registry, other.parts)))).message).toContain('has the label')
    const { registry, platforms, part } = built()
    const swapped = [part(AMD, platforms[ARM]), part(ARM, platforms[AMD])]
    const error = await failure(mergeImages(contextOf(project.folder, registry, swapped)))
    expect(error.message).toContain('is for linux/arm64, not for linux/amd64')
    expect([...registry.written, ...other.registry.written]).toEqual([])
  })

  test('in a plan is taken as it is: the registry, where nothing is yet, is not asked', async () => {
    const { parts, platforms } = built()
    const context = testContext({
      project: '/x',
      config: {},
      request: { command: 'plan', parts },
      ports: { openRegistry: () => Promise.reject(new Error('the registry was asked')) },
    })
    expect(await wantedImages(context)).toEqual({ api: { reference: `${NAME}@${platforms[AMD]}`, digest: platforms[AMD], platforms } })
  })
})

test("one machine's share is no image: publish refuses it, also where the share passed the scan", async () => {
  using project = testProject()
  const { registry, platforms } = built()
  const digest = platforms[AMD] ?? ''
  const scans = { [AMD]: { digest, result: 'passed' as const, scanner: 'trivy', at: '2026-01-01T00:00:00Z' } }
  const handedOver = { api: { reference: `${NAME}@${digest}`, digest, platforms: { [AMD]: digest }, scans } }
  const context = testContext({
    project: project.folder,
    config: {},
    request: { command: 'publish', handedOver },
    ports: { openRegistry: async () => registry },
  })
  expect((await failure(publishImages(context))).message).toBe(`CONFIG: api for linux/arm64 was not built of ${SHA}; no tag was set`)
  expect(registry.written).toEqual([])
})
