/** The last word on several servers: one code, and for each what serves there. */
import { beforeEach, describe, expect, test } from '@jest/globals'
import type { EnvironmentConfig } from '../../src/config/schema.ts'
import type { HostEnd } from '../../src/entry/everywhere.ts'
import { hostContexts } from '../../src/entry/hosts.ts'
import type { Transacted } from '../../src/entry/scribe.ts'
import { verdictEverywhere } from '../../src/entry/verdict-everywhere.ts'
import { DeployError } from '../../src/errors.ts'
import { configOf, problemsOf } from '../config/problems.ts'
import { context } from './fakes.ts'

const config = configOf(`project: shop
images: { api: {} }
services: { bot: { exactly: 1 } }
migrate: { service: api, up: [up] }
seed: [{ name: users, service: api, run: [seed] }]
smoke: [{ name: one, service: bot, run: "true" }, { name: two, service: api, run: "true" }]
environments: { production: { hosts: [a, [b, c]], path: /opt/stacks/shop } }
`)
const production = config.environments.production as EnvironmentConfig
let whole = context()
beforeEach(() => {
  whole = context({ config, environment: () => ({ name: 'production', config: production }) })
})

const program = (end: Transacted['end'], failure: Transacted['failure'] = null): Transacted => ({
  plan: { kind: 'deploy', release: '2-bbbbbbb', previous: '1-aaaaaaa', fallback: '1-aaaaaaa', steps: [] },
  end,
  failure,
  evidence: [],
  stopped: [],
})
const HEALTH = { step: 'switch web', code: 'HEALTH', sentence: 'web was not healthy' } as const
const SENT_BACK = { step: 'wait to commit', code: 'CANCELLED', sentence: 'another server of this deploy could not go on' } as const
const lost = new DeployError('UNKNOWN', 'contact with c was lost and not regained')

const told = (culprit: string | null, ...given: Partial<HostEnd>[]): readonly [string, string] => {
  const hosts = hostContexts(whole)
  const ends = given.map((end, index) => ({
    host: hosts[index] as (typeof hosts)[number],
    transacted: null,
    error: null,
    standing: 'ended' as const,
    before: '1-aaaaaaa',
    ...end,
  }))
  try {
    const { outcome, message } = verdictEverywhere(whole, { ends, culprit })
    return [outcome, message]
  } catch (error) {
    if (!(error instanceof DeployError)) throw error
    return ['thrown', error.message]
  }
}

describe('several servers', () => {
  test('all committed: the release serves on all', () => {
    const done = { transacted: program('committed') }
    expect(told(null, done, done, done)).toEqual(['succeeded', 'release 2-bbbbbbb serves on a, b, c'])
    expect(whole.facts).toMatchObject({ release: '2-bbbbbbb', previousRelease: '1-aaaaaaa' })
  })

  test('the code and the sentence are of the one that could not go on first', () => {
    const ends = [
      { transacted: program('rolled-back', SENT_BACK) },
      { transacted: program('rolled-back', HEALTH) },
      { transacted: program('aborted', SENT_BACK) },
    ]
    expect(told('b', ...ends)).toEqual([
      'rolled-back',
      'HEALTH: b: web was not healthy; a: rolled back, release 1-aaaaaaa serves; b: rolled back, release 1-aaaaaaa serves; c: nothing that serves was touched, release 1-aaaaaaa serves',
    ])
    expect(whole.facts.release).toBe('1-aaaaaaa')
  })

  test.each([
    ['prepared', 'it was not told to switch and ends by itself, release 1-aaaaaaa serves'],
    ['switched', 'it goes back by itself within two minutes, then release 1-aaaaaaa serves'],
    ['committing', 'whether the word to commit arrived is not known'],
  ] as const)('one that is not reached any more while %s is UNKNOWN, with what is certain', (standing, certain) => {
    const [outcome, message] = told(
      'c',
      { transacted: program('rolled-back', SENT_BACK) },
      { transacted: program('aborted', SENT_BACK) },
      { error: lost, standing },
    )
    expect([outcome, message]).toEqual(['thrown', expect.stringContaining(`c: not reached any more; ${certain}`)])
    expect(message).toMatch(/^UNKNOWN: c: contact with c was lost/)
  })

  test('BROKEN on one outranks everything', () => {
    const [, message] = told(
      'b',
      { transacted: program('rolled-back', SENT_BACK) },
      { transacted: program('broken', HEALTH) },
      { error: lost, standing: 'prepared' },
    )
    expect(message).toMatch(/^BROKEN: b: web was not healthy.*b: BROKEN, going back failed; a person must look/)
  })

  test('one that could not begin stops all, and nothing is said of what nobody looked at', () => {
    const error = new DeployError('CONNECT', 'c does not answer')
    const [, message] = told(
      'c',
      { error, standing: 'preparing' },
      { error, standing: 'preparing' },
      { error, standing: 'preparing', before: undefined as never },
    )
    expect(message).toBe(
      'CONNECT: c: c does not answer; a: nothing was touched, release 1-aaaaaaa serves; b: nothing was touched, release 1-aaaaaaa serves; c: nothing was touched, what serves there was not looked at',
    )
  })
})

describe('what is one for all servers', () => {
  test('migration, seeds and services that may exist once belong to the first', () => {
    const [first, second] = hostContexts(whole)
    expect(first?.context.config).toBe(config)
    expect(second?.context.config).toMatchObject({ seed: [], smoke: [{ name: 'two' }], compose: { elsewhere: ['bot'] } })
    expect(second?.context.config.migrate).toBeUndefined()
    expect(hostContexts(whole).map(({ context: one }) => one.environment().config.host)).toEqual(['a', 'b', 'c'])
  })

  test.each([
    ['host: a, hosts: [b]', 'exactly one of'],
    ['port: 22', 'exactly one of'],
    ['hosts: [a, [b, a]]', 'twice'],
    ['hosts: []', 'hosts'],
  ])('an environment with { %s } is refused', (text, why) => {
    expect(problemsOf(`project: shop\nimages: { api: {} }\nenvironments: { production: { ${text}, path: /opt/stacks/shop } }\n`)).toEqual([
      expect.stringContaining(why),
    ])
  })
})
