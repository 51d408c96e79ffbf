/** Backups of a real SQLite database, and of one with commands of its own, under each shell a server may have as `sh`. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { Config } from '../../src/config/schema.ts'
import { configOf } from '../config/problems.ts'
import { newServer, SHELLS, type StandInServer } from './support/server.ts'
import { ABANDONED, CONFIG, deploy, endOf, failureOf, MODEL, serving } from './support/stack.ts'

const servers: StandInServer[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})
const server = (shell?: string | null): StandInServer => {
  const made = newServer(MODEL, shell ?? undefined)
  servers.push(made)
  return made
}

const database = (on: StandInServer): string => join(on.state, 'app.db')
const sql = (on: StandInServer, text: string): string =>
  execFileSync('python3', ['-c', SQL, database(on)], { input: text, encoding: 'utf8' }).trim()
const SQL = `import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as connection:
    for line in sys.stdin:
        for row in connection.execute(line): print(*row)`
const withRows = (on: StandInServer): void => {
  sql(on, `CREATE TABLE "the ""users""" (name)\nCREATE TABLE alembic_version (version_num)\nINSERT INTO alembic_version VALUES ('a1')`)
  sql(on, `INSERT INTO "the ""users""" WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT i FROM n`)
}
const sqlite = (on: StandInServer, more = ''): Config =>
  configOf(`${CONFIG}\nbackup: { kind: sqlite, service: db, file: ${JSON.stringify(database(on))}${more} }\n`)

const folder = (on: StandInServer): string => join(on.directory, '.deploy/backups')
const backups = (on: StandInServer): readonly string[] => (existsSync(folder(on)) ? readdirSync(folder(on)).toSorted() : [])
const filesOf = (id: string): readonly string[] => ['dump', 'json', 'rows'].map((end) => `${id}.${end}`)
interface Kept {
  readonly id: string
  readonly sha256: string
  readonly revision: string
  readonly tables: Readonly<Record<string, number>>
}
const kept = (on: StandInServer): readonly Kept[] =>
  backups(on).flatMap((file) => (file.endsWith('.json') ? [JSON.parse(readFileSync(join(folder(on), file), 'utf8')) as Kept] : []))
/** Calls of docker, by what matters of each. */
const calls = (on: StandInServer): readonly string[] =>
  on.heard('calls').flatMap((call) => {
    const verb = /\tdeploy-action\t(\w+)\t/.exec(call)?.[1]
    const oneOff = /\t--name\tshop-(\w+)-/.exec(call)?.[1]
    return verb !== undefined ? [verb] : oneOff !== undefined ? [oneOff] : []
  })

describe.each(Object.entries(SHELLS))('a backup under %s', (_, shell) => {
  const testThere = shell === null ? test.skip : test

  testThere('is made and proven before the migration, and kept with its checksum, rows and revision', async () => {
    const on = server(shell)
    withRows(on)
    on.tell('one-off/revisions', 'printf "deploy-action: before a1\\ndeploy-action: pending yes\\n"')
    const deployed = await deploy(on, { version: 1, config: sqlite(on) })
    expect([failureOf(deployed), endOf(deployed)]).toEqual(['', 'committed'])
    expect(calls(on)).toEqual(['revisions', 'size', 'save', 'prove', 'migrate', 'seed'])
    expect(backups(on)).toEqual(filesOf(deployed.operation))
    const dump = join(folder(on), `${deployed.operation}.dump`)
    expect([statSync(dump).mode & 0o777, statSync(folder(on)).mode & 0o777]).toEqual([0o600, 0o700])
    expect(kept(on)).toMatchObject([{ id: deployed.operation, revision: 'a1', tables: { 'the "users"': 500, alembic_version: 1 } }])
    expect(kept(on)[0]?.sha256).toBe(createHash('sha256').update(readFileSync(dump)).digest('hex'))
    expect(execFileSync('python3', ['-c', SQL, dump], { input: 'SELECT count(*) FROM "the ""users"""', encoding: 'utf8' })).toBe('500\n')
    expect(readdirSync(on.state).filter((file) => file.startsWith('app.db'))).toEqual(['app.db'])
  })

  testThere('is not made where the release brings no new revision, and the migration is not run either', async () => {
    const on = server(shell)
    withRows(on)
    on.tell('one-off/revisions', 'printf "deploy-action: before a1\\ndeploy-action: pending no\\n"')
    const deployed = await deploy(on, { version: 1, config: sqlite(on) })
    expect([failureOf(deployed), endOf(deployed)]).toEqual(['', 'committed'])
    expect(calls(on)).toEqual(['revisions', 'seed'])
    expect(backups(on)).toEqual([])
    expect(on.file('.deploy/current/release.json')).toContain('"schema":{"before":"a1","after":"a1"}')
  })

  testThere('that arrives changed on the disk stops the migration, and nothing of it stays', async () => {
    const on = server(shell)
    await deploy(on, { version: 1 })
    withRows(on)
    on.program('tee', '#!/bin/sh\nhead -c 5000 > "$1"\nhead -c 5000 "$1"\ncat\n')
    const failed = await deploy(on, { version: 2, config: sqlite(on) })
    expect(failureOf(failed)).toMatch(/^BACKUP: the backup of db did not arrive whole in .*; is the disk full\?$/)
    expect([endOf(failed), serving(on), backups(on)]).toEqual(['aborted', 'api 1, bot 1', []])
    expect(on.heard('ran').filter((line) => line.startsWith('migrate'))).toHaveLength(1)
  })

  testThere('that lacks rows once it is restored is no backup', async () => {
    const on = server(shell)
    const says = (rows: number) =>
      JSON.stringify(['sh', '-c', `echo 'deploy-action: table ${rows} ${rows} "users"' >&${rows === 3 ? 2 : 1}`])
    const config = configOf(`${CONFIG}\nbackup: { kind: command, service: db, save: ${says(3)}, prove: ${says(2)}, restore: [cat] }\n`)
    const failed = await deploy(on, { version: 1, config })
    expect(failureOf(failed)).toBe('BACKUP: what was restored from the backup is not what was saved: "users" has 2 rows, not 3')
    expect([endOf(failed), backups(on), calls(on).includes('migrate')]).toEqual(['aborted', [], false])
  })

  testThere('that counts nothing, as the commands of somebody may, is kept all the same', async () => {
    const on = server(shell)
    on.tell('one-off/revisions', 'printf "deploy-action: pending yes\\n"')
    const config = configOf(
      `${CONFIG}\nbackup: { kind: command, service: db, save: [echo, all], prove: [grep, -q, all], restore: [cat] }\n`,
    )
    const deployed = await deploy(on, { version: 1, config })
    expect([failureOf(deployed), endOf(deployed)]).toEqual(['', 'committed'])
    expect(kept(on)).toMatchObject([{ id: deployed.operation, kind: 'command', tables: {} }])
  })

  testThere('of another database than the one that is migrated is no backup', async () => {
    const on = server(shell)
    withRows(on)
    on.tell('one-off/revisions', 'printf "deploy-action: before a0\\ndeploy-action: pending yes\\n"')
    const failed = await deploy(on, { version: 1, config: sqlite(on) })
    expect(failureOf(failed)).toBe(
      "BACKUP: the backup is at revision a1, but the migration's database at a0: backup.database may name another one",
    )
    expect([endOf(failed), backups(on), calls(on).includes('migrate')]).toEqual(['aborted', [], false])
  })

  testThere('that was cut off by a kill leaves nothing once the next run has settled', async () => {
    const on = server(shell)
    await deploy(on, { version: 1 })
    withRows(on)
    on.tell('kill-at', 'deploy-action\tprove')
    await deploy(on, { ...ABANDONED, version: 2, config: sqlite(on) }).catch(() => undefined)
    expect(backups(on).map((file) => file.replace(/.*\./, ''))).toEqual(['part'])
    writeFileSync(`${database(on)}.deploy-action`, 'left by the proof')
    const next = await deploy(on, { version: 3, config: sqlite(on) })
    expect([failureOf(next), endOf(next), serving(on)]).toEqual(['', 'committed', 'api 3, bot 3'])
    expect(backups(on)).toEqual(filesOf(next.operation))
    expect(existsSync(`${database(on)}.deploy-action`)).toBe(false)
  })

  testThere('is kept as often as asked, and the newest always', async () => {
    const on = server(shell)
    withRows(on)
    const config = sqlite(on, ', when: always, keep: 2, days: 1')
    const made: string[] = []
    for (const version of [1, 2, 3]) made.push((await deploy(on, { version, config })).operation)
    expect(kept(on).map(({ id }) => id)).toEqual(made.slice(1))
    const old = new Date(Date.now() - 3 * 86_400_000)
    for (const file of backups(on)) execFileSync('touch', ['-d', old.toISOString(), join(folder(on), file)])
    const last = (await deploy(on, { version: 4, config })).operation
    expect(kept(on).map(({ id }) => id)).toEqual([last])
  })
})
