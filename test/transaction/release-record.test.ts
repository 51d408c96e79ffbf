/** What a server says of its releases: it may be damaged, or the work of somebody who wants a rollback to run his commands. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { releaseRecord } from '../../src/transaction/release-record.ts'

const DIGEST = `sha256:${'a1'.repeat(32)}`
const RECORD = {
  id: '2-2222222',
  number: 2,
  kind: 'deploy',
  of: null,
  fallback: '1-1111111',
  commit: '2'.repeat(40),
  ref: 'main',
  repository: 'acme/shop',
  actor: 'ada',
  run: null,
  reason: null,
  operation: '20261121T100000Z-abcdef',
  images: { api: { reference: `ghcr.io/acme/shop-api@${DIGEST}`, digest: DIGEST, platforms: { 'linux/amd64': DIGEST } } },
  services: {
    api: {
      image: 'api',
      digest: DIGEST,
      order: 'stop-first',
      exactly: false,
      after: ['db'],
      readiness: {
        ask: { kind: 'http', port: 80, path: '/health', status: [200], contains: null, patterns: [] },
        grace: 0,
        interval: 500,
        retries: 10_000,
        deadline: 60_000,
        stable: 10_000,
      },
      containerName: '',
    },
  },
  smoke: [{ name: 'answers', service: 'api', ask: { kind: 'exec', argv: ['true'] }, retries: 0, timeout: 1000 }],
  schema: { before: 'a1', after: 'b2' },
  committed: '2026-11-21T10:00:00Z',
}

test('as we write it, it is taken, with what older ones lack and newer ones have', () => {
  expect(releaseRecord(RECORD)).toEqual({ ...RECORD, infrastructure: [], stack: {} })
  expect(releaseRecord({ ...RECORD, later: { x: 1 }, infrastructure: ['db'] })).toMatchObject({ later: { x: 1 }, infrastructure: ['db'] })
})

/** The record with another value at a path. */
const withValue = (path: readonly string[], value: unknown): unknown => {
  const copy = structuredClone(RECORD) as Record<string, unknown>
  let holder = copy
  for (const part of path.slice(0, -1)) holder = holder[part] as Record<string, unknown>
  holder[path.at(-1) ?? ''] = value
  return copy
}

describe('it is refused, with the place', () => {
  test.each<readonly [readonly string[], unknown]>([
    [['id'], '../../etc'],
    [['number'], -1],
    [['number'], '2'],
    [['commit'], '$(touch x)'],
    [['images', 'api', 'digest'], 'sha256:short'],
    [['images', 'api', 'reference'], 'ghcr.io/acme/shop-api:latest'],
    [['images', 'api', 'platforms'], []],
    [['services', 'api', 'order'], 'both'],
    [['services', 'api', 'after'], ['--help']],
    [['services', 'api', 'readiness', 'ask'], { kind: 'shell', argv: ['x'] }],
    [['services', 'api', 'readiness', 'ask', 'kind'], 'constructor'],
    [['services', 'api', 'readiness', 'ask', 'path'], 'no/slash'],
    [['services', 'api', 'readiness', 'ask', 'port'], 65_536],
    [['services', 'api', 'readiness', 'deadline'], 1e12],
    [['services', 'api', 'readiness', 'deadline'], '5; touch x'],
    [['services', 'api', 'containerName'], '-rf'],
    [['smoke'], {}],
    [['smoke', '0', 'ask'], null],
    [['schema', 'after'], 7],
    [['stack'], { 'a b': {} }],
  ])('where %j is %j', (path, value) => {
    const answer = releaseRecord(withValue(path, value))
    expect(answer).toMatch(/is not what we write there$/)
    expect(answer).toContain(path[0] === 'services' ? 'services' : String(path[0]))
  })

  test('where a service is called like a part of JavaScript, or has too many of anything', () => {
    expect(releaseRecord(JSON.parse(JSON.stringify(RECORD).replace('"api":{"image"', '"__proto__":{"image"')))).toMatch(
      /^`services\.__proto__`/,
    )
    expect(releaseRecord({ ...RECORD, smoke: Array.from({ length: 1001 }, () => RECORD.smoke[0]) })).toMatch(/^`smoke`/)
  })

  test('whatever it is, and never with an exception', () => {
    const paths = ['id', 'number', 'commit', 'images', 'services', 'smoke', 'schema', 'fallback', 'stack', 'infrastructure'] as const
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom(...paths), (value, path) => {
        expect(typeof releaseRecord(value)).toBe('string')
        const answer = releaseRecord({ ...RECORD, [path]: value })
        // what was taken is a record again when it is written and read
        if (typeof answer !== 'string')
          expect(releaseRecord(JSON.parse(JSON.stringify(answer)))).toEqual(JSON.parse(JSON.stringify(answer)))
      }),
      { numRuns: 500 },
    )
  })
})
