/** A service that a release has no more does not go on beside what took its place, and comes back with the release that had it. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { expectDocument, expectFailure } from './document.ts'
import { Project, pinned } from './project.ts'
import { scenarioServer } from './server.ts'
import { PATH, tinyFiles, tinyImage } from './tiny.ts'

jest.setTimeout(600_000)

const server = scenarioServer()
let project: Project

/** `always` is the policy by which an engine that starts again would bring back what was only stopped. */
const worker = (name: string, more = ''): string =>
  name === '' ? '' : `  ${name}:\n    image: ghcr.io/acme/tiny-web:latest\n    restart: always\n${more}`
const deploy = async (version: string, name: string, more = '') => {
  await project.commit(tinyFiles({ port: null, services: worker(name, more), health: 'http: { port: 80, path: /health }, deadline: 4s' }))
  return project.cli(['deploy', ...pinned({ web: await tinyImage(version) })])
}
const running = async (): Promise<readonly string[]> => Object.keys(await server.running('tiny')).sort()
const now = (): Promise<string> => server.run('date +%s.%N')
/** "start bot", "die bot", in order of time, since then; of health checks and web nothing. */
const events = async (since: string): Promise<readonly string[]> => {
  const format = '{{.Action}} {{index .Actor.Attributes "com.docker.compose.service"}}'
  const filters = ['label=com.docker.compose.project=tiny', 'event=start', 'event=die'].map((one) => `--filter ${one}`).join(' ')
  const text = await server.run(`docker events --since ${since.trim()} --until "$(date +%s.%N)" ${filters} --format '${format}'`)
  return text.split('\n').filter((line) => line !== '' && !line.endsWith(' web'))
}

beforeAll(async () => {
  await server.reset('tiny', PATH)
  project = await Project.in(server.host)
  expectDocument(await deploy('1', 'bot'), 0, { outcome: 'succeeded' })
  expect(await running()).toEqual(['bot', 'web'])
})
afterAll(async () => {
  await server.reset('tiny', PATH)
  await server.leave()
  await project.remove()
})

test('the one of before comes back, the very same, where the release that does without it is not healthy', async () => {
  const before = (await server.ids('tiny')).bot
  expectFailure(await deploy('2-sick', 'gateway'), 'HEALTH', 24, { outcome: 'rolled-back' })
  expect(await running()).toEqual(['bot', 'web'])
  expect((await server.ids('tiny')).bot).toBe(before)
  expect((await server.run(`docker inspect --format '{{.HostConfig.RestartPolicy.Name}}' ${before}`)).trim()).toBe('always')
})

test('under another name it is never there twice, and the old one is removed', async () => {
  const since = await now()
  const { document } = await deploy('2', 'gateway')
  expect(document).toMatchObject({ outcome: 'succeeded' })
  expect(document?.steps.find(({ name }) => name === 'stop bot')).toMatchObject({
    result: 'succeeded',
    cause: 'this release has no such service',
  })
  expect(await events(since)).toEqual(['die bot', 'start gateway'])
  expect((await server.containers('tiny')).map(({ service }) => service).sort()).toEqual(['gateway', 'web'])
  expect((await project.succeeds(['status'])).document).toMatchObject({ drift: [] })
})

test('a rollback brings it back under its old name', async () => {
  const since = await now()
  expectDocument(await project.succeeds(['rollback']), 0, { outcome: 'succeeded' })
  expect(await events(since)).toEqual(['die gateway', 'start bot'])
  expect((await server.containers('tiny')).map(({ service }) => service).sort()).toEqual(['bot', 'web'])
})

test('a service of which none is wanted stops', async () => {
  expectDocument(await deploy('3', 'bot', '    deploy: { replicas: 0 }\n'), 0, { outcome: 'succeeded' })
  expect((await server.containers('tiny')).map(({ service }) => service)).toEqual(['web'])
  expect((await project.succeeds(['status'])).document).toMatchObject({ drift: [] })
})

test('the last thing that changes may be that a service is gone', async () => {
  expectDocument(await deploy('3', 'bot'), 0, { outcome: 'succeeded' })
  expect(await running()).toEqual(['bot', 'web'])
  expectDocument(await deploy('3', ''), 0, { outcome: 'succeeded' })
  expect((await server.containers('tiny')).map(({ service }) => service)).toEqual(['web'])
})

test('a program that is killed after it was stopped leaves nothing: the very same one is back, and the next command goes on from there', async () => {
  expectDocument(await deploy('3', 'bot'), 0, { outcome: 'succeeded' })
  const before = (await server.ids('tiny')).bot
  const dying = deploy('4-slow', 'gateway')
  await until(async () => !(await running()).includes('bot'))
  await server.run(`pkill -KILL -f '[/].deploy/operations/'; true`, 'root')
  expect((await dying).code).not.toBe(0)
  expectDocument(await deploy('3', 'bot'), 0, {})
  expect(await running()).toEqual(['bot', 'web'])
  expect((await server.ids('tiny')).bot).toBe(before)
})

const until = async (holds: () => Promise<boolean>): Promise<void> => {
  for (let turn = 0; turn < 600; turn += 1) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('it never came to be')
}
