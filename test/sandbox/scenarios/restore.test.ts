/** Data over good and bad releases, back and forth: nothing is lost that nobody confirmed. Looked at with psql and docker. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { schemaOf } from '../sample/versions.ts'
import { expectDocument, expectFailure } from './document.ts'
import type { Told } from './project.ts'
import { scenarioServer } from './server.ts'
import { ask, backupsOf, content, databases, prepareShop, SHOP, SHOP_PATH, SHOP_PORT, Shop, TEN_THOUSAND } from './shop.ts'

jest.setTimeout(600_000)

const server = scenarioServer()
let shop: Shop
const notDeclared: Shop['edits'] = [[', compatible: true', '']]

beforeAll(async () => {
  await prepareShop(server)
  shop = await Shop.in(server.host)
  shop.edits = notDeclared
  await shop.succeeds(['deploy', ...(await shop.version(1))])
  await ask(server, TEN_THOUSAND)
})
afterAll(async () => {
  await server.reset(SHOP, SHOP_PATH)
  await server.leave()
  await shop.remove()
})

const schema = (): Promise<string> => ask(server, 'select version_num from alembic_version')
const version = async (): Promise<string> => ((await server.json(SHOP_PORT, '/version')) as { readonly version: string }).version
const newestBackup = async () => {
  const backup = (await backupsOf(server)).at(-1)
  if (backup === undefined) throw new Error('there is no backup')
  return backup
}
/** The command changes neither a container nor a row. */
const expectRefused = async (args: readonly string[]): Promise<Told> => {
  const [running, rows, revision] = [await server.running(SHOP), await content(server), await schema()]
  const told = await shop.cli(args)
  expectFailure(told, 'CONFIG', 78, { outcome: 'refused' })
  expect(told.document.message).toContain('nothing was touched')
  expect([await server.running(SHOP), await content(server), await schema()]).toEqual([running, rows, revision])
  expect((await databases(server)).split('\n')).toEqual(['postgres', 'shop'])
  return told
}

describe('a release that changes the schema, and the three ways back', () => {
  let before: string
  let first: string

  test('migrated over ten thousand rows, and a broken release after it: every row is as it was', async () => {
    before = await content(server)
    expect(Number(before.split('|')[0])).toBeGreaterThanOrEqual(10_000)
    const told = await shop.succeeds(['deploy', ...(await shop.version(2))])
    first = told.document.previousRelease ?? ''
    expect([await version(), await schema()]).toEqual(['2.0.0', schemaOf(2)])
    const broken = await shop.cli(['deploy', ...(await shop.version(3, 'health'))])
    expectDocument(broken, 24, { outcome: 'rolled-back', failureCode: 'HEALTH' })
    expect([await version(), await content(server)]).toEqual(['2.0.0', before])
  })

  test('a rollback to an image that does not know the revision is refused before anything is touched, with three commands', async () => {
    const { id } = await newestBackup()
    const told = await expectRefused(['rollback'])
    expect(told.document.message).toContain(`the database is at revision ${schemaOf(2)}, which that release does not know`)
    const hint = told.document.hint ?? ''
    expect(hint).toContain('migrate.compatible: true')
    expect(hint).toContain(`deploy-action rollback ${first} --down`)
    expect(hint).toContain(`deploy-action rollback ${first} --backup ${id} --confirm ${schemaOf(1)}`)
  })

  test('the backup of another revision is not restored under the release that serves', async () => {
    const told = await expectRefused(['restore', 'latest', '--confirm', SHOP])
    expect(told.document.hint).toContain(`rollback ${first} --backup`)
  })

  test('first way, the data comes back as well: rows written since are named before it is confirmed, and the content is that of before', async () => {
    await ask(server, "insert into users(name) values ('late 1'), ('late 2'), ('late 3')")
    const { id } = await newestBackup()
    const asked = await expectRefused(['rollback', first, '--backup', id])
    expect(asked.document.message).toMatch(/3 rows written after the backup would be lost: public\.users 3 \(\d+ now, \d+ in the backup\)/)
    expect(asked.document.hint).toContain(`--confirm ${schemaOf(1)}`)
    await expectRefused(['rollback', first, '--backup', id, '--confirm', schemaOf(2)])
    const told = await shop.succeeds(['rollback', first, '--backup', id, '--confirm', schemaOf(1)])
    expectDocument(told, 0, { outcome: 'succeeded' })
    expect([await version(), await schema(), await content(server)]).toEqual(['1.0.0', schemaOf(1), before])
    expect((await databases(server)).split('\n')).toEqual(['postgres', 'shop'])
    // what was overwritten is a backup itself
    expect(await newestBackup()).toMatchObject({ revision: schemaOf(2) })
    expect((await newestBackup()).tables['public.users']).toBe(Number(before.split('|')[0]) + 3)
  })

  test('second way, the schema goes down with the newer image: rows written since stay', async () => {
    await shop.succeeds(['deploy', ...(await shop.version(2))])
    await ask(server, "insert into users(name) values ('stays')")
    const rows = await content(server)
    const told = await shop.succeeds(['rollback', '--down'])
    expectDocument(told, 0, { outcome: 'succeeded' })
    expect([await version(), await schema(), await content(server)]).toEqual(['1.0.0', schemaOf(1), rows])
    expect(await newestBackup()).toMatchObject({ revision: schemaOf(2) })
  })

  test('third way, declared compatible: the old version serves on the newer schema', async () => {
    shop.edits = []
    await shop.succeeds(['deploy', ...(await shop.version(2))])
    const rows = await content(server)
    await shop.succeeds(['rollback'])
    shop.edits = notDeclared
    expect([await version(), await schema(), await content(server)]).toEqual(['1.0.0', schemaOf(2), rows])
  })
})

describe('restore', () => {
  let id: string
  let saved: string
  /** What somebody keeps elsewhere. */
  let copy: string

  beforeAll(async () => {
    shop.edits = [...notDeclared, ['keep: 3 }', 'keep: 3, when: always }']]
    await shop.succeeds(['deploy', ...(await shop.version(4))])
    saved = await content(server)
    id = (await newestBackup()).id
    copy = await server.run(`cd ${SHOP_PATH}/.deploy/backups && tar c ${id}.* | base64 -w 0`)
    await ask(
      server,
      "insert into users(name) values ('late'); delete from users where name = 'user 17'; update users set email = 'other' where name = 'user 18'; insert into users(name) values ('later')",
    )
  })

  test('lists the backups, and shows what one would overwrite without writing anything', async () => {
    const list = await shop.succeeds(['restore'])
    expect(list.document.message).toContain(id)
    const running = await server.running(SHOP)
    const told = await shop.succeeds(['restore', id, '--dry-run'])
    expect(told.document.message).toContain('1 row written after the backup would be lost: public.users 1')
    expect(told.document.steps.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['backup', 'load backup', 'swap backup', 'start api']),
    )
    expect(await server.running(SHOP)).toEqual(running)
  })

  test('wants the name of the stack typed', async () => {
    const told = await expectRefused(['restore', id, '--confirm', 'shops'])
    expect(told.document.hint).toContain(`--confirm ${SHOP}`)
  })

  test('a backup that was damaged since is refused, and nothing is touched', async () => {
    const [running, rows] = [await server.running(SHOP), await content(server)]
    const file = `${SHOP_PATH}/.deploy/backups/${id}.dump`
    await server.run(`cp ${file} /tmp/whole && printf X | dd of=${file} bs=1 seek=3000 conv=notrunc 2> /dev/null`)
    const told = await shop.cli(['restore', id, '--confirm', SHOP])
    await server.run(`cat /tmp/whole > ${file} && rm /tmp/whole`)
    expectFailure(told, 'BACKUP', 21)
    expect(told.document.message).toContain('its checksum differs')
    expect([await server.running(SHOP), await content(server)]).toEqual([running, rows])
  })

  test('brings every row back as it was, with the same containers serving again', async () => {
    const ids = await server.ids(SHOP)
    const told = await shop.succeeds(['restore', id, '--confirm', SHOP])
    expect(told.document).toMatchObject({ outcome: 'succeeded', failureCode: null })
    expect([await content(server), await version(), await server.ids(SHOP)]).toEqual([saved, '4.0.0', ids])
    expect((await databases(server)).split('\n')).toEqual(['postgres', 'shop'])
    expect(told.document.release).toBe((await shop.succeeds(['status'])).document.release)
  })

  test('killed in the middle it is undone by the next command: the data of before, and everything serves', async () => {
    await ask(server, "insert into users(name) values ('written after the restore')")
    const rows = await content(server)
    const operations = `${SHOP_PATH}/.deploy/operations`
    const last = await server.run(`ls ${operations} | tail -n 1`)
    const running = shop.start(['restore', id, '--confirm', SHOP])
    // the program dies right after the databases were exchanged
    const killed = await server.try(
      // not for longer than this test may take: whoever comes later must not be hit by it
      `end=$(($(date +%s) + 90)); while [ "$(date +%s)" -lt $end ]; do now=$(ls ${operations} | tail -n 1); if [ "$now" != ${last} ] && grep -q ' switch$' ${operations}/$now/journal 2> /dev/null; then exec kill -9 "$(cat ${operations}/$now/pid)"; fi; done; exit 1`,
    )
    if (killed.code !== 0) throw new Error(`the restore never came to its switch: ${killed.err} ${(await running.ended).err}`)
    running.process.kill('SIGKILL')
    await running.ended
    expect(await content(server)).toBe(saved)
    await shop.cli(['rollback', 'nonsense'])
    expect([await content(server), await version()]).toEqual([rows, '4.0.0'])
    expect((await databases(server)).split('\n')).toEqual(['postgres', 'shop'])
    expect(await server.json(SHOP_PORT, '/bot')).toEqual({ online: 1 })
  })
  test('a server that is lost: on a new one, a deploy of the same commit and the copy that was kept elsewhere bring every row back', async () => {
    await prepareShop(server)
    await shop.succeeds(['deploy', ...(await shop.version(4))])
    expect(await content(server)).not.toBe(saved)
    const backups = `${SHOP_PATH}/.deploy/backups`
    await server.run(`umask 077; mkdir -p ${backups} && base64 -d | tar x -C ${backups}`, 'deploy', copy)
    expect((await shop.succeeds(['restore'])).document.message).toContain(id)
    await shop.succeeds(['restore', id, '--confirm', SHOP])
    expect([await content(server), await version()]).toEqual([saved, '4.0.0'])
  })
})
