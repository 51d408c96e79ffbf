/** Where going back fails too, on a real server: kept in sight, deploys refused, and the two ways out. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { expectDocument, expectFailure } from './document.ts'
import { Project, pinned, type Told } from './project.ts'
import { scenarioServer } from './server.ts'
import { tinyFiles, tinyImage } from './tiny.ts'

jest.setTimeout(600_000)

const NAME = 'mended'
const STACK = `/opt/stacks/${NAME}`
const PORT = 8193
const server = scenarioServer()
let project: Project

const deploy = async (version: string, ...options: string[]): Promise<Told> => {
  const files = new Map(
    tinyFiles({
      path: STACK,
      port: PORT,
      pin: ', services: [web]',
      config: 'keep: 30',
      health: 'http: { port: 80, path: /health }, deadline: 8s',
    }),
  )
  files.set('deploy.yml', (files.get('deploy.yml') ?? '').replace('project: tiny', `project: ${NAME}`))
  await project.commit(files)
  return project.cli(['deploy', ...options, ...pinned({ web: await tinyImage(version) })])
}
const version = () => server.json(PORT, '/version')
/** From the next start on, and from now on. */
const sicken = (one: string) => server.run(`docker run --rm --volume ${NAME}_out:/out --entrypoint touch python:3.12-slim /out/sick-${one}`)
const cure = (one: string) => server.run(`docker run --rm --volume ${NAME}_out:/out --entrypoint rm python:3.12-slim /out/sick-${one}`)

/** Neither the new version nor the old one is healthy. */
const breakIt = async (good: string): Promise<void> => {
  await sicken(good)
  expectFailure(await deploy('9-sick'), 'BROKEN', 30, { outcome: 'failed' })
}

beforeAll(async () => {
  await server.reset(NAME, STACK)
  project = await Project.in(server.host)
  expectDocument(await deploy('1'), 0, { outcome: 'succeeded' })
})
afterAll(async () => {
  await server.reset(NAME, STACK)
  await server.leave()
  await project.remove()
})

test('a stack that is broken says so in status, and deploys are refused with what is known and the two ways out', async () => {
  await breakIt('1')
  const status = await project.succeeds(['status'])
  expect(status.document.message).toMatch(
    /^BROKEN: the deploy to release 2-[0-9a-f]{7}.* left the stack broken, since \d{4}-.*web was not healthy/,
  )
  const before = { running: await server.running(NAME), tree: await server.wholeTree(`${STACK}/.deploy/releases`) }
  const refused = await deploy('2')
  expectFailure(refused, 'BROKEN', 30, { outcome: 'refused' })
  expect(refused.document.message).toContain('nothing was touched')
  for (const way of ['deploy-action rollback', '--from-broken']) expect(refused.document.hint).toContain(way)
  expect({ running: await server.running(NAME), tree: await server.wholeTree(`${STACK}/.deploy/releases`) }).toEqual(before)
  const plan = await project.cli(['plan', ...pinned({ web: await tinyImage('2') })])
  expect(plan.log).toContain('--from-broken')
})

test('a rollback to what served before heals it', async () => {
  await cure('1')
  expectDocument(await project.succeeds(['rollback']), 0, { outcome: 'succeeded' })
  expect(await version()).toEqual({ version: '1' })
  expect((await project.succeeds(['status'])).document.message).not.toContain('BROKEN')
  expectDocument(await deploy('2'), 0, { outcome: 'succeeded' })
  expect(await version()).toEqual({ version: '2' })
})

test('a migration that a dead run left running: nothing begins beside it, and it is named', async () => {
  const left = `${NAME}-migrate-1-abcdef0`
  const labels = [`com.docker.compose.project=${NAME}`, 'com.docker.compose.oneoff=True', 'deploy-action.operation=20261121T000000Z-dead00']
  await server.run(`docker run --detach --name ${left} ${labels.map((one) => `--label ${one}`).join(' ')} python:3.12-slim sleep 600`)
  const before = await server.running(NAME)
  const refused = await deploy('3')
  expectFailure(refused, 'LOCK', 75, { outcome: 'refused' })
  expect(refused.document.message).toContain(`${left} of operation 20261121T000000Z-dead00 still runs`)
  expectFailure(await project.cli(['rollback']), 'LOCK', 75, { outcome: 'refused' })
  expect(await server.running(NAME)).toEqual(before)
  await server.run(`docker rm --force ${left}`)
  // somebody's own one-off run is nobody's business
  await server.run(
    `docker run --detach --name ${NAME}-shell ${labels
      .slice(0, 2)
      .map((one) => `--label ${one}`)
      .join(' ')} python:3.12-slim sleep 600`,
  )
  expectDocument(await deploy('2'), 0, { outcome: 'succeeded' })
})

test('a deploy that is meant heals it, and only where it succeeds', async () => {
  await breakIt('2')
  const failed = await deploy('3-sick', '--from-broken')
  expect(failed.code).not.toBe(0)
  expectFailure(await deploy('3'), 'BROKEN', 30, { outcome: 'refused' })
  expectDocument(await deploy('3', '--from-broken'), 0, { outcome: 'succeeded' })
  expect(await version()).toEqual({ version: '3' })
  expect((await project.succeeds(['status'])).document.message).toMatch(/^release \d+-.*as recorded$/)
  expect(await server.containers(NAME)).toHaveLength(1)
})
