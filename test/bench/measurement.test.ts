import { describe, expect, test } from '@jest/globals'
import { type Measurement, ratios, spread, verdict } from './measurement.ts'
import { table } from './table.ts'

const measured = (changes: Partial<Measurement> = {}): Measurement => ({
  figure: 'start',
  what: 'a start',
  unit: 'ms',
  ours: [10, 30, 20],
  ...changes,
})

describe('a measurement', () => {
  test('has the median of the values, and of the two in the middle where there are as many on both sides', () => {
    expect(spread([5, 1, 3])).toEqual({ min: 1, median: 3, max: 5 })
    expect(spread([4, 1, 2, 3])).toEqual({ min: 1, median: 2.5, max: 4 })
  })

  test('compares turn by turn, so that a busy minute weighs on both sides', () => {
    expect(ratios({ ours: [10, 100], theirs: [20, 200] })).toEqual([0.5, 0.5])
  })

  test('keeps a limit that its median reaches, and breaks one that it passes', () => {
    expect(verdict(measured({ limit: 20 }))).toBe('kept')
    expect(verdict(measured({ limit: 19.9 }))).toBe('broken')
    expect(verdict(measured({ theirs: [10, 30, 20], limit: 1 }))).toBe('kept')
    expect(verdict(measured({ theirs: [10, 29, 19], limit: 1 }))).toBe('broken')
  })

  test('without values, or with a turn that the other side lacks, keeps no limit', () => {
    expect(verdict(measured({ ours: [], limit: 1 }))).toBe('broken')
    expect(verdict(measured({ ours: [1], theirs: [], limit: 1 }))).toBe('broken')
    expect(verdict(measured())).toBe('shown')
  })

  test('is a row with both sides, the ratio, the limit and the verdict', () => {
    const lines = table([
      measured({ theirs: [20, 60, 40], limit: 0.4 }),
      measured({ figure: 'bundle', unit: 'B', ours: [1_234_567], limit: 1_400_000 }),
    ]).split('\n')
    expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
      ['figure', 'what', 'ours (median)', 'beside it', 'ratio min / median / max', 'limit', 'verdict'],
      ['start', 'a start', '20.0 ms', '40.0 ms', '0.50 / 0.50 / 0.50', '0.40', 'broken'],
      ['bundle', 'a start', '1 234 567 B', '1 400 000 B', 'kept'],
    ])
  })
})
