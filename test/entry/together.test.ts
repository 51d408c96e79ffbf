import { expect, test } from '@jest/globals'
import { together } from '../../src/entry/together.ts'
import { DeployError, type FailureCode, type FailureDetails } from '../../src/errors.ts'

const refusing = (code: FailureCode, sentence: string, details?: FailureDetails) => () => {
  throw new DeployError(code, sentence, details)
}
const thrownBy = (...checks: readonly (() => unknown)[]): unknown => {
  try {
    together(...checks)
  } catch (error) {
    return error
  }
}
const place = { file: 'deploy.yml', line: 3, column: 1, message: 'b is wrong' }

test('everything that is refused is told at once, each with its place and hint', () => {
  const seen: string[] = []
  const error = thrownBy(
    refusing('CONFIG', 'a', { hint: 'mend a' }),
    () => seen.push('between'),
    refusing('CONFIG', 'b', { places: [place] }),
  )
  expect(error).toMatchObject({ code: 'CONFIG', message: 'CONFIG: a; b', details: { hint: 'mend a', places: [place] } })
  expect(seen).toEqual(['between'])
})

test('one refusal stays as it is, and none is none', () => {
  const one = new DeployError('CONFIG', 'a', { hint: 'mend a' })
  expect(
    thrownBy(() => {
      throw one
    }),
  ).toBe(one)
  expect(thrownBy(() => 1)).toBeUndefined()
})

test('what is no refusal ends it at once', () => {
  expect(thrownBy(refusing('CONFIG', 'a'), refusing('BUG', 'b'))).toMatchObject({ code: 'BUG' })
})
