import { describe, expect, test } from '@jest/globals'
import { call, compile } from '../../src/transaction/compile.ts'
import { configOf } from '../config/problems.ts'
import { CONFIG, container, digest, MODEL, nothingThere, planOf, record, service, serving, target } from './support/observed.ts'
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

  test('is what has a profile that is off now, where the release in force started it', () => {
    expect(lines(planOf(serving(), { commit: '2222222bbbb' }, without))[0]).toBe(
      'retire bot [bot-old] unless-stopped — its profile is off now',
    )
    const [first] = serving().releases
    const off = { ...first, services: { ...first?.services, bot: { ...first?.services.bot, replicas: 0 } } } as NonNullable<typeof first>
    // started by hand
    expect(lines(planOf(serving({ releases: [off] }), { commit: '2222222bbbb' }, without))).toEqual(['tidy — 5 releases are kept'])
  })

  test('is what runs once and ends now', () => {
    const once = { ...without, api: service('a1', { dependsOn: { bot: 'service_completed_successfully' } }), bot: service('b1') }
    expect(lines(planOf(serving(), { commit: '2222222bbbb' }, once))[0]).toBe(
      'retire bot [bot-old] unless-stopped — it runs once and ends now',
    )
  })

  test('goes on where it is said that others look after it', () => {
    const config = configOf(
      CONFIG.replace('  bot: { exactly: 1 }\n', '').replace('bot: {} }', '}').concat('compose: { elsewhere: [bot] }\n'),
    )
    expect(lines(planOf(serving(), { ...onlyApi, config }, without))).toEqual(['tidy — 5 releases are kept'])
  })

  test('is also what an earlier release left, which a going back that ended half done has started', () => {
    const [first] = serving().releases
    const gateway = {
      ...record(2, '1', '2222222bbbb'),
      services: { api: first?.services.api, gateway: first?.services.bot },
    } as NonNullable<typeof first>
    const observed = serving({
      releases: [...serving().releases, gateway],
      current: gateway.id,
      containers: [...serving().containers, container('gateway', 'b1')],
    })
    const model = { ...without, gateway: service('b1', { healthcheck: false }) }
    const plan = planOf(observed, { ownership: { api: 'api', gateway: 'bot' }, commit: '3333333cccc' }, model)
    expect(lines(plan)[0]).toBe('retire bot [bot-old] unless-stopped — this release has no such service')
  })

  test('is stopped before a database server that is built here, and before infrastructure that publishes its port', () => {
    const database = configOf(CONFIG.replace('bot: {}', 'bot: {}, db: {}').concat('backup: { kind: postgres, service: database }\n'))
    const [first] = serving().releases
    const before = { ...first, services: { ...first?.services, db: first?.services.bot } } as NonNullable<typeof first>
    const image = (name: string, bytes: string) => ({ reference: `ghcr.io/acme/shop-${name}@${digest(bytes)}`, digest: digest(bytes) })
    const images = { ...target().images, api: image('api', 'a2'), db: image('db', 'd1') }
    const kinds = (plan: ReturnType<typeof planOf>) =>
      plan.steps.flatMap(({ kind }) => (/^(retire|switch|migrate|infrastructure)$/.test(kind) ? [kind] : []))
    const renamed = planOf(
      serving({ releases: [before] }),
      { config: database, images, ownership: { api: 'api', bot: 'bot', database: 'db' }, commit: '2222222bbbb' },
      { api: service('a2'), bot: service('b1'), database: service('d1') },
    )
    expect(kinds(renamed).slice(0, 3)).toEqual(['retire', 'switch', 'migrate'])
    const port = [{ address: '', published: 80, target: 80, protocol: 'tcp' }]
    const proxied = planOf(serving({ published: [{ name: 'shop-bot-1', ports: '0.0.0.0:80->80/tcp' }] }), onlyApi, {
      ...without,
      caddy: service('caddy:2', { ports: port }),
    })
    expect(kinds(proxied).slice(0, 2)).toEqual(['retire', 'infrastructure'])
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
