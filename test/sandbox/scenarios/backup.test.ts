/** A migration on data that matters: no proven backup, no migration; looked at with psql and docker. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { schemaOf } from '../sample/versions.ts'
import { expectFailure } from './document.ts'
import { scenarioServer } from './server.ts'
import { ask, backupsOf, content, databases, prepareShop, SHOP, SHOP_PATH, SHOP_PORT, Shop, TEN_THOUSAND } from './shop.ts'

jest.setTimeout(600_000)

const server = scenarioServer()
let shop: Shop

beforeAll(async () => {
  await prepareShop(server)
  shop = await Shop.in(server.host)
  await shop.succeeds(['deploy', ...(await shop.version(1))])
  await ask(server, TEN_THOUSAND)
})
afterAll(async () => {
  await server.reset(SHOP, SHOP_PATH)
  await server.leave()
  await shop.remove()
})

const expectVersionOneServes = async (running: Readonly<Record<string, string>>): Promise<void> => {
  expect(await server.running(SHOP)).toEqual(running)
  expect(await server.json(SHOP_PORT, '/version')).toEqual({ version: '1.0.0' })
  expect(await ask(server, 'select version_num from alembic_version')).toBe(schemaOf(1))
  expect((await databases(server)).split('\n')).toEqual(['postgres', 'shop'])
}

test('a backup that is corrupted on its way stops the migration: BACKUP, and the version before serves', async () => {
  const running = await server.running(SHOP)
  const before = await backupsOf(server)
  // what pg_dump writes loses a byte in its middle, as by a bad disk or a broken client
  const breaking = `cd /usr/lib/postgresql/15/bin && mv pg_dump pg_dump.real && printf '#!/bin/sh\\n/usr/lib/postgresql/15/bin/pg_dump.real "$@" | { head -c 60000; head -c 1 > /dev/null; cat; }\\n' > pg_dump && chmod 755 pg_dump`
  await server.run(`docker exec -u root ${SHOP}-postgres-1 sh -c '${breaking.replaceAll("'", `'\\''`)}'`)
  try {
    const told = await shop.cli(['deploy', ...(await shop.version(2))])
    expectFailure(told, 'BACKUP', 21, { outcome: 'refused' })
    expect(told.document.message).toContain('could not be restored')
    expect(told.document.hint).toContain('docker')
    await expectVersionOneServes(running)
    expect(await backupsOf(server)).toEqual(before)
    expect(await server.run(`ls ${SHOP_PATH}/.deploy/backups`)).not.toContain('.part')
  } finally {
    await server.run(`docker exec -u root ${SHOP}-postgres-1 sh -c 'cd /usr/lib/postgresql/15/bin && mv pg_dump.real pg_dump'`)
  }
})

test('the next deploy makes a backup that holds every row as it was before the migration, and proves it', async () => {
  const before = await content(server)
  const told = await shop.succeeds(['deploy', ...(await shop.version(2))])
  expect(await ask(server, 'select version_num from alembic_version')).toBe(schemaOf(2))
  const [backup] = (await backupsOf(server)).slice(-1)
  expect(backup).toMatchObject({ revision: schemaOf(1) })
  const file = `${SHOP_PATH}/.deploy/backups/${backup?.id}.dump`
  expect(await server.run(`stat -c '%a %U' ${file} && sha256sum < ${file}`)).toBe(`600 deploy\n${backup?.sha256}  -`)
  expect(told.document.steps.find(({ name }) => name === 'backup')?.detail).toContain('proven')
  expect((await databases(server)).split('\n')).toEqual(['postgres', 'shop'])
  // by the tools of PostgreSQL alone
  await ask(server, 'create database by_hand', 'postgres')
  await server.run(`docker exec -i ${SHOP}-postgres-1 pg_restore -U shop -d by_hand < ${file}`)
  expect(await ask(server, 'select count(*) from users; select version_num from alembic_version;', 'by_hand')).toBe(
    `${before.split('|')[0]}\n${schemaOf(1)}`,
  )
  await ask(server, 'drop database by_hand', 'postgres')
})

test('a release without a new revision makes no backup and runs no migration', async () => {
  const before = await backupsOf(server)
  const told = await shop.succeeds(['deploy', ...(await shop.version(3))])
  expect(await backupsOf(server)).toEqual(before)
  expect(told.document.steps.find(({ name }) => name === 'backup')?.detail).toContain('no new revision')
  expect(await server.json(SHOP_PORT, '/version')).toEqual({ version: '3.0.0' })
})

test('no password of the database is in the arguments of any process while a backup is made', async () => {
  shop.edits = [['keep: 3 }', 'keep: 3, when: always }']]
  const running = shop.start(['deploy', ...(await shop.version(4))])
  shop.edits = []
  let over = false
  const ended = running.ended.finally(() => (over = true))
  // the question does not hold the word it looks for
  const question = "cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\\0' '\\n' | grep -c 'correct-[h]orse' || true"
  const seen: string[] = []
  while (!over) seen.push(await server.run(question, 'root'))
  const { code, err } = await ended
  expect([code, code === 0 ? '' : err]).toEqual([0, ''])
  expect(seen.length).toBeGreaterThan(10)
  expect(new Set(seen)).toEqual(new Set(['0']))
  expect(await backupsOf(server)).toHaveLength(2)
})
