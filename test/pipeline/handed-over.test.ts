import { describe, expect, test } from '@jest/globals'
import { run as publish } from '../../src/entry/publish.ts'
import { recordOf } from '../../src/pipeline/handed-over.ts'
import { scanImages } from '../../src/pipeline/scan/images.ts'
import { wantedImages } from '../../src/pipeline/wanted.ts'
import type { ImageReport } from '../../src/report/document.ts'
import { failure, testContext } from './support/context.ts'
import { type MemoryRegistry, memoryRegistry } from './support/memory-registry.ts'
import { type TestProject, testProject } from './support/project.ts'

const REVISION = 'org.opencontainers.image.revision'
const REPOSITORY = 'acme/sample-api'

const contextOf = (project: TestProject, sha: string, registry: MemoryRegistry, handedOver: Readonly<Record<string, ImageReport>>) =>
  testContext({
    project: project.folder,
    config: { registry: { host: 'registry.example' }, scan: { scanner: 'none' } },
    commit: { sha, created: '2026-02-02T00:00:00Z' },
    request: { handedOver },
    ports: { openRegistry: async () => registry },
  })

/** As the job that built this commit gave it out. */
const built = (registry: MemoryRegistry, sha: string): ImageReport => {
  const { index, platforms } = registry.put(REPOSITORY, { labels: { [REVISION]: sha } })
  return { reference: `registry.example/${REPOSITORY}@${index.digest}`, digest: index.digest, platforms }
}

const scanned = (image: ImageReport): ImageReport => ({
  ...image,
  scans: Object.fromEntries(
    Object.entries(image.platforms).map(([platform, digest]) => [
      platform,
      { digest, result: 'passed', scanner: 'trivy 0.74.0', at: '2026-01-01T00:00:00Z' },
    ]),
  ),
})

const noInstall = async (): Promise<string> => {
  throw new Error('nothing is to be installed')
}

describe('images that another job hands over', () => {
  test('are scanned, and the verdicts travel on in the images of the scan', async () => {
    using project = testProject()
    const registry = memoryRegistry()
    const sha = project.commit('one')
    const context = contextOf(project, sha, registry, { api: built(registry, sha) })
    await scanImages(context, noInstall)
    expect(Object.values(context.facts.images.api?.scans ?? {}).map(({ scanner }) => scanner)).toEqual(['none', 'none'])
    const next = contextOf(project, sha, registry, context.facts.images)
    expect(await publish(next)).toMatchObject({ outcome: 'succeeded' })
    expect(registry.manifests.get(`${REPOSITORY}:${sha}`)?.digest).toBe(context.facts.images.api?.digest)
    expect(next.facts.images.api?.tags).toEqual([sha, 'latest'])
  })

  test('get no tag where no scan passed them, whatever was recorded here', async () => {
    using project = testProject()
    const registry = memoryRegistry()
    const sha = project.commit('one')
    const error = await failure(publish(contextOf(project, sha, registry, { api: built(registry, sha) })))
    expect([error.code, error.message]).toEqual(['PUBLISH', expect.stringContaining('was not scanned')])
    expect(registry.written).toEqual([])
  })

  test('get no tag of a commit that they were not built of', async () => {
    using project = testProject()
    const registry = memoryRegistry()
    const sha = project.commit('one')
    const error = await failure(publish(contextOf(project, sha, registry, { api: scanned(built(registry, 'b'.repeat(40))) })))
    expect(error.message).toContain(REVISION)
    expect(registry.written).toEqual([])
  })

  test('get no tag where the registry holds other bytes for a platform than were scanned', async () => {
    using project = testProject()
    const registry = memoryRegistry()
    const sha = project.commit('one')
    const image = built(registry, sha)
    const other = { ...image, platforms: { ...image.platforms, 'linux/arm64': `sha256:${'9'.repeat(64)}` } }
    const error = await failure(publish(contextOf(project, sha, registry, { api: scanned(other) })))
    expect([error.code, error.message]).toEqual(['CONFIG', expect.stringContaining('linux/arm64')])
    expect(registry.written).toEqual([])
  })

  test.each<[string, (image: ImageReport) => Readonly<Record<string, ImageReport>>]>([
    ['a name that the config does not have', (image) => ({ web: image })],
    ['the repository of somebody else', (image) => ({ api: { ...image, reference: image.reference.replace('acme/', 'mallory/') } })],
    ['another registry', (image) => ({ api: { ...image, reference: image.reference.replace('registry.example', 'ghcr.io') } })],
  ])('are refused with %s', async (_what, change) => {
    using project = testProject()
    const registry = memoryRegistry()
    const sha = project.commit('one')
    const context = contextOf(project, sha, registry, change(scanned(built(registry, sha))))
    expect((await failure(recordOf(context))).code).toBe('CONFIG')
  })

  test('are what is deployed, by digest, and must be in the registry', async () => {
    using project = testProject()
    const registry = memoryRegistry()
    const sha = project.commit('one')
    const image = scanned(built(registry, sha))
    expect((await wantedImages(contextOf(project, sha, registry, { api: image }))).api).toMatchObject({
      digest: image.digest,
      platforms: image.platforms,
    })
    const gone = { ...image, reference: image.reference.replace(/:.{64}$/, `:${'0'.repeat(64)}`) }
    expect((await failure(wantedImages(contextOf(project, sha, registry, { api: gone })))).message).toContain('is not in the registry')
  })
})
