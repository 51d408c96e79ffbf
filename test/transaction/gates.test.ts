/** One of several servers: its program waits for the word of the client that sees them all. */
import { afterEach, describe, expect, test } from '@jest/globals'
import type { JournalEvent } from '../../src/transaction/journal.ts'
import type { Word } from '../../src/transaction/rendezvous.ts'
import { configOf } from '../config/problems.ts'
import { lockIsFree, newServer, SHELLS, type StandInServer, until } from './support/server.ts'
import { CONFIG, deploy, endOf, failureOf, MODEL, serving } from './support/stack.ts'

const servers: StandInServer[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})
const config = configOf(CONFIG.replace(/^(migrate|seed|smoke).*\n/gm, ''))
const served = async (shell: string): Promise<StandInServer> => {
  const on = newServer(MODEL, shell)
  servers.push(on)
  await deploy(on, { version: 1, config })
  return on
}
/** Says at each gate what is given for it; yields what served when it was reached. */
const answering = (on: StandInServer, words: Readonly<Record<string, Word>>) => {
  const seen: string[] = []
  let say: ((word: Word) => void) | null = null
  return {
    seen,
    attend: (next: ((word: Word) => void) | null): void => {
      say = next
    },
    onEvent: (event: JournalEvent): void => {
      if (event.kind !== 'note' || event.topic !== 'gate') return
      seen.push(`${event.name}: ${serving(on)}`)
      const word = words[event.name]
      if (word !== undefined) say?.(word)
    },
  }
}

describe.each(Object.entries(SHELLS))('one of several servers under %s', (_, shell) => {
  const testThere = shell === null ? test.skip : test

  testThere('told to go on at both gates, it commits; nothing was switched before the first', async () => {
    const on = await served(shell ?? '')
    const { seen, ...words } = answering(on, { switch: 'switch', commit: 'commit' })
    expect(endOf(await deploy(on, { version: 2, config, ...words }))).toBe('committed')
    expect(seen).toEqual(['switch: api 1, bot 1', 'commit: api 2, bot 2'])
  })

  testThere('told to go back before its switch, it touches nothing', async () => {
    const on = await served(shell ?? '')
    const before = on.containers()
    const { seen, ...words } = answering(on, { switch: 'back' })
    const done = await deploy(on, { version: 2, config, ...words })
    expect([endOf(done), failureOf(done)]).toEqual(['aborted', 'CANCELLED: another server of this deploy could not go on'])
    expect([seen, on.containers()]).toEqual([['switch: api 1, bot 1'], before])
  })

  testThere('told to go back after its switch, the very same containers serve again', async () => {
    const on = await served(shell ?? '')
    const before = on.containers().map(({ id, state }) => `${id} ${state}`)
    const { seen, ...words } = answering(on, { switch: 'switch', commit: 'back' })
    const done = await deploy(on, { version: 2, config, ...words })
    expect([endOf(done), serving(on), seen.length]).toEqual(['rolled-back', 'api 1, bot 1', 2])
    expect(on.containers().map(({ id, state }) => `${id} ${state}`)).toEqual(before)
    expect(on.file('.deploy/current/release.json')).toContain('"id":"1-')
  })
})

test('a cancelled run is told at the gate, and what was switched goes back', async () => {
  const on = await served(SHELLS.dash ?? '/bin/sh')
  const cancelled = new AbortController()
  const { seen, ...words } = answering(on, { switch: 'switch' })
  const onEvent = (event: JournalEvent): void => {
    words.onEvent(event)
    if (event.kind === 'note' && event.topic === 'gate' && event.name === 'commit') cancelled.abort('SIGINT')
  }
  const done = await deploy(on, { version: 2, config, ...words, onEvent, cancellation: { signal: cancelled.signal } })
  expect([endOf(done), failureOf(done)]).toEqual(['rolled-back', 'CANCELLED: the run was cancelled before all servers were switched'])
  expect([seen.length, serving(on)]).toEqual([2, 'api 1, bot 1'])
  await until(() => lockIsFree(on), 'the lock is free')
})
