import { describe, expect, test } from '@jest/globals'
import { noFacts } from '../../src/entry/steps.ts'
import { DeployError, FAILURES, type FailureCode, type FailureDetails } from '../../src/errors.ts'
import { failureLines } from '../../src/report/failure.ts'
import { exitCode, resultDocument } from '../../src/report/result.ts'

const codes = Object.keys(FAILURES) as FailureCode[]

describe('the result', () => {
  test.each(codes)('of %s begins with its code and ends with its exit code', (code) => {
    const thrown = resultDocument('deploy', noFacts(), { kind: 'error', error: new DeployError(code, 'it went wrong') }, null)
    const handled = resultDocument(
      'deploy',
      noFacts(),
      { kind: 'verdict', verdict: { outcome: 'rolled-back', message: 'it went wrong', failureCode: code } },
      null,
    )
    for (const document of [thrown, handled]) {
      expect(document.message).toBe(`${code}: it went wrong`)
      expect(exitCode(document)).toBe(FAILURES[code].exit)
      expect(exitCode(document)).not.toBe(0)
    }
  })

  test('is refused where nothing was started, unknown where nothing is known, else failed', () => {
    const outcome = (code: FailureCode): string =>
      resultDocument('x', noFacts(), { kind: 'error', error: new DeployError(code, 'x') }, null).outcome
    expect(Object.fromEntries(codes.map((code) => [code, outcome(code)]))).toMatchObject({
      CONFIG: 'refused',
      LOCK: 'refused',
      STALE: 'refused',
      HOSTKEY: 'refused',
      UNKNOWN: 'unknown',
      CANCELLED: 'failed',
      BROKEN: 'failed',
      BUG: 'failed',
    })
  })

  test('of something wrong in a file says where to mend it, if nothing better is known', () => {
    const at = (line: number) => ({ file: 'docker-compose.yml', line, column: 5, message: 'wrong' })
    const hintOf = (details: FailureDetails): string | null =>
      resultDocument('x', noFacts(), { kind: 'error', error: new DeployError('CONFIG', 'x', details) }, null).hint
    expect(hintOf({ places: [at(3), at(3), at(7)] })).toBe(
      'by hand: edit docker-compose.yml:3, docker-compose.yml:7, then run the same command again',
    )
    expect(hintOf({ places: [at(3)], hint: 'better' })).toBe('better')
    expect(hintOf({})).toBeNull()
  })

  test('of what is wrong in files names every place, also where the message gives their number only', () => {
    const places = [3, 7].map((line) => ({ file: 'deploy.yml', line, column: 5, message: `wrong in line ${line}` }))
    const error = new DeployError('CONFIG', 'deploy.yml has 2 errors', { places })
    expect(resultDocument('deploy', noFacts(), { kind: 'error', error }, null).places).toEqual(places)
  })

  test('of a success ends with 0', () => {
    expect(
      exitCode(resultDocument('x', noFacts(), { kind: 'verdict', verdict: { outcome: 'unchanged', message: 'nothing to do' } }, null)),
    ).toBe(0)
  })

  test('has every code and exit code once', () => {
    expect(new Set(codes.map((code) => FAILURES[code].exit)).size).toBe(codes.length)
  })
})

test('evidence that stands at a place in a file is not told twice, and the end of much is kept', () => {
  const place = { file: 'f', line: 1, column: 2, message: 'm' }
  expect(failureLines({ evidence: ['f:1:2: m', 'other'], places: [place] })).toEqual(['other'])
  const lines = failureLines({ evidence: Array.from({ length: 100 }, (_, index) => `line ${index}`) })
  expect([lines.length, lines[0], lines.at(-1)]).toEqual([61, '… 40 lines before these', 'line 99'])
})
