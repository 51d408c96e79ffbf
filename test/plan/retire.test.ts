import { describe, expect, test } from '@jest/globals'
import { call, compile } from '../../src/transaction/compile.ts'
import { container, MODEL, nothingThere, planOf, record, service, serving, target } from './support/observed.ts'
import { rendered } from './support/rendered.ts'

const { api, db } = MODEL.services
const without = { ...(db ? { db } : {}), ...(api ? { api } : {}) }
const onlyApi = { ownership: { api: 'api' }, commit: '2222222bbbb' }
/** The lines that say what is stopped, in what order with the switch, and what is tidied. */
const lines = (plan: ReturnType<typeof planOf>): readonly string[] =>
  rendered(plan)
    .split('\n')
    .filter((line) => /^(retire|switch|tidy)/.test(line))

describe('a service of the release in force that this one does not have', () => {
  test('is stopped, and removed when the release is tidied', () => {
    expect(lines(planOf(serving(), onlyApi, without))).toEqual([
      'retire bot [bot-old] unless-stopped — this release has no such service',
      'tidy bot= — 5 releases are kept',
    ])
  })

  test('is stopped before what has its image under another name', () => {
    const renamed = { ...without, gateway: service('b1', { healthcheck: false }) }
    expect(lines(planOf(serving(), { ...onlyApi, ownership: { api: 'api', gateway: 'bot' } }, renamed))).toEqual([
      'retire bot [bot-old] unless-stopped — this release has no such service',
      'switch gateway stop-first old [] no auto stable 10000 — does not exist yet',
      'tidy gateway= bot= — 5 releases are kept',
    ])
  })

  test('is reason enough for a release of the same commit', () => {
    expect(lines(planOf(serving(), { ...onlyApi, commit: '1111111aaaa' }, without))).toHaveLength(2)
  })

  test('is what has no replicas now', () => {
    const none = { ...without, bot: service('b1', { replicas: 0 }) }
    expect(lines(planOf(serving(), { commit: '2222222bbbb' }, none))[0]).toBe(
      'retire bot [bot-old] unless-stopped — this release wants none of it',
    )
  })

  test('goes on where its profile is off, for somebody may have started it', () => {
    expect(lines(planOf(serving(), { commit: '2222222bbbb' }, without))).toEqual(['tidy — 5 releases are kept'])
  })

  test('goes on where another repository ships it now', () => {
    const theirs = { ...record(3, '1', '3333333cccc'), repository: 'acme/bots', services: record(1, '1', '1').services }
    const observed = serving({ releases: [...serving().releases, theirs], parts: { '-': '1-1111111', 'acme/bots': theirs.id } })
    expect(lines(planOf(observed, onlyApi, without))).toEqual(['tidy — 5 releases are kept'])
  })

  test('is removed where it had ended, without being stopped', () => {
    const containers = [container('db', 'postgres:16'), container('api', 'a1'), container('bot', 'b1', { state: 'exited' })]
    const [step] = planOf(serving({ containers }), onlyApi, without).steps.filter(({ kind }) => kind === 'retire')
    expect(step).toMatchObject({ ids: ['bot-old'], running: [], policy: 'no' })
  })

  test('is left alone where nothing of it is there, or nothing was deployed', () => {
    expect(lines(planOf(serving({ containers: [container('db', 'postgres:16'), container('api', 'a1')] }), onlyApi, without))).toEqual([
      'tidy — 5 releases are kept',
    ])
    expect(lines(planOf(nothingThere, { ...target(), ...onlyApi }, without)).filter((line) => line.startsWith('retire'))).toEqual([])
  })

  test('is asked as it was asked when it has to come back', () => {
    const plan = planOf(serving(), onlyApi, without)
    const program = compile(plan, {
      directory: '/opt/stacks/shop',
      project: 'shop',
      operation: 'o',
      environmentFile: '.env',
      compose: '',
      schema: '',
      record: record(2, '1', '2222222bbbb'),
    })
    const number = plan.steps.findIndex(({ kind }) => kind === 'retire') + 1
    expect(program).toContain(`bot) wait_ready "$1" "$2" before_${number} `)
    expect(program).toContain(call(plan.steps[number - 1] as (typeof plan.steps)[number], number))
    expect(program).toContain('\nreturn_retired() {')
  })
})
