/** What nobody could put right is kept in sight until something succeeds. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { configOf } from '../config/problems.ts'
import { newServer, type StandInServer } from './support/server.ts'
import { CONFIG, deploy, digestOf, endOf, MODEL, serving } from './support/stack.ts'

const servers: StandInServer[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})
const config = configOf(CONFIG.replace(/^(migrate|seed|smoke).*\n/gm, ''))
const image = (version: number, name: string): string => `ghcr.io/acme/shop-${name}@${digestOf(version, name)}`

/** Release 1 serves; release 2 was not healthy, and the old container of the bot is not either. */
const brokenStack = async (): Promise<StandInServer> => {
  const on = newServer(MODEL)
  servers.push(on)
  await deploy(on, { version: 1, config })
  on.tell('sick', `${image(2, 'bot')}\n${image(1, 'bot')}`)
  expect(endOf(await deploy(on, { version: 2, config }))).toBe('broken')
  return on
}
const look = async (on: StandInServer) => (await deploy(on, { version: 9, config, verb: 'observe' })).observed

describe('a stack that could not be put right', () => {
  test('is marked on the server, with what failed and what failed of going back', async () => {
    const on = await brokenStack()
    const seen = await look(on)
    expect(seen?.broken).toMatchObject({ repository: '-', kind: 'deploy', release: '2-2222222', since: expect.stringMatching(/^\d{4}-/) })
    expect(seen?.broken?.sentences).toEqual([
      expect.stringMatching(/^bot was not healthy after/),
      expect.stringMatching(/^bot was not healthy after/),
    ])
    expect(seen?.current).toBe('1-1111111')
    expect(on.file('.deploy/broken')).toContain('code HEALTH\n')
  })

  test('is healed by a rollback, which by itself goes to what served before, and proves what it leaves as it is', async () => {
    const on = await brokenStack()
    on.untell('sick')
    const back = await deploy(on, { version: 0, config, rollbackTo: 'previous' })
    expect([endOf(back), serving(on)]).toEqual(['committed', 'api 1, bot 1'])
    expect(back.plan?.steps.flatMap((step) => (step.kind === 'await' ? [`${step.service}: ${step.cause}`] : []))).toEqual([
      'api: the stack was broken',
      'bot: the stack was broken',
    ])
    expect((await look(on))?.broken).toBe(null)
  })

  test('stays so where what needs no change is not well', async () => {
    const on = await brokenStack()
    const back = await deploy(on, { version: 0, config, rollbackTo: 'previous' })
    expect(endOf(back)).not.toBe('committed')
    expect((await look(on))?.broken).not.toBe(null)
  })

  test('is healed by a deploy that works', async () => {
    const on = await brokenStack()
    expect(endOf(await deploy(on, { version: 3, config }))).toBe('committed')
    expect([(await look(on))?.broken, serving(on)]).toEqual([null, 'api 3, bot 3'])
  })

  test('a rollback that fails is not rolled back: it is marked, and going back goes further back', async () => {
    const on = newServer(MODEL)
    servers.push(on)
    for (const version of [1, 2]) await deploy(on, { version, config })
    on.tell('sick', image(1, 'bot'))
    const failed = await deploy(on, { version: 0, config, rollbackTo: 'previous' })
    expect([endOf(failed), failed.events.some(({ kind }) => kind === 'undo')]).toEqual(['broken', false])
    expect((await look(on))?.broken).toMatchObject({ kind: 'rollback' })
    on.untell('sick')
    const again = await deploy(on, { version: 0, config, rollbackTo: 'previous' })
    expect([endOf(again), serving(on)]).toEqual(['committed', 'api 1, bot 1'])
  })

  test("another repository's success does not mend it", async () => {
    const on = newServer(MODEL)
    servers.push(on)
    const bot = { repository: 'acme/bot', only: 'bot', config, file: 'x\n' } as const
    const api = { repository: 'acme/api', only: 'api', config, file: 'x\n' } as const
    await deploy(on, { ...bot, version: 1 })
    await deploy(on, { ...api, version: 1 })
    on.tell('sick', `${image(2, 'bot')}\n${image(1, 'bot')}`)
    expect(endOf(await deploy(on, { ...bot, version: 2 }))).toBe('broken')
    expect(endOf(await deploy(on, { ...api, version: 2 }))).toBe('committed')
    expect((await look(on))?.broken).toMatchObject({ repository: 'acme/bot' })
    expect(endOf(await deploy(on, { ...bot, version: 3 }))).toBe('committed')
    expect((await look(on))?.broken).toBe(null)
  })

  test('what even its own program cannot settle is told, and ends when something goes on from there', async () => {
    const on = newServer(MODEL)
    servers.push(on)
    const first = await deploy(on, { version: 1, config })
    const operation = join(on.directory, '.deploy/operations', first.operation)
    const journal = on.file(`.deploy/operations/${first.operation}/journal`)
    rmSync(join(operation, 'program.sh'))
    writeFileSync(join(operation, 'journal'), journal.replace(/^\d+ end .*\n/m, ''))
    const seen = await deploy(on, { version: 1, config, leave: true })
    expect(seen.observed?.unfinished).toEqual([first.operation])
    expect(endOf(await deploy(on, { version: 2, config }))).toBe('committed')
    expect((await look(on))?.unfinished).toEqual([])
  })
})
