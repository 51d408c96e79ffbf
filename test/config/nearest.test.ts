import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { editDistance, nearest } from '../../src/config/nearest.ts'

test.each([
  ['enviroment', 'environment'],
  ['chekc', 'check'],
  ['Images', 'images'],
  ['ssh_key', 'ssh-key'],
])('%s is meant as %s', (given, meant) => {
  expect(nearest(given, ['environment', 'check', 'images', 'ssh-key', 'seed'])).toBe(meant)
})

test('nothing is suggested for what resembles nothing', () => {
  expect(nearest('kubernetes', ['check', 'seed', 'env'])).toBeUndefined()
  expect(nearest('', ['check'])).toBeUndefined()
})

test('the distance is symmetric, zero only for the same text, and bounded by the longer one', () => {
  const word = fc.string({ maxLength: 12 })
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a))
      expect(editDistance(a, b) === 0).toBe(a === b)
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length))
    }),
  )
})
