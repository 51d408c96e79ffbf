/** Whole deploys by the bundle: an SSH server whose commands run on a stand-in server, a registry on loopback, a fake GitHub. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { type LoopbackRegistry, loopbackRegistry } from '../adapters/support/loopback-registry.ts'
import { FakeGitHub, type FakeOptions, TOKEN } from '../github/fake-api.ts'
import { newKey } from '../ssh/keys.ts'
import { exitWith, type SshServer, startSshServer } from '../ssh/server.ts'
import { newServer, type StandInServer } from '../transaction/support/server.ts'
import { CONFIG, MODEL } from '../transaction/support/stack.ts'
import { dist } from './dist.ts'
import { commit, type Project, project } from './project.ts'
import { runStep, type Step, type StepResult } from './runner.ts'

interface World {
  readonly server: StandInServer
  readonly ssh: SshServer
  readonly registry: LoopbackRegistry
  readonly github: FakeGitHub
  readonly repository: Project
  /** Commits once more, and publishes what it holds. @returns the commit */
  next(): string
  run(step?: Partial<Step>): Promise<StepResult>
}

const githubs: FakeGitHub[] = []
const open: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
  expect(githubs.splice(0).flatMap(({ strays }) => strays)).toEqual([])
})

const world = async (api: FakeOptions = {}): Promise<World> => {
  const server = newServer(MODEL)
  const [hostKey, userKey] = [newKey(), newKey()]
  const ssh = await startSshServer({
    hostKeys: [hostKey],
    allow: userKey,
    run: (command, channel) => {
      // as sshd does: what the program started lives on when the connection is gone
      const child = spawn('/bin/sh', ['-c', command], { env: { PATH: server.path, HOME: server.state }, detached: true })
      child.stdin.on('error', () => {})
      channel.pipe(child.stdin)
      child.stdout.pipe(channel, { end: false })
      child.stderr.pipe(channel.stderr, { end: false })
      child.on('close', (code) => exitWith(channel, code ?? 255))
      channel.on('close', () => child.stdin.destroy())
    },
  })
  const registry = await loopbackRegistry()
  const github = await FakeGitHub.start(api)
  githubs.push(github)
  const config = `${CONFIG.replace('namespace: acme', `host: "${registry.host}", namespace: acme`).replace(
    '{ api: {}, bot: {} }',
    '{ api: { services: [api] }, bot: { services: [bot] } }',
  )}
environments:
  production: { host: ${ssh.host}, port: ${ssh.port}, path: ${JSON.stringify(server.directory)}, url: "https://shop.example.org" }
`
  const repository = project({
    'deploy.yml': config,
    'docker-compose.yml': MODEL,
    'conf/app.conf': 'x\n',
    '.gitignore': 'reports\n.deploy-action\n',
  })
  open.push(
    () => server.close(),
    () => ssh.close(),
    async () => registry[Symbol.asyncDispose](),
    () => github.stop(),
    () => repository.remove(),
  )
  let version = 0
  let sha = repository.sha
  const publish = (): void => {
    for (const image of ['api', 'bot']) {
      const platform = { os: 'linux', architecture: 'amd64' }
      const child = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digestOf(`${image} ${version}`), size: 2, platform }
      const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [child] }))
      for (const reference of [sha, digestOf(bytes)]) registry.manifests.set(`acme/shop-${image}:${reference}`, { type: INDEX, bytes })
    }
  }
  return {
    server,
    ssh,
    registry,
    github,
    repository,
    next: () => {
      version += 1
      if (version > 1) {
        writeFileSync(join(repository.folder, 'version'), `${version}\n`)
        sha = commit(repository.folder)
      }
      publish()
      return sha
    },
    run: (step = {}) =>
      runStep({
        main: join(dist, 'action.js'),
        workspace: repository.folder,
        ...step,
        inputs: {
          command: 'deploy',
          'github-token': TOKEN,
          'ssh-key': userKey.privateText,
          'known-hosts': `[${ssh.host}]:${ssh.port} ${hostKey.type} ${hostKey.blob}`,
          ...step.inputs,
        },
        env: { GITHUB_API_URL: github.url, GITHUB_SHA: sha, GITHUB_RUN_ID: String(version), ...step.env },
      }),
  }
}

const INDEX = 'application/vnd.oci.image.index.v1+json'
const digestOf = (content: string | Buffer): string => `sha256:${createHash('sha256').update(content).digest('hex')}`
/** The outcome, and of a failure its message. */
const told = ({ outputs, annotations }: StepResult): string =>
  [outputs.outcome, ...annotations.filter(({ name }) => name === 'error').map(({ data }) => data)].join(' ')
/** Each deployment as "commit: its statuses". */
const history = ({ deployments }: FakeGitHub, names: Readonly<Record<string, string>>): readonly string[] =>
  deployments.map(({ sha, statuses }) => `${names[sha] ?? sha}: ${statuses.map(({ state }) => state).join(', ')}`)

/** The second deploy of a stack, cancelled as that line is told; it ended by itself. */
const cancelledAt = async (begun: string, prepare: (server: StandInServer) => void) => {
  const one = await world()
  const first = one.next()
  expect(told(await one.run())).toBe('succeeded')
  const second = one.next()
  prepare(one.server)
  const cancelled = await one.run({
    onLine: (line, cancel) => {
      if (line.startsWith(begun)) cancel()
    },
  })
  expect(cancelled.signals[0]).toBe('SIGINT')
  expect(cancelled.signal).toBeNull()
  return { one, first, second, cancelled }
}

describe('a deploy', () => {
  test.each<readonly [string, FakeOptions]>([
    ['says nothing', { fault: ({ method }) => (method === 'GET' ? 'hang' : undefined) }],
    ['is down', { fault: () => ({ status: 503 }) }],
  ])(
    'that is well stays well where GitHub %s',
    async (_, api) => {
      const one = await world(api)
      one.next()
      const result = await one.run()
      expect([result.code, told(result)]).toEqual([0, 'succeeded'])
      expect(result.annotations.filter(({ name }) => name === 'warning').map(({ data }) => data)).toContainEqual(
        expect.stringMatching(/^not posted to GitHub: .*`deployments: write`.*what the run did is not changed by it$/),
      )
      expect(result.summary).toContain('what the run did is not changed by it')
    },
    90_000,
  )

  test('in a job with `environment:` has no second deployment beside it, until it goes back', async () => {
    const one = await world()
    const first = one.next()
    const ofJob = (sha: string, run: number): void =>
      void one.github.addDeployment({
        sha,
        statuses: [
          { state: 'in_progress', description: '', log_url: `https://github.com/Acme/Shop/actions/runs/${run}/job/1`, environment_url: '' },
        ],
      })
    ofJob(first, 1)
    expect(told(await one.run())).toBe('succeeded')
    const second = one.next()
    ofJob(second, 2)
    one.server.tell('sick', botOf(one, second))
    expect(told(await one.run())).toMatch(/^rolled-back HEALTH: /)
    expect(history(one.github, { [first]: 'first', [second]: 'second' })).toEqual([
      'first: in_progress',
      'second: in_progress',
      'first: success',
    ])
  })
})

describe('the environments page', () => {
  test('tells of a deploy, of one that rolled itself back, and what serves again', async () => {
    const one = await world()
    const first = one.next()
    const good = await one.run()
    expect(told(good)).toBe('succeeded')
    const second = one.next()
    one.server.tell('sick', botOf(one, second))
    const bad = await one.run()
    expect(told(bad)).toMatch(/^rolled-back HEALTH: /)
    expect(history(one.github, { [first]: 'first', [second]: 'second' })).toEqual([
      'first: in_progress, success',
      'second: in_progress, failure',
      'first: success',
    ])
    expect(one.github.deployments.at(-1)?.description).toBe(`rolled back: release ${bad.outputs.release} serves`)
    expect(bad.summary).toMatch(/^## ↩️ deploy to production: rolled-back\n/)
  })

  test('has a final status of a deploy that was cancelled while it migrated', async () => {
    const { one, first, second, cancelled } = await cancelledAt('migrate:', (server) => server.tell('one-off/migrate', 'sleep 30'))
    expect(told(cancelled)).toContain('CANCELLED: ')
    expect(history(one.github, { [first]: 'first', [second]: 'second' })).toEqual([
      'first: in_progress, success',
      'second: in_progress, failure',
    ])
  })

  test('says of a deploy that was cancelled after the switch what the server made of it', async () => {
    const { one, first, second, cancelled } = await cancelledAt('switch bot', () => {})
    const isDone = cancelled.outputs.outcome === 'succeeded'
    expect(told(cancelled)).toContain(isDone ? 'succeeded' : 'CANCELLED: ')
    expect(history(one.github, { [first]: 'first', [second]: 'second' }).slice(0, 2)).toEqual([
      'first: in_progress, success',
      `second: in_progress, ${isDone ? 'success' : 'failure'}`,
    ])
  })

  test('is repaired by the next run after one that was killed', async () => {
    const one = await world()
    const first = one.next()
    expect(told(await one.run())).toBe('succeeded')
    const second = one.next()
    let pid = 0
    one.server.tell('one-off/migrate', 'sleep 3')
    const killed = await one.run({
      onStart: (started) => {
        pid = started
      },
      onLine: (line) => {
        if (line.startsWith('migrate:') && pid > 0) process.kill(pid, 'SIGKILL')
      },
    })
    expect(killed.signal).toBe('SIGKILL')
    one.server.untell('one-off/migrate')
    const third = one.next()
    const good = await one.run()
    expect(told(good)).toBe('succeeded')
    expect(history(one.github, { [first]: 'first', [second]: 'second', [third]: 'third' })).toEqual([
      'first: in_progress, success',
      'second: in_progress, failure',
      'third: in_progress, success',
    ])
    expect(one.github.deployments[1]?.statuses.at(-1)?.description).toMatch(/^its run ended without a word/)
  }, 60_000)
})

/** What the stand-in knows the bot of a commit by. */
const botOf = ({ registry }: World, sha: string): string => {
  const stored = registry.manifests.get(`acme/shop-bot:${sha}`)
  return `${registry.host}/acme/shop-bot@${digestOf(stored?.bytes ?? '')}`
}
