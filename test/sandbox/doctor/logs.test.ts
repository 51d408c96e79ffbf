/** What a server tells of its containers and of its past, over a connection that writes nothing. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { given } from '../scenarios/programs.ts'
import { Project, pinned } from '../scenarios/project.ts'
import { scenarioServer } from '../scenarios/server.ts'
import { PATH, type Shape, tinyFiles, tinyImage } from '../scenarios/tiny.ts'

jest.setTimeout(600_000)

const server = scenarioServer()
const SECRET = 'canary-Wq7-secret'
let project: Project

const deploy = async (version: string, shape: Shape = {}, more: readonly string[] = []) => {
  await project.commit(
    tinyFiles({ web: '    env_file: .env\n    command: ["sh", "-c", "echo started with $$TOKEN; exec python /app/server.py"]', ...shape }),
  )
  return project.cli(['deploy', ...pinned({ web: await tinyImage(version) }), ...more])
}

beforeAll(async () => {
  await server.reset('tiny', PATH)
  project = await Project.in(server.host)
  await server.write(`${PATH}/.env`, `TOKEN=${SECRET}\n`)
  expect((await deploy('1', {}, ['--reason', "it's the first"])).code).toBe(0)
  expect((await deploy('2')).code).toBe(0)
  expect((await deploy('3-sick')).code).toBe(24)
})
afterAll(async () => {
  await server.reset('tiny', PATH)
  await server.leave()
  await project.remove()
})

test('logs are the last lines of the containers, without the values of the environment file', async () => {
  const { document, log, text } = await project.succeeds(['logs', 'web'])
  expect(text).toContain('started with ***')
  expect(text).not.toContain(SECRET)
  expect(log).toContain('tiny-web-1')
  expect(document.steps).toEqual([expect.objectContaining({ detail: expect.stringContaining('started with ***') })])
})

test('--lines bounds them', async () => {
  const { document } = await project.succeeds(['logs', '--lines', '1'])
  expect(document.steps.map(({ detail }) => detail?.split('\n').length)).toEqual([1])
})

test('--release is what the operation of a release printed', async () => {
  const { document } = await project.succeeds(['logs', '--release', '1'])
  expect(document.steps[0]?.name).toMatch(/^release 1-/)
  expect(document.steps[0]?.detail).toContain('$ ')
  const unknown = await project.cli(['logs', '--release', '99'])
  expect(unknown).toMatchObject({ code: 78, document: { failureCode: 'CONFIG', hint: 'deploy-action history' } })
})

test('a service that is not there is refused, not shown as silent', async () => {
  expect(await project.cli(['logs', 'wbe'])).toMatchObject({
    code: 78,
    document: { message: expect.stringContaining('no container of wbe is in project tiny') },
  })
})

test('history has each operation with who, why, how long and how it ended, newest first', async () => {
  const { document, log } = await project.succeeds(['history'])
  expect(document.steps.map(({ name, result }) => [name.split('-')[0], result])).toEqual([
    ['deploy 3', 'undone'],
    ['deploy 2', 'succeeded'],
    ['deploy 1', 'succeeded'],
  ])
  expect(document.steps[0]?.detail).toContain('rolled-back; HEALTH: ')
  expect(document.steps[2]?.cause).toMatch(/@.*, [0-9a-f]{7}, it's the first$/)
  for (const { start, duration } of document.steps) {
    expect(Math.abs(Date.parse(start ?? '') - Date.now())).toBeLessThan(3_600_000)
    expect(duration).toBeGreaterThan(0)
  }
  expect(log).toMatch(/deploy +3-\w+ +rolled-back \(HEALTH\) +\d+\.\d s/)
})

test('neither writes anything, nor waits for who holds the lock', async () => {
  const before = await server.wholeTree(PATH)
  const held = server.try(`flock ${PATH}/.deploy/lock sleep 8`)
  const from = performance.now()
  await project.succeeds(['history'])
  await project.succeeds(['logs'])
  expect(performance.now() - from).toBeLessThan(7000)
  await held
  expect(await server.wholeTree(PATH)).toBe(before)
})

test('a stack that is not there has no past, and no containers', async () => {
  await project.commit(tinyFiles({ path: '/opt/stacks/nobody', config: '' }))
  expect((await project.succeeds(['history'])).document.message).toBe('nothing was deployed in /opt/stacks/nobody yet')
  expect(given('SANDBOX_HOSTS')).toContain(server.host)
})
