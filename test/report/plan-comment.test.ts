import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { ResultDocument } from '../../src/report/document.ts'
import { planComment, planMarker } from '../../src/report/plan-comment.ts'
import { deployed } from './document.ts'

const planned = { environment: 'production', config: 'deploy.yml', sha: 'b'.repeat(40) }
const step = { name: 'switch api', cause: 'api: image changed', start: null, duration: null, result: 'planned' } as const
const plan: ResultDocument = { ...deployed, command: 'plan', message: 'a deploy would take 1 steps; nothing was written', steps: [step] }

describe('the comment with a plan', () => {
  test('begins with its marker, and tells the verdict, the steps and the images', () => {
    expect(planComment(planned, plan)).toBe(
      [
        '<!-- deploy-action plan deploy.yml production -->',
        '### ✅ Plan for production',
        '**a deploy would take 1 steps; nothing was written**',
        '|  | step | why |\n| --- | --- | --- |\n| 📋 | switch api | api: image changed |',
        `| image | digest |\n| --- | --- |\n| api | <code>sha256:${'a'.repeat(64)}</code> |`,
        '<sub>Of <code>bbbbbbb</code>; nothing was changed. This comment follows the pull request.</sub>',
      ].join('\n\n'),
    )
  })

  test('is the same text for the same plan, whenever it was made', () => {
    const later: ResultDocument = {
      ...plan,
      steps: [{ ...step, start: '2026-11-21T12:00:00Z', duration: 5 }],
      reportPath: 'elsewhere',
      serving: [],
    }
    expect(planComment(planned, later)).toBe(planComment(planned, plan))
  })

  test('stays below what GitHub takes, with whole rows, and says so', () => {
    const text = planComment(planned, { ...plan, steps: Array.from({ length: 2000 }, () => ({ ...step, cause: '<'.repeat(300) })) })
    expect(text.length).toBeLessThan(65_536)
    expect(text.length).toBeGreaterThan(30_000)
    expect(text).toContain('_Too long for a comment: all of it is in the summary of the run._')
    for (const row of text.split('\n').filter((line) => line.startsWith('| 📋'))) expect(row.split('|')).toHaveLength(5)
    expect(text).toMatch(/<\/sub>$/)
  })

  test('has a marker that nothing in a name ends, and that tells every pair of names apart', () => {
    const name = fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.constantFrom('-->', 'a b', '%20', '<!--', 'a', ' '))
    fc.assert(
      fc.property(fc.array(name, { minLength: 4, maxLength: 4 }), (given) => {
        const [environment = '', config = '', otherEnvironment = '', otherConfig = ''] = given.map((one) => one.toWellFormed())
        const marker = planMarker({ environment, config })
        expect(marker.indexOf('-->')).toBe(marker.length - 3)
        const isSame = environment === otherEnvironment && config === otherConfig
        expect(marker === planMarker({ environment: otherEnvironment, config: otherConfig })).toBe(isSame)
      }),
    )
  })

  test('shows hostile text as text', () => {
    const hostile = '| <img src=x> @everyone [x](javascript:y)\n# head <!-- --> ```'
    const text = planComment(
      { ...planned, environment: hostile },
      { ...plan, message: hostile, hint: hostile, steps: [{ ...step, name: hostile }] },
    )
    for (const found of ['<img', '@everyone', '](javascript', '\n# head']) expect(text).not.toContain(found)
  })
})
