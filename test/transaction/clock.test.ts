/** Clocks that are wrong, of the runner and of the server: names and times are for people, nothing is decided by them alone. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { configOf } from '../config/problems.ts'
import { newServer, type StandInServer } from './support/server.ts'
import { CONFIG, deploy, endOf, failureOf, MODEL, serving } from './support/stack.ts'

const servers: StandInServer[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})
const server = (): StandInServer => {
  const made = newServer(MODEL)
  servers.push(made)
  return made
}

/** The server's clock, a hundred years further, then behind, at every other question. */
const JUMPS = `#!/bin/sh
count=$(cat "$0.count" 2> /dev/null || echo 0)
echo $((count + 1)) > "$0.count"
for argument; do format=$argument; done
exec /usr/bin/date -u -d "$([ $((count % 2)) = 0 ] && echo 2099 || echo 2001)-01-01" "$format"
`
const jumps = (on: StandInServer): void => on.program('date', JUMPS)
/** Operations of people whose clocks were ahead, all ended. */
const fromTheFuture = (on: StandInServer, folder: string, write: (path: string) => void): void => {
  for (let nth = 10; nth < 35; nth += 1) {
    const path = join(on.directory, '.deploy', folder, `20990101T0000${nth}Z-abcdef`)
    mkdirSync(join(path, '..'), { recursive: true })
    write(path)
  }
}

test('a server whose clock jumps to and fro deploys, and deploys again', async () => {
  const on = server()
  jumps(on)
  for (const version of [1, 2]) {
    const deployed = await deploy(on, { version })
    expect([failureOf(deployed), endOf(deployed)]).toEqual(['', 'committed'])
  }
  expect(serving(on)).toBe('api 2, bot 2')
})

test('a runner whose clock is behind is not taken for the oldest operation: its record stays until it has ended', async () => {
  const on = server()
  await deploy(on, { version: 1 })
  fromTheFuture(on, 'operations', (path) => {
    mkdirSync(path)
    writeFileSync(join(path, 'journal'), '1 start 1\n2 end committed\n')
  })
  const deployed = await deploy(on, { version: 2 })
  expect([failureOf(deployed), endOf(deployed)]).toEqual(['', 'committed'])
  expect(readdirSync(join(on.directory, '.deploy/operations'))).toContain(deployed.operation)
})

test('a backup that was just made is kept, however many have names that sort after it', async () => {
  const on = server()
  const file = join(on.state, 'app.db')
  const sql = 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute("CREATE TABLE users (name)"); c.commit()'
  execFileSync('python3', ['-c', sql, file])
  const config = configOf(`${CONFIG}\nbackup: { kind: sqlite, service: db, file: ${JSON.stringify(file)}, when: always, keep: 3 }\n`)
  fromTheFuture(on, 'backups', (path) => {
    for (const end of ['dump', 'rows']) writeFileSync(`${path}.${end}`, '')
    writeFileSync(`${path}.json`, '{}\n')
  })
  const deployed = await deploy(on, { version: 1, config })
  expect([failureOf(deployed), endOf(deployed)]).toEqual(['', 'committed'])
  const kept = readdirSync(join(on.directory, '.deploy/backups')).filter((name) => name.endsWith('.json'))
  expect(kept).toContain(`${deployed.operation}.json`)
  expect(kept.length).toBeLessThanOrEqual(4)
})
