import { describe, expect, test } from '@jest/globals'
import { withGates } from '../../src/plan/gates.ts'
import { nothingThere, planOf, record, serving } from './support/observed.ts'

const kinds = (plan: ReturnType<typeof planOf>): string[] =>
  withGates(plan).steps.map((step) => (step.kind === 'gate' ? `gate ${step.gate}` : step.kind))

describe('the plan of one of several servers', () => {
  test('waits once everything that can fail early is done, and again before its commit', () => {
    const steps = kinds(planOf(nothingThere))
    expect(steps.slice(0, steps.indexOf('gate switch'))).not.toContain('switch')
    expect(steps[steps.indexOf('gate switch') - 1]).toBe('await-created')
    expect(steps.slice(steps.indexOf('gate commit'))).toEqual(['gate commit', 'commit', 'tidy'])
  })

  test('has both gates also where it has nothing to change, and the number of all', () => {
    const plan = planOf(serving(), { number: 7 })
    expect(plan.release).toMatch(/^7-/)
    expect(kinds(plan)).toEqual(['files', 'gate switch', 'smoke', 'verify', 'gate commit', 'commit', 'tidy'])
  })

  test('of a rollback waits once: a rollback is never rolled back', () => {
    const plan = planOf(serving({ containers: [] }), { kind: 'rollback', record: record(1, '1', '1111111aaaa') })
    expect(kinds(plan).filter((kind) => kind.startsWith('gate'))).toEqual(['gate switch'])
  })
})
