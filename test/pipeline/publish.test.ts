import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, jest, test } from '@jest/globals'
import { run } from '../../src/entry/publish.ts'
import { decideLatest } from '../../src/pipeline/publish/latest.ts'
import { wantedTags } from '../../src/pipeline/publish/tags.ts'
import { type BuildRecord, writeRecord } from '../../src/pipeline/record.ts'
import { failure, testContext } from './support/context.ts'
import { type MemoryRegistry, memoryRegistry } from './support/memory-registry.ts'
import { type TestProject, testProject } from './support/project.ts'

// real git and real processes, on machines that are busy with other tests, too
jest.setTimeout(60_000)

const REVISION = 'org.opencontainers.image.revision'
const REPOSITORY = 'acme/sample-api'

const contextOf = (
  project: TestProject | string,
  sha: string,
  registry: MemoryRegistry,
  more: Partial<Parameters<typeof testContext>[0]> = {},
) =>
  testContext({
    project: typeof project === 'string' ? project : project.folder,
    config: { registry: { host: 'registry.example' } },
    commit: { sha, created: '2026-02-02T00:00:00Z' },
    ports: { openRegistry: async () => registry },
    ...more,
  })

/** Built and scanned of this commit, as build and scan leave it. */
const builtRecord = (registry: MemoryRegistry, sha: string, result: 'passed' | 'failed' = 'passed'): BuildRecord => {
  const { index, platforms } = registry.put(REPOSITORY, { labels: { [REVISION]: sha } })
  const scan = (digest: string) => ({ digest, result, scanner: 'trivy 0.74.0', at: '2026-01-01T00:00:00Z' })
  const scans = Object.fromEntries(Object.entries(platforms).map(([platform, digest]) => [platform, scan(digest)]))
  return {
    version: 1,
    commit: sha,
    dirty: false,
    images: { api: { repository: `registry.example/${REPOSITORY}`, digest: index.digest, platforms, layout: null, scans, tags: [] } },
  }
}

describe('tags', () => {
  const commit = { sha: '0123456789abcdef0123456789abcdef01234567' }

  test('sha is the whole commit, latest is kept apart', () => {
    expect(wantedTags(['latest', 'sha', 'short-sha', 'v1.2', 'sha'], commit)).toEqual({
      plain: [commit.sha, '0123456', 'v1.2'],
      latest: true,
    })
  })

  test.each(['-x', 'a b', '.hidden', 'x'.repeat(129), 'a/b'])('%j is refused before anything is written', (tag) => {
    expect(() => wantedTags([tag], commit)).toThrow(/CONFIG/)
  })
})

describe('publish', () => {
  test('puts sha and latest on the very bytes that were scanned', async () => {
    using project = testProject()
    const registry = memoryRegistry()
    const sha = project.commit('one')
    const record = builtRecord(registry, sha)
    await writeRecord(project.folder, record)
    const context = contextOf(project, sha, registry)
    expect(await run(context)).toMatchObject({ outcome: 'succeeded' })
    for (const tag of [sha, 'latest']) expect(registry.manifests.get(`${REPOSITORY}:${tag}`)?.digest).toBe(record.images.api?.digest)
    expect(registry.written.at(-1)).toBe(`${REPOSITORY}:latest`)
    expect(context.facts.images.api?.tags).toEqual([sha, 'latest'])
  })

  test.each<[string, (record: BuildRecord) => BuildRecord]>([
    ['one platform violates the policy', (record) => withScans(record, 'linux/arm64', { result: 'failed' })],
    ['one platform was not scanned', (record) => withScans(record, 'linux/arm64', null)],
    ['other bytes were scanned', (record) => withScans(record, 'linux/arm64', { digest: `sha256:${'0'.repeat(64)}` })],
  ])('sets no tag where %s', async (_what, change) => {
    using project = testProject()
    const registry = memoryRegistry()
    const sha = project.commit('one')
    await writeRecord(project.folder, change(builtRecord(registry, sha)))
    const error = await failure(run(contextOf(project, sha, registry)))
    expect(error.code).toBe('PUBLISH')
    expect(error.message).toContain('linux/arm64')
    expect(error.details.hint).toBe('deploy-action scan')
    expect(registry.written).toEqual([])
  })

  test('sets no tag where an image that the config no longer has was not scanned', async () => {
    using project = testProject()
    const registry = memoryRegistry()
    const sha = project.commit('one')
    const record = builtRecord(registry, sha)
    const api = record.images.api as BuildRecord['images'][string]
    await writeRecord(project.folder, { ...record, images: { api, old: { ...api, scans: {} } } })
    const error = await failure(run(contextOf(project, sha, registry)))
    expect(error.message).toBe('PUBLISH: old for linux/amd64 was not scanned; no tag was set')
    expect(registry.written).toEqual([])
  })

  test('says what to do where nothing was built', async () => {
    using project = testProject()
    const error = await failure(run(contextOf(project, project.commit('one'), memoryRegistry())))
    expect(error.code).toBe('CONFIG')
    expect(error.details.hint).toContain('deploy-action build && deploy-action scan && deploy-action publish')
  })

  test('a dry run writes nothing', async () => {
    using project = testProject()
    const registry = memoryRegistry()
    const sha = project.commit('one')
    await writeRecord(project.folder, builtRecord(registry, sha))
    const context = contextOf(project, sha, registry, { request: { dryRun: true } })
    await run(context)
    expect(registry.written).toEqual([])
    expect(context.facts.steps).toMatchObject([{ name: 'tag api', result: 'planned' }])
  })

  test.each([
    [false, true],
    [true, false],
  ])('hooks run around it where it is dry: %s? %s', async (dryRun, ran) => {
    using project = testProject()
    const registry = memoryRegistry()
    const sha = project.commit('one')
    await writeRecord(project.folder, builtRecord(registry, sha))
    const hooks = {
      beforePublish: [{ name: 'before', run: 'touch before' }],
      afterPublish: [{ name: 'after', run: 'touch after' }],
    }
    await run(contextOf(project, sha, registry, { config: { registry: { host: 'registry.example' }, hooks }, request: { dryRun } }))
    expect(['before', 'after'].map((name) => existsSync(join(project.folder, name)))).toEqual([ran, ran])
  })

  test('latest that another run moves in between is left alone', async () => {
    using project = testProject()
    const registry = memoryRegistry()
    const sha = project.commit('one')
    await writeRecord(project.folder, builtRecord(registry, sha))
    let looks = 0
    const racing = {
      ...registry,
      manifest: async (repository: string, reference: string) => {
        if (reference === 'latest' && ++looks === 2) registry.put(REPOSITORY, { labels: { [REVISION]: 'b'.repeat(40) } }, 'latest')
        return registry.manifest(repository, reference)
      },
    }
    const error = await failure(run(contextOf(project, sha, racing)))
    expect(error.message).toContain('latest was moved by another run')
    expect(registry.written).toEqual([`${REPOSITORY}:${sha}`])
  })

  test('an older commit is published under its sha, and latest stays', async () => {
    using project = testProject()
    const registry = memoryRegistry()
    const older = project.commit('one')
    const newer = project.commit('two')
    registry.put(REPOSITORY, { labels: { [REVISION]: newer } }, 'latest')
    await writeRecord(project.folder, builtRecord(registry, older))
    const context = contextOf(project, older, registry)
    const verdict = await run(context)
    expect(verdict.message).toContain('latest was not moved')
    expect(registry.written).toEqual([`${REPOSITORY}:${older}`])
    expect(context.facts.steps.find(({ name }) => name === 'latest api')).toMatchObject({ result: 'skipped' })
  })
})

const withScans = (record: BuildRecord, platform: string, change: object | null): BuildRecord => {
  const image = record.images.api as BuildRecord['images'][string]
  const { [platform]: scan, ...others } = image.scans
  const scans = change === null || scan === undefined ? others : { ...others, [platform]: { ...scan, ...change } }
  return { ...record, images: { api: { ...image, scans } } }
}

describe('latest', () => {
  const decide = async (project: TestProject | string, sha: string, image: Parameters<MemoryRegistry['put']>[1] | null) => {
    const registry = memoryRegistry()
    if (image !== null) registry.put(REPOSITORY, image, 'latest')
    return decideLatest(contextOf(project, sha, registry), registry, REPOSITORY)
  }
  const of = (sha: string) => ({ labels: { [REVISION]: sha } })

  test('is set where there is none', async () => {
    using project = testProject()
    expect(await decide(project, project.commit('one'), null)).toMatchObject({ kind: 'move', present: null })
  })

  test('moves forwards', async () => {
    using project = testProject()
    const older = project.commit('one')
    expect((await decide(project, project.commit('two'), of(older))).kind).toBe('move')
  })

  test('never moves backwards', async () => {
    using project = testProject()
    const older = project.commit('one')
    const newer = project.commit('two')
    expect((await decide(project, older, of(newer))).kind).toBe('keep')
  })

  test('does not jump between branches', async () => {
    using project = testProject()
    project.commit('base')
    project.git('checkout', '--quiet', '-b', 'other')
    const other = project.commit('other')
    project.git('checkout', '--quiet', 'main')
    const decision = await decide(project, project.commit('main'), of(other))
    expect(decision.kind === 'unknown' && decision.why).toContain('another branch')
  })

  test('is not moved where a shallow clone does not show the history, and says how to mend that', async () => {
    using project = testProject()
    const older = project.commit('one')
    project.commit('two')
    const newest = project.commit('three')
    const clone = join(mkdtempSync(join(tmpdir(), 'shallow-')), 'clone')
    execFileSync('git', ['clone', '--quiet', '--depth', '1', `file://${project.folder}`, clone])
    const decision = await decide(clone, newest, of(older))
    expect(decision.kind === 'unknown' && decision.remedy).toContain('fetch-depth: 0')
  })

  test('of others, without a commit, gives way to what is newer', async () => {
    using project = testProject()
    const sha = project.commit('one')
    expect((await decide(project, sha, { created: '2026-01-01T00:00:00Z' })).kind).toBe('move')
    expect((await decide(project, sha, { created: '2026-03-01T00:00:00Z' })).kind).toBe('unknown')
    expect((await decide(project, sha, {})).kind).toBe('unknown')
  })

  test('a label that is no commit is not given to git', async () => {
    using project = testProject()
    expect((await decide(project, project.commit('one'), of('--upload-pack=evil'))).kind).toBe('unknown')
  })
})
