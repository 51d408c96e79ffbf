/** What the checker of the fault sweep calls broken: each invariant by a history that breaks it. */
import { describe, expect, test } from '@jest/globals'
import { longestGap, violations } from '../faults/sweep/checker.ts'
import type { AtRest, History, Probe } from '../faults/sweep/history.ts'
import { everything, shuffled } from '../faults/sweep/schedule.ts'
import { type Patch, patched } from '../faults/weave/patch.ts'

const rest = (version: string, changes: Partial<AtRest> = {}): AtRest => ({
  containers: (['web', 'worker'] as const).map((service) => ({
    service,
    name: `faults-${service}-1`,
    oneOff: false,
    running: true,
    version,
    policy: service === 'web' ? 'always' : 'unless-stopped',
  })),
  lockIsFree: true,
  current: { release: '2-abc', versions: { web: version, worker: version } },
  file: version,
  migrations: version === 'two' ? 2 : 1,
  schema: version,
  seeds: version === 'two' ? 2 : 1,
  leftOver: [],
  ...changes,
})

const probes = (...versions: readonly (string | null)[]): readonly Probe[] =>
  versions.flatMap((version, index) => (['web', 'worker'] as const).map((service) => ({ at: index * 50, service, version })))

const history = (changes: Partial<History> = {}): History => ({
  oldVersion: 'one',
  newVersion: 'two',
  newIsGood: true,
  isRollback: false,
  undoesSchema: false,
  rollbackFails: false,
  before: rest('one'),
  lockWasHeld: true,
  probes: probes('one', 'one', null, 'two', 'two'),
  samples: [{ at: 0, workers: 1, oneOffs: 1 }],
  pointers: [
    { at: 0, release: '1-aaa' },
    { at: 200, release: '2-abc' },
  ],
  afterFault: rest('one'),
  someoneIsLeft: true,
  firstExit: null,
  afterRerun: rest('two'),
  secondExit: 0,
  gapLimit: 1000,
  ...changes,
})
const broken = (changes: Partial<History>): readonly string[] => [
  ...new Set(violations(history(changes)).map(({ invariant }) => invariant)),
]
const withWorker = (version: string): AtRest['containers'] =>
  rest('two').containers.map((one) => (one.service === 'worker' ? { ...one, version } : one))

describe('a history', () => {
  test('in which everything held is not complained of', () => {
    expect(violations(history())).toEqual([])
  })

  test.each<[string, Partial<History>, string]>([
    ['a third version that answered', { probes: probes('one', 'three', 'two') }, 'I1'],
    ['no answer for too long', { probes: probes('one', ...Array.from({ length: 30 }, () => null), 'two') }, 'I1'],
    ['two workers at once', { samples: [{ at: 0, workers: 2, oneOffs: 0 }] }, 'I1'],
    ['a mixture', { afterFault: rest('two', { containers: withWorker('one') }) }, 'I1'],
    ['files of another version', { afterFault: rest('one', { file: 'two' }) }, 'I1'],
    ['a new version without its migration', { afterRerun: rest('two', { migrations: 1 }) }, 'I2'],
    ['a new version without its seeds', { afterRerun: rest('two', { seeds: 1 }) }, 'I2'],
    ['a rollback that migrates', { isRollback: true }, 'I2'],
    ['an old version on the newer schema', { undoesSchema: true, afterFault: rest('one', { schema: 'two' }) }, 'I2'],
    ['a lock that stayed', { afterFault: rest('one', { lockIsFree: false }) }, 'I3'],
    ['work without the lock', { lockWasHeld: false }, 'I3'],
    ['two migrations at once', { samples: [{ at: 0, workers: 1, oneOffs: 2 }] }, 'I3'],
    [
      '`current` before health',
      {
        pointers: [
          { at: 0, release: '1-aaa' },
          { at: 10, release: '2-abc' },
        ],
        probes: probes(...Array.from({ length: 15 }, () => 'one'), 'two'),
      },
      'I4',
    ],
    ['a record of what does not run', { afterFault: rest('one', { current: null }) }, 'I4'],
    ['success that is none', { firstExit: 0 }, 'I5'],
    ['something left over', { afterRerun: rest('two', { leftOver: ['.deploy/operations/x/docker-config'] }) }, 'I8'],
    ['a rerun that fails', { secondExit: 24 }, 'I8'],
    ['a rollback that was rolled back', { rollbackFails: true, firstExit: 30 }, 'I10'],
  ])('with %s is', (_, changes, invariant) => {
    expect(broken(changes)).toContain(invariant)
  })

  test('is only judged while somebody is left who could have put it right', () => {
    expect(violations(history({ afterFault: rest('two', { containers: withWorker('one') }), someoneIsLeft: false }))).toEqual([])
  })

  test('has its longest gap between two answers of one service', () => {
    expect(longestGap(probes('one', null, null, 'two'), 'web')).toBe(150)
  })
})

describe('the schedule', () => {
  const passed = {
    deploy: [
      { name: 'a', count: 1 },
      { name: 'a', count: 2 },
      { name: 'b', count: 1 },
    ],
  }

  test('has every failpoint with every victim three times, at different places where there are some', () => {
    const faults = everything(passed)
    expect(faults).toHaveLength(2 * 4 * 3)
    expect(faults.filter(({ victim, visit }) => victim === 'client' && visit.name === 'a').map(({ visit }) => visit.count)).toEqual([
      1, 2, 1,
    ])
  })

  test('is in the same order for the same seed, and in another for another', () => {
    const faults = everything(passed)
    expect(shuffled(faults, 7)).toEqual(shuffled(faults, 7))
    expect(shuffled(faults, 7)).not.toEqual(shuffled(faults, 8))
  })
})

test('a patch that fits nowhere, or twice, is an error', () => {
  const patch = (find: string): readonly Patch[] => [{ file: 'x', find, put: 'new' }]
  expect(patched('an old word', patch('old'))).toBe('an new word')
  expect(() => patched('a word', patch('old'))).toThrow(/fits 0 times/)
  expect(() => patched('old and old', patch('old'))).toThrow(/fits 2 times/)
})
