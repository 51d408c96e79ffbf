/** Two repositories that ship into one stack: each leaves the other's part as it is. */
import { afterEach, describe, expect, test } from '@jest/globals'
import { configOf } from '../config/problems.ts'
import { newServer, type StandInServer } from './support/server.ts'
import { CONFIG, deploy, digestOf, endOf, MODEL, serving } from './support/stack.ts'

const servers: StandInServer[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})
const newStack = (): StandInServer => {
  const made = newServer(MODEL)
  servers.push(made)
  return made
}
/** The compose file of both lists the whole stack. */
const both = CONFIG.replace(/^(migrate|seed|smoke).*\n/gm, '')
const api = {
  repository: 'acme/api',
  only: 'api',
  config: configOf(both.replace(', bot: {}', '').replace('project: shop', 'project: shop\nkeep: 2')),
} as const
const bot = {
  repository: 'acme/bot',
  only: 'bot',
  config: configOf(both.replace('api: {}, ', '').replace(', bot: {}', 'bot: {}')),
} as const
const inForce = (on: StandInServer): string[] => on.file('.deploy/current/parts').split('\n').filter(Boolean)
const recorded = (on: StandInServer) => JSON.parse(on.file('.deploy/current/release.json')) as { stack: Record<string, { images: object }> }
const ids = (on: StandInServer, service: string) => on.containers(service).map(({ id }) => id)

describe('a stack of two repositories', () => {
  test('a release of one keeps the containers, files and record of the other', async () => {
    const on = newStack()
    await deploy(on, { ...api, version: 1, file: 'of both\n', files: { 'project/api.conf': 'a' } })
    const started = ids(on, 'bot')
    const first = await deploy(on, { ...bot, version: 2, file: 'of both\n' })
    expect([endOf(first), serving(on)]).toEqual(['committed', 'api 1, bot 2'])
    expect(ids(on, 'bot')).not.toEqual(started)
    const [apiBefore, dbBefore] = [ids(on, 'api'), ids(on, 'db')]
    const second = await deploy(on, { ...bot, version: 3, file: 'of both\n' })
    expect([endOf(second), serving(on)]).toEqual(['committed', 'api 1, bot 3'])
    expect([ids(on, 'api'), ids(on, 'db')]).toEqual([apiBefore, dbBefore])
    expect(on.file('api.conf')).toBe('a')
    expect(inForce(on)).toEqual(['acme/api 1-1111111', 'acme/bot 3-3333333'])
    expect(recorded(on).stack).toEqual({
      'acme/api': { release: '1-1111111', commit: '1'.repeat(40), images: { api: `ghcr.io/acme/shop-api@${digestOf(1, 'api')}` } },
      'acme/bot': { release: '3-3333333', commit: '3'.repeat(40), images: { bot: `ghcr.io/acme/shop-bot@${digestOf(3, 'bot')}` } },
    })
  })

  test('what is deployed again changes nothing, also where the other one shipped in between', async () => {
    const on = newStack()
    await deploy(on, { ...api, version: 1 })
    await deploy(on, { ...bot, version: 1 })
    expect((await deploy(on, { ...api, version: 1 })).plan?.steps).toEqual([])
  })

  test('each goes back among its own releases', async () => {
    const on = newStack()
    await deploy(on, { ...api, version: 1, file: 'x\n' })
    await deploy(on, { ...bot, version: 1, file: 'x\n' })
    await deploy(on, { ...api, version: 2, file: 'x\n' })
    await deploy(on, { ...bot, version: 3, file: 'x\n' })
    const before = ids(on, 'bot')
    const back = await deploy(on, { ...api, version: 0, rollbackTo: 'previous' })
    expect([endOf(back), serving(on)]).toEqual(['committed', 'api 1, bot 3'])
    expect(ids(on, 'bot')).toEqual(before)
    expect(inForce(on)).toEqual(['acme/bot 4-3333333', 'acme/api 5-1111111'])
  })

  test('one that fails leaves what the other shipped, in force and on record', async () => {
    const on = newStack()
    await deploy(on, { ...api, version: 1, file: 'x\n' })
    await deploy(on, { ...bot, version: 1, file: 'x\n' })
    on.tell('sick', `ghcr.io/acme/shop-api@${digestOf(2, 'api')}`)
    const failed = await deploy(on, { ...api, version: 2, file: 'x\n', files: { 'project/new.conf': 'n' } })
    expect([endOf(failed), serving(on)]).toEqual(['rolled-back', 'api 1, bot 1'])
    expect(inForce(on)).toEqual(['acme/api 1-1111111', 'acme/bot 2-1111111'])
    expect(on.file('new.conf')).toBe('')
  })

  test('each forgets its own old releases only', async () => {
    const on = newStack()
    await deploy(on, { ...bot, version: 1, file: 'x\n' })
    for (const version of [2, 3, 4, 5]) await deploy(on, { ...api, version, file: 'x\n' })
    await deploy(on, { ...api, version: 6, file: 'x\n' })
    const { observed } = await deploy(on, { ...bot, version: 1, verb: 'observe', file: 'x\n' })
    expect(observed?.releases.map(({ id }) => id)).toEqual(['1-1111111', '4-4444444', '5-5555555', '6-6666666'])
    expect(observed?.current).toBe('1-1111111')
  })
})
