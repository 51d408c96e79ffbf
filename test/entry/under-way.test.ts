import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { underWay } from '../../src/entry/under-way.ts'
import { silent } from './fakes.ts'

beforeEach(() => void jest.useFakeTimers())
afterEach(() => void jest.useRealTimers())

test('what takes long is said to be under way, until it ends', () => {
  const lines: string[] = []
  const end = underWay({ ...silent, info: (line) => void lines.push(line) }, 'build api')
  jest.advanceTimersByTime(29_000)
  expect(lines).toEqual([])
  jest.advanceTimersByTime(32_000)
  expect(lines).toEqual(['… build api: still under way after 30 s', '… build api: still under way after 60 s'])
  end()
  jest.advanceTimersByTime(120_000)
  expect(lines).toHaveLength(2)
})
