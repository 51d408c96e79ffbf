/** Versions with a fault in them: each ends with its code, and the version before serves on every service. */
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { schemaOf } from '../sample/versions.ts'
import { expectDocument, expectFailure } from './document.ts'
import { deleteImage, deleteLastLayer, imageOf } from './images.ts'
import { pinned, type Told } from './project.ts'
import { PORT, prepare, query, SAMPLE, SAMPLE_PATH, Sample } from './sample.ts'
import { scenarioServer } from './server.ts'

jest.setTimeout(600_000)

const server = scenarioServer()
let sample: Sample
let good: { readonly api: string; readonly bot: string }
let release: string | null

const deployed = async (): Promise<Told> => sample.succeeds(['deploy', ...(await sample.version(1))])

/** Version 1 on every service, as docker and HTTP say, and nothing that could not have been there before. */
const expectVersionOneServes = async (): Promise<void> => {
  expect(await server.json(PORT, '/version')).toEqual({ version: '1.0.0' })
  expect(await server.digests(SAMPLE, 'api')).toEqual([good.api.split('@')[1]])
  expect(await server.digests(SAMPLE, 'bot')).toEqual([good.bot.split('@')[1]])
  const containers = await server.containers(SAMPLE)
  expect(containers.map(({ service, running }) => `${service} ${running}`)).toEqual(['api true', 'bot true', 'postgres true', 'redis true'])
  expect(await server.json(PORT, '/bot')).toEqual({ online: 1 })
  expect((await server.json(PORT, '/health')) as object).toMatchObject({ status: 'ok' })
  const policies = await server.run(
    `docker inspect --format '{{.HostConfig.RestartPolicy.Name}}' ${containers.map(({ id }) => id).join(' ')}`,
  )
  expect(new Set(policies.split('\n'))).toEqual(new Set(['unless-stopped']))
}

const stepNames = ({ document }: Told, result: string): string[] =>
  document.steps.filter((step) => step.result === result).map(({ name }) => name)

beforeAll(async () => {
  await prepare(server)
  sample = await Sample.in(server.host)
  release = (await deployed()).document.release
  good = await sample.images(1)
})
afterAll(async () => {
  await server.reset(SAMPLE, SAMPLE_PATH)
  await server.leave()
  await sample.remove()
})

let before: Readonly<Record<string, string>>
beforeEach(async () => {
  before = await server.ids(SAMPLE)
})

describe('before the switch: nothing that serves is touched', () => {
  let started: Readonly<Record<string, string>>
  beforeEach(async () => {
    started = await server.running(SAMPLE)
  })
  const expectUntouched = async (): Promise<void> => {
    expect(await server.running(SAMPLE)).toEqual(started)
    await expectVersionOneServes()
  }

  test('a failing migration is MIGRATE, the schema stays where the database says, and no service is switched', async () => {
    const schema = await query(server, 'select version_num from alembic_version')
    const told = await sample.cli(['deploy', ...(await sample.version(2, 'migration'))])
    expectFailure(told, 'MIGRATE', 22, { outcome: 'failed', release, command: 'deploy' })
    expect(stepNames(told, 'failed')).toEqual(['migrate'])
    expect(told.document.message).toContain('nothing that serves was touched')
    expect(told.document.hint).toContain('migration')
    expect(told.log).toContain('UniqueViolation')
    expect(await query(server, 'select version_num from alembic_version')).toMatch(new RegExp(`^(${schema}|${schemaOf(2)})$`))
    await expectUntouched()
  })

  test('a missing key of the environment file is CONFIG before anything, named without any value', async () => {
    const told = await sample.cli(['deploy', ...(await sample.version(2, 'missing-env-key'))])
    expectFailure(told, 'CONFIG', 78, { outcome: 'refused', release })
    expect(told.document.message).toContain('SMTP_PASSWORD is missing or empty')
    expect(told.document.hint).toContain(`${SAMPLE_PATH}/.env`)
    expect(told.text).not.toContain('correct-horse')
    expect(stepNames(told, 'succeeded')).toEqual([])
    await expectUntouched()
  })

  test('an image that compose would not take from its variable is CONFIG with file and line, before any connection', async () => {
    const images = await sample.version(2, 'hard-coded-latest')
    const told = await sample.cli(['deploy', ...images], sample.nowhere())
    expectFailure(told, 'CONFIG', 78, { outcome: 'refused' })
    const lines = (await sample.git('show', 'HEAD:docker-compose.yml')).split('\n')
    const line = lines.findIndex((text) => text.includes('bot-and-api-api:latest')) + 1
    expect(told.text).toContain(`docker-compose.yml:${line}:`)
    expect(told.text).toContain('API_IMAGE')
    await expectUntouched()
  })

  test('an image that is no longer in the registry is refused before anything is touched', async () => {
    await sample.version(2)
    const doomed = await imageOf({
      name: 'scenario-doomed',
      files: new Map([['Dockerfile', 'FROM python:3.12-slim\nENV DOOMED=1\n']]),
      context: '.',
      dockerfile: 'Dockerfile',
      version: '0',
    })
    await deleteImage(doomed)
    const told = await sample.cli(['deploy', ...pinned({ api: doomed, bot: (await sample.images(2)).bot })])
    expectFailure(told, 'CONFIG', 78, { outcome: 'refused' })
    expect(told.document.message).toContain('is not in the registry')
    await expectUntouched()
  })

  test('an image of which the server can get no layer is PULL', async () => {
    await sample.version(2)
    const layerless = await imageOf({
      name: 'scenario-layerless',
      files: new Map([['Dockerfile', `FROM python:3.12-slim\nRUN echo ${Date.now()} > /odd\n`]]),
      context: '.',
      dockerfile: 'Dockerfile',
      version: '0',
    })
    await deleteLastLayer(layerless)
    const told = await sample.cli(['deploy', ...pinned({ api: layerless, bot: (await sample.images(2)).bot })])
    expectFailure(told, 'PULL', 20, { outcome: 'failed', release })
    expect(stepNames(told, 'failed')).toEqual(['pull'])
    expect(told.document.hint).toContain('registry')
    await expectUntouched()
  })
})

describe('after the switch: everything goes back, to the very containers that served', () => {
  const expectRolledBack = async (told: Told, code: string, exit: number): Promise<void> => {
    expectFailure(told, code, exit, { outcome: 'rolled-back', command: 'deploy', release })
    expect(told.document.message).toContain(`release ${release} serves`)
    expect(await server.ids(SAMPLE)).toEqual(before)
    await expectVersionOneServes()
    expect(told.document.serving[0]?.services.api?.digest).toBe(good.api.split('@')[1])
  }

  test('a version that never becomes healthy', async () => {
    const told = await sample.cli(['deploy', ...(await sample.version(2, 'health', 8))])
    await expectRolledBack(told, 'HEALTH', 24)
    expect(told.document.message).toContain('api was not healthy after')
    // on a busy machine it may not even have come to say so
    expect(told.document.message).toMatch(/HTTP 503|no answer on port/)
    // the revision went up before the switch, and old code runs on it
    expect(await query(server, 'select version_num from alembic_version')).toBe(schemaOf(2))
  })

  test('an API that cannot start: its last lines are shown', async () => {
    const told = await sample.cli(['deploy', ...(await sample.version(2, 'api-crash'))])
    await expectRolledBack(told, 'HEALTH', 24)
    expect(told.text).toContain('greeting.txt')
  })

  test('a bot that cannot start takes the API back with it', async () => {
    const told = await sample.cli(['deploy', ...(await sample.version(2, 'bot-crash'))])
    await expectRolledBack(told, 'HEALTH', 24)
    expect(stepNames(told, 'succeeded')).toContain('switch api')
    expect(told.document.message).toContain('bot')
    expect(told.text).toContain('BOT_GUILD')
  })

  test('a bot that connects and dies, again and again, is not ready', async () => {
    await expectRolledBack(await sample.cli(['deploy', ...(await sample.version(2, 'bot-flaps'))]), 'HEALTH', 24)
  })

  test('a failing seed: services go back, its data is not undone, and that is said', async () => {
    const told = await sample.cli(['deploy', ...(await sample.version(2, 'seed'))])
    await expectRolledBack(told, 'SEED', 23)
    expect(told.document.message).toContain('not undone')
    expect(told.text).toContain('staff')
    // the file that came with it is gone again
    expect((await server.try(`ls ${SAMPLE_PATH}/seed/staff.json`)).code).not.toBe(0)
  })

  test('a failing smoke test', async () => {
    const told = await sample.cli(['deploy', ...(await sample.version(2, 'smoke'))])
    await expectRolledBack(told, 'SMOKE', 25)
    expect(told.document.message).toContain('one-bot')
    expect(await server.read(`${SAMPLE_PATH}/docker-compose.yml`)).not.toContain('gateway-production')
  })

  test('after all that, a good version goes through as if nothing had been', async () => {
    expectDocument(await sample.succeeds(['deploy', ...(await sample.version(2))]), 0, { outcome: 'succeeded' })
    expect(await server.json(PORT, '/version')).toEqual({ version: '2.0.0' })
    expect(await query(server, 'select count(*) from seed_runs')).toBe('1')
  })
})

describe('where going back fails too', () => {
  let told: Told

  test('it is BROKEN, says what is known, and does not say that anything serves', async () => {
    told = await sample.cli(['deploy', ...(await sample.version(3, 'no-way-back', 6))])
    expectFailure(told, 'BROKEN', 30, { outcome: 'failed' })
    expect(told.document.message).toContain('going back')
    expect(told.document.hint).toContain('docker compose -p bot-and-api')
    expect(told.log).toMatch(/accounts|users|HTTP 50/)
    expect(((await server.json(PORT, '/health')) as { status?: string }).status).not.toBe('ok')
  })

  test('a person who mends it deploys again, and all is well', async () => {
    await query(server, `alter table accounts rename to users; update alembic_version set version_num = '${schemaOf(2)}'`)
    const version = await sample.version(4)
    expectFailure(await sample.cli(['deploy', ...version]), 'BROKEN', 30, { outcome: 'refused' })
    expectDocument(await sample.succeeds(['deploy', '--from-broken', ...version]), 0, { outcome: 'succeeded' })
    expect(await server.json(PORT, '/version')).toEqual({ version: '4.0.0' })
    expect(await server.json(PORT, '/bot')).toEqual({ online: 1 })
    expect(await server.containers(SAMPLE)).toHaveLength(4)
  })
})
