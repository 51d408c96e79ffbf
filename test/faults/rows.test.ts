/** Rows of the fault matrix that no kill at a failpoint makes, and that no other test has: see rows.ts. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
import { until } from '../sandbox/scenarios/programs.ts'
import { ROWS } from './rows.ts'
import { type AtRest, SERVICES } from './sweep/history.ts'
import { images, type Version } from './sweep/image.ts'
import { machines } from './sweep/machine.ts'
import { PATH, Stack } from './sweep/stack.ts'
import { quiet, reached } from './sweep/try.ts'

jest.setTimeout(300_000)
const TEST = join(import.meta.dirname, '..')

let stack: Stack
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'faults-bundle-'))
  execFileSync(join(TEST, '../script/node24'), [join(import.meta.dirname, 'weave/build.ts'), folder, 'failpoints'])
  const [machine] = machines()
  if (machine === undefined) throw new Error('the sandbox has no server')
  stack = await Stack.on(machine, await images(), folder)
  await stack.renew()
})
afterAll(async () => {
  await stack.close()
  rmSync(folder, { recursive: true, force: true })
})

let old: Version
let other: Version
beforeEach(async () => {
  stack.failpoints.arm(null)
  old = (await stack.atRest()).file === 'one' ? 'one' : 'two'
  other = old === 'one' ? 'two' : 'one'
})

const served = ({ containers }: AtRest): string =>
  SERVICES.map((service) => containers.filter((one) => one.service === service && one.running).map(({ version }) => version)).join(' ')
const expectServes = async (version: Version): Promise<void> => {
  await quiet(stack)
  const rest = await stack.atRest()
  expect([served(rest), rest.current?.versions.web, rest.file, rest.leftOver]).toEqual([`${version} ${version}`, version, version, []])
}
const oneOffs = async (count: number): Promise<void> => {
  await until(
    `${count} one-off containers run`,
    async () => [...((await stack.running())?.values() ?? [])].filter((labels) => labels['com.docker.compose.oneoff'] === 'True').length,
    (running) => running === count,
  )
}
const at = async (name: string, command: Parameters<typeof reached>[1], count = 1): Promise<void> => {
  expect([name, count, await reached(stack, command)]).toEqual([name, count, true])
}

test('a run that is cancelled in its migration: the migration is not killed, and the lock is held until it has ended', async () => {
  await stack.commit(other, { migrate: 'up: [sh, -c, "sleep 4; echo migrated >> /data/revisions"]' })
  const before = (await stack.atRest()).migrations
  const command = stack.deploy(other)
  await oneOffs(1)
  command.process.kill('SIGINT')
  expect(stack.lockIsFree()).toBe(false)
  expect((await command.ended).code).toBe(32)
  await expectServes(old)
  expect((await stack.atRest()).migrations).toBe(before + 1)
})

test('a migration that does not end is MIGRATE at its deadline, and nothing of it is left running', async () => {
  await stack.commit(other, { migrate: 'timeout: 2s, up: [sh, -c, "sleep 600"]' })
  const { code, err } = await stack.deploy(other).ended
  expect([code, /was not done after 2 s and was stopped/.test(err)]).toEqual([22, true])
  await oneOffs(0)
  await expectServes(old)
})

test('a link that falls silent after the switch: the server finishes alone, and we say in bounded time that we do not know', async () => {
  await stack.commit(other)
  stack.failpoints.arm({ name: 'switch_services: after docker start', count: 1 })
  const command = stack.deploy(other)
  await at('switch_services: after docker start', command)
  stack.link.pause()
  stack.failpoints.release()
  const { code } = await command.ended
  // the login stays as long as nobody tells sshd
  await until('nobody holds the lock', async () => stack.lockIsFree(), Boolean, 120)
  stack.link.resume()
  stack.link.reset()
  expect(code).toBe(31)
  await expectServes(other)
})

test('a container that is killed for its memory is HEALTH, says OOMKilled, and the old one serves', async () => {
  await stack.commit(other, { limit: '24m' })
  stack.sicken(other, 'hungry')
  const { code, err } = await stack.deploy(other).ended
  stack.mend(other)
  expect([code, err]).toEqual([24, expect.stringContaining('OOMKilled')])
  await expectServes(old)
})

test('a lock file that nobody holds, and a holder who is long gone, stop nobody', async () => {
  stack.machine.write(
    `${PATH}/.deploy/holder`,
    'deploy by somebody who is dead\nsince 2001-01-01T00:00:00Z\noperation 20010101T000000Z-000000\n',
  )
  await stack.commit(other)
  expect((await stack.deploy(other).ended).code).toBe(0)
  await expectServes(other)
})

test('a rollback that comes in the middle of a deploy waits for it, and goes then', async () => {
  await stack.commit(other)
  stack.failpoints.arm({ name: 'switch_services: after docker start', count: 1 })
  const deploy = stack.deploy(other)
  await at('switch_services: after docker start', deploy)
  const rollback = stack.rollback(stack.releaseOf(old) ?? '')
  await until(
    'the rollback waits',
    async () => rollback.err(),
    (text) => text.includes('Waiting for the lock'),
  )
  stack.failpoints.release()
  expect([(await deploy.ended).code, (await rollback.ended).code]).toEqual([0, 0])
  await expectServes(old)
})

test('a disk that is full stops a deploy before anything that serves is touched, and once there is room it goes through', async () => {
  const filler = `${PATH}/.deploy/filler`
  // the folder of the stack as a file system of its own, so that nobody else runs out of room
  // a server of the sandbox has no mount(8), but this image has
  stack.machine.shell('id=$(docker create --quiet busybox:1.36) && docker cp -L "$id:/usr/bin/busybox" /tmp/busybox && docker rm "$id"')
  stack.machine.shell(
    `cp -a ${PATH} /tmp/kept && /tmp/busybox mount -t tmpfs -o size=800m tmpfs ${PATH} && cp -a /tmp/kept/. ${PATH}/ && chown deploy:deploy ${PATH}`,
  )
  try {
    stack.machine.shell(`head -c 900m /dev/zero > ${filler} || true`)
    await stack.commit(other)
    const full = await stack.deploy(other).ended
    expect([full.code, full.err]).toEqual([78, expect.stringContaining('has no room left')])
    stack.machine.remove(filler)
    expect(served(await stack.atRest())).toBe(`${old} ${old}`)
    expect((await stack.deploy(other).ended).code).toBe(0)
    await expectServes(other)
  } finally {
    stack.machine.shell(
      `rm -rf /tmp/kept; cp -a ${PATH} /tmp/kept; /tmp/busybox /tmp/busybox umount -l ${PATH}; cp -a /tmp/kept/. ${PATH}/; rm -rf /tmp/kept /tmp/busybox`,
    )
  }
})

test.each([
  ['and its client asks again', false],
  ['and its client is gone, too', true],
])('a server that reboots in the middle of a switch, %s: what is left is settled, and a deploy goes through', async (_, isAlone) => {
  await stack.commit(other)
  stack.failpoints.arm({ name: 'switch_services: after docker stop', count: 1 })
  const command = stack.deploy(other)
  await at('switch_services: after docker stop', command)
  if (isAlone) command.process.kill('SIGKILL')
  stack.machine.reboot()
  stack.failpoints.release()
  const { code } = await command.ended
  if (!isAlone) {
    expect([31, 32]).toContain(code)
    if (code === 32) await expectServes(old)
  }
  await quiet(stack)
  expect((await stack.deploy(other).ended).code).toBe(0)
  await expectServes(other)
})

test('every row of the matrix names tests that are there, or says why there is none', () => {
  expect(ROWS.map(({ number }) => number)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1))
  for (const { number, tests, missing } of ROWS) {
    expect([number, tests.length > 0 || (missing ?? '').length > 10]).toEqual([number, true])
    for (const [file, name] of tests) {
      const path = join(TEST, file)
      expect([number, file, existsSync(path) && readFileSync(path, 'utf8').includes(name)]).toEqual([number, file, true])
    }
  }
})
