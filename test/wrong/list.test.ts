import { readdirSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { CONFIGS, STATES } from './list.ts'
import { FOLDER } from './screen.ts'

test('of each there is a screen, of nothing else, and they are more than thirty', () => {
  const names = [...CONFIGS, ...STATES].map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(names.length).toBeGreaterThan(30)
  expect(readdirSync(FOLDER).toSorted()).toEqual(names.map((name) => `${name}.txt`).toSorted())
})
