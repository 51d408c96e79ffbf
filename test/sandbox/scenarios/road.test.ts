/** The whole road on the sample, for both platforms: every command's document, and what docker, crane, HTTP and SQL say. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { commitVersion, schemaOf } from '../sample/versions.ts'
import { expectDocument } from './document.ts'
import { given, output, run } from './programs.ts'
import type { Told } from './project.ts'
import { PORT, prepare, query, SAMPLE, SAMPLE_PATH, Sample } from './sample.ts'
import { scenarioServer } from './server.ts'

jest.setTimeout(600_000)

const PLATFORMS = ['linux/amd64', 'linux/arm64']
const server = scenarioServer()
/** Repositories that nothing else pushes to, so that `latest` is ours; an owner's capitals must not get into them. */
const namespace = `Road-${Date.now().toString(36)}`
const repository = (name: string) => `${given('SANDBOX_REGISTRY')}/${namespace.toLowerCase()}/bot-and-api-${name}`
const crane = (...args: readonly string[]) => output(['crane', ...args])
let sample: Sample
const shas: Record<number, string> = {}

const commit = async (version: number): Promise<string> => {
  await commitVersion(sample.folder, version)
  for (const [file, from, to] of [
    ['deploy.yml', 'namespace: acme', `namespace: ${namespace}`],
    ['docker-compose.yml', 'ghcr.io/acme/', `ghcr.io/${namespace.toLowerCase()}/`],
  ] as const) {
    const path = join(sample.folder, file)
    await writeFile(path, (await readFile(path, 'utf8')).replaceAll(from, to))
  }
  await sample.git('commit', '--quiet', '--all', '--message', 'Under our own name')
  const sha = await sample.git('rev-parse', 'HEAD')
  shas[version] = sha
  return sha
}

const platformsOf = async (reference: string): Promise<Readonly<Record<string, string>>> => {
  const index = JSON.parse(await crane('manifest', reference)) as {
    manifests: { digest: string; platform: { os: string; architecture: string } }[]
  }
  const real = index.manifests.filter(({ platform }) => platform.os !== 'unknown')
  return Object.fromEntries(real.map(({ digest, platform }) => [`${platform.os}/${platform.architecture}`, digest]))
}

/** One index under both tags, with both platforms, and it is the one that the document names. */
const expectPublished = async (told: Told, version: number): Promise<void> => {
  for (const name of ['api', 'bot']) {
    const digest = await crane('digest', `${repository(name)}:latest`)
    expect(await crane('digest', `${repository(name)}:${shas[version]}`)).toBe(digest)
    const platforms = await platformsOf(`${repository(name)}@${digest}`)
    expect(Object.keys(platforms).sort()).toEqual(PLATFORMS)
    expect(told.document.images[name]).toMatchObject({ digest, platforms })
    for (const platform of PLATFORMS) {
      const { config, architecture } = JSON.parse(await crane('config', '--platform', platform, `${repository(name)}:latest`)) as {
        architecture: string
        config: { Labels: Record<string, string> }
      }
      expect(architecture).toBe(platform.split('/')[1])
      expect(config.Labels).toMatchObject({
        'org.opencontainers.image.revision': shas[version],
        'org.opencontainers.image.source': 'https://github.com/acme/bot-and-api',
      })
    }
  }
}

const expectRuns = async (version: number): Promise<void> => {
  expect(await server.json(PORT, '/version')).toEqual({ version: `${version}.0.0` })
  for (const name of ['api', 'bot'])
    expect(await server.digests(SAMPLE, name)).toEqual([await crane('digest', `${repository(name)}:${shas[version]}`)])
  expect(await server.json(PORT, '/health')).toMatchObject({ status: 'ok', users: 3 })
  expect(await server.json(PORT, '/bot')).toEqual({ online: 1 })
}

const schema = () => query(server, 'select version_num from alembic_version')
const seedRuns = () => query(server, 'select count(*) from seed_runs')

beforeAll(async () => {
  await prepare(server)
  await output([process.execPath, '--no-warnings', join(import.meta.dirname, '../trivy-db/push.ts')])
  sample = await Sample.in(server.host)
  await commit(1)
})
afterAll(async () => {
  await server.reset(SAMPLE, SAMPLE_PATH)
  await server.leave()
  await sample.remove()
})

test('check runs every stage and keeps its reports', async () => {
  const told = await sample.succeeds(['check'])
  expectDocument(told, 0, { command: 'check', outcome: 'succeeded', failureCode: null })
  expect(told.document.steps.map(({ name, result }) => `${name} ${result}`)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/lint succeeded/),
      expect.stringMatching(/unit succeeded/),
      expect.stringMatching(/integration succeeded/),
    ]),
  )
  expect(await readFile(join(sample.folder, 'reports/integration.xml'), 'utf8')).toContain('<testsuite')
})

test('build puts both platforms of each image into the registry, under no name yet', async () => {
  const told = await sample.succeeds(['build'])
  expectDocument(told, 0, { command: 'build', outcome: 'succeeded' })
  for (const name of ['api', 'bot']) {
    const { digest = '', platforms = {} } = told.document.images[name] ?? {}
    expect(Object.keys(platforms).sort()).toEqual(PLATFORMS)
    expect(await platformsOf(`${repository(name)}@${digest}`)).toEqual(platforms)
    expect((await run(['crane', 'ls', repository(name)])).out.trim()).toBe('')
  }
})

test('publish before a scan is refused, and sets no tag', async () => {
  const told = await sample.cli(['publish'])
  expectDocument(told, 14, { command: 'publish', outcome: 'failed', failureCode: 'PUBLISH' })
  expect((await run(['crane', 'ls', repository('api')])).out.trim()).toBe('')
})

test('scan looks at every platform', async () => {
  const told = await sample.succeeds(['scan'])
  expectDocument(told, 0, { command: 'scan', outcome: 'succeeded' })
  const names = told.document.steps.map(({ name }) => name).join('\n')
  for (const image of ['api', 'bot']) for (const platform of PLATFORMS) expect(names).toMatch(new RegExp(`${image}.*${platform}`))
})

test('publish gives the index its commit’s name and latest', async () => {
  const told = await sample.succeeds(['publish'])
  expectDocument(told, 0, { command: 'publish', outcome: 'succeeded' })
  expect((await crane('ls', repository('api'))).split('\n').sort()).toEqual([shas[1], 'latest'].sort())
  await expectPublished(told, 1)
})

test('plan shows the steps of a first deploy and leaves no trace', async () => {
  const told = await sample.succeeds(['plan'])
  expectDocument(told, 0, { command: 'plan', outcome: 'succeeded', environment: 'production', release: null })
  const names = told.document.steps.map(({ name }) => name)
  const expected = ['pull', 'migrate', 'switch api', 'seed users', 'switch bot', 'smoke one-bot', 'verify', 'commit']
  expect(names.filter((name) => expected.includes(name))).toEqual(expected)
  expect(await server.run(`ls -A ${SAMPLE_PATH}`)).toBe('.env')
  expect(await server.containers(SAMPLE)).toEqual([])
})

test('deploy brings version 1 up: migrated, seeded, healthy, with the bytes that were published', async () => {
  const told = await sample.succeeds(['deploy'])
  expectDocument(told, 0, {
    command: 'deploy',
    outcome: 'succeeded',
    failureCode: null,
    release: `1-${shas[1]?.slice(0, 7)}`,
    previousRelease: null,
  })
  await expectRuns(1)
  expect(await schema()).toBe(schemaOf(1))
  expect(await seedRuns()).toBe('1')
  const migrate = told.document.steps.find(({ name }) => name === 'migrate')
  expect(migrate).toMatchObject({ result: 'succeeded', detail: expect.stringContaining(schemaOf(1)) })
})

test('the server holds the compose file, the environment file, what is listed, and the records; no code', async () => {
  const files = (await server.run(`cd ${SAMPLE_PATH} && find . -path ./.deploy -prune -o -type f -print`)).split('\n').sort()
  expect(files).toEqual(['./.env', './docker-compose.yml', './seed/users.json'])
  expect(
    await server.run(`find ${SAMPLE_PATH} -name '*.py' -o -name Dockerfile -o -name deploy.yml -o -name 'requirements*' -o -name .git`),
  ).toBe('')
  expect(await server.run(`stat -c '%a %U' ${SAMPLE_PATH}/.env`)).toBe('600 deploy')
})

test('status says so', async () => {
  const told = await sample.succeeds(['status'])
  expectDocument(told, 0, { command: 'status', outcome: 'succeeded', release: `1-${shas[1]?.slice(0, 7)}` })
  expect(Object.keys(told.document.serving[0]?.services ?? {}).sort()).toEqual(['api', 'bot', 'postgres', 'redis'])
})

test('all takes version 2 the whole road, over the data of version 1', async () => {
  await commit(2)
  const told = await sample.succeeds(['all'])
  expectDocument(told, 0, {
    command: 'all',
    outcome: 'succeeded',
    release: `2-${shas[2]?.slice(0, 7)}`,
    previousRelease: `1-${shas[1]?.slice(0, 7)}`,
  })
  await expectPublished(told, 2)
  await expectRuns(2)
  expect(await schema()).toBe(schemaOf(2))
  expect(await seedRuns()).toBe('1')
})

test('a rollback brings the bytes of version 1 back, and runs neither a migration nor a seed', async () => {
  const since = await server.run('date +%s')
  const told = await sample.succeeds(['rollback', '--reason', 'asked for'])
  expectDocument(told, 0, {
    command: 'rollback',
    outcome: 'succeeded',
    release: `3-${shas[1]?.slice(0, 7)}`,
    previousRelease: `2-${shas[2]?.slice(0, 7)}`,
  })
  await expectRuns(1)
  expect(await schema()).toBe(schemaOf(2))
  expect(await seedRuns()).toBe('1')
  const created = await server.run(
    `docker events --since ${since} --until $(($(date +%s) + 1)) --filter event=create --filter type=container --format '{{.Actor.Attributes.name}}'`,
  )
  expect(created.split('\n').filter((name) => /migrate|seed|run/.test(name))).toEqual([])
})

test('in all that time the bot never held two sessions', async () => {
  const sessions = await server.run(`docker exec ${SAMPLE}-redis-1 redis-cli --csv xrange gateway:sessions - +`)
  const online = [...sessions.matchAll(/"online","(\d+)"/g)].map(([, count]) => count)
  expect(online.length).toBeGreaterThanOrEqual(5)
  expect(new Set(online)).toEqual(new Set(['0', '1']))
})

test('an older commit cannot take latest back, nor the server', async () => {
  await sample.git('checkout', '--quiet', shas[1] ?? '')
  const before = await crane('digest', `${repository('api')}:latest`)
  await sample.cli(['publish'])
  expect(await crane('digest', `${repository('api')}:latest`)).toBe(before)
  await sample.git('checkout', '--quiet', 'main')
  expectDocument(await sample.succeeds(['deploy']), 0, { outcome: 'succeeded', release: `4-${shas[2]?.slice(0, 7)}` })
  await sample.git('checkout', '--quiet', shas[1] ?? '')
  expectDocument(await sample.cli(['deploy']), 15, { outcome: 'refused', failureCode: 'STALE' })
  await expectRuns(2)
})
