import { expect, test } from '@jest/globals'
import { page } from '../faults/document.ts'
import { Ledger, TRIES } from '../faults/ledger/ledger.ts'
import { textOf } from './documents.ts'

test('docs/faults.md tells of the tries that are committed, and of the rows whose tests are there: `script/node24 test/faults/document.ts` writes it', () => {
  expect(textOf('docs/faults.md')).toBe(page(Ledger.only(TRIES)))
})
