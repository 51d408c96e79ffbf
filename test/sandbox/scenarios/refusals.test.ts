/** What stands in the way is said before anything is touched: the server, its key, its user, its ports, its folders. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { expectFailure } from './document.ts'
import { given, output } from './programs.ts'
import { Project, pinned, type Told } from './project.ts'
import { scenarioServer } from './server.ts'
import { PATH, type Shape, tinyFiles, tinyImage } from './tiny.ts'

jest.setTimeout(600_000)

const server = scenarioServer()
const known = () => readFileSync(given('SANDBOX_KNOWN_HOSTS'), 'utf8')
let project: Project
let images: readonly string[]

const deploy = async (shape: Shape = {}, environment: Readonly<Record<string, string | undefined>> = {}): Promise<Told> => {
  await project.commit(tinyFiles(shape))
  return project.cli(['deploy', ...images], environment)
}

beforeAll(async () => {
  await server.reset('tiny', PATH)
  project = await Project.in(server.host)
  images = pinned({ web: await tinyImage('1') })
})
afterAll(async () => {
  await server.leave()
  await project.remove()
})
// whatever was refused, nothing of it is there
afterEach(async () => {
  const left = {
    containers: await server.containers('tiny'),
    volumes: await server.run('docker volume ls --quiet --filter label=com.docker.compose.project=tiny'),
  }
  const tree = await server.run(`find ${PATH} -type f -name docker-compose.yml ! -path '*/operations/*' 2> /dev/null; true`)
  await server.reset('tiny', PATH)
  expect({ ...left, tree }).toEqual({ containers: [], volumes: '', tree: '' })
})

describe('the connection', () => {
  test('to a server with another key than the pinned one is HOSTKEY, shows the fingerprint it offered, and sends nothing', async () => {
    const [other] = given('SANDBOX_HOSTS')
      .split(' ')
      .filter((host) => host !== server.host)
    const swapped = known()
      .split('\n')
      .filter((line) => line.startsWith(`${other} `))
      .map((line) => line.replace(other ?? '', server.host))
    const told = await deploy({}, { DEPLOY_KNOWN_HOSTS: `${swapped.join('\n')}\n` })
    expectFailure(told, 'HOSTKEY', 76, { outcome: 'refused' })
    const shown = await server.run(
      'for key in /etc/ssh/*_key.pub /etc/sandbox/host-keys/*.pub; do [ -e $key ] && ssh-keygen -lf $key; done; true',
      'root',
    )
    const fingerprints = shown.split('\n').map((line) => line.split(' ')[1] ?? 'none')
    expect(fingerprints.some((fingerprint) => told.text.includes(fingerprint))).toBe(true)
  })

  test('to a server that nothing pins is CONFIG: a key is never learned', async () => {
    // as on a runner: on a machine of one's own, what its ssh trusts would count
    const told = await deploy({}, { CI: 'true', DEPLOY_KNOWN_HOSTS: known().replaceAll(server.host, '192.0.2.9') })
    expectFailure(told, 'CONFIG', 78, { outcome: 'refused' })
    expect(told.document.message).toContain(server.host)
    expect(told.document.hint).toContain('ssh-keygen')
    expectFailure(await project.cli(['deploy', ...images], { CI: 'true', DEPLOY_KNOWN_HOSTS: undefined }), 'CONFIG', 78)
  })

  test('with a key that the server does not know is AUTH, and says what to add where', async () => {
    const file = join(project.folder, '.git', 'another-key')
    await output(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', file])
    const told = await deploy({}, { DEPLOY_SSH_KEY: readFileSync(file, 'utf8') })
    expectFailure(told, 'AUTH', 77, { outcome: 'failed' })
    expect(told.text).toContain('authorized_keys')
  })

  test('without a key, or with half of one, is CONFIG', async () => {
    expectFailure(await deploy({}, { DEPLOY_SSH_KEY: undefined }), 'CONFIG', 78, { outcome: 'refused' })
    const key = readFileSync(given('SANDBOX_SSH_KEY'), 'utf8')
    expectFailure(await project.cli(['deploy', ...images], { DEPLOY_SSH_KEY: key.slice(0, key.length / 2) }), 'CONFIG', 78)
  })

  test('with a key whose lines were mangled on their way works all the same', async () => {
    const key = readFileSync(given('SANDBOX_SSH_KEY'), 'utf8')
    await project.commit(tinyFiles())
    const { code, text } = await project.cli(['status'], { DEPLOY_SSH_KEY: key.trimEnd().replaceAll('\n', '\r\n') })
    expect([code, code === 0 ? '' : text]).toEqual([0, ''])
  })

  test('to a port where nothing listens is CONNECT, with the address that was tried', async () => {
    const moved = known()
      .split('\n')
      .filter((line) => line.startsWith(`${server.host} `))
      .map((line) => line.replace(server.host, `[${server.host}]:2299`))
    const told = await deploy({ environment: ', port: 2299' }, { DEPLOY_KNOWN_HOSTS: `${moved.join('\n')}\n` })
    expectFailure(told, 'CONNECT', 69, { outcome: 'failed' })
    expect(told.document.message).toContain('2299')
  })
})

describe('the server', () => {
  test('lacks the environment file: every key it has to hold is named, and how to make it', async () => {
    const told = await deploy({ environment: ', env: { required: [TOKEN, SECRET] }' })
    expectFailure(told, 'CONFIG', 78, { outcome: 'refused' })
    expect(told.document.message).toMatch(/\.env does not exist.*TOKEN, SECRET/)
    expect(told.document.hint).toContain('install -D -m 600')
  })

  test('has keys that are missing, empty or commented out: all of them are named at once, none of the values', async () => {
    await server.write(`${PATH}/.env`, 'GOOD=hidden-value\nEMPTY=\n#COMMENTED=hidden-value\nBLANK=""\n')
    const told = await deploy({ environment: ', env: { required: [GOOD, EMPTY, COMMENTED, BLANK, MISSING] }' })
    expectFailure(told, 'CONFIG', 78, { outcome: 'refused' })
    for (const name of ['EMPTY', 'COMMENTED', 'BLANK', 'MISSING']) expect(told.document.message).toContain(`${name} is missing or empty`)
    expect(told.document.message).not.toContain('GOOD')
    expect(told.text).not.toContain('hidden-value')
  })

  test('has a port taken by a container of somebody else: it is named, and goes on running', async () => {
    await server.run('docker run --detach --name squatter --publish 8081:80 alpine:3.20 sleep 600')
    const told = await deploy()
    expect(await server.run('docker inspect --format {{.State.Running}} squatter; docker rm --force squatter')).toMatch(/^true/)
    expectFailure(told, 'CONFIG', 78, { outcome: 'refused' })
    expect(told.document.message).toContain('port 8081, which web publishes, is taken by container squatter')
    expect(told.document.hint).toContain('docker stop squatter')
  })

  test('is of another architecture than the image', async () => {
    images = pinned({ web: await tinyImage('1', 'linux/arm64') })
    const told = await deploy()
    images = pinned({ web: await tinyImage('1') })
    expectFailure(told, 'CONFIG', 78, { outcome: 'refused' })
    expect(told.document.message).toMatch(/image web exists for linux\/arm64, but the server is linux\/amd64/)
    expect(told.document.hint).toContain('linux/amd64')
  })

  test('has the directory, but it belongs to root: the command that gives it away is said', async () => {
    await server.run(`install -d -o root -m 755 ${PATH}`, 'root')
    const told = await deploy()
    expectFailure(told, 'CONFIG', 78, { outcome: 'refused' })
    expect(told.document.message).toContain(`deploy cannot write ${PATH}`)
    expect(told.document.hint).toContain(`sudo install -d -o deploy ${PATH}`)
    expect(await server.run(`ls -A ${PATH}; stat -c %U ${PATH}`)).toBe('root')
  })

  test('has no such directory, and its user may not make it', async () => {
    const told = await deploy({ path: '/srv/stacks/tiny' })
    expectFailure(told, 'CONFIG', 78, { outcome: 'refused' })
    expect(told.document.message).toContain('/srv/stacks/tiny')
    expect((await server.try('ls /srv/stacks')).code).not.toBe(0)
  })

  test('does not let its user use Docker: the group is named', async () => {
    const home = '/home/outsider'
    const key = await output(['ssh-keygen', '-y', '-f', given('SANDBOX_SSH_KEY')])
    const allow = `install -d -o outsider -m 700 ${home}/.ssh && cat > ${home}/.ssh/authorized_keys && chown -R outsider ${home}/.ssh`
    await server.run(`useradd --create-home --shell /bin/sh --password '*' outsider && ${allow}`, 'root', `${key}\n`)
    const told = await deploy({ path: `${home}/tiny`, environment: ', user: outsider' })
    await server.run('userdel --force --remove outsider 2> /dev/null', 'root')
    expectFailure(told, 'CONFIG', 78, { outcome: 'refused' })
    expect(told.document.message).toContain('outsider may not use Docker')
    expect(told.document.hint).toContain('usermod -aG docker outsider')
  })

  test('cannot resolve the compose file: what compose says is said', async () => {
    const told = await deploy({ web: '    environment: { NEEDED: "${NEEDED:?must be set by the operator}" }' })
    expectFailure(told, 'CONFIG', 78, { outcome: 'refused' })
    expect(told.document.message).toContain('must be set by the operator')
  })

  test('has several things in the way: they are told all at once', async () => {
    await server.write(`${PATH}/.env`, 'A=1\n')
    await server.run('docker run --detach --name squatter --publish 8081:80 alpine:3.20 sleep 600')
    const told = await deploy({ environment: ', env: { required: [MISSING] }' })
    await server.run('docker rm --force squatter')
    expectFailure(told, 'CONFIG', 78, { outcome: 'refused' })
    expect(told.document.message).toContain('MISSING')
    expect(told.document.message).toContain('8081')
  })
})

describe('the project', () => {
  test.each([
    ['a service that no compose file has', { config: 'smoke: [{ name: a, service: nobody, http: { port: 80 } }]' }, 'nobody'],
    ['an unknown key', { config: 'smokes: []' }, 'smoke'],
    ['a path that leaves its directory', { compose: ', sync: [../secrets]' }, '..'],
    ['a host that begins with a dash', { host: '-oProxyCommand=x' }, 'host'],
    ['a listed folder that does not exist', { compose: ', sync: [nowhere]' }, 'nowhere'],
    [
      'a misspelt image of compose',
      { config: '', files: { 'docker-compose.yml': 'services: { web: { image: ghcr.io/acme/other } }\n' } },
      'ghcr.io/acme/tiny-web',
    ],
  ])('with %s is refused without any connection', async (_, shape: Shape, named) => {
    const told = await deploy(shape, project.nowhere())
    expectFailure(told, 'CONFIG', 78, { outcome: 'refused' })
    expect(told.text).toContain(named)
    expect(told.text).toMatch(/\.yml:\d+:\d+|deploy\.yml|does not exist/)
  })

  test('asks for an image that is none of the config', async () => {
    await project.commit(tinyFiles())
    const told = await project.cli(['deploy', ...images, '--image', `wbe=${images[1]?.slice(4)}`])
    expectFailure(told, 'CONFIG', 78, { outcome: 'refused' })
    expect(told.text).toContain('wbe')
    expectFailure(await project.cli(['deploy', '--image', 'web=registry.test/acme/tiny-web:latest']), 'CONFIG', 78)
  })

  test('has no such environment, or its host is not set: the names and the line are said', async () => {
    await project.commit(tinyFiles())
    const unknown = await project.cli(['deploy', ...images, '--environment', 'prodution'])
    expectFailure(unknown, 'CONFIG', 78, { outcome: 'refused' })
    expect(unknown.text).toContain('production')
    const unset = await project.cli(['deploy', ...images], { SSH_HOST: undefined })
    expectFailure(unset, 'CONFIG', 78, { outcome: 'refused' })
    expect(unset.text).toMatch(/deploy\.yml:\d+:\d+.*SSH_HOST/)
  })

  test('and the connection are both wrong: that is told at once', async () => {
    const told = await deploy({ compose: ', sync: [nowhere]' }, { DEPLOY_SSH_KEY: undefined })
    expectFailure(told, 'CONFIG', 78, { outcome: 'refused' })
    expect(told.document.message).toContain('no SSH key')
    expect(told.document.message).toContain('nowhere does not exist')
  })

  test('of which nothing was published says which command comes first', async () => {
    await project.commit(tinyFiles())
    const told = await project.cli(['deploy'])
    expectFailure(told, 'CONFIG', 78, { outcome: 'refused' })
    expect(told.document.hint).toContain('build')
  })
})
