import { describe, expect, test } from '@jest/globals'
import type { EnvironmentConfig } from '../../src/config/schema.ts'
import type { Transacted } from '../../src/entry/scribe.ts'
import { verdictOf } from '../../src/entry/verdict.ts'
import { DeployError } from '../../src/errors.ts'
import type { Readiness } from '../../src/plan/observed.ts'
import type { Step } from '../../src/plan/steps.ts'
import { configOf } from '../config/problems.ts'
import { context } from './fakes.ts'

const readiness: Readiness = { ask: { kind: 'auto' }, grace: 0, interval: 500, retries: 10, deadline: 1000, stable: 0 }
const switched = (service: string, old: readonly string[]): Step => ({
  kind: 'switch',
  cause: 'image changed',
  services: [{ service, order: 'stop-first', parallelism: 1, old, policy: 'always', readiness, readinessBefore: readiness }],
})

const transacted = (
  end: Transacted['end'],
  previous: string | null,
  steps: readonly Step[],
  stopped: readonly string[] = [],
): Transacted => ({
  plan: { kind: 'deploy', release: '2-bbbbbbb', previous, fallback: previous, steps },
  end,
  failure: { step: 'switch api', code: 'HEALTH', sentence: 'api was not healthy' },
  evidence: [],
  stopped,
})

const config = configOf('project: shop\nimages: {api: {}}\nenvironments: {production: {host: h, path: /opt/stacks/shop}}\n')
const production = config.environments.production as EnvironmentConfig

/** Message and outcome, however they come about. */
const told = (given: Transacted): readonly [string, string] => {
  try {
    const { outcome, message } = verdictOf(
      context({ config, environment: () => ({ name: 'production', config: production }) }),
      given,
      'done',
    )
    return [outcome, message]
  } catch (error) {
    if (!(error instanceof DeployError)) throw error
    return [`serves: ${error.details.serving}`, error.message]
  }
}

describe('a failed deploy says what serves', () => {
  test('the release before it, where there is one', () => {
    expect(told(transacted('aborted', '1-aaaaaaa', []))).toEqual([
      'serves: release 1-aaaaaaa',
      'HEALTH: api was not healthy; nothing that serves was touched, release 1-aaaaaaa serves',
    ])
    expect(told(transacted('rolled-back', '1-aaaaaaa', []))).toEqual([
      'rolled-back',
      'HEALTH: api was not healthy; rolled back, release 1-aaaaaaa serves',
    ])
  })

  test('nothing, where nothing ran before the first one', () => {
    const first = [switched('api', [])]
    expect(told(transacted('aborted', null, first))[1]).toContain('nothing served before, and nothing does now')
    expect(told(transacted('rolled-back', null, first, ['api']))).toEqual([
      'serves: nothing',
      'HEALTH: api was not healthy; there was no release to go back to, so api was stopped',
    ])
  })

  test('what somebody had started by hand, where the first one took it over', () => {
    const takenOver = [switched('api', ['0123']), switched('bot', [])]
    const byHand = 'what ran before the first release (api)'
    expect(told(transacted('aborted', null, takenOver))).toEqual([
      `serves: ${byHand}`,
      `HEALTH: api was not healthy; nothing that serves was touched, ${byHand} serves`,
    ])
    expect(told(transacted('rolled-back', null, takenOver, ['bot']))).toEqual([
      'rolled-back',
      `HEALTH: api was not healthy; rolled back, ${byHand} serves`,
    ])
  })
})
