/** A migration that hangs with a lock in its hands: after its deadline neither its container nor its session is there. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { expectFailure } from './document.ts'
import { scenarioServer } from './server.ts'
import { ask, content, prepareShop, SHOP, SHOP_PATH, SHOP_PORT, Shop } from './shop.ts'

jest.setTimeout(600_000)

const server = scenarioServer()
let shop: Shop

beforeAll(async () => {
  await prepareShop(server)
  shop = await Shop.in(server.host)
  await shop.succeeds(['deploy', ...(await shop.version(1))])
})
afterAll(async () => {
  await server.reset(SHOP, SHOP_PATH)
  await server.leave()
  await shop.remove()
})

const HANGS = `from sqlalchemy import text; from app.database import engine; c = engine().connect(); t = c.begin(); c.execute(text('lock table users in access exclusive mode')); print('locked', flush=True); c.execute(text('select pg_sleep(900)'))`

test('a migration past its deadline is MIGRATE, its lock is gone with its session, and the old version serves', async () => {
  const [running, rows] = [await server.running(SHOP), await content(server)]
  shop.edits = [['preset: alembic, compatible: true }', `up: [python, -c, ${JSON.stringify(HANGS)}], timeout: 15s }`]]
  const told = await shop.cli(['deploy', ...(await shop.version(2))])
  expectFailure(told, 'MIGRATE', 22, { outcome: 'failed' })
  expect(told.document.message).toContain('was not done after 15 s and was stopped')
  // it had come so far that it held the lock
  expect(told.log).toContain('locked')
  expect(await ask(server, "select count(*) from pg_stat_activity where query like '%pg_sleep%' and pid <> pg_backend_pid()")).toBe('0')
  expect(await ask(server, "select count(*) from pg_locks where relation = 'users'::regclass and mode = 'AccessExclusiveLock'")).toBe('0')
  expect(
    await server.run(
      `docker ps --all --quiet --filter label=com.docker.compose.project=${SHOP} --filter label=com.docker.compose.oneoff=True`,
    ),
  ).toBe('')
  expect([await server.running(SHOP), await content(server)]).toEqual([running, rows])
  expect(await server.json(SHOP_PORT, '/version')).toEqual({ version: '1.0.0' })
})
