import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { StepReport } from '../../src/report/document.ts'
import { timeline } from '../../src/report/timeline.ts'

const step = (name: string, second: number, more: Partial<StepReport> = {}): StepReport => ({
  name,
  cause: '',
  start: new Date(Date.UTC(2026, 10, 21, 12, 0, second)).toISOString(),
  duration: 1500,
  result: 'succeeded',
  ...more,
})

/** A line of a task in Mermaid's grammar (packages/mermaid/src/diagrams/gantt/parser/gantt.jison: taskTxt is [^:\n]+). */
const TASK = /^ {2}\d+( [\p{L}\p{N} ./_-]+)? :(done, |crit, )?\d+, \d+$/u

describe('the timeline', () => {
  test('is a Gantt chart of the steps that ran', () => {
    const steps = [
      step('pull', 0),
      step('switch api', 2, { result: 'failed' }),
      step('seed', 3, { start: null, duration: null, result: 'skipped' }),
    ]
    expect(timeline(steps)).toBe(
      [
        '```mermaid',
        'gantt',
        '  dateFormat x',
        '  axisFormat %H:%M:%S',
        '  1 pull :done, 1795262400000, 1795262401500',
        '  2 switch api :crit, 1795262402000, 1795262403500',
        '```',
      ].join('\n'),
    )
  })

  test('is not there where there is nothing to compare', () => {
    expect(timeline([])).toBe('')
    expect(timeline([step('pull', 0), step('x', 1, { start: 'yesterday' }), step('y', 1, { duration: null })])).toBe('')
  })

  test('shows forty, and says how many there were', () => {
    const text = timeline(Array.from({ length: 45 }, (_, second) => step('x', second)))
    expect(text.split('\n').filter((line) => TASK.test(line))).toHaveLength(40)
    expect(text).toContain('_The first 40 of 45 steps that ran._')
  })

  test('is whole whatever the names are, and none of them is a word of its language', () => {
    const words = [
      'section x',
      'title',
      'click a href "javascript:x"',
      '```',
      '%%{init: {}}%%',
      'a:b;c#d',
      'done, crit',
      '\n',
      '<img>',
      '\u202e',
      '🙂',
      '\ud800',
    ]
    const name = fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary', maxLength: 60 }))
    fc.assert(
      fc.property(fc.array(name, { minLength: 2, maxLength: 6 }), (names) => {
        const lines = timeline(names.map((one, second) => step(one, second))).split('\n')
        expect(lines.slice(4, -1)).toHaveLength(names.length)
        for (const line of lines.slice(4, -1)) expect(line).toMatch(TASK)
        expect([lines.slice(0, 4), lines.at(-1)]).toEqual([['```mermaid', 'gantt', '  dateFormat x', '  axisFormat %H:%M:%S'], '```'])
      }),
    )
  })
})
