import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { page } from '../faults/document.ts'
import { Ledger, TRIES } from '../faults/ledger/ledger.ts'
import { everything, TIMES } from '../faults/sweep/schedule.ts'
import { textOf } from './documents.ts'

const ledger = Ledger.only(TRIES)
const all = everything(ledger.passed ?? {})
// in a process of its own: what bundles takes no objects of a test's realm
const key = execFileSync(process.execPath, [join(import.meta.dirname, '../faults/ledger/key.ts')], { encoding: 'utf8' }).trim()
const isWhole = ledger.key === key && ledger.left(all).length === 0

test('docs/faults.md tells of the tries that are committed, and of the rows whose tests are there: `script/node24 test/faults/document.ts` writes it', () => {
  expect(textOf('docs/faults.md')).toBe(page(ledger))
})

test('no try of the sweep broke an invariant', () => {
  expect(ledger.tried.filter(({ violations }) => violations.length > 0)).toEqual([])
})

// a change of the transaction is not held up by the hours that a sweep takes, but nobody is to take the page for today's
const whole = isWhole ? test : test.skip
whole(
  'the sweep that docs/faults.md tells of is of these sources, and struck every victim three times at every failpoint it does not name',
  () => {
    const struck = Map.groupBy(
      ledger.tried.filter((tried) => tried.struck),
      ({ visit, victim }) => `${visit.name}, ${victim}`,
    )
    const seldom = all.filter(({ visit, victim }) => (struck.get(`${visit.name}, ${victim}`)?.length ?? 0) < TIMES)
    expect(all.length).toBeGreaterThan(0)
    // those that the page names as not reached each time
    const missed = new Set(ledger.tried.flatMap((tried) => (tried.struck ? [] : [tried.visit.name])))
    expect(seldom.map(({ visit }) => visit.name).filter((name) => !missed.has(name))).toEqual([])
  },
)
