/** A stack that the bundle deploys to without a sandbox: an SSH server whose commands run on a stand-in server, a registry on loopback, a fake GitHub. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect } from '@jest/globals'
import { type LoopbackRegistry, loopbackRegistry } from '../adapters/support/loopback-registry.ts'
import { FakeGitHub, type FakeOptions, TOKEN } from '../github/fake-api.ts'
import { newKey } from '../ssh/keys.ts'
import { exitWith, type SshServer, startSshServer } from '../ssh/server.ts'
import { newServer, type StandInServer } from '../transaction/support/server.ts'
import { CONFIG, MODEL } from '../transaction/support/stack.ts'
import { dist } from './dist.ts'
import { commit, type Project, project } from './project.ts'
import { runStep, type Step, type StepResult } from './runner.ts'

export interface World {
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

export const world = async (api: FakeOptions = {}): Promise<World> => {
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
export const told = ({ outputs, annotations }: StepResult): string =>
  [outputs.outcome, ...annotations.filter(({ name }) => name === 'error').map(({ data }) => data)].join(' ')
/** Each deployment as "commit: its statuses". */
export const history = ({ deployments }: FakeGitHub, names: Readonly<Record<string, string>>): readonly string[] =>
  deployments.map(({ sha, statuses }) => `${names[sha] ?? sha}: ${statuses.map(({ state }) => state).join(', ')}`)

/** What the stand-in knows the bot of a commit by. */
export const botOf = ({ registry }: World, sha: string): string => {
  const stored = registry.manifests.get(`acme/shop-bot:${sha}`)
  return `${registry.host}/acme/shop-bot@${digestOf(stored?.bytes ?? '')}`
}
