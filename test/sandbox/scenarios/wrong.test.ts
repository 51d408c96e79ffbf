/**
 * Servers as people find them: one screen each, and what is printed there is run as it is printed. One server, one small
 * project; what needs a deploy comes last and shares one.
 */
import { readFileSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { dist } from '../../runner/dist.ts'
import { STATES } from '../../wrong/list.ts'
import { expectScreen, type Shown, type Step, stepsOf } from '../../wrong/screen.ts'
import { given, output, run, start, until } from './programs.ts'
import { Project } from './project.ts'
import { scenarioServer } from './server.ts'
import { PATH, type Shape, tinyFiles, tinyImage } from './tiny.ts'

jest.setTimeout(300_000)

const server = scenarioServer()
let project: Project
let bin: string
let image: string
type Variables = Readonly<Record<string, string | undefined>>

/** A line as it is printed, typed into a shell in the project. */
const typed = async (line: string, changes: Variables = {}): Promise<Shown> => {
  const { code, err } = await run(['sh', '-c', line], { cwd: project.folder, env: environment(changes) })
  return { code, screen: err }
}

const environment = (changes: Variables): NodeJS.ProcessEnv => {
  const env = project.environment({ DEPLOY_IMAGE: `web=${image}`, ...changes })
  return { ...env, PATH: `${bin}:${env.PATH}` }
}

/** As printed: by the one who deploys, or by an administrator. */
const done = async (step: Step | undefined, changes: Variables = {}): Promise<void> => {
  if (step === undefined || step.kind === 'person') throw new Error(`that is no command: ${JSON.stringify(step)}`)
  if (step.kind === 'server') await server.run(step.command, step.sudo ? 'root' : 'deploy')
  else expect(await typed(step.command, changes)).toMatchObject({ code: 0 })
}

const wrong = (name: string) => {
  const found = STATES.find((state) => state.name === name)
  if (found === undefined) throw new Error(`${name} is not in the list`)
  return found
}

/** The screen is held against what was kept. */
const shows = async (name: string, command = 'plan', changes: Variables = {}): Promise<Shown> => {
  const shown = await typed(`deploy-action ${command}`, changes)
  expectScreen(wrong(name), shown, {
    [project.folder]: '/home/ada/tiny',
    [server.host]: 'SERVER',
    [given('SANDBOX_REGISTRY')]: 'REGISTRY',
  })
  return shown
}

/** The screen, then its first command, then the same again, which goes through. */
const mends = async (name: string, command = 'plan', changes: Variables = {}): Promise<void> => {
  const { screen } = await shows(name, command, changes)
  const step = stepsOf(screen).find(({ kind }) => kind !== 'person')
  await done(step, changes)
  const again = await typed(`deploy-action ${command}`, changes)
  expect([again.code, again.code === 0 ? '' : again.screen]).toEqual([0, ''])
  expect(stepsOf(again.screen)).not.toContainEqual(step)
}

const commit = (shape: Shape = {}): Promise<string> => project.commit(tinyFiles(shape))

beforeAll(async () => {
  await server.reset('tiny', PATH)
  project = await Project.in(server.host)
  image = await tinyImage('1')
  bin = join(project.folder, '.git', 'bin')
  await commit()
  await mkdir(bin)
  await writeFile(join(bin, 'deploy-action'), `#!/bin/sh\nexec '${process.execPath}' '${join(dist, 'cli.js')}' "$@"\n`)
  await chmod(join(bin, 'deploy-action'), 0o755)
  // root needs no sudo, and the image has none
  await server.write('/usr/local/bin/sudo', '#!/bin/sh\nexec "$@"\n', '755', 'root')
})
afterAll(async () => {
  await server.run('rm /usr/local/bin/sudo', 'root')
  await server.reset('tiny', PATH)
  await server.leave()
  await project.remove()
})

describe('the way to the server', () => {
  const known = () => readFileSync(given('SANDBOX_KNOWN_HOSTS'), 'utf8')
  const pinnedAs = (host: string, name: string): string =>
    known()
      .split('\n')
      .filter((line) => line.startsWith(`${host} `))
      .map((line) => `${line.replace(host, name)}\n`)
      .join('')

  test('another host key', async () => {
    const other = given('SANDBOX_HOSTS')
      .split(' ')
      .find((host) => host !== server.host)
    await shows('other-host-key', 'plan', { DEPLOY_KNOWN_HOSTS: pinnedAs(other ?? '', server.host) })
  })

  test('a key that the server does not know', async () => {
    const file = join(project.folder, '.git', 'another-key')
    await output(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', file])
    await server.run('cp ~/.ssh/authorized_keys ~/.ssh/before')
    try {
      await mends('key-not-accepted', 'plan', { DEPLOY_SSH_KEY: readFileSync(file, 'utf8') })
    } finally {
      await server.run('mv ~/.ssh/before ~/.ssh/authorized_keys')
    }
  })

  test('nothing listens', async () => {
    await commit({ environment: ', port: 2299' })
    await shows('not-reachable', 'plan', { DEPLOY_KNOWN_HOSTS: pinnedAs(server.host, `[${server.host}]:2299`) })
  })
})

/** Somebody for whom this server has no Docker yet: taking it away from everybody would disturb the scenarios beside us. */
describe('a user who cannot use Docker', () => {
  const SOCKET = '/run/newcomer/docker.sock'
  // as the unit of docker.service does: an engine, and its socket is there when the command ends
  const SYSTEMCTL = `#!/bin/sh
[ "$*" = 'start docker' ] || exit 1
# in a network of its own: it would take the bridge of the other engine away
unshare --net setsid dockerd --host unix://${SOCKET} --group docker --data-root /var/lib/docker/newcomer --exec-root /run/newcomer --pidfile /run/newcomer/pid --bridge none --iptables=false > /run/newcomer/log 2>&1 < /dev/null &
timeout 30 sh -c 'until docker --host unix://${SOCKET} version > /dev/null 2>&1; do sleep 0.1; done'
`
  beforeAll(async () => {
    await server.run(
      `useradd --create-home --shell /bin/bash --password '*' newcomer && install -d -m 700 -o newcomer ~newcomer/.ssh && install -m 600 -o newcomer ~deploy/.ssh/authorized_keys ~newcomer/.ssh/authorized_keys`,
      'root',
    )
    await commit({ path: '/home/newcomer/tiny', environment: ', user: newcomer' })
  })
  afterAll(async () => {
    await server.run(
      'kill $(cat /run/newcomer/pid); tail --pid=$(cat /run/newcomer/pid) -f /dev/null; rm -rf /run/newcomer /var/lib/docker/newcomer /usr/local/bin/systemctl; userdel --remove newcomer',
      'root',
    )
  })

  test('is not in its group', () => mends('no-docker-group'))

  test('has an engine that does not run', async () => {
    await server.write('/usr/local/bin/systemctl', SYSTEMCTL, '755', 'root')
    await server.run(`mkdir -p /run/newcomer && echo 'export DOCKER_HOST=unix://${SOCKET}' > ~newcomer/.bashrc`, 'root')
    await mends('engine-not-running')
  })

  test('has no compose', async () => {
    // of those that are found the one at home is taken, and this one is no plugin
    await server.run('install -D -m 755 /dev/null ~newcomer/.docker/cli-plugins/docker-compose', 'root')
    await shows('no-compose')
  })
})

describe('before a deploy', () => {
  test('nothing was built of the commit', async () => {
    await output([process.execPath, '--no-warnings', join(import.meta.dirname, '../trivy-db/push.ts')])
    await commit({ files: { Dockerfile: `FROM python:3.12-slim\nLABEL of="${Date.now()}"\n` } })
    await mends('not-published', 'plan', { DEPLOY_IMAGE: undefined })
  })

  test('an order that a port makes impossible', async () => {
    await commit({ service: ', order: start-first' })
    await shows('start-first-fixed-port')
  })

  test('one, twice', async () => {
    await commit({ service: ', exactly: 1', web: '    deploy: { replicas: 2 }', port: null })
    await shows('one-and-replicas')
  })

  test('a directory of root', async () => {
    await commit()
    await server.run(`install -d -o root -m 755 ${PATH}`, 'root')
    await mends('directory-of-root')
    await server.reset('tiny', PATH)
  })

  test('a directory that cannot be made', async () => {
    await commit({ path: '/srv/wrong/tiny' })
    await mends('directory-impossible')
    await server.run('rm -r /srv/wrong', 'root')
  })

  test('a full disk', async () => {
    await commit({ path: '/dev/shm/tiny' })
    await server.run('mkdir -p /dev/shm/tiny && cat /dev/zero > /dev/shm/tiny/filler; true')
    await shows('disk-full')
    await server.run('rm -r /dev/shm/tiny')
  })

  test('an environment file that is not there, lacks a key, or is open to everybody', async () => {
    await commit({ environment: ', env: { required: [TOKEN] }' })
    const { screen } = await shows('no-environment-file')
    await done(stepsOf(screen)[0])
    await shows('missing-in-environment-file')
    await server.run(`echo TOKEN=1 > ${PATH}/.env; chmod 644 ${PATH}/.env`)
    const open = await shows('readable-environment-file')
    expect(open.code).toBe(0)
    await done(stepsOf(open.screen)[0])
    expect((await typed('deploy-action plan')).screen).not.toContain('can read it')
  })

  test('a registry that refuses the password, and one that lacks the image', async () => {
    await commit()
    await shows('registry-password', 'plan', { DEPLOY_REGISTRY_PASSWORD: 'mistaken' })
    await shows('not-in-registry', 'plan', { DEPLOY_IMAGE: `web=${image.replace(/[0-9a-f]{64}$/, '0'.repeat(64))}` })
  })

  test('a port that is taken', async () => {
    await commit()
    await server.run('docker run --detach --rm --stop-timeout 1 --name squatter --publish 8081:80 alpine:3.20 sleep 600')
    await mends('port-of-a-container')
    await commit({ port: 22 })
    await shows('port-of-a-program')
  })

  test('the name of another container', async () => {
    await commit({ web: '    container_name: solo' })
    await server.run('docker run --detach --stop-timeout 1 --name solo alpine:3.20 sleep 600')
    try {
      await mends('container-name-taken')
    } finally {
      await server.run('docker rm --force solo solo-before > /dev/null 2>&1; true')
    }
  })

  test('a network that is not there', async () => {
    const files = new Map(tinyFiles({ web: '    networks: [edge]' }))
    files.set('docker-compose.yml', `${files.get('docker-compose.yml')}networks: { edge: { external: true } }\n`)
    await project.commit(files)
    try {
      await mends('no-external-network')
    } finally {
      await server.run('docker network rm edge > /dev/null 2>&1; true')
    }
  })
})

/** Two releases, and what may become of them. */
describe('after a deploy', () => {
  const BACKUP = `backup: { kind: command, service: web, save: [cat, /app/tell.py], prove: [grep, -q, import], restore: [sh, -c, "cat > /out/restored"], when: always }`
  const HEALTH = 'http: { port: 80, path: /health }, deadline: 4s'
  const commitWith = (config = '') => commit({ health: HEALTH, config, environment: ', lockTimeout: 1s' })
  const imageFor = async (version: string) => ({ DEPLOY_IMAGE: `web=${await tinyImage(version)}` })
  const deploys = async (version: string): Promise<void> => {
    const { code, screen } = await typed('deploy-action deploy', await imageFor(version))
    expect([code, code === 0 ? '' : screen]).toEqual([0, ''])
  }
  const inVolume = (command: string) =>
    server.run(`docker run --rm --volume tiny_out:/out --entrypoint sh python:3.12-slim -c '${command}'`)
  let first: string

  beforeAll(async () => {
    await server.reset('tiny', PATH)
    first = await commitWith()
    await deploys('1')
    await commitWith()
    await deploys('2')
  })

  test('an older commit', async () => {
    await project.git('checkout', '--quiet', first)
    await mends('stale', 'deploy')
    await project.git('checkout', '--quiet', 'main')
    await deploys('2')
  })

  test('somebody stopped a container', async () => {
    await server.run('docker stop --time 1 tiny-web-1')
    await mends('drift', 'status', await imageFor('2'))
  })

  test('a migration that fails', async () => {
    await commitWith('migrate: { service: web, up: [sh, -c, "echo there is no column email; exit 1"] }')
    await shows('migration-fails', 'deploy', await imageFor('3'))
  })

  test('a version that is never healthy', async () => {
    await commitWith()
    await shows('never-healthy', 'deploy', await imageFor('3-sick'))
  })

  test('a migration that a dead run left running', async () => {
    const labels = ['com.docker.compose.project=tiny', 'com.docker.compose.oneoff=True', 'deploy-action.operation=20261121T000000Z-dead00']
    const options = labels.map((label) => `--label ${label}`).join(' ')
    await server.run(`docker run --detach --name tiny-migrate-1-abcdef0 ${options} python:3.12-slim sleep 6`)
    await mends('left-running', 'deploy', await imageFor('2'))
    await server.run('docker rm tiny-migrate-1-abcdef0')
  })

  test('another run at work, which is then killed', async () => {
    await commitWith()
    const other = start(['deploy-action', 'deploy'], { cwd: project.folder, env: environment(await imageFor('4-slow')) })
    const journal = `cat $(ls -d ${PATH}/.deploy/operations/*/ | tail -n 1)journal 2> /dev/null; true`
    await until(
      'the switch',
      () => server.run(journal),
      (text) => / switch/.test(text),
    )
    await shows('lock-held', 'deploy', await imageFor('2'))
    other.process.kill('SIGKILL')
    await server.run(`kill -9 $(cat $(ls -d ${PATH}/.deploy/operations/*/ | tail -n 1)pid)`)
    await other.ended
    await mends('unfinished', 'status', await imageFor('2'))
  })

  test('a stack that could not go back', async () => {
    await inVolume('touch /out/sick-2')
    await commitWith()
    expect((await typed('deploy-action deploy', await imageFor('5-sick'))).code).toBe(30)
    await inVolume('rm /out/sick-2')
    await mends('broken', 'deploy', await imageFor('2'))
  })

  test('a backup that is not what it was', async () => {
    await commitWith(BACKUP)
    await deploys('2')
    await server.run(`for file in ${PATH}/.deploy/backups/*.dump; do echo more >> $file; done`)
    await shows('corrupted-backup', 'restore latest --confirm tiny')
  })
})
