import { expect, test } from '@jest/globals'
import { pastOf } from '../../src/transaction/asked/past.ts'

const encoded = (text: string): string => Buffer.from(text).toString('base64')
const operation = (id: string, kind: string, release: string, journal: readonly string[], record = ''): readonly string[] => [
  `operation ${id}`,
  `head # Operation ${id}: ${kind} of release ${release}. Made by deploy-action; kept for its record and for settling.`,
  `record ${encoded(record)}`,
  ...journal.map((line) => `journal ${line}`),
]

test('operations come newest first, each with its end; one without an end is unfinished', () => {
  const past = pastOf([
    ...operation(
      '20260101T000000Z-aaaaaa',
      'deploy',
      '1-abc',
      ['100 start 1767225600', '300 end committed'],
      '{"actor":"ada","commit":"abc","reason":null,',
    ),
    ...operation('20260102T000000Z-bbbbbb', 'rollback', '2-abc', [
      '100 start 1767312000',
      `200 fail 3 HEALTH ${encoded('api was sick')}`,
      '500 end broken',
    ]),
    ...operation('20260103T000000Z-cccccc', 'deploy', '3-def', ['100 start 1767398400']),
  ])
  expect(past.map(({ kind, release, result, duration, code }) => [kind, release, result, duration, code])).toEqual([
    ['deploy', '3-def', 'unfinished', null, null],
    ['rollback', '2-abc', 'broken', 4000, 'HEALTH'],
    ['deploy', '1-abc', 'succeeded', 2000, null],
  ])
  expect(past[2]).toMatchObject({ actor: 'ada', commit: 'abc', reason: null, started: '2026-01-01T00:00:00.000Z' })
  expect(past[1]?.sentence).toBe('api was sick')
})

test('a release whose operation is not kept any more is in it all the same, once', () => {
  const record = JSON.stringify({
    operation: '20250101T000000Z-dddddd',
    kind: 'deploy',
    actor: 'ada',
    commit: 'fff',
    committed: '2025-01-01T00:00:09Z',
  })
  const past = pastOf([
    ...operation('20260101T000000Z-aaaaaa', 'deploy', '2-abc', ['100 start 1767225600', '300 end committed']),
    `release 1-fff ${encoded(record)}`,
    `release 2-abc ${encoded('{"operation":"20260101T000000Z-aaaaaa"}')}`,
  ])
  expect(past.map(({ release, started }) => [release, started])).toEqual([
    ['2-abc', '2026-01-01T00:00:00.000Z'],
    ['1-fff', '2025-01-01T00:00:09Z'],
  ])
})

test('a reason with quotes, and records that are damaged', () => {
  const quoted = `{"actor":"ada","reason":"it'\\''s \\"broken\\"","commit":"abc"`
  const [one] = pastOf(operation('20260101T000000Z-aaaaaa', 'deploy', '1-abc', ['nonsense', '1 end nothing'], quoted))
  expect(one).toMatchObject({ reason: `it's "broken"`, result: 'unfinished', started: null })
  expect(pastOf(['journal 1 end committed', 'operation x', 'record !!!'])).toEqual([
    expect.objectContaining({ operation: 'x', kind: null, actor: null }),
  ])
})
