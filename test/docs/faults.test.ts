import { expect, test } from '@jest/globals'
import { withMatrix } from '../faults/document.ts'
import { textOf } from './documents.ts'

test('the matrix in docs/faults.md is the one whose tests are there: `script/node24 test/faults/document.ts` writes it', () => {
  expect(withMatrix(textOf('docs/faults.md'))).toBe(textOf('docs/faults.md'))
})
