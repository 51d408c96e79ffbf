/** A key that may only look and go back, at a real sshd: what it is for works with the real bundle, and everything else does not. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { connectRemote } from '../../../src/adapters/ssh.ts'
import { Secret } from '../../../src/ports.ts'
import { FRONT, frontCommand } from '../../../src/transaction/front.ts'
import type { RemoteProgram } from '../../../src/transaction/remote.ts'
import { goText, requestText } from '../../../src/transaction/wire.ts'
import { newKey } from '../../ssh/keys.ts'
import { notedLog } from '../../ssh/ports.ts'
import { serverTarget } from '../ssh/servers.ts'
import { expectDocument, expectFailure } from './document.ts'
import { type Ended, given, run } from './programs.ts'
import { Project, pinned } from './project.ts'
import { SEVERAL, type Server, sandboxServer, scenarioServer } from './server.ts'
import { prepareShop, SHOP, SHOP_PATH, SHOP_PORT, Shop } from './shop.ts'
import { PATH, tinyFiles, tinyImage } from './tiny.ts'

jest.setTimeout(600_000)

const server: Server = scenarioServer()
const key = newKey()
const BACK = { DEPLOY_SSH_KEY: key.privateText }
const MARK = '/tmp/rollback-key-was-here'
const CONFIG = `keep: 50
smoke:
  - { name: well, service: web, http: { port: 80, path: /version } }
  - { name: told, service: web, run: [test, "it's", '!=', "$HOME"] }`
let project: Project
let folder: string

const deploy = async (version: string, changes = ''): Promise<void> => {
  await project.commit(tinyFiles({ config: CONFIG, web: `    labels: { edition: "${version}${changes}" }` }))
  await project.succeeds(['deploy', ...pinned({ web: await tinyImage(version) })])
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollback-key-'))
  await writeFile(join(folder, 'key'), key.privateText, { mode: 0o600 })
  await writeFile(join(folder, 'key.pub'), `${key.type} ${key.blob} on call\n`)
  await server.reset('tiny', PATH)
  project = await Project.in(server.host)
  await deploy('1')
  await deploy('2')
  const { document } = await project.succeeds(['doctor', '--prepare', '--rollback-key', join(folder, 'key.pub')])
  await server.run(document.message, 'root')
  // a second time it changes nothing
  await server.run(document.message, 'root')
})
afterAll(async () => {
  await server.run(`sed -i '\\,rollback-key ${PATH},d' ~deploy/.ssh/authorized_keys; rm -rf /usr/local/lib/deploy-action ${MARK}`, 'root')
  await server.reset('tiny', PATH)
  await server.leave()
  await project.remove()
  await rm(folder, { recursive: true })
})

describe('what it is for', () => {
  test('status, and the plan of a rollback', async () => {
    const status = await project.succeeds(['status'], BACK)
    expectDocument(status, 0, { command: 'status', outcome: 'succeeded' })
    expect(status.document.release).toMatch(/^2-/)
    const plan = await project.succeeds(['rollback', '--dry-run'], BACK)
    expect(plan.document.steps.map(({ name }) => name)).toContain('switch web')
  })

  test('a rollback, and back again by name', async () => {
    const back = await project.succeeds(['rollback', '--reason', `it's "bad" & \\worse\n$(touch ${MARK})`], BACK)
    expectDocument(back, 0, { command: 'rollback', outcome: 'succeeded' })
    expect(await server.json(8081, '/version')).toEqual({ version: '1' })
    await project.succeeds(['rollback', '2'], BACK)
    expect(await server.json(8081, '/version')).toEqual({ version: '2' })
    await expectNothingRan()
  })

  test('what it left is what any rollback leaves: the next deploy and the next rollback with the deploy key find it', async () => {
    await deploy('3')
    await project.succeeds(['rollback'])
    expect(await server.json(8081, '/version')).toEqual({ version: '2' })
    await project.succeeds(['rollback', '3'], BACK)
  })
})

test('a key that is let in for everything already does not become one for rollbacks by a second line', async () => {
  const { out } = await run(['ssh-keygen', '-y', '-f', given('SANDBOX_SSH_KEY')])
  await writeFile(join(folder, 'deploy.pub'), out)
  const { document } = await project.succeeds(['doctor', '--prepare', '--rollback-key', join(folder, 'deploy.pub')])
  const ended = await server.try(document.message, 'root')
  expect(ended.code).toBe(1)
  expect(ended.err).toContain('already, with another right')
  expectFailure(await project.cli(['doctor', '--rollback-key', join(folder, 'deploy.pub')]), 'CONFIG', 78)
})

test('deploy, restore, logs and doctor need the deploy key', async () => {
  const before = await server.running('tiny')
  await project.commit(tinyFiles({ config: CONFIG, web: '    labels: { edition: "4" }' }))
  const refused = await project.cli(['deploy', ...pinned({ web: await tinyImage('4') })], BACK)
  expectFailure(refused, 'AUTH', 77)
  expect(refused.document.message).toContain(
    `this key may only look at ${PATH} and roll it back: that is no status and no rollback; nothing was touched`,
  )
  for (const question of ['logs', 'history']) {
    const asked = await project.cli([question], BACK)
    expectFailure(asked, 'AUTH', 77)
    expect(asked.document.message).toContain(`this key may only look at ${PATH} and roll it back: that is another command`)
  }
  expect((await project.cli(['doctor'], BACK)).code).not.toBe(0)
  expect(await server.running('tiny')).toEqual(before)
})

describe('a stack with a database, and a bot that may exist once', () => {
  const shopKey = newKey()
  const back = { DEPLOY_SSH_KEY: shopKey.privateText }
  let shop: Shop
  const version = async (): Promise<unknown> => ((await server.json(SHOP_PORT, '/version')) as { readonly version: string }).version

  beforeAll(async () => {
    await writeFile(join(folder, 'shop.pub'), `${shopKey.type} ${shopKey.blob}\n`)
    await prepareShop(server)
    shop = await Shop.in(server.host)
    shop.edits = [[', compatible: true', '']]
    await shop.succeeds(['deploy', ...(await shop.version(1))])
    await shop.succeeds(['deploy', ...(await shop.version(2))])
    const { document } = await shop.succeeds(['doctor', '--prepare', '--rollback-key', join(folder, 'shop.pub')])
    await server.run(document.message, 'root')
  })
  afterAll(async () => {
    await server.run(`sed -i '\\,rollback-key ${SHOP_PATH},d' ~deploy/.ssh/authorized_keys`, 'root')
    await server.reset(SHOP, SHOP_PATH)
    await shop.remove()
  })

  test('its image is asked whether it knows the schema; the data is not for this key to take back', async () => {
    const running = await server.running(SHOP)
    const asked = await shop.cli(['rollback'], back)
    expectFailure(asked, 'CONFIG', 78)
    expect(asked.document.message).toContain('the database is at revision')
    const down = await shop.cli(['rollback', '--down'], back)
    expectFailure(down, 'AUTH', 77)
    expect(down.document.message).toContain('calls backup_database, which no rollback does')
    expect(await server.running(SHOP)).toEqual(running)
  })

  test('goes back where the schema is the same', async () => {
    shop.edits = []
    await shop.succeeds(['deploy', ...(await shop.version(3))])
    await shop.succeeds(['rollback'], back)
    expect(await version()).toBe('2.0.0')
  })

  test('another stack of the same server is not its business', async () => {
    expectFailure(await project.cli(['status'], back), 'AUTH', 77)
    expectFailure(await shop.cli(['status'], BACK), 'AUTH', 77)
  })
})

describe('a stack of two repositories, with infrastructure', () => {
  const path = '/opt/stacks/duo'
  const duoKey = newKey()
  const back = { DEPLOY_SSH_KEY: duoKey.privateText }
  const repositories: Partial<Record<'api' | 'bot', Project>> = {}
  const versions = async (): Promise<readonly unknown[]> => [await server.json(8193, '/version'), await server.json(8194, '/version')]
  const ship = async (part: 'api' | 'bot', version: string, cache: string, conf: string): Promise<void> => {
    const repository = repositories[part] ?? (await Project.in(server.host))
    repositories[part] = repository
    const port = part === 'api' ? 8193 : 8194
    await repository.commit(
      new Map([
        [
          'deploy.yml',
          `project: duo
registry: { namespace: acme }
images: { ${part}: { platforms: [linux/amd64], services: [${part}] } }
services: { ${part}: { health: { http: { port: 80, path: /health } } } }
environments: { production: { host: "\${SSH_HOST}", path: ${path} } }
compose: { sync: [${part === 'api' ? 'conf' : ''}] }
`,
        ],
        [
          'docker-compose.yml',
          `services:
  ${part}: { image: "ghcr.io/acme/duo-${part}:latest", ports: ["${port}:80"], restart: unless-stopped }
${part === 'api' ? `  cache: { image: "busybox:1.36", command: [sleep, "${cache}"], stop_grace_period: 0s, volumes: ["./conf:/conf"] }\n` : ''}`,
        ],
        ...(part === 'api' ? ([['conf/app.conf', conf]] as const) : []),
      ]),
    )
    await repository.git('remote', 'set-url', 'origin', `https://github.com/acme/${part}.git`)
    await repository.succeeds(['deploy', ...pinned({ [part]: await tinyImage(version) })])
  }

  beforeAll(async () => {
    await server.reset('duo', path)
    await writeFile(join(folder, 'duo.pub'), `${duoKey.type} ${duoKey.blob}\n`)
    await ship('api', '1', '1000001', 'one')
    await ship('bot', '1', '', '')
    await ship('api', '2', '1000002', 'one')
    await ship('api', '3', '1000002', 'two')
    const told = await repositories.api?.succeeds(['doctor', '--prepare', '--rollback-key', join(folder, 'duo.pub')])
    await server.run(told?.document.message ?? 'false', 'root')
  })
  afterAll(async () => {
    await server.run(`sed -i '\\,rollback-key ${path},d' ~deploy/.ssh/authorized_keys`, 'root')
    await server.reset('duo', path)
    for (const repository of Object.values(repositories)) await repository.remove()
  })

  test('goes back by one repository: the other stays, a file that infrastructure mounts comes back, then its definition', async () => {
    const plan = await repositories.api?.succeeds(['rollback', '--dry-run'], back)
    expect(plan?.document.steps.map(({ name }) => name)).toContain('restart cache')
    await repositories.api?.succeeds(['rollback'], back)
    expect(await versions()).toEqual([{ version: '2' }, { version: '1' }])
    expect(await server.read(`${path}/conf/app.conf`)).toBe('one')
    const again = await repositories.api?.succeeds(['rollback', '1'], back)
    expect(again?.document.steps.map(({ name }) => name)).toContain('start cache')
    expect(await versions()).toEqual([{ version: '1' }, { version: '1' }])
    expect(await server.run('docker inspect --format "{{.Config.Cmd}}" duo-cache-1')).toContain('1000001')
  })

  test('and by the other', async () => {
    await ship('bot', '2', '', '')
    await repositories.bot?.succeeds(['rollback'], back)
    expect(await versions()).toEqual([{ version: '1' }, { version: '1' }])
  })
})

describe('two servers that act as one', () => {
  const path = '/opt/stacks/twin'
  const servers = [sandboxServer(1), sandboxServer(2)]
  const twinKey = newKey()
  let twin: Project

  beforeAll(async () => {
    await writeFile(join(folder, 'twin.pub'), `${twinKey.type} ${twinKey.blob}\n`)
    twin = await Project.in(server.host)
    for (const one of servers) await one.reset('twin', path)
    for (const version of ['1', '2']) {
      const config = `project: twin
registry: { namespace: acme }
images: { web: { platforms: [linux/amd64], services: [web] } }
services: { web: { health: { http: { port: 80, path: /health } } } }
environments: { production: { hosts: [${servers.map(({ host }) => host).join(', ')}], path: ${path} } }
`
      const compose = `services:\n  web: { image: "ghcr.io/acme/twin-web:latest", ports: ["${SEVERAL.twin}:80"], restart: unless-stopped, labels: { v: "${version}" } }\n`
      await twin.commit(
        new Map([
          ['deploy.yml', config],
          ['docker-compose.yml', compose],
        ]),
      )
      await twin.succeeds(['deploy', ...pinned({ web: await tinyImage(version) })])
    }
    const { document } = await twin.succeeds(['doctor', '--prepare', '--rollback-key', join(folder, 'twin.pub')])
    for (const one of servers) await one.run(document.message, 'root')
  })
  afterAll(async () => {
    for (const one of servers) {
      await one.run(`sed -i '\\,rollback-key ${path},d' ~deploy/.ssh/authorized_keys`, 'root')
      await one.reset('twin', path)
      if (one.host === server.host) continue
      await one.run('rm -rf /usr/local/lib/deploy-action', 'root')
      await one.leave()
    }
    await twin.remove()
  })

  test('go back together', async () => {
    await twin.succeeds(['rollback'], { DEPLOY_SSH_KEY: twinKey.privateText })
    for (const one of servers) expect(await one.json(SEVERAL.twin, '/version')).toEqual({ version: '1' })
  })
})

describe('what somebody has who stole it', () => {
  // whose program is the one that he changes
  beforeAll(async () => {
    await project.succeeds(['rollback', '2'], BACK)
  })

  const ssh = (...words: readonly string[]): Promise<Ended> => {
    const trust = ['-o', 'BatchMode=yes', '-o', `UserKnownHostsFile=${given('SANDBOX_KNOWN_HOSTS')}`, '-o', 'IdentitiesOnly=yes']
    return run(['timeout', '20', 'ssh', ...trust, '-i', join(folder, 'key'), '-p', given('SANDBOX_SSH_PORT'), ...words])
  }
  const place = (): string => `${given('SANDBOX_SSH_USER')}@${server.host}`

  test.each([
    ['a command', `touch ${MARK}`],
    ['a command behind one of ours', `${FRONT} x; touch ${MARK}`],
    ['our words with a program of his', `exec sh -c 'touch ${MARK}' deploy-action ${words({})}`],
    ['a program that was changed by one byte', `${FRONT.replace('umask 077', 'umask 007')} ${words({})}`],
    ['a word that is a command', `${FRONT} ${words({ target: `$(touch ${MARK})` })}`],
    ['a word with a command in it', `${FRONT} ${words({ holder: `'a'$(touch ${MARK})'b'` })}`],
    ['a line behind our words', `${FRONT} ${words({})}\ntouch ${MARK}`],
    ['a word of two lines', `${FRONT} ${words({ holder: `'a\ntouch ${MARK}\n'` })}`],
    ['the path of another stack', `${FRONT} ${words({ directory: '/opt/stacks/other' })}`],
    ['a path that leads elsewhere', `${FRONT} ${words({ directory: `${PATH}/../other` })}`],
    ['a link to elsewhere', `${FRONT} ${words({ directory: '/opt/stacks/link' })}`],
    ['another project', `${FRONT} ${words({ project: 'other' })}`],
    ['another environment file', `${FRONT} ${words({ environmentFile: '../other/.env' })}`],
    ['an operation with a path', `${FRONT} ${words({ operation: '../../../tmp/x' })}`],
    ['no command', ''],
  ])('%s', async (_, command) => {
    await server.run('ln -sfn /opt/stacks/tiny /opt/stacks/link', 'root')
    const ended = await ssh(place(), ...(command === '' ? [] : [command]))
    expect(ended.code).toBe(77)
    expect(`${ended.out}${ended.err}`).toContain(`this key may only look at ${PATH} and roll it back`)
    await server.run('rm /opt/stacks/link', 'root')
    await expectNothingRan()
  })

  test('a deploy of somebody else, which whoever follows could end', async () => {
    const program = await server.run(`grep -l '^kind=deploy' ${PATH}/.deploy/operations/*/program.sh | tail -n 1`)
    const operation = program.split('/').at(-2) ?? ''
    const ended = await ssh(place(), `${FRONT} ${words({ operation, target: '1' }).replace('observe', 'follow')}`)
    expect([ended.code, ended.err]).toEqual([77, expect.stringContaining(`operation ${operation} is no rollback`)])
  })

  test('copies of files, in either direction, and by either protocol', async () => {
    const options = ['-o', 'BatchMode=yes', '-o', `UserKnownHostsFile=${given('SANDBOX_KNOWN_HOSTS')}`, '-o', 'IdentitiesOnly=yes']
    const own = [...options, '-i', join(folder, 'key'), '-P', given('SANDBOX_SSH_PORT')]
    for (const program of [['scp'], ['scp', '-O'], ['sftp', '-b', '/dev/null']] as const) {
      const words = program[0] === 'sftp' ? [place()] : [join(folder, 'key'), `${place()}:${MARK}`]
      expect((await run(['timeout', '20', ...program, ...own, ...words])).code).not.toBe(0)
    }
    await expectNothingRan()
  })

  test('no forwarding, in any direction, no agent and no terminal', async () => {
    const through = await ssh('-W', '127.0.0.1:22', place())
    expect(through.code).not.toBe(0)
    expect(through.out).toBe('')
    const remote = await ssh('-o', 'ExitOnForwardFailure=yes', '-N', '-R', '18022:127.0.0.1:22', place())
    expect(remote.err).toContain('remote port forwarding failed')
    const terminal = await ssh('-tt', place())
    expect(terminal.err).toContain('PTY allocation request failed')
  })

  test.each<[string, (text: string) => string, string]>([
    ['nothing: the control', (text) => text, ''],
    ['a byte of a room', (text) => text.replace('umask 077', 'umask 007'), 'was changed'],
    ['a line between the rooms', (text) => text.replace('\nset -u\n', `\nset -u\ntouch ${MARK}\n`), 'was changed'],
    ['a line at the end', (text) => `${text}touch ${MARK}\n`, 'no rollback does: touch'],
    [
      'a function of ours that no rollback calls',
      (text) => text.replace(/(step \d+) place_files/, '$1 halt web'),
      'calls halt, which no rollback does',
    ],
    ['a hook', (text) => text.replace('step 1 place_files\n', `step 1 server_hook x 60 abort . touch ${MARK}\n`), 'calls server_hook'],
    ['a migration', (text) => text.replace('step 1 place_files\n', 'step 1 migrate_command 60 web sh\n'), 'calls migrate_command'],
    ['a word that is a command', (text) => text.replace(/create_containers web=2/, `create_containers web=$(touch ${MARK})`), 'no release'],
    [
      'a quoted word that would be evaluated on the way back',
      (text) => text.replace(/create_containers \S+/, `create_containers 'web;touch ${MARK}=1'`),
      "no rollback does:  'web;touch",
    ],
    [
      'a newline in a word',
      (text) => text.replace(/known_schema=''/, `known_schema='a\ntouch ${MARK}'`),
      "no rollback does: known_schema='a",
    ],
    ['a quote that is not closed', (text) => text.replace(/\nparts='([^']*)'\n/, `\nparts='$1\n`), "no rollback does: parts='"],
    [
      'another question',
      (text) => text.replace(/ready_(\d+)\(\) \{ ask_exec "\$1" .* \}/, `ready_$1() { ask_exec "$1" touch ${MARK}; }`),
      'asks a service so',
    ],
    ['a question to another page', (text) => text.replace('80 /health', '80 /env'), 'asks a service so'],
    ['a smoke test of another name', (text) => text.replace('smoke_test told', `smoke_test 'told;touch ${MARK}'`), 'is tested so'],
    [
      'another image',
      (text) => text.replace('step 1 place_files', 'step 1 pull_images evil.example/x:1\n  step 2 place_files'),
      'no release there has that',
    ],
    [
      'the container of somebody else',
      (text) => text.replace(/(switch_services web stop-first 1 )\S+/, `$1${'0'.repeat(64)}`),
      'no container of web',
    ],
    [
      'a service that is not ours',
      (text) => text.replace(/create_containers web=2/, 'create_containers db=2'),
      'no release there has that',
    ],
    ['another order of the switch', (text) => text.replace('web stop-first', 'web start-first'), 'is not switched start-first'],
    [
      'steps left out',
      (text) =>
        text
          .replace(/ {2}step (\d+) verify_digests .*\n/, '')
          .replace(/step (\d+) (stayed_up|commit_release|tidy)/g, (_, n, call) => `step ${Number(n) - 1} ${call}`),
      'not those of a rollback',
    ],
    ['fewer releases kept', (text) => text.replace(/tidy \d+/, 'tidy 2'), 'would keep 2'],
    ['another record', (text) => text.replace(/"path":"\/health"/, '"path":"/env"'), 'no rollback does: "images"'],
    ['a record with a quote in it', (text) => text.replace('"reason":', `"x":"'; touch ${MARK}; '","reason":`), '"kind":"rollback","of"'],
    ['another name for a container', (text) => text.replace(/tidy (\d+) web=/, 'tidy $1 web=evil'), 'no release there has that'],
    [
      'another image in what is recorded of the stack',
      (text) => text.replace(/("stack":\{"acme\/tiny":\{.*"images":\{"web":")[^"]*/, '$1evil.example/x'),
      'no rollback does: }',
    ],
    [
      'a release before it that there is none of',
      (text) => text.replace(/\nprevious=\S+\n/, '\nprevious=99-1234567\n'),
      'no rollback does: fallback=',
    ],
    ['another directory', (text) => text.replace(`directory=${PATH}`, 'directory=/opt/stacks/other'), 'no rollback does: . Made by'],
    ['a part of somebody else', (text) => text.replace(/\nparts='/, "\nparts='acme/other 1-1234567\n"), 'holds what no rollback does'],
  ])('a program with %s', async (_, change, why) => {
    const before = await server.running('tiny')
    const { text, operation } = await legitimate()
    const changed = change(text)
    if (why !== '') expect(changed).not.toBe(text)
    const said = await talk(operation, (program) => program.write(goText(changed, '')))
    if (why === '') {
      expect(said).toContain('end committed')
      return
    }
    expect(said).toContain(why)
    expect(said).not.toContain('follow')
    expect(await server.running('tiny')).toEqual(before)
    expect((await server.try(`ls ${PATH}/.deploy/operations/${operation}`)).code).not.toBe(0)
    await expectNothingRan()
  })

  test('a program for another release than the one whose files were asked for', async () => {
    const { text, operation } = await legitimate()
    // the last rollback was to the second one
    const other = (await server.run(`cd ${PATH}/.deploy/releases && ls -d 1-*`)).trim()
    const said = await talk(operation, (program) => program.write(goText(text, '')), requestText({}), other)
    expect(said).toContain('is not the one that was asked for')
    await expectNothingRan()
  })

  test('a login with a plugin folder in it', async () => {
    const { text, operation } = await legitimate()
    const login = Buffer.from(JSON.stringify({ auths: {}, cliPluginsExtraDirs: ['/tmp'] })).toString('base64')
    expect(await talk(operation, (program) => program.write(goText(text, login)))).toContain('holds more than a login')
  })

  test('files of his own: what he sends is not looked at, so that nothing of it is ever a file there', async () => {
    const mine = { 'look.sh': `touch ${MARK}`, 'compose.sh': `touch ${MARK}`, 'project/docker-compose.yml': 'services: {}' }
    const said = await talk(operationId(), (program) => program.end(), requestText(mine))
    expect(said).toContain('ready')
    await expectNothingRan()
  })

  test('a gigabyte: it is refused after its first kilobytes', async () => {
    const started = performance.now()
    const said = await talk(operationId(), () => {}, 'a'.repeat(64 * 1024 * 1024))
    expect(said).toContain('a line has no end')
    const bomb = Buffer.alloc(300_000_000)
    expect(await talk(operationId(), (program) => program.write(goText(bomb.toString('latin1'), '')))).toMatch(
      /holds what no rollback does|has no end/,
    )
    expect(performance.now() - started).toBeLessThan(60_000)
  })
})

const operationId = (): string =>
  `20261122T000000Z-${Math.floor(Math.random() * 0xffffff)
    .toString(16)
    .padStart(6, '0')}`

interface Words {
  readonly directory?: string
  readonly project?: string
  readonly operation?: string
  readonly environmentFile?: string
  readonly holder?: string
  readonly target?: string
}

/** The ten words as they stand behind the front, not quoted. */
function words({
  directory = PATH,
  project: name = 'tiny',
  operation = '20261122T000000Z-abcdef',
  environmentFile = '.env',
  holder = 'me',
  target = 'current',
}: Words): string {
  return ['observe', 'a'.repeat(24), directory, name, operation, environmentFile, '5', holder, target, 'acme/tiny'].join(' ')
}

const expectNothingRan = async (): Promise<void> => expect((await server.try(`ls ${MARK}`)).code).not.toBe(0)

/** A program that the gate lets through, made of the one that the last rollback ran: the same one release later. */
const legitimate = async (): Promise<{ text: string; operation: string }> => {
  const operation = operationId()
  const last = await server.run(`grep -l '^kind=rollback' ${PATH}/.deploy/operations/*/program.sh | sort | tail -n 1`)
  const current = (await server.run(`readlink ${PATH}/.deploy/current`)).replace('releases/', '')
  const highest = Number(await server.run(`ls ${PATH}/.deploy/releases | sort -n | tail -n 1 | cut -d- -f1`))
  const container = (await server.containers('tiny', false))[0]?.id ?? ''
  // the newline at its end is the program's
  const old = `${await server.read(last)}\n`
  const [, release = ''] = /\nrelease=(\S+)\n/.exec(old) ?? []
  const next = `${highest + 1}-${release.split('-')[1]}`
  const text = old
    .replaceAll(/\d{8}T\d{6}Z-[0-9a-f]{6}/g, operation)
    .replaceAll(release, next)
    .replace(/"number":\d+/, `"number":${highest + 1}`)
    .replace(/\nprevious=\S+\n/, `\nprevious=${current}\n`)
    .replace(/# before: "[^"]*"/, `# before: "${current}"`)
    .replace(/(switch_services web stop-first 1 )[0-9a-f]{64}/, `$1${container}`)
  return { text, operation }
}

/** All that the server says to a client that speaks for itself. */
const talk = async (
  operation: string,
  decide: (program: RemoteProgram) => void,
  request = requestText({}),
  target?: string,
): Promise<string> => {
  const clock = { now: () => new Date(), elapsed: () => performance.now(), sleep: async () => {} }
  const remote = await connectRemote(notedLog(), clock)({ ...serverTarget(server.host), key: new Secret(key.privateText) })
  const nonce = 'ab'.repeat(12)
  const release = /"of":"([^"]*)"/.exec(await server.run(`cat $(ls -d ${PATH}/.deploy/releases/* | sort -V | tail -n 1)/release.json`))?.[1]
  const program = await remote.start(
    frontCommand({
      verb: 'operate',
      nonce,
      directory: PATH,
      project: 'tiny',
      operation,
      environmentFile: '.env',
      waitSeconds: 5,
      holder: 'a thief',
      target: target ?? release ?? 'previous',
      repository: 'acme/tiny',
    }),
  )
  program.write(request)
  const said: string[] = []
  for await (const line of program.lines) {
    const [, gate] = new RegExp(`^${nonce} fact gate (.*)$`).exec(line) ?? []
    said.push(gate === undefined ? line.slice(0, 200) : Buffer.from(gate, 'base64').toString())
    if (line === `${nonce} ready`) decide(program)
    if (/^\d+ end /.test(line) || gate !== undefined) program.end()
  }
  remote.close()
  return said.join('\n')
}
