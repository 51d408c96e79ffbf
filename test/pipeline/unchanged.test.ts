import { describe, expect, test } from '@jest/globals'
import type { ConfigInput } from '../../src/config/schema.ts'
import type { Request } from '../../src/entry/context.ts'
import { buildImages } from '../../src/pipeline/build/build.ts'
import { labelsOf } from '../../src/pipeline/build/labels.ts'
import { mergeImages } from '../../src/pipeline/build/merge.ts'
import { unchangedImage } from '../../src/pipeline/build/unchanged.ts'
import { publishImages } from '../../src/pipeline/publish/publish.ts'
import type { Programs } from '../../src/ports.ts'
import type { ImageReport } from '../../src/report/document.ts'
import { failure, testContext } from './support/context.ts'
import { memoryRegistry } from './support/memory-registry.ts'
import { testProject } from './support/project.ts'

const REPOSITORY = 'acme/sample-api'
const PATHS = { api: { dockerfile: 'api/Dockerfile', paths: ['api', 'shared'] } }

/** A monorepo with one commit, whose API was published as `latest` with both platforms. */
const monorepo = (images: ConfigInput['images'] = PATHS) => {
  const project = testProject({
    'api/Dockerfile': 'FROM scratch',
    'api/main': '1',
    'shared/model': '1',
    'bot/main': '1',
    'deploy.yml': '1',
  })
  const first = project.commit('one')
  const registry = memoryRegistry('ghcr.io')
  const contextOf = (sha: string, request: Partial<Request> = {}, change: { images?: ConfigInput['images']; dirty?: boolean } = {}) => {
    const context = testContext({
      project: project.folder,
      config: { images: change.images ?? images },
      commit: { sha, dirty: change.dirty ?? false },
      request,
      ports: { openRegistry: async () => registry },
    })
    const git = context.ports.programs
    const programs: Programs = {
      run: (argv, options) => (argv[0] === 'git' ? git.run(argv, options) : Promise.reject(new Error(`started: ${argv.join(' ')}`))),
    }
    return { ...context, ports: { ...context.ports, programs } }
  }
  const latest = registry.put(REPOSITORY, { labels: labelsOf(contextOf(first), 'api') }, first, 'latest')
  registry.written.length = 0
  const change = (path: string): string => {
    project.write(path, '2')
    return project.commit(path)
  }
  return { project, registry, first, latest, contextOf, change, [Symbol.dispose]: () => project[Symbol.dispose]() }
}

describe('an image of which nothing has changed', () => {
  test('stays: no builder is started, and the images are those of latest', async () => {
    using repo = monorepo()
    const context = repo.contextOf(repo.change('bot/main'))
    const { api } = (await buildImages(context)).images
    expect([api?.digest, api?.platforms]).toEqual([repo.latest.index.digest, repo.latest.platforms])
    expect(context.facts.steps).toMatchObject([
      { name: 'build api', result: 'skipped', detail: expect.stringContaining(repo.first.slice(0, 12)) },
    ])
    expect(repo.registry.written).toEqual([])
  })

  test('stays where several machines look at a platform each: the index is the old one', async () => {
    using repo = monorepo()
    const sha = repo.change('bot/main')
    const share = async (platform: string): Promise<Record<string, ImageReport>> => {
      const context = repo.contextOf(sha, { platforms: [platform] })
      await buildImages(context)
      return context.facts.images
    }
    const parts = [await share('linux/amd64'), await share('linux/arm64')]
    expect(parts[1]?.api?.digest).toBe(repo.latest.platforms['linux/arm64'])
    expect((await mergeImages(repo.contextOf(sha, { parts }))).images.api?.digest).toBe(repo.latest.index.digest)
    expect(repo.registry.written).toEqual([])
  })

  test('gets the tag of the new commit, and latest stays on it', async () => {
    using repo = monorepo()
    const sha = repo.change('bot/main')
    const { digest } = repo.latest.index
    const passed = (of: string) => ({ digest: of, result: 'passed' as const, scanner: 'trivy', at: '2026-01-01T00:00:00Z' })
    const scans = Object.fromEntries(Object.entries(repo.latest.platforms).map(([platform, of]) => [platform, passed(of)]))
    const handedOver = { api: { reference: `ghcr.io/${REPOSITORY}@${digest}`, digest, platforms: repo.latest.platforms, scans } }
    await publishImages(repo.contextOf(sha, { command: 'publish', handedOver }))
    for (const tag of [sha, 'latest']) expect((await repo.registry.manifest(REPOSITORY, tag))?.digest).toBe(digest)
    const touched = repo.change('shared/model')
    const refused = await failure(publishImages(repo.contextOf(touched, { command: 'publish', handedOver })))
    expect(refused.message).toContain('has the label org.opencontainers.image.revision')
    expect(await repo.registry.manifest(REPOSITORY, touched)).toBeNull()
  })
})

describe('an image is built anew', () => {
  const isKept = async (
    repo: ReturnType<typeof monorepo>,
    context: ReturnType<ReturnType<typeof monorepo>['contextOf']>,
  ): Promise<boolean> => (await unchangedImage(context, repo.registry, 'api')) !== null

  test('the check of these tests sees one that stays', async () => {
    using repo = monorepo()
    expect(await isKept(repo, repo.contextOf(repo.change('bot/main')))).toBe(true)
  })

  test.each(['api/main', 'shared/model', 'api/Dockerfile', '.dockerignore'])(
    'where %s has changed, also some commits ago',
    async (path) => {
      using repo = monorepo()
      repo.change(path)
      expect(await isKept(repo, repo.contextOf(repo.change('bot/main')))).toBe(false)
    },
  )

  test('with another build argument, which no history shows', async () => {
    using repo = monorepo()
    const images = { api: { ...PATHS.api, args: { VERSION: '2' } } }
    expect(await isKept(repo, repo.contextOf(repo.change('bot/main'), {}, { images }))).toBe(false)
  })

  test('where the tree is not that of the commit, or latest is of one that is not an ancestor', async () => {
    using repo = monorepo()
    expect(await isKept(repo, repo.contextOf(repo.change('bot/main'), {}, { dirty: true }))).toBe(false)
    repo.project.git('checkout', '--quiet', '--orphan', 'other')
    expect(await isKept(repo, repo.contextOf(repo.project.commit('other')))).toBe(false)
  })

  test('where the config does not say what it is made of, nothing was published yet, or a platform is new', async () => {
    using repo = monorepo()
    const sha = repo.change('bot/main')
    expect(await isKept(repo, repo.contextOf(sha, {}, { images: { api: { dockerfile: 'api/Dockerfile' } } }))).toBe(false)
    repo.registry.put(REPOSITORY, { labels: labelsOf(repo.contextOf(repo.first), 'api'), platforms: ['linux/amd64'] }, 'latest')
    expect(await isKept(repo, repo.contextOf(sha))).toBe(false)
    repo.registry.manifests.delete(`${REPOSITORY}:latest`)
    expect(await isKept(repo, repo.contextOf(sha))).toBe(false)
  })

  test('by a dry run, which may not be able to ask the registry', async () => {
    using repo = monorepo()
    const context = repo.contextOf(repo.change('bot/main'), { dryRun: true })
    await expect(buildImages(context)).rejects.toThrow('started: docker')
  })
})
