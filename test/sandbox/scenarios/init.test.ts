/** What init writes for the sample deploys it, with no file edited by hand: names and hosts come from outside. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { pinned } from './project.ts'
import { PORT, prepare, query, SAMPLE, SAMPLE_PATH, Sample } from './sample.ts'
import { scenarioServer } from './server.ts'

jest.setTimeout(900_000)

const server = scenarioServer()
let sample: Sample
let images: readonly string[]

beforeAll(async () => {
  await prepare(server)
  sample = await Sample.in(server.host)
  await sample.version(1)
  images = pinned(await sample.images(1))
  for (const path of ['deploy.yml', '.github']) await rm(join(sample.folder, path), { recursive: true })
  if ((await sample.git('remote')) === '') await sample.git('remote', 'add', 'origin', `https://github.com/acme/${SAMPLE}.git`)
  await sample.succeeds(['init', '--host', server.host])
  await sample.git('add', 'deploy.yml', '.github')
  await sample.git('commit', '--quiet', '--all', '--message', 'Deploy with deploy-action')
})
afterAll(async () => {
  await server.reset(SAMPLE, SAMPLE_PATH)
  await server.leave()
  await sample.remove()
})

test('doctor finds nothing wrong before the first deploy', async () => {
  const { document } = await sample.succeeds(['doctor'])
  expect(document.checks?.filter(({ result }) => result === 'fail')).toEqual([])
})

test('the deploy migrates, and what it starts answers', async () => {
  const { document } = await sample.succeeds(['deploy', ...images])
  expect(document).toMatchObject({ outcome: 'succeeded', environment: 'production' })
  expect(await server.json(PORT, '/health')).toMatchObject({ status: 'ok' })
  expect(await query(server, 'SELECT version_num FROM alembic_version')).toBe('0002')
})

test('the bot was seen to be one: it may exist once, and was started last', async () => {
  const { document } = await sample.cli(['status'])
  expect(Object.keys(document.serving[0]?.services ?? {})).toEqual(expect.arrayContaining(['api', 'bot', 'postgres', 'redis']))
  const bots = (await server.containers(SAMPLE)).filter(({ service }) => service === 'bot')
  expect(bots.map(({ running }) => running)).toEqual([true])
})

test('init once more has nothing to change', async () => {
  expect((await sample.succeeds(['init', '--host', server.host])).document.outcome).toBe('unchanged')
})
