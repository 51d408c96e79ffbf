import { describe, expect, test } from '@jest/globals'
import { NO_DATA } from '../../src/plan/data.ts'
import { ownInfrastructure } from '../../src/plan/infrastructure.ts'
import type { Observed, ReleaseRecord } from '../../src/plan/observed.ts'
import {
  contested,
  contestedFiles,
  partKey,
  servicesOfOthers,
  servicesOfStack,
  stackWith,
  takenOver,
  unreadableParts,
  withTakenOver,
} from '../../src/plan/parts.ts'
import { restorePlan } from '../../src/plan/restore.ts'
import { stepName } from '../../src/plan/steps.ts'
import { MODEL, planOf, record, serving, target } from './support/observed.ts'

const of = (id: string, repository: string, services: readonly string[], infrastructure: readonly string[] = []): ReleaseRecord => {
  const whole = record(1, '1', '1111111aaaa')
  const own = Object.fromEntries(services.map((service) => [service, { ...whole.services.api, image: service } as never]))
  return { ...whole, id, repository, services: own, infrastructure, images: {} }
}
/** acme/api has api and db in force, acme/bot has bot; seen by acme/bot. */
const shared: Observed = serving({
  releases: [of('1-aaaaaaa', 'acme/api', ['api'], ['db']), of('2-bbbbbbb', 'acme/bot', ['bot'])],
  parts: { 'acme/api': '1-aaaaaaa', 'acme/bot': '2-bbbbbbb' },
  current: '2-bbbbbbb',
})
const botOnly = { bot: 'bot' }

describe('a stack that another repository ships into', () => {
  test('its services and infrastructure are left alone, whatever our compose file says of them', () => {
    expect([...servicesOfOthers(shared, botOnly)]).toEqual(['api', 'db'])
    expect(ownInfrastructure(target().config, botOnly, MODEL, shared)).toEqual([])
    const changed = { ...shared, hashes: { db: 'other', api: 'other', bot: 'h-bot' }, containers: [] }
    const kinds = planOf(changed, { ownership: botOnly }).steps.flatMap((step) =>
      step.kind === 'switch' ? [stepName(step)] : 'service' in step ? [`${step.kind} ${step.service}`] : [step.kind],
    )
    expect(kinds.filter((kind) => /api|db|infrastructure/.test(kind) && !kind.startsWith('smoke'))).toEqual([])
    expect(kinds).toContain('switch bot')
  })

  test('on a first deploy, services named as of elsewhere are left alone too', () => {
    const { config } = target()
    const elsewhere = { ...config, compose: { ...config.compose, elsewhere: ['api'] } }
    expect(ownInfrastructure(elsewhere, botOnly, MODEL, serving())).toEqual(['db'])
  })

  test('what runs an image of ours is ours, also where the other repository started it', () => {
    const started = { ...shared, releases: [of('1-aaaaaaa', 'acme/api', ['api'], ['db', 'bot']), ...shared.releases.slice(1)] }
    expect(contested(started, botOnly)).toEqual([])
    expect([...servicesOfOthers(started, botOnly)]).not.toContain('bot')
  })

  test('a service that both ship is contested; one that ships all of the other takes over', () => {
    const wide = { ...shared, releases: [of('1-aaaaaaa', 'acme/api', ['api', 'worker']), ...shared.releases.slice(1)] }
    expect(contested(wide, { bot: 'bot', api: 'api' }).map(({ service, release }) => `${service} ${release.id}`)).toEqual(['api 1-aaaaaaa'])
    expect(takenOver(wide, { bot: 'bot', api: 'api' })).toEqual([])
    const taken = takenOver(shared, { bot: 'bot', api: 'api' })
    expect(taken.map(({ id }) => id)).toEqual(['1-aaaaaaa'])
    expect(withTakenOver(shared, taken)).toMatchObject({ current: '2-bbbbbbb', parts: { 'acme/bot': '2-bbbbbbb' } })
    expect(withTakenOver({ ...shared, current: null }, taken).current).toBe('1-aaaaaaa')
  })

  test('a file of the same name with other content is contested, unless compose reads it from the release', () => {
    const files = {
      ...shared,
      othersBrought: Object.fromEntries(
        ['docker-compose.yml', 'conf/app.conf'].map((path) => [path, { repository: 'acme/api', sum: 'x' }]),
      ),
    }
    expect(contestedFiles(files, ['docker-compose.yml'])).toEqual([{ path: 'conf/app.conf', repository: 'acme/api' }])
    // and is no reason to deploy again
    const own = { ...files, files: { ...files.brought, 'docker-compose.yml': 'x' } }
    expect(
      planOf({ ...own, releases: own.releases.map((one) => ({ ...one, commit: '1111111aaaa' })) }, { ownership: botOnly, seeds: false })
        .steps,
    ).toEqual([])
  })

  test('a restore halts, and starts again, what every repository ships', () => {
    const backup = { id: 'b1', made: '2026-11-21T10:00:00Z', revision: 'r1', bytes: 1, release: '1-aaaaaaa', tables: {} } as never
    const own = shared.releases[1] as ReleaseRecord
    const services = servicesOfStack(shared, own)
    expect(Object.keys(services).sort()).toEqual(['api', 'bot'])
    const running = Object.keys(services).map((service) => ({ service, ids: [`${service}-old`] }))
    const { steps } = restorePlan('o', { ...own, services }, backup, running)
    expect(steps.flatMap((step) => (step.kind === 'start' ? [step.service] : []))).toEqual(['api', 'bot'])
    expect(steps.flatMap((step) => (step.kind === 'halt' ? step.services.map(({ service }) => service) : [])).sort()).toEqual([
      'api',
      'bot',
    ])
  })

  test('a rollback that brings data back replaces all that it halts, also what would not have changed', () => {
    const back = record(1, '1', '1111111aaaa')
    const data = { ...NO_DATA, beforeSwitch: [{ kind: 'halt', cause: 'data', services: [{ service: 'api', ids: ['api-old'] }] }] } as const
    const switched = planOf(serving(), { kind: 'rollback', record: back, data }).steps.flatMap((step) =>
      step.kind === 'switch' ? step.services.map(({ service }) => service) : [],
    )
    expect(switched.sort()).toEqual(['api', 'bot'])
  })

  test('the record holds the whole stack, with the other part as it is', () => {
    const stack = stackWith(shared, 'acme/bot', { release: '3-ccccccc', commit: 'ccccccc', images: {} })
    expect(Object.entries(stack).map(([key, { release }]) => `${key} ${release}`)).toEqual(['acme/api 1-aaaaaaa', 'acme/bot 3-ccccccc'])
  })

  test('a release in force without a record that can be read is known as such', () => {
    expect(unreadableParts({ ...shared, releases: shared.releases.slice(1) })).toEqual(['1-aaaaaaa'])
  })

  test.each([
    ['acme/api', 'acme/api'],
    ['group/sub/api', 'group/sub/api'],
    [null, '-'],
    ["x'; rm", '-'],
    ['a b/c', '-'],
  ])('the repository %p stands in the files as %p', (repository, key) => expect(partKey(repository)).toBe(key))
})
