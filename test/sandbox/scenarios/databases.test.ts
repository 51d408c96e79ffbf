/** Backups and restores of MariaDB and of a SQLite file, by their own tools; what is in them is read by the project's own script. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { expectDocument, expectFailure } from './document.ts'
import { type Kind, Notes } from './notes.ts'
import { scenarioServer } from './server.ts'

jest.setTimeout(600_000)

const server = scenarioServer()
afterAll(() => server.leave())

describe.each([
  { kind: 'mysql', port: 8197 },
  { kind: 'sqlite', port: 8198 },
] as const satisfies readonly { kind: Kind; port: number }[])('data in $kind', ({ kind, port }) => {
  const stack = { kind, port, name: `notes-${kind}`, path: `/opt/stacks/notes-${kind}` }
  let notes: Notes
  let first: string

  const inside = (command: string): Promise<string> => server.run(`docker exec ${stack.name}-web-1 ${command}`)
  const content = (): Promise<string> => inside('python content.py')
  const backups = async (): Promise<readonly { id: string; revision: string; sha256: string; tables: Record<string, number> }[]> =>
    (await server.run(`cat ${stack.path}/.deploy/backups/*.json 2> /dev/null || true`))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  const serves = (): Promise<unknown> => server.json(port, '/')

  beforeAll(async () => {
    await server.reset(stack.name, stack.path)
    notes = new Notes(await mkdtemp(join(tmpdir(), 'scenario-')), server.host)
    const told = await notes.succeeds(['deploy', ...(await notes.version('1', stack))])
    first = told.document.release ?? ''
    await inside('python write.py 0 3000')
  })
  afterAll(async () => {
    await server.reset(stack.name, stack.path)
    await notes.remove()
  })

  test('is saved and proven before a migration, and no password is in any argument meanwhile', async () => {
    const before = await content()
    expect(before).toMatch(/^3000 /)
    const running = notes.start(['deploy', ...(await notes.version('2', stack))])
    let over = false
    const ended = running.ended.finally(() => (over = true))
    const question = "cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\\0' '\\n' | grep -c 'root-[h]orse' || true"
    const seen: string[] = []
    while (!over) seen.push(await server.run(question, 'root'))
    const { code, err } = await ended
    expect([code, code === 0 ? '' : err]).toEqual([0, ''])
    expect(new Set(seen)).toEqual(new Set(['0']))
    expect([await serves(), await content()]).toEqual([{ version: '2', notes: 3000 }, before])
    const backup = (await backups()).at(-1)
    expect(backup).toMatchObject({ revision: '1', tables: { notes: 3000, schema_migrations: 1 } })
    const file = `${stack.path}/.deploy/backups/${backup?.id}.dump`
    expect(await server.run(`stat -c '%a %U' ${file} && sha256sum < ${file}`)).toBe(`600 deploy\n${backup?.sha256}  -`)
  })

  test('survives a broken release', async () => {
    const before = await content()
    expectDocument(await notes.cli(['deploy', ...(await notes.version('3-sick', stack))]), 24, {
      outcome: 'rolled-back',
      failureCode: 'HEALTH',
    })
    expect([await serves(), await content()]).toEqual([{ version: '2', notes: 3000 }, before])
  })

  test('comes back with the release before, and the rows that would be lost are named first', async () => {
    const before = await content()
    const backup = (await backups()).at(-1)
    const id = backup?.id ?? ''
    await inside('python write.py 3000 3005')
    const rows = await content()
    const asked = await notes.cli(['rollback', first, '--backup', id])
    expectFailure(asked, 'CONFIG', 78, { outcome: 'refused' })
    expect(asked.document.message).toContain(
      '6 rows written after the backup would be lost: notes 5 (3005 now, 3000 in the backup), schema_migrations 1',
    )
    expect(await content()).toBe(rows)
    expectDocument(await notes.succeeds(['rollback', first, '--backup', id, '--confirm', '1']), 0, { outcome: 'succeeded' })
    expect([await serves(), await content()]).toEqual([{ version: '1', notes: 3000 }, before])
    // a restore makes the database anew, but as it was
    if (kind === 'mysql')
      expect(await server.run(`docker exec ${stack.name}-db-1 mariadb -uapp -papp-horse -Ne 'show create database notes'`)).toContain(
        'CHARACTER SET utf8mb4',
      )
    // what was overwritten is a backup itself
    expect((await backups()).at(-1)).toMatchObject({ revision: '2', tables: { notes: 3005 } })
  })

  test('that cannot be saved whole stops the migration: BACKUP, and what serves is not touched', async () => {
    const [running, rows, kept] = [await server.running(stack.name), await content(), await backups()]
    const [breaking, mending] = BREAKING[kind]
    await server.run(breaking(stack.name), 'root')
    try {
      const told = await notes.cli(['deploy', ...(await notes.version('4', stack))])
      expectFailure(told, 'BACKUP', 21, { outcome: 'refused' })
      expect(await backups()).toEqual(kept)
    } finally {
      await server.run(mending(stack.name), 'root')
    }
    expect([await server.running(stack.name), await content()]).toEqual([running, rows])
    await notes.succeeds(['deploy', ...(await notes.version('4', stack))])
    expect(await serves()).toEqual({ version: '4', notes: 3000 })
  })
})

type Command = (project: string) => string
/** How a backup of each kind goes wrong here, and how that ends. */
const BREAKING: Readonly<Record<Kind, readonly [Command, Command]>> = {
  // the last rows never reach the file
  mysql: [
    (project) =>
      `docker exec -u root ${project}-db-1 sh -c 'cd /usr/bin && mv mariadb-dump dump.real && printf "#!/bin/sh\\n/usr/bin/dump.real \\"\\$@\\" | head -c 40000\\n" > mariadb-dump && chmod 755 mariadb-dump && ls -l mysqldump'`,
    (project) => `docker exec -u root ${project}-db-1 sh -c 'cd /usr/bin && mv dump.real mariadb-dump'`,
  ],
  // pages of the file are not what SQLite wrote
  sqlite: [
    (project) =>
      `docker exec ${project}-web-1 sh -c 'cp /data/notes.db /data/whole && dd if=/dev/zero of=/data/notes.db bs=4096 seek=3 count=8 conv=notrunc 2> /dev/null'`,
    (project) => `docker exec ${project}-web-1 sh -c 'cat /data/whole > /data/notes.db && rm /data/whole'`,
  ],
}
