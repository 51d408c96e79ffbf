/**
 * The repository of an API and that of a bot call one pipeline and ship into one stack; the API's develop goes to staging.
 * Executed by act, told by the server and the registry.
 */
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { given, output } from '../sandbox/scenarios/programs.ts'
import { Server } from '../sandbox/scenarios/server.ts'
import { act, hasAct, type Ran } from './act.ts'
import { replacedOnce, starter } from './fixture.ts'
import { forAct, type Published, published } from './published.ts'
import { digestOf, emptyRepository } from './registry.ts'

// only a stuck test takes this long
jest.setTimeout(15 * 60_000)

const NAME = `pair-${process.pid}`
const PATHS = { production: `/opt/stacks/${NAME}`, staging: `/opt/stacks/${NAME}-staging` } as const
const PORTS = { production: 20_000 + (process.pid % 5000) * 2, staging: 20_001 + (process.pid % 5000) * 2 } as const
const server = new Server(given('SANDBOX_HOSTS').split(' ')[0] ?? '')
type Part = 'api' | 'bot'

const imageOf = (part: Part): string => `${given('SANDBOX_REGISTRY')}/${NAME}/${NAME}-${part}`

const deployFile = (part: Part): string => `project: \${PROJECT:-${NAME}}
registry: { namespace: ${NAME} }
images: { ${part}: { name: ${NAME}-${part}, platforms: [linux/amd64], services: [${part}]${part === 'bot' ? ', paths: [Dockerfile]' : ''} } }
scan: { scanner: none }
compose: { elsewhere: [${part === 'api' ? 'bot' : 'api'}] }
services: { ${part}: ${part === 'api' ? '{ health: { http: { port: 80, path: / } } }' : '{ exactly: 1, stable: 1s }'} }
environments:
  production: { host: "\${SSH_HOST_PRODUCTION}", path: ${PATHS.production} }
  staging: { host: "\${SSH_HOST_STAGING}", path: ${PATHS.staging}, branch: develop }
`

/** Both repositories have the compose file of the whole stack, as people do. */
const COMPOSE = `services:
  api:
    image: ghcr.io/${NAME}/${NAME}-api:latest
    ports: ["\${API_PORT}:80"]
  bot:
    image: ghcr.io/${NAME}/${NAME}-bot:latest
    command: [sleep, "1000000"]
    stop_grace_period: 0s
`

const dockerfile = (version: string): string =>
  `FROM busybox:1.36\nRUN mkdir /www && echo ${version} > /www/index.html\nCMD ["httpd", "-f", "-p", "80", "-h", "/www"]\n`

/** The starter, with the sandbox's registry for ghcr.io. */
const callerOfPipeline = async (): Promise<string> => {
  const registry = `registry: ${given('SANDBOX_REGISTRY')}\n      registry-username: ${given('SANDBOX_REGISTRY_USER')}\n`
  const withRegistry = replacedOnce(await starter('staging.yml'), '    with:\n', `    with:\n      ${registry}`)
  return replacedOnce(withRegistry, '    secrets:\n', '    secrets:\n      REGISTRY_PASSWORD: ${{ secrets.REGISTRY_PASSWORD }}\n')
}

class Repository implements AsyncDisposable {
  readonly folder: string
  readonly part: Part

  private constructor(folder: string, part: Part) {
    this.folder = folder
    this.part = part
  }

  static async create(part: Part): Promise<Repository> {
    const repository = new Repository(await mkdtemp(join(tmpdir(), `workflows-${part}-`)), part)
    await repository.git('init', '--quiet', '--initial-branch', 'main')
    await repository.git('remote', 'add', 'origin', `https://github.com/${NAME}/${part}.git`)
    return repository
  }

  async commit(version: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
    const files = {
      ...more,
      'deploy.yml': deployFile(this.part),
      'docker-compose.yml': COMPOSE,
      Dockerfile: dockerfile(version),
      '.gitignore': 'reports/\n.deploy-action/\n',
      '.github/workflows/pipeline.yml': forAct(await callerOfPipeline()).text,
    }
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(this.folder, path)), { recursive: true })
      await writeFile(join(this.folder, path), text)
    }
    await this.git('add', '--all')
    await this.git('commit', '--quiet', '--message', `${version} ${Object.keys(more)}`)
    return this.git('rev-parse', 'HEAD')
  }

  git(...args: readonly string[]): Promise<string> {
    const author = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', '-c', 'commit.gpgsign=false']
    return output(['git', '-C', this.folder, ...author, ...args])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}

let action: Published
let repositories: Record<Part, Repository>

const push = (part: Part, ref: string): Promise<Ran> =>
  act({
    event: 'push',
    ref,
    file: 'pipeline.yml',
    repository: repositories[part].folder,
    action: action.folder,
    secrets: { SSH_KEY: readFileSync(given('SANDBOX_SSH_KEY'), 'utf8'), REGISTRY_PASSWORD: given('SANDBOX_REGISTRY_PASSWORD') },
    variables: {
      SSH_HOST_STAGING: server.host,
      SSH_HOST_PRODUCTION: server.host,
      KNOWN_HOSTS: readFileSync(given('SANDBOX_KNOWN_HOSTS'), 'utf8'),
    },
    // staging and production are on one server here, so their stacks need two names
    environment: ref === 'refs/heads/develop' ? { PROJECT: `${NAME}-staging` } : {},
  })

const succeeded = (ran: Ran): void => {
  const said = ran.lines.map(({ text }) => text).join('\n')
  expect({ code: ran.code, said: ran.code === 0 ? '' : `${said.slice(-6000)}${ran.raw.slice(-500)}` }).toEqual({ code: 0, said: '' })
}

const stackOf = async (environment: keyof typeof PATHS): Promise<readonly string[]> => {
  const record = JSON.parse(await server.run(`cat ${PATHS[environment]}/.deploy/current/release.json`)) as {
    stack: Record<string, unknown>
  }
  return Object.keys(record.stack).sort()
}

const describeWithAct = hasAct() ? describe : describe.skip

describeWithAct('workflows executed by act in two repositories', () => {
  beforeAll(async () => {
    for (const [environment, path] of Object.entries(PATHS)) {
      await server.reset(environment === 'staging' ? `${NAME}-staging` : NAME, path)
      await server.write(`${path}/.env`, `API_PORT=${PORTS[environment as keyof typeof PORTS]}\n`)
    }
    // one image for one platform in each
    action = await published(1)
    repositories = { api: await Repository.create('api'), bot: await Repository.create('bot') }
  })

  afterAll(async () => {
    for (const repository of Object.values(repositories ?? {})) await repository[Symbol.asyncDispose]()
    await action?.[Symbol.asyncDispose]()
    for (const [environment, path] of Object.entries(PATHS)) await server.reset(environment === 'staging' ? `${NAME}-staging` : NAME, path)
    await server.leave()
    for (const part of ['api', 'bot'] as const) await emptyRepository(imageOf(part))
  })

  test('develop of the API goes to staging, and nowhere else', async () => {
    await repositories.api.git('checkout', '--quiet', '-b', 'develop')
    const sha = await repositories.api.commit('one')
    succeeded(await push('api', 'refs/heads/develop'))
    expect(await server.digests(`${NAME}-staging`, 'api')).toEqual([await digestOf(`${imageOf('api')}:${sha}`)])
    expect(await server.containers(NAME)).toEqual([])
  })

  test('main of the API goes to production; what the bot ships is not started', async () => {
    await repositories.api.git('checkout', '--quiet', '-b', 'main')
    const sha = await repositories.api.git('rev-parse', 'HEAD')
    succeeded(await push('api', 'refs/heads/main'))
    expect(await server.digests(NAME, 'api')).toEqual([await digestOf(`${imageOf('api')}:${sha}`)])
    expect((await server.containers(NAME)).map(({ service }) => service)).toEqual(['api'])
  })

  test('main of the bot goes into the same stack, and the API is not touched', async () => {
    const before = (await server.running(NAME)).api
    const sha = await repositories.bot.commit('one')
    succeeded(await push('bot', 'refs/heads/main'))
    expect(await server.digests(NAME, 'bot')).toEqual([await digestOf(`${imageOf('bot')}:${sha}`)])
    expect((await server.running(NAME)).api).toBe(before)
    expect(await stackOf('production')).toEqual([`${NAME}/api`, `${NAME}/bot`])
    expect(await stackOf('staging')).toEqual([`${NAME}/api`])
  })

  test('a commit that the bot is not made of deploys the digest that is recorded, and the bot runs on', async () => {
    const before = await server.running(NAME)
    const [digest] = await server.digests(NAME, 'bot')
    const sha = await repositories.bot.commit('one', { 'README.md': 'A bot\n' })
    succeeded(await push('bot', 'refs/heads/main'))
    expect(await digestOf(`${imageOf('bot')}:${sha}`)).toBe(digest)
    expect(await server.running(NAME)).toEqual(before)
  })

  test('a release tag goes to production, and the image says which version it is', async () => {
    await repositories.api.git('tag', 'v1.2.3')
    // detached, as actions/checkout leaves a tag
    await repositories.api.git('checkout', '--quiet', 'v1.2.3')
    const bot = (await server.running(NAME)).bot
    succeeded(await push('api', 'refs/tags/v1.2.3'))
    const [digest = ''] = (await server.digests(NAME, 'api')) as readonly string[]
    const config = JSON.parse(await output(['crane', 'config', `${imageOf('api')}@${digest}`])) as {
      config: { Labels: Record<string, string> }
    }
    expect(config.config.Labels['org.opencontainers.image.version']).toBe('1.2.3')
    expect((await server.running(NAME)).bot).toBe(bot)
  })
})
