/** Three servers that are deployed as one; what serves is asked of each engine and over HTTP. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { startFaultProxy } from '../../ssh/proxy.ts'
import type { Files } from '../sample/files.ts'
import { expectDocument, expectFailure } from './document.ts'
import { given, output, type Running, until } from './programs.ts'
import { Project, pinned, type Told, told } from './project.ts'
import { SEVERAL, type Server, sandboxServer } from './server.ts'
import { tinyImage } from './tiny.ts'

jest.setTimeout(900_000)

const NAME = 'trio'
const STACK = `/opt/stacks/${NAME}`
const PORT = SEVERAL[NAME]
/** Stands for the third server, so that the way to it can be cut. */
const DETOUR = '127.0.0.93'
const servers = ([1, 2, 3] as const).map(sandboxServer)
const [first, second, third] = servers as [Server, Server, Server]
let project: Project

const files = (hosts: readonly unknown[]): Files =>
  new Map([
    [
      'deploy.yml',
      `project: ${NAME}
registry: { namespace: acme }
images: { web: { platforms: [linux/amd64], services: [web, bot] } }
services:
  web: { health: { http: { port: 80, path: /health }, deadline: 15s } }
  bot: { exactly: 1, health: { http: { port: 80, path: /version }, deadline: 15s } }
migrate: { service: web, up: [python, /app/tell.py, migrate] }
seed: [{ name: users, service: web, run: [python, /app/tell.py, seed] }]
keep: 30
environments: { production: { hosts: ${JSON.stringify(hosts)}, path: ${STACK}, lockTimeout: 1m } }
`,
    ],
    [
      'docker-compose.yml',
      `services:
  web:
    image: ghcr.io/acme/tiny-web:latest
    restart: unless-stopped
    ports: ["${PORT}:80"]
    volumes: ["out:/out"]
  bot:
    image: ghcr.io/acme/tiny-web:latest
    restart: unless-stopped
    volumes: ["out:/out"]
volumes:
  out:
`,
    ],
  ])
const addresses = servers.map(({ host }) => host)
const start = async (
  version: string,
  hosts: readonly unknown[] = addresses,
  changes: Readonly<Record<string, string>> = {},
): Promise<Running> => {
  await project.commit(files(hosts))
  return project.start(['deploy', ...pinned({ web: await tinyImage(version) })], changes)
}
const deploy = async (version: string, hosts?: readonly unknown[]): Promise<Told> => told(await (await start(version, hosts)).ended)
const digests = () => Promise.all(servers.map((server) => server.digests(NAME, 'web')))
const everywhere = async (version: string) => {
  const digest = await output(['crane', 'digest', await tinyImage(version)])
  return servers.map(() => [digest])
}
const answers = () => Promise.all(servers.map((server) => server.json(PORT, '/version')))
const currents = () => Promise.all(servers.map((server) => server.run(`readlink ${STACK}/.deploy/current`)))
const locksAreFree = () =>
  Promise.all(
    servers.map((server) =>
      until(
        `the lock on ${server.host} is free`,
        () => server.try(`flock --nonblock ${STACK}/.deploy/lock true`),
        ({ code }) => code === 0,
      ),
    ),
  )
const out = (server: Server, command: string) => server.run(`docker exec ${NAME}-web-1 ${command}`)
const reaches = (running: Running, text: string | RegExp) =>
  until(
    `${String(text)} in the log`,
    async () => running.err(),
    (log) => (typeof text === 'string' ? log.includes(text) : text.test(log)),
    180,
  )

beforeAll(async () => {
  for (const server of servers) await server.reset(NAME, STACK)
  project = await Project.in(first.host)
  for (const version of ['1', '2', '3', '4', '5', '6']) await tinyImage(version)
})
afterAll(async () => {
  for (const server of servers) {
    await server.reset(NAME, STACK)
    await server.leave()
  }
  await project.remove()
})

describe('three servers as one', () => {
  test('a first deploy: the same release on all, migrated and seeded once, the one bot on the first', async () => {
    const done = await deploy('1')
    expectDocument(done, 0, { outcome: 'succeeded' })
    expect(done.document.serving.map(({ host }) => host)).toEqual(addresses)
    expect(await digests()).toEqual(await everywhere('1'))
    expect(await answers()).toEqual(servers.map(() => ({ version: '1' })))
    expect(new Set(await currents())).toEqual(new Set([`releases/${done.document.release}`]))
    expect((await Promise.all(servers.map((server) => server.containers(NAME)))).map((all) => all.map(({ service }) => service))).toEqual([
      ['bot', 'web'],
      ['web'],
      ['web'],
    ])
    const told = await Promise.all(servers.map((server) => out(server, 'sh -c "cat /out/told 2> /dev/null || true"')))
    expect(told.map((text) => text.split('\n').filter(Boolean))).toEqual([['["migrate", "1"]', '["seed", "1"]'], [], []])
    await locksAreFree()
  })

  test('the switch goes one after the other, each healthy before the next; and the same again is nothing to do', async () => {
    const done = await deploy('2')
    expectDocument(done, 0, { outcome: 'succeeded' })
    const at = (text: string): number => done.log.indexOf(text)
    const order = addresses.flatMap((host) => [`${host}: switch web:`, `${host}: wait to commit:`])
    expect(order.map(at)).toEqual(order.map(at).toSorted((one, other) => one - other))
    expect(at(`${third.host}: wait to switch:`)).toBeLessThan(at(`${first.host}: switch web:`))
    expect(await digests()).toEqual(await everywhere('2'))
    const again = await project.succeeds(['deploy', ...pinned({ web: await tinyImage('2') })])
    expectDocument(again, 0, { outcome: 'unchanged' })
  })

  test('status tells each of them, also where one is not reached', async () => {
    const { document } = await project.succeeds(['status'])
    for (const host of addresses) expect(document.message).toMatch(new RegExp(`${host}: release 2-[0-9a-f]{7}.*as recorded`))
    await project.commit(files([...addresses.slice(0, 2), DETOUR]))
    const partly = await project.cli(['status'], knowing())
    expectFailure(partly, 'CONNECT', 69)
    for (const host of addresses.slice(0, 2)) expect(partly.document.message).toMatch(new RegExp(`${host}: release 2-`))
  })

  test('a rollback goes on all of them', async () => {
    await project.commit(files(addresses))
    expectDocument(await project.succeeds(['rollback']), 0, { outcome: 'succeeded' })
    expect(await digests()).toEqual(await everywhere('1'))
    expect(new Set(await currents()).size).toBe(1)
  })
})

/** The key of the third is that of the detour, too. */
const knowing = (): Record<string, string> => {
  const known = readFileSync(given('SANDBOX_KNOWN_HOSTS'), 'utf8')
  const more = known.split('\n').filter((line) => line.startsWith(`${third.host} `))
  return { DEPLOY_KNOWN_HOSTS: [known, ...more.map((line) => line.replace(third.host, DETOUR))].join('\n') }
}

describe('where one of them cannot go on', () => {
  beforeEach(async () => {
    expectDocument(await deploy('3'), 0, { outcome: expect.stringMatching(/succeeded|unchanged/) })
  })

  test("the second's new container never becomes healthy: the old release everywhere, and the message says so for each", async () => {
    const before = await Promise.all(servers.map((server) => server.ids(NAME)))
    const [release] = await currents()
    await out(second, 'touch /out/sick-4')
    const failed = await deploy('4')
    expectFailure(failed, 'HEALTH', 24, { outcome: 'rolled-back', release: release?.replace('releases/', '') })
    expect(await digests()).toEqual(await everywhere('3'))
    expect(await Promise.all(servers.map((server) => server.ids(NAME)))).toEqual(before)
    expect(await answers()).toEqual(servers.map(() => ({ version: '3' })))
    expect(new Set(await currents())).toEqual(new Set([release]))
    const id = (release ?? '').replace('releases/', '')
    expect(failed.document.message).toContain(`${second.host}: web was not healthy`)
    for (const server of [first, second]) expect(failed.document.message).toContain(`${server.host}: rolled back, release ${id} serves`)
    expect(failed.document.message).toContain(`${third.host}: nothing that serves was touched, release ${id} serves`)
    await locksAreFree()
    await out(second, 'rm /out/sick-4')
    // as if nothing had been
    expectDocument(await deploy('4'), 0, { outcome: 'succeeded' })
    expect(await digests()).toEqual(await everywhere('4'))
  })

  test('the third is not reached any more once the first has switched: the old release everywhere, and the message says so', async () => {
    const detour = await startFaultProxy(
      { host: third.host, port: Number(given('SANDBOX_SSH_PORT')) },
      { host: DETOUR, port: Number(given('SANDBOX_SSH_PORT')) },
    )
    const running = await start('5', [...addresses.slice(0, 2), DETOUR], knowing())
    await reaches(running, `${first.host}: wait to commit:`)
    await detour.close()
    const failed = told(await running.ended)
    expectFailure(failed, 'UNKNOWN', 31, { outcome: 'unknown' })
    expect(failed.document.message).toMatch(new RegExp(`${first.host}: rolled back, release \\d+-[0-9a-f]{7} serves`))
    expect(failed.document.message).toMatch(new RegExp(`${DETOUR}: not reached any more.*release \\d+-[0-9a-f]{7} serves`))
    await locksAreFree()
    expect(await digests()).toEqual(await everywhere('3'))
    expect(await answers()).toEqual(servers.map(() => ({ version: '3' })))
    expect(new Set(await currents()).size).toBe(1)
  })

  test('the client is killed while the first waits for the others: it goes back by itself, and the others touch nothing', async () => {
    const running = await start('6')
    await reaches(running, `${first.host}: wait to commit:`)
    running.process.kill('SIGKILL')
    await running.ended
    await until(
      'all locks are free',
      () => Promise.all(servers.map((server) => server.try(`flock --nonblock ${STACK}/.deploy/lock true`))),
      (all) => all.every(({ code }) => code === 0),
      180,
    )
    expect(await digests()).toEqual(await everywhere('3'))
    expect(await answers()).toEqual(servers.map(() => ({ version: '3' })))
  })

  test('one that lacks something stops all before anything is touched', async () => {
    const before = await Promise.all(servers.map((server) => server.running(NAME)))
    const blocked = new Map(files(addresses))
    blocked.set(
      'deploy.yml',
      (blocked.get('deploy.yml') ?? '').replace(`path: ${STACK}`, `path: ${STACK}, env: { required: [ONLY_THERE] }`),
    )
    await first.write(`${STACK}/.env`, 'ONLY_THERE=1\n')
    await third.write(`${STACK}/.env`, 'ONLY_THERE=1\n')
    await project.commit(blocked)
    const refused = await project.cli(['deploy', ...pinned({ web: await tinyImage('6') })])
    expectFailure(refused, 'CONFIG', 78, { outcome: 'refused' })
    expect(refused.document.message).toContain(`on ${second.host}`)
    expect(await Promise.all(servers.map((server) => server.running(NAME)))).toEqual(before)
    await locksAreFree()
  })
})
