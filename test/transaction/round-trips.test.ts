/** A whole deploy over SSH, counted: the real front and program behind an SSH server in this process. */
import { spawn } from 'node:child_process'
import { afterEach, expect, test } from '@jest/globals'
import { newKey, pinKeys } from '../ssh/keys.ts'
import { countRoundTrips } from '../ssh/round-trips.ts'
import { startSshServer } from '../ssh/server.ts'
import { connectTo, targetAt } from '../ssh/target.ts'
import { newServer } from './support/server.ts'
import { deploy, endOf, failureOf, MODEL, serving } from './support/stack.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** Twenty files, as a project of some size brings. */
const FILES = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`project/conf/${index}.conf`, `${index}\n`.repeat(500)]))

test('a whole deploy takes one connection, one command and at most twelve round trips', async () => {
  const on = newServer(MODEL)
  const [host, me] = [newKey(), newKey()]
  const sshd = await startSshServer({
    hostKeys: [host],
    allow: me,
    run: (command, channel) => {
      const child = spawn('/bin/sh', ['-c', command], { env: { PATH: on.path, HOME: on.state } })
      channel.pipe(child.stdin)
      child.stdin.on('error', () => {})
      child.stdout.pipe(channel, { end: false })
      child.stderr.pipe(channel.stderr, { end: false })
      child.on('close', (code) => {
        channel.exit(code ?? 255)
        channel.end()
      })
    },
  })
  const counter = await countRoundTrips(sshd)
  closers.push(
    () => on.close(),
    () => sshd.close(),
    () => counter.close(),
  )
  // keepalives would be counted as if somebody waited for them
  const remote = await connectTo(targetAt(counter, me, pinKeys(host)), { keepaliveMs: 600_000 })
  const done = await deploy(on, { version: 1, files: FILES, remote })
  expect([failureOf(done), endOf(done), serving(on)]).toEqual(['', 'committed', 'api 1, bot 1'])
  expect(done.plan?.steps.length).toBeGreaterThanOrEqual(12)
  expect({ connections: counter.connections(), commands: sshd.seen.commands.length, subsystems: sshd.seen.subsystems }).toEqual({
    connections: 1,
    commands: 1,
    subsystems: [],
  })
  expect(counter.roundTrips()).toBeLessThanOrEqual(12)
  expect(counter.roundTrips()).toBeGreaterThanOrEqual(8)
}, 120_000)
