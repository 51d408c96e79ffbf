import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { githubVersions } from '../../src/pipeline/retention/github-packages.ts'
import { pruneRegistry } from '../../src/pipeline/retention/prune.ts'
import { type Needs, retention, type Version } from '../../src/pipeline/retention/reach.ts'
import { distributionVersions } from '../../src/pipeline/retention/versions.ts'
import type { PackageVersion } from '../../src/ports.ts'
import { failure, testContext } from './support/context.ts'
import { memoryRegistry } from './support/memory-registry.ts'

const OLD = '2026-01-01T00:00:00Z'
const BEFORE = '2026-06-01T00:00:00Z'
const sha = (character: string): string => character.repeat(40)
const version = (digest: string, change: Partial<Version> = {}): Version => ({ digest, tags: [], created: OLD, children: [], ...change })
const needs = (change: Partial<Needs> = {}): Needs => ({ deployed: new Set(), newest: 0, before: BEFORE, ...change })
const removed = (versions: readonly Version[], change: Partial<Needs> = {}): readonly string[] =>
  retention(versions, needs(change)).remove.map(({ digest }) => digest)

describe('what stays in a registry', () => {
  const index = version('index', { tags: [sha('a')], children: ['amd', 'arm', 'attestation'] })
  const children = ['amd', 'arm', 'attestation'].map((digest) => version(digest))

  test('nothing of what nobody needs: the index goes before its images', () => {
    expect(removed([...children, index])).toEqual(['index', 'amd', 'arm', 'attestation'])
  })

  test('all of an index of which one image is deployed', () => {
    for (const digest of ['index', 'amd', 'arm']) expect(removed([...children, index], { deployed: new Set([digest]) })).toEqual([])
  })

  test('what has a name besides its commits, and everything below it', () => {
    for (const tag of ['latest', 'v1', '1.2.3', 'abcdefg']) expect(removed([...children, { ...index, tags: [sha('a'), tag] }])).toEqual([])
    expect(removed([...children, { ...index, tags: [sha('a'), 'abcdef0'] }])).toHaveLength(4)
  })

  test('the newest of those with a tag', () => {
    const tagged = ['2026-01-03', '2026-01-01', '2026-01-02'].map((day, at) =>
      version(day, { tags: [sha(String(at))], created: `${day}T00:00:00Z` }),
    )
    expect(removed([...tagged, version('untagged', { created: '2026-01-04T00:00:00Z' })], { newest: 2 })).toEqual([
      '2026-01-01',
      'untagged',
    ])
  })

  test('the newest, also beside one whose age is not known', () => {
    const tagged = ['2020-01-01', null, '2026-01-01'].map((day, at) =>
      version(day ?? 'ageless', { tags: [sha(String(at))], created: day && `${day}T00:00:00Z` }),
    )
    expect(removed(tagged, { newest: 1 })).toEqual(['2020-01-01'])
  })

  test('the young, and what nobody knows the age or the inside of', () => {
    expect(removed([version('young', { created: '2026-06-02T00:00:00Z' })])).toEqual([])
    expect(removed([version('ageless', { created: null }), version('broken', { created: 'yesterday' })])).toEqual([])
    expect(removed([version('opaque', { children: null })])).toEqual([])
  })

  test('an image that two indexes share, as long as one of them stays', () => {
    const gone = version('gone', { tags: [sha('a')], children: ['shared', 'own'] })
    const stays = version('stays', { tags: ['latest'], children: ['shared'] })
    expect(removed([gone, stays, version('shared'), version('own')])).toEqual(['gone', 'own'])
  })

  test('whatever there is: nothing that is deployed, named, or below something that stays, ever goes', () => {
    const names: fc.Arbitrary<string> = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
    const anything = fc.record({
      digest: names,
      tags: fc.array(fc.constantFrom(sha('1'), 'latest'), { maxLength: 2 }),
      created: fc.constantFrom(OLD, '2026-07-01T00:00:00Z', null),
      children: fc.option(fc.array(names, { maxLength: 3 })),
    })
    fc.assert(
      fc.property(
        fc.uniqueArray(anything, { selector: ({ digest }) => digest, maxLength: 6 }),
        fc.array(names, { maxLength: 2 }),
        fc.integer({ min: 0, max: 3 }),
        (versions, deployed, newest) => {
          const { keep, remove } = retention(versions, needs({ deployed: new Set(deployed), newest }))
          const gone = new Set(remove.map(({ digest }) => digest))
          expect(keep.length + remove.length).toBe(versions.length)
          for (const { version: kept } of keep) for (const child of kept.children ?? []) expect(gone.has(child)).toBe(false)
          for (const { digest, tags, created, children: below } of remove) {
            expect([deployed.includes(digest), tags.includes('latest'), created, below === null]).toEqual([false, false, OLD, false])
            expect((below ?? []).some((child) => deployed.includes(child))).toBe(false)
          }
        },
      ),
      { seed: 20261121, numRuns: 500 },
    )
  })
})

const REPOSITORY = 'acme/sample-api'
const NAME = `ghcr.io/${REPOSITORY}`

/** Three published commits, the last of them `latest`; the fake's attestation is the same in all, so it stays. */
const published = () => {
  const registry = memoryRegistry('ghcr.io')
  const put = (commit: string, created: string, ...tags: readonly string[]) =>
    registry.put(REPOSITORY, { labels: { commit }, created, attested: true }, sha(commit), ...tags)
  return {
    registry,
    first: put('1', '2026-01-01T00:00:00Z'),
    second: put('2', '2026-01-02T00:00:00Z'),
    third: put('3', '2026-01-03T00:00:00Z', 'latest'),
  }
}

const contextOf = (request: NonNullable<Parameters<typeof testContext>[0]['request']>) =>
  testContext({
    project: '/x',
    config: {
      retention: { newest: 1 },
      environments: { production: { host: 'h', path: '/opt/p' }, staging: { host: 'h', path: '/opt/s' } },
    },
    request: { command: 'prune', ...request },
  })

const kept = (...references: readonly string[]) => [
  { environment: 'production', references },
  { environment: 'staging', references: [] },
]

describe('prune', () => {
  test('shows what is not needed and removes nothing, until it is confirmed with the name of the stack', async () => {
    const { registry, second } = published()
    const store = distributionVersions(registry)
    const before = [...registry.manifests.keys()]
    const context = contextOf({ kept: kept(`${NAME}@${second.index.digest}`) })
    expect(await pruneRegistry(context, store)).toBe('3 would be removed; nothing was')
    expect(context.facts.steps[0]?.detail).toContain('ghcr.io lists tags only')
    const wrong = contextOf({ kept: kept(), confirm: 'shop' })
    expect((await failure(pruneRegistry(wrong, store))).message).toContain('must be the name of the stack, sample')
    expect([...registry.manifests.keys()]).toEqual(before)
  })

  test('removes the one that nothing needs; what is kept can be pulled with all its platforms', async () => {
    const { registry, first, second, third } = published()
    const context = contextOf({ kept: kept(`${NAME}@${second.index.digest}`), confirm: 'sample' })
    expect(await pruneRegistry(context, distributionVersions(registry))).toBe('3 removed')
    for (const { index, platforms } of [second, third])
      for (const digest of [index.digest, ...Object.values(platforms)]) expect(await registry.manifest(REPOSITORY, digest)).not.toBeNull()
    for (const digest of [first.index.digest, ...Object.values(first.platforms)])
      expect(await registry.manifest(REPOSITORY, digest)).toBeNull()
    expect(await registry.tags(REPOSITORY)).toEqual([sha('2'), sha('3'), 'latest'])
  })

  test('is refused where the needs of one environment are not known', async () => {
    const { registry } = published()
    const context = contextOf({ kept: [{ environment: 'production', references: [] }], confirm: 'sample' })
    const error = await failure(pruneRegistry(context, distributionVersions(registry)))
    expect(error.message).toBe('CONFIG: it is not known which images the servers of staging need; nothing was removed')
  })

  test("on ghcr.io goes through GitHub's packages, which also tell what has no tag", async () => {
    const { registry, first, second, third } = published()
    const digests = [first, second, third].flatMap(({ index, platforms }) => [index.digest, ...Object.values(platforms)])
    const tagsOf = (digest: string) =>
      [...registry.manifests]
        .filter(([key, { digest: stored }]) => stored === digest && !key.includes('sha256:'))
        .map(([key]) => key.split(':')[1] ?? '')
    const versions: PackageVersion[] = digests.map((name, id) => ({
      id,
      name,
      created_at: `2026-01-0${1 + Math.floor(id / 3)}T00:00:00Z`,
      metadata: { container: { tags: tagsOf(name) } },
    }))
    versions.push({ id: 99, name: `sha256:${'9'.repeat(64)}`, created_at: OLD })
    const asked: string[] = []
    const gone: number[] = []
    const api = {
      page: async (owner: string, name: string, page: number) => {
        asked.push(`${owner} ${name} ${page}`)
        return versions.slice((page - 1) * 4, page * 4)
      },
      remove: async (_owner: string, _name: string, id: number) => {
        gone.push(id)
      },
    }
    const context = contextOf({ kept: kept(`${NAME}@${second.index.digest}`), confirm: 'sample' })
    await pruneRegistry(context, githubVersions(api, registry))
    expect(asked).toEqual([1, 2, 3, 4].map((page) => `acme sample-api ${page}`))
    // the index and both images of the first; not the one of which the registry does not know what it is
    expect(gone).toEqual([0, 1, 2])
  })
})
