/** doctor against real servers: each state that a person may find one in is said, with what mends it, and nothing is changed. */
import { readFileSync } from 'node:fs'
import { connect, createServer, type Server as Listener } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals'
import type { CheckReport } from '../../../src/report/document.ts'
import { given, output } from '../scenarios/programs.ts'
import { Project, type Told } from '../scenarios/project.ts'
import { scenarioServer } from '../scenarios/server.ts'
import { PATH, type Shape, tinyFiles } from '../scenarios/tiny.ts'

jest.setTimeout(300_000)

const server = scenarioServer()
let project: Project

beforeAll(async () => {
  await server.reset('tiny', PATH)
  project = await Project.in(server.host)
})
afterEach(() => server.reset('tiny', PATH))
afterAll(async () => {
  await server.leave()
  await project.remove()
})

const doctor = async (shape: Shape = {}, changes: Readonly<Record<string, string | undefined>> = {}): Promise<Told> => {
  await project.commit(tinyFiles(shape))
  return project.cli(['doctor'], changes)
}
const checks = ({ document }: Told): readonly CheckReport[] => document.checks ?? []
const failed = (told: Told): readonly CheckReport[] => checks(told).filter(({ result }) => result === 'fail')
const check = (told: Told, name: string): CheckReport | undefined => checks(told).find((one) => one.check === name)
/** The command of a mending, for root on the server. */
const mending = (found: CheckReport | undefined): string =>
  found?.mend
    ?.split('\n')[0]
    ?.replace(/^on the server: /, '')
    .replaceAll('sudo ', '') ?? 'false'

test('a server that is ready: every line is well or a warning, nothing is changed, and the document has each', async () => {
  await server.write(`${PATH}/.env`, 'TOKEN=canary-77\n')
  const before = await server.wholeTree(PATH)
  const told = await doctor({ environment: ', env: { required: [TOKEN] }' })
  expect(failed(told)).toEqual([])
  expect(told).toMatchObject({ code: 0, document: { command: 'doctor', outcome: 'succeeded', failureCode: null } })
  const well = checks(told)
    .filter(({ result }) => result === 'pass')
    .map((one) => one.check)
  expect(well).toEqual(
    expect.arrayContaining([
      'config',
      'registry',
      'server',
      'host key',
      'key',
      'engine',
      'directory',
      'disk',
      'clock',
      'environment',
      'ports',
      'compose files',
      'bind mounts',
      'stack',
    ]),
  )
  expect(told.text).not.toContain('canary-77')
  expect(await server.wholeTree(PATH)).toBe(before)
  expect(await server.containers('tiny')).toEqual([])
  expect(told.log.split('\n').length).toBeLessThan(40)
})

test('one connection is opened, and no other', async () => {
  let connections = 0
  const proxy: Listener = createServer((socket) => {
    connections += 1
    const upstream = connect(Number(given('SANDBOX_SSH_PORT')), server.host)
    socket.pipe(upstream).pipe(socket)
    for (const one of [socket, upstream]) one.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const { port } = proxy.address() as { port: number }
  const known = readFileSync(given('SANDBOX_KNOWN_HOSTS'), 'utf8').replaceAll(`${server.host} `, `[127.0.0.1]:${port} `)
  const told = await doctor({ environment: `, port: ${port}` }, { SSH_HOST: '127.0.0.1', DEPLOY_KNOWN_HOSTS: known })
  proxy.close()
  expect(failed(told)).toEqual([])
  expect(connections).toBe(1)
})

/** Somebody for whom there is no docker: taking it away from everybody would disturb the scenarios beside us. */
const WITHOUT_ENGINE = `set -e
useradd --create-home --shell /bin/bash --password '*' fresh
install -d -m 700 -o fresh -g fresh /home/fresh/.ssh /home/fresh/bin
cp ~deploy/.ssh/authorized_keys /home/fresh/.ssh/authorized_keys
for tool in /usr/bin/*; do ln -s "$tool" /home/fresh/bin/; done
rm -f /home/fresh/bin/docker*
echo 'export PATH=/home/fresh/bin' > /home/fresh/.bashrc
chown -R fresh:fresh /home/fresh`

test('a fresh server without an engine', async () => {
  await server.run(WITHOUT_ENGINE, 'root')
  try {
    const told = await doctor({ environment: ', user: fresh', path: '/home/fresh/tiny' })
    expect(failed(told)).toEqual([
      {
        check: 'engine',
        result: 'fail',
        sentence: expect.stringContaining('Docker is not installed on'),
        mend: expect.stringContaining('doctor --prepare'),
      },
    ])
    expect(told).toMatchObject({ code: 78, document: { outcome: 'failed', failureCode: 'CONFIG' } })
    expect(check(told, 'disk')?.result).toBe('pass')
    expect(check(told, 'ports')?.result).toBe('unknown')
  } finally {
    await server.run('userdel --remove fresh', 'root')
  }
})

test('a full disk', async () => {
  const path = '/dev/shm/tiny'
  await server.run(`mkdir -p ${path} && cat /dev/zero > ${path}/filler; true`)
  try {
    const told = await doctor({ path })
    expect(failed(told).map((one) => one.check)).toContain('disk')
    expect(check(told, 'disk')).toMatchObject({
      sentence: expect.stringContaining('only 0 MiB are free'),
      mend: expect.stringContaining('docker system df'),
    })
  } finally {
    await server.run(`rm -rf ${path}`)
  }
})

/** Somebody whose programs on the server see another clock than ours. */
const WITH_A_WRONG_CLOCK = `set -e
useradd --create-home --shell /bin/bash --password '*' late
install -d -m 700 -o late -g late /home/late/.ssh
install -m 600 -o late -g late ~deploy/.ssh/authorized_keys /home/late/.ssh/authorized_keys
usermod --append --groups docker late
base64 -d > /home/late/clock.so`

test('a server whose clock is wrong, by which way and how far', async () => {
  const library = join(project.folder, '.git', 'clock.so')
  await output(['gcc', '-shared', '-fPIC', '-o', library, join(import.meta.dirname, 'clock.c')])
  await server.run(WITH_A_WRONG_CLOCK, 'root', readFileSync(library, 'base64'))
  try {
    for (const [ahead, how] of [
      [7200, 'ahead of'],
      [-7200, 'behind'],
    ] as const) {
      await server.run(`echo 'export LD_PRELOAD=/home/late/clock.so CLOCK_AHEAD=${ahead}' > /home/late/.bashrc`, 'root')
      const told = await doctor({ environment: ', user: late', path: '/home/late/tiny' })
      expect(failed(told).map((one) => one.check)).toEqual(['clock'])
      const found = check(told, 'clock')
      expect(found?.mend).toContain('timedatectl set-ntp true')
      expect(found?.sentence).toMatch(new RegExp(`is (7199|7200|7201) s ${how} the one here`))
    }
  } finally {
    await server.run('userdel --remove late', 'root')
  }
})

test('a directory that belongs to root, and its mending, as it is printed', async () => {
  await server.run(`mkdir -p ${PATH}/.deploy/releases && chmod -R 755 ${PATH}`, 'root')
  const found = check(await doctor(), 'directory')
  expect(found).toMatchObject({ result: 'fail', sentence: expect.stringContaining('it belongs to root') })
  await server.run(mending(found), 'root')
  expect(check(await doctor(), 'directory')?.result).toBe('pass')
})

test('a directory that cannot be made, and its mending, as it is printed', async () => {
  const path = '/srv/deep/tiny'
  const found = check(await doctor({ path }), 'directory')
  expect(found).toMatchObject({ result: 'fail', sentence: expect.stringContaining('cannot create /srv/deep/tiny') })
  await server.run(mending(found), 'root')
  expect(check(await doctor({ path }), 'directory')?.result).toBe('pass')
  await server.run('rm -rf /srv/deep', 'root')
})

test('a variable that is missing, and a port that is taken', async () => {
  await server.write(`${PATH}/.env`, 'OTHER=1\n')
  const told = await doctor({ port: 22, environment: ', env: { required: [TOKEN] }' })
  expect(check(told, 'environment')).toMatchObject({ result: 'fail', sentence: `TOKEN is missing or empty in ${PATH}/.env` })
  expect(check(told, 'ports')).toMatchObject({
    result: 'fail',
    sentence: expect.stringContaining('port 22, which web publishes, is taken'),
  })
})

test('an order that the compose file makes impossible: a deploy would refuse it', async () => {
  const told = await doctor({ service: ', order: start-first' })
  expect(failed(told)).toMatchObject([
    { check: 'services', sentence: 'web cannot start first: its successor could not have port 8081 while it runs' },
  ])
  expect(failed(await doctor({ service: ', order: start-first', port: null }))).toEqual([])
})

test('a folder that is mounted and not there, and one that the container cannot write', async () => {
  const absent = await doctor({ volumes: ['./data:/data', 'out:/out'] })
  expect(check(absent, 'bind mounts')).toMatchObject({ result: 'warn', sentence: expect.stringContaining(`${PATH}/data does not exist`) })
  await server.run(`install -d -m 755 ${PATH}/data`)
  const foreign = await doctor({ volumes: ['./data:/data', 'out:/out'], web: '    user: "4711"' })
  expect(check(foreign, 'bind mounts')).toMatchObject({ result: 'warn', mend: `on the server: sudo chown 4711 ${PATH}/data` })
})

test('a key that is not let in, a host key that is another, a server that does not answer: the code says which', async () => {
  const rootKey = readFileSync(given('SANDBOX_SSH_KEY_ROOT'), 'utf8')
  const refused = await doctor({}, { DEPLOY_SSH_KEY: rootKey })
  expect(refused).toMatchObject({ code: 77, document: { failureCode: 'AUTH' } })
  expect(failed(refused).map((one) => one.check)).toEqual(['key'])
  const [other = ''] = given('SANDBOX_HOSTS')
    .split(' ')
    .filter((host) => host !== server.host)
  const swapped = readFileSync(given('SANDBOX_KNOWN_HOSTS'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${other} `))
    .join('\n')
    .replaceAll(other, server.host)
  const wrong = await doctor({}, { DEPLOY_KNOWN_HOSTS: `${swapped}\n` })
  expect(wrong).toMatchObject({ code: 76, document: { failureCode: 'HOSTKEY' } })
  expect(failed(wrong).map((one) => one.check)).toEqual(['host key'])
  const known = readFileSync(given('SANDBOX_KNOWN_HOSTS'), 'utf8').replaceAll(`${server.host} `, `[${server.host}]:9 `)
  const silent = await doctor({ environment: ', port: 9' }, { DEPLOY_KNOWN_HOSTS: known })
  expect(silent).toMatchObject({ code: 69, document: { failureCode: 'CONNECT' } })
  expect(failed(silent).map((one) => one.check)).toEqual(['server'])
})

test('a login that is refused, and one that may read but not push', async () => {
  expect(check(await doctor({}, { DEPLOY_REGISTRY_PASSWORD: 'wrong' }), 'registry')?.result).toBe('fail')
  const token = (who: string) => ({
    DEPLOY_REGISTRY: given('SANDBOX_TOKEN_REGISTRY'),
    DEPLOY_REGISTRY_USERNAME: given(`SANDBOX_TOKEN_${who}_USER`),
    DEPLOY_REGISTRY_PASSWORD: given(`SANDBOX_TOKEN_${who}_PASSWORD`),
  })
  expect(check(await doctor({}, token('READ')), 'registry')).toMatchObject({
    result: 'fail',
    sentence: expect.stringContaining('may not push'),
  })
  expect(check(await doctor({}, token('WRITE')), 'registry')).toMatchObject({
    result: 'pass',
    sentence: expect.stringContaining('which may push'),
  })
})

test('a config with errors: each at its line, and nothing else is asked', async () => {
  const told = await doctor({ config: 'keeep: 3\nscann: {}' }, project.nowhere())
  expect(failed(told).map(({ sentence }) => sentence)).toEqual([
    expect.stringMatching(/^deploy\.yml:6:\d+: "keeep" is not known here; did you mean "keep"\?$/),
    expect.stringMatching(/^deploy\.yml:7:\d+: "scann" is not known here; did you mean "scan"\?$/),
  ])
  expect(check(told, 'server')?.result).toBe('unknown')
})

test('a service that is misspelt and a seed whose file is not here: each at its line', async () => {
  const told = await doctor({ config: 'seed:\n  - { name: rows, service: wbe, run: [x], files: [rows.json] }' })
  expect(check(told, 'compose files')).toMatchObject({
    result: 'fail',
    sentence: 'deploy.yml:7:28: seed[0].service: no compose file has a service wbe; there are web',
  })
  expect(check(told, 'seeds')).toMatchObject({
    result: 'fail',
    sentence: 'deploy.yml:7:51: seed[0].files[0]: rows.json, of the seed rows, is not in this checkout',
    mend: expect.stringMatching(/^by hand: commit the file/),
  })
  expect(check(await doctor({ config: 'seed: [{ name: rows, service: web, run: [x], files: [deploy.yml] }]' }), 'seeds')?.result).toBe(
    'pass',
  )
})

test('what --prepare prints makes a user that can deploy; it runs nothing itself', async () => {
  await project.commit(tinyFiles({ environment: ', user: shipper' }))
  const { document } = await project.cli(['doctor', '--prepare'])
  expect(await server.run('id shipper 2>&1 || true', 'root')).toContain('no such user')
  // the packages come from Docker's own archive, which is not reached from here
  const script = document.message.slice(document.message.indexOf('# 2.'))
  await server.run(`set -eu\n${script}`, 'root')
  try {
    const after = await project.cli(['doctor'])
    expect(failed(after)).toEqual([])
    expect(check(after, 'key')).toMatchObject({ result: 'pass', sentence: 'shipper is let in' })
    expect(await server.run('stat -c "%U %a" /home/shipper/.ssh/authorized_keys', 'root')).toBe('shipper 600')
    await server.run(`set -eu\n${script}`, 'root')
    expect(await server.run('grep -c restrict /home/shipper/.ssh/authorized_keys', 'root')).toBe('1')
  } finally {
    await server.run('userdel --remove shipper', 'root')
  }
})
