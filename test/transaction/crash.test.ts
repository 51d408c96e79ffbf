/** Killed without a word at any moment, the next run finishes or undoes it: never mixed, never two bots, nothing left. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { afterEach, describe, expect, test } from '@jest/globals'
import { configOf } from '../config/problems.ts'
import { lockIsFree, newServer, type StandInServer, until } from './support/server.ts'
import { ABANDONED, CONFIG, type Deployment, deploy, digestOf, endOf, MODEL, serving } from './support/stack.ts'

const servers: StandInServer[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})
const served = async (): Promise<StandInServer> => {
  const on = newServer(MODEL)
  servers.push(on)
  await deploy(on, { version: 1 })
  return on
}

const abandoned = (on: StandInServer, given: Deployment) => deploy(on, { ...ABANDONED, ...given })

/** A piece of the docker call at which the program dies. */
const MOMENTS: readonly (readonly [string, string])[] = [
  ['while it pulls', 'pull\t--quiet'],
  ['while it makes containers', 'up\t--no-start'],
  ['while it migrates', 'run\t--rm'],
  ['before it stops the old container', ' stop\t'],
  ['before it starts the new container', ' start\t'],
  ['while it asks the new container', 'inspect\t--format\t{{if .State.Health}}'],
  ['while it compares digests', 'inspect\t--format\t{"id":'],
]

describe('after a kill -9', () => {
  test.each(MOMENTS)('%s, the old release serves again and the next deploy goes through', async (_, moment) => {
    const on = await served()
    const before = on.containers()
    await expect(
      abandoned(on, { version: 2, credentials: Buffer.from('{"canary":1}').toString('base64'), onReady: () => on.tell('kill-at', moment) }),
    ).rejects.toThrow(/^UNKNOWN: the program on \S+ was killed in step \d+, /)
    expect(existsSync(`${on.state}/kill-at`)).toBe(false)
    await until(() => lockIsFree(on), 'what the program had started has ended')
    const settled = await deploy(on, { version: 2, leave: true })
    expect(settled.said.join('\n')).toMatch(/An earlier operation was settled: \S+ ended as (aborted|rolled-back)/)
    expect(serving(on)).toBe('api 1, bot 1')
    expect(on.containers().map(({ id, policy }) => [id, policy])).toEqual(before.map(({ id, policy }) => [id, policy]))
    expect([on.file('conf/app.conf'), readdirSync(`${on.directory}/.deploy/releases`)]).toEqual(['of version 1\n', ['1-1111111']])
    // folders may go while it looks
    expect(spawnSync('find', [`${on.directory}/.deploy`, '-name', 'docker-config'], { encoding: 'utf8' }).stdout).toBe('')
    const again = await deploy(on, { version: 2 })
    expect([endOf(again), serving(on), on.heard('violations')]).toEqual(['committed', 'api 2, bot 2', []])
  })

  test.each(MOMENTS)('%s, a client that still lives settles it at once, and is told how it ended', async (_, moment) => {
    const on = await served()
    const before = on.containers()
    const told = await deploy(on, { version: 2, onReady: () => on.tell('kill-at', moment) })
    expect(endOf(told)).toMatch(/^(aborted|rolled-back)$/)
    expect(told.events.map(({ kind }) => kind)).toContain('settle')
    expect([serving(on), lockIsFree(on)]).toEqual(['api 1, bot 1', true])
    expect(on.containers().map(({ id, policy }) => [id, policy])).toEqual(before.map(({ id, policy }) => [id, policy]))
    expect([endOf(await deploy(on, { version: 2 })), serving(on), on.heard('violations')]).toEqual(['committed', 'api 2, bot 2', []])
  })

  test.each(MOMENTS.slice(3, -1))('in a rollback, %s, it goes on where it stood: a rollback is never rolled back', async (_, moment) => {
    const on = await served()
    await deploy(on, { version: 2 })
    on.tell('kill-at', moment)
    const told = await deploy(on, { version: 1, rollbackTo: '1-1111111' })
    expect([endOf(told), serving(on)]).toEqual(['committed', 'api 1, bot 1'])
    expect(on.containers().map(({ name }) => name)).toEqual(['shop-api-1', 'shop-bot-1', 'shop-db-1'])
  })

  test('a shell that is killed alone: what it had begun for a service gives up soon, long before its deadline', async () => {
    const on = await served()
    const config = configOf(
      CONFIG.replaceAll('deadline: 1s', 'deadline: 300s').replace('bot: { exactly: 1,', 'bot: { exactly: 1, after: [],'),
    )
    on.tell('sick', `ghcr.io/acme/shop-api@${digestOf(2, 'api')}`)
    on.tell('kill-at', 'inspect\t--format\t{{if .State.Health}}')
    const began = performance.now()
    const told = await deploy(on, { version: 2, config })
    expect([endOf(told), serving(on), lockIsFree(on)]).toEqual(['rolled-back', 'api 1, bot 1', true])
    expect(performance.now() - began).toBeLessThan(60_000)
  })

  test('after the commit, the new release stays and is tidied', async () => {
    const on = await served()
    // the rename is done, and nobody has written so into the journal
    on.program('sync', `#!/bin/sh\ncase $* in *"/.deploy/releases "*) kill -9 "$PPID" ;; esac\nexec /bin/sync "$@"\n`)
    await expect(abandoned(on, { version: 2 })).rejects.toThrow(/^UNKNOWN: /)
    on.program('sync', '#!/bin/sh\nexec /bin/sync "$@"\n')
    const settled = await deploy(on, { version: 2, leave: true })
    expect(settled.said.join('\n')).toMatch(/An earlier operation was settled: \S+ ended as committed/)
    expect(serving(on)).toBe('api 2, bot 2')
    expect(on.containers().map(({ name }) => name)).toEqual(['shop-api-1', 'shop-bot-1', 'shop-db-1'])
    expect((await deploy(on, { version: 2 })).plan?.steps).toEqual([])
  })

  test('between the plan to undo and the list of what was there, nothing that serves is removed', async () => {
    const on = await served()
    await expect(abandoned(on, { version: 2, onReady: () => on.tell('kill-at', 'up\t--no-start') })).rejects.toThrow(/^UNKNOWN: /)
    await until(() => lockIsFree(on), 'what the program had started has ended')
    for (const name of execFileSync('find', [`${on.directory}/.deploy/operations`, '-name', 'old-*'], { encoding: 'utf8' })
      .split('\n')
      .filter(Boolean))
      rmSync(name)
    await deploy(on, { version: 2, leave: true })
    expect(serving(on)).toBe('api 1, bot 1')
  })

  test('a migration that outlives its program is waited for: never two at a time', async () => {
    const on = await served()
    const kill = `kill -9 "$(cat "$(ls '${on.directory}'/.deploy/operations/*/pid | tail -n 1)")"`
    on.tell('one-off/migrate', `${kill}; sleep 1; echo done >> '${on.state}/migrated'`)
    await expect(abandoned(on, { version: 2 })).rejects.toThrow(/^UNKNOWN: /)
    await deploy(on, { version: 2, leave: true })
    expect(on.heard('migrated')).toEqual(['done'])
    expect(serving(on)).toBe('api 1, bot 1')
  })

  test('killed again while it settles, it is settled once more at once', async () => {
    const on = await served()
    await expect(abandoned(on, { version: 2, onReady: () => on.tell('kill-at', ' start\t') })).rejects.toThrow(/^UNKNOWN: /)
    await until(() => lockIsFree(on), 'what the program had started has ended')
    const killed = `${on.state}/killed-once`
    on.program('tac', `#!/bin/sh\n[ -e '${killed}' ] || { : > '${killed}'; kill -9 "$PPID"; }\nexec /usr/bin/tac "$@"\n`)
    const settled = await deploy(on, { version: 2, leave: true })
    expect(existsSync(killed)).toBe(true)
    expect(settled.said.join('\n')).toContain('ended as rolled-back')
    expect(serving(on)).toBe('api 1, bot 1')
  })

  test('killed each time that it settles, it settles when the next run comes', async () => {
    const on = await served()
    await expect(abandoned(on, { version: 2, onReady: () => on.tell('kill-at', ' start\t') })).rejects.toThrow(/^UNKNOWN: /)
    await until(() => lockIsFree(on), 'what the program had started has ended')
    // this time the very shell that settles dies
    on.program('tac', '#!/bin/sh\nkill -9 "$PPID"\n')
    await deploy(on, { version: 2, leave: true })
    on.program('tac', '#!/bin/sh\nexec /usr/bin/tac "$@"\n')
    const settled = await deploy(on, { version: 2, leave: true })
    expect(settled.said.join('\n')).toContain('ended as rolled-back')
    expect(serving(on)).toBe('api 1, bot 1')
  })
})
