import { expect, test } from '@jest/globals'
import type { SeedConfig } from '../../src/config/schema.ts'
import type { Observed } from '../../src/plan/observed.ts'
import { type Contents, pendingSeeds, refusedSeeds } from '../../src/plan/seeds.ts'
import { configOf } from '../config/problems.ts'
import { nothingThere } from './support/observed.ts'

const seeds = (more = ''): readonly SeedConfig[] =>
  configOf(`project: shop\nimages: { api: {} }\nseed: [{ name: users, service: api, run: [seed]${more} }]\n`).seed
const ledger = (...lines: readonly Observed['seeds'][number][]): Observed => ({ ...nothingThere, seeds: lines })
const begun = { name: 'users', hash: 'h', release: '1-aaaaaaa', started: true } as const
const done = { name: 'users', hash: 'h', release: '1-aaaaaaa' }
const causes = (observed: Observed, more = '', contents: Contents = {}): readonly string[] =>
  pendingSeeds(seeds(more), contents, observed).map(({ cause }) => cause)
const hashOf = (more: string, contents: Contents): string =>
  pendingSeeds(seeds(more), contents, ledger()).flatMap((step) => ('hash' in step ? [step.hash] : []))[0] ?? ''

test('a seed that ran to its end does not run again; one that was cut off does, and says so', () => {
  expect(causes(ledger())).toEqual(['has not run here yet'])
  expect(causes(ledger(begun, done))).toEqual([])
  expect(causes(ledger(begun))).toEqual(['was cut off in release 1-aaaaaaa'])
  expect(causes(ledger(begun, done, { ...begun, release: '2-bbbbbbb' }), ', policy: on-change')).toEqual([
    'was cut off in release 2-bbbbbbb',
  ])
})

test('one that must not run twice is refused where it was cut off, with both ways to mend the ledger', () => {
  const refuse = seeds(', interrupted: refuse')
  expect(refusedSeeds(seeds(), ledger(begun))).toEqual([])
  expect(refusedSeeds(refuse, ledger(begun, done))).toEqual([])
  const [found] = refusedSeeds(refuse, ledger(begun))
  expect(found?.sentence).toBe('seed users was cut off or failed in release 1-aaaaaaa, and may have left half of its data')
  expect(found?.hint).toContain("sed -i '/^users .* started$/d' .deploy/seeds")
  expect(found?.hint).toContain("sed -i 's/^\\(users .*\\) started$/\\1/' .deploy/seeds")
})

test('one that runs on a change runs when a file changes that it lists, also one that only the image brings', () => {
  const more = ', policy: on-change, files: [commands.json]'
  const ran = { ...done, hash: hashOf(more, { 'commands.json': 'aa' }) }
  expect(causes(ledger(begun, ran), more, { 'commands.json': 'aa' })).toEqual([])
  expect(causes(ledger(begun, ran), more, { 'commands.json': 'bb' })).toEqual(['its content changed'])
})

test('a request is a step of its own, and what it hands over is its content', () => {
  const [request] = configOf(`project: shop
images: { api: {} }
seed: [{ name: bundle, service: api, policy: on-change, http: { port: 8000, path: /ingest, file: data/bundle.zip } }]
`).seed.map((seed) => (contents: Contents, observed: Observed) => pendingSeeds([seed], contents, observed))
  const [first] = request?.({ 'data/bundle.zip': 'aa' }, ledger()) ?? []
  expect(first).toMatchObject({ kind: 'http-seed', service: 'api', request: { method: 'POST', status: [200, 201, 202, 204] } })
  const ran = { name: 'bundle', hash: first !== undefined && 'hash' in first ? first.hash : '', release: '1-aaaaaaa' }
  expect(request?.({ 'data/bundle.zip': 'aa' }, ledger(ran))).toEqual([])
  expect(request?.({ 'data/bundle.zip': 'bb' }, ledger(ran)).map(({ cause }) => cause)).toEqual(['its content changed'])
})
