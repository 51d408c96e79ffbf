/** What a sweep of the faults keeps from one sitting to the next, and when it no longer counts. */
import { execFileSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { page } from '../faults/document.ts'
import { Ledger } from '../faults/ledger/ledger.ts'
import { everything, shuffled } from '../faults/sweep/schedule.ts'
import type { Fault, Tried } from '../faults/sweep/try.ts'

const ROOT = join(import.meta.dirname, '../..')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fault-ledger-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const PASSED = { deploy: ['a', 'b'].map((name) => ({ name, count: 1 })) }
const FAULTS = shuffled(everything(PASSED), 7)
const fault = (index: number): Fault => FAULTS[index] as Fault

const tried = (index: number, changes: Partial<Tried> = {}): Tried => ({
  ...fault(index),
  struck: true,
  how: 'SIGKILL of the client',
  served: 'one/one',
  firstExit: 32,
  secondExit: 0,
  gap: 1500,
  seconds: 9,
  violations: [],
  ...changes,
})
const opened = (...lines: readonly Tried[]): Ledger => {
  const ledger = Ledger.open(folder, 'key')
  if (ledger.passed === null) ledger.add({ kind: 'passed', passed: PASSED })
  for (const [index, one] of lines.entries()) ledger.add({ kind: 'tried', sitting: 'first', seconds: 10 * (index + 1), tried: one })
  return ledger
}

describe('a ledger', () => {
  test('says in the next sitting what is left, and where the scenarios came by', () => {
    opened(tried(0), tried(1))
    const again = Ledger.open(folder, 'key')
    expect(again.passed).toEqual(PASSED)
    expect(again.left(FAULTS)).toEqual(FAULTS.slice(2))
  })

  test('of another key begins anew, and leaves the first as it is', () => {
    opened(tried(0))
    expect(Ledger.open(folder, 'other').left(FAULTS)).toEqual(FAULTS)
    expect(Ledger.open(folder, 'key').tried).toHaveLength(1)
  })

  test('takes the place of those of other keys, which tell of sources that are no more', () => {
    opened(tried(0))
    const other = Ledger.open(folder, 'other')
    other.add({ kind: 'passed', passed: PASSED })
    expect(() => Ledger.only(folder)).toThrow(`${folder} holds several ledgers`)
    other.replaceOthers()
    expect(Ledger.only(folder).key).toBe('other')
  })

  test('takes over the tries of another judge of the same sources, says why, and has what broke tried again', () => {
    const old = Ledger.open(folder, 'sources-judge')
    old.add({ kind: 'passed', passed: PASSED })
    old.add({ kind: 'tried', sitting: 'first', seconds: 10, tried: tried(0) })
    old.add({ kind: 'tried', sitting: 'first', seconds: 20, tried: tried(1, { violations: [{ invariant: 'I3', evidence: 'held' }] }) })
    Ledger.open(folder, 'sources-other').carry(old, 'it waits longer')
    const carried = Ledger.open(folder, 'sources-other')
    expect(carried.left(FAULTS)).toEqual(FAULTS.slice(1))
    expect(carried.carried).toMatchObject([{ from: 'sources-judge', tries: 1, because: 'it waits longer' }])
    expect(page(carried)).toContain(`called it broken: ${fault(1).visit.name} (${fault(1).victim}): I3, held`)
    expect(() => Ledger.open(folder, 'others-judge').carry(old, 'why not')).toThrow('is of other sources')
    expect(() => carried.carry(old, 'again')).toThrow('has tries of its own')
  })

  test('that is not there is no empty one', () => {
    expect(() => Ledger.only(folder)).toThrow(`${folder} holds no ledger`)
  })

  test('whose last line was cut off goes on behind the line before it', () => {
    const { file } = opened(tried(0), tried(1))
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, -20))
    opened(tried(2))
    expect(Ledger.open(folder, 'key').left(FAULTS)).toEqual([fault(1), ...FAULTS.slice(3)])
  })

  test('with a line that is none says which', () => {
    const { file } = opened(tried(0))
    appendFileSync(file, '{"kind":\n')
    expect(() => Ledger.open(folder, 'key')).toThrow(`${file}:3 is no line of a ledger`)
  })

  test('keeps what broke, and does not have it tried again', () => {
    const broken = tried(0, { violations: [{ invariant: 'I1', evidence: 'mixed' }] })
    opened(broken)
    const again = Ledger.open(folder, 'key')
    expect([again.tried, again.left(FAULTS)]).toEqual([[broken], FAULTS.slice(1)])
  })

  test('has a failpoint that was not reached tried again, three times in all', () => {
    const missed = tried(0, { struck: false })
    expect(opened(missed, missed).left(FAULTS)).toContainEqual(fault(0))
    expect(opened(missed).left(FAULTS)).not.toContainEqual(fault(0))
  })

  test('adds the time of its sittings', () => {
    const ledger = opened(tried(0), tried(1))
    ledger.add({ kind: 'tried', sitting: 'second', seconds: 5, tried: tried(2) })
    expect(Ledger.open(folder, 'key').seconds).toBe(25)
  })
})

describe('docs/faults.md', () => {
  test('of a part says how much of the whole it is, and what broke', () => {
    const text = page(opened(tried(0), tried(1, { violations: [{ invariant: 'I1', evidence: 'mixed' }] })))
    expect(text).toContain('**A part**: 2 of 24 faults')
    expect(text).toContain('22 are left')
    expect(text).toContain('BROKEN I1: mixed')
    expect(text).toContain('1 tries broke an invariant')
  })

  test('of the whole says so, and names what was not reached', () => {
    const text = page(opened(...FAULTS.map((_, index) => tried(index)), tried(0, { struck: false })))
    expect(text).toContain('**The whole of it**: 2 failpoints')
    expect(text).toContain(`Not reached each time, because what precedes it depends on time: ${fault(0).visit.name}.`)
    expect(text).toContain('No invariant was broken.')
  })
})

describe('the key of a ledger', () => {
  let copy: string
  let asItIs: string
  const keyOf = (): string => execFileSync(join(ROOT, 'script/node24'), [join(copy, 'test/faults/ledger/key.ts')], { encoding: 'utf8' })
  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'fault-key-'))
    for (const part of [
      'src',
      'test/faults',
      'test/plan/support',
      'test/config',
      'test/sandbox',
      'test/ssh',
      'workflows',
      'rolldown.config.ts',
      'package.json',
    ])
      cpSync(join(ROOT, part), join(copy, part), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
    asItIs = keyOf()
  })
  afterAll(() => {
    rmSync(copy, { recursive: true, force: true })
  })

  /** With each of these changes at once. */
  const keyWith = (changes: Readonly<Record<string, (text: string) => string>>): string => {
    const before = Object.keys(changes).map((file) => [join(copy, file), readFileSync(join(copy, file), 'utf8')] as const)
    try {
      for (const [file, change] of Object.entries(changes)) {
        const text = readFileSync(join(copy, file), 'utf8')
        expect(change(text)).not.toBe(text)
        writeFileSync(join(copy, file), change(text))
      }
      return keyOf()
    } finally {
      for (const [path, text] of before) writeFileSync(path, text)
    }
  }
  const appended = (line: string) => (text: string) => `${text}\n${line}\n`

  test('is the same with other comments, types and sentences, other tools of a database, and a service that the stack has not', () => {
    const key = keyWith({
      'src/transaction/program/steps.sh': appended('# one more word'),
      'src/plan/wanted.ts': (text) => text.replace("'image changed'", "'the image is another'"),
      'src/plan/infrastructure-steps.ts': (text) => text.replace('which it mounts', 'and is mounted'),
      'src/transaction/operate.ts': appended('export type Nobody = string'),
      'src/transaction/databases/postgres.sh': appended('true'),
      'src/report/result.ts': appended('export const nobody = 1'),
      'test/faults/sweep/checker.ts': appended('// one more word'),
    })
    expect(key).toBe(asItIs)
  })

  test.each<[string, string, (text: string) => string]>([
    ['program', 'src/transaction/program/steps.sh', appended('true')],
    ['plan', 'src/plan/seeds.ts', (text) => text.replace("seed.policy === 'always'", "seed.name === 'told'")],
    ['plan of what a fault leaves', 'src/plan/wanted.ts', (text) => text.replace(' || containers.length !== compose.replicas', '')],
    ['client', 'src/transaction/operate.ts', (text) => text.replace('BEAT_MS = 5_000', 'BEAT_MS = 6_000')],
    ['reading of the config', 'src/config/schema.ts', (text) => text.replaceAll("'10m'", "'11m'")],
    ['failpoint', 'test/faults/weave/program.sh', appended('true')],
    ['failpoint of the client', 'test/faults/weave/failpoints.ts', (text) => text.replace("'connected'", "'met'")],
    ['checker', 'test/faults/sweep/checker.ts', (text) => text.replace('PROBE_SLACK_MS = 400', 'PROBE_SLACK_MS = 500')],
    ['stack', 'test/faults/sweep/stack.ts', (text) => text.replace('deadline: 3s', 'deadline: 4s')],
  ])('is another with another %s', (_, file, change) => {
    expect(keyWith({ [file]: change })).not.toBe(asItIs)
  })
})
