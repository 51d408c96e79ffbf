import { describe, expect, test } from '@jest/globals'
import { backupNamed, downSteps, lostSentence } from '../../src/plan/data.ts'
import type { BackupRecord, DataSeen } from '../../src/plan/data-seen.ts'
import type { ReleaseRecord } from '../../src/plan/observed.ts'
import { schemaQuestion } from '../../src/plan/schema-question.ts'
import { dataSeen } from '../../src/transaction/looked.ts'
import { configOf } from '../config/problems.ts'
import { nothingThere, record } from './support/observed.ts'

const config = (migrate: string) => configOf(`project: shop\nimages: { api: {} }\nmigrate: { service: api, ${migrate} }\n`)
const alembic = config('preset: alembic')
const commands = config('up: [up], current: [current]')

const release = (number: number, after: string, more: Partial<ReleaseRecord> = {}): ReleaseRecord => ({
  ...record(number, String(number), String(number).repeat(8)),
  schema: { before: more.schema?.before ?? after, after },
  ...more,
})
const changing = (number: number, before: string, after: string, compatible: boolean): ReleaseRecord =>
  release(number, after, { schema: { before, after }, ...(compatible ? { compatible } : {}) })
const data = (left: string | null): DataSeen => ({ backups: [], left, tables: null, revision: null })

describe('may the old version come back to this schema?', () => {
  const ask = (releases: readonly ReleaseRecord[], left: string | null, which = alembic) => {
    const [old, current] = [releases[0] as ReleaseRecord, releases.at(-1) as ReleaseRecord]
    return schemaQuestion(which, { ...nothingThere, releases, current: current.id, data: data(left) }, old, current).kind
  }

  test('yes where nothing changed it', () => {
    expect(ask([release(1, 'a'), release(2, 'a')], null)).toBe('answered')
  })
  test('its image is asked where it changed, also by a release that went back and left no record', () => {
    expect(ask([release(1, 'a'), changing(2, 'a', 'b', false)], 'b')).toBe('ask')
    expect(ask([release(1, 'a'), release(2, 'a')], 'b')).toBe('ask')
    expect(ask([release(1, 'a'), release(2, 'a')], 'unknown')).toBe('ask')
  })
  test('one change that was declared compatible is none, two are', () => {
    expect(ask([release(1, 'a'), changing(2, 'a', 'b', true)], 'b')).toBe('answered')
    expect(ask([release(1, 'a'), changing(2, 'a', 'b', true), changing(3, 'b', 'c', true)], 'c')).toBe('ask')
  })
  test("for a change that no record explains, today's config speaks", () => {
    expect(ask([release(1, 'a'), release(2, 'a')], 'b', config('preset: alembic, compatible: true'))).toBe('answered')
    expect(ask([release(1, 'a'), changing(2, 'a', 'b', true)], 'c', config('preset: alembic, compatible: true'))).toBe('ask')
  })
  test('where images migrate when they start, records say nothing', () => {
    expect(ask([release(1, 'a'), release(2, 'a')], 'a', config('preset: alembic, onStart: true'))).toBe('ask')
  })
  test('with commands the records decide, and without revisions nobody knows', () => {
    expect(ask([release(1, 'a'), changing(2, 'a', 'b', false)], 'b', commands)).toBe('no')
    expect(ask([release(1, ''), release(2, '')], null, commands)).toBe('nobody-knows')
  })
})

const backup = (id: string, tables: Readonly<Record<string, number>>): BackupRecord => ({
  id,
  service: 'db',
  release: '1-1111111',
  revision: 'a',
  bytes: 1,
  made: '2026-11-21T10:00:00Z',
  tables,
})

describe('what a backup does not have', () => {
  const seen = (tables: Readonly<Record<string, number>> | null): DataSeen => ({ ...data(null), tables })
  test('is told table by table, those that are new since included', () => {
    expect(lostSentence(backup('b', { users: 10, old: 3 }), seen({ users: 12, fresh: 5 }))).toBe(
      '7 rows written after the backup would be lost: users 2 (12 now, 10 in the backup), fresh 5 (5 now, 0 in the backup); what was changed since is lost, too',
    )
  })
  test('is never told where nobody counted', () => {
    expect(lostSentence(backup('b', {}), seen(null))).toContain('is not known')
    expect(lostSentence(backup('b', { users: 10 }), seen({ users: 9 }))).toContain('no table has more rows')
  })
})

test('a backup is found by its id, the beginning of one, and as the latest', () => {
  const both = { ...data(null), backups: [backup('20261122T1-b', {}), backup('20261121T1-a', {})] }
  expect(['latest', '20261121', '20261122T1-b', 'x'].map((name) => backupNamed(both, name)?.id)).toEqual([
    '20261122T1-b',
    '20261121T1-a',
    '20261122T1-b',
    undefined,
  ])
})

test('going down puts the revision where the project wants it, after a backup', () => {
  const { migrate } = config('up: [up], down: [migrate, --to, "v{revision}"]')
  if (migrate === undefined) throw new Error('there is a migration')
  expect(downSteps(migrate, 'a1', true).beforeSwitch).toMatchObject([
    { kind: 'backup' },
    { kind: 'down', run: ['api', 'migrate', '--to', 'va1'] },
  ])
})

test('what the server tells of its data is read as far as it makes sense', () => {
  const text = [
    JSON.stringify(backup('20261121T1-a', { users: 1 })),
    '{"id":"../../etc","tables":{}}',
    '{"id": broken',
    'deploy-action: left b2',
    'deploy-action: table 5 5 "a \\"quoted\\" name"',
    'deploy-action: table many "users"',
    'deploy-action: revision b2',
    'deploy-action: counted',
  ]
  expect(dataSeen(text.join('\n'))).toEqual({
    backups: [backup('20261121T1-a', { users: 1 })],
    left: 'b2',
    tables: { 'a "quoted" name': 5 },
    revision: 'b2',
  })
  expect(dataSeen(text.slice(0, -1).join('\n')).tables).toBe(null)
})
