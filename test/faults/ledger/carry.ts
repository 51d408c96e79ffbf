/**
 * The judge was changed, and what it judged was not: the tries of the old ledger count for the new one, where a person says
 * why. What broke is tried again. docs/faults.md tells of it.
 *
 *   script/node24 test/faults/ledger/carry.ts "the judge is more patient: …"
 */
import { writePage } from '../document.ts'
import { sweepKey } from './key.ts'
import { Ledger, TRIES } from './ledger.ts'

const [because] = process.argv.slice(2)
if (because === undefined) throw new Error('why do the old tries count? script/node24 test/faults/ledger/carry.ts "…"')
const old = Ledger.only(TRIES)
const ledger = Ledger.open(TRIES, await sweepKey())
ledger.carry(old, because)
ledger.replaceOthers()
writePage(ledger)
