/** More than one at a time, and clients that do not live to see the end. */
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { expectDocument, expectFailure } from './document.ts'
import { until } from './programs.ts'
import { Project, pinned, told } from './project.ts'
import { scenarioServer } from './server.ts'
import { PATH, type Shape, tinyFiles, tinyImage } from './tiny.ts'

jest.setTimeout(600_000)

const server = scenarioServer()
const projects: Project[] = []
let first: Project
let second: Project

/** A hook that holds a deploy at a point until it is let go. */
const held = (point: 'beforeSwitch' | 'afterSwitch', name = 'gate'): Shape => ({
  config: `keep: 30\nhooks: { ${point}: [{ name: held, on: server, timeout: 60s, run: "until [ -e /tmp/${name} ]; do sleep 0.1; done" }] }`,
})
const free: Shape = { config: 'keep: 30' }
const letGo = (name = 'gate') => server.run(`touch /tmp/${name}`)

const begin = async (project: Project, version: string, shape: Shape) => {
  await project.commit(tinyFiles(shape))
  return project.start(['deploy', ...pinned({ web: await tinyImage(version) })])
}
const deploy = async (project: Project, version: string, shape: Shape = free) => told(await (await begin(project, version, shape)).ended)
const reaches = (running: { err(): string }, text: string) =>
  until(
    `"${text}" in the log`,
    async () => running.err(),
    (log) => log.includes(text),
  )
const version = () => server.json(8081, '/version')
const lockIsFree = () =>
  until(
    'the lock is free',
    () => server.try(`flock --nonblock ${PATH}/.deploy/lock true`),
    ({ code }) => code === 0,
  )
const lastEnd = () => server.run(`cat $(ls -d ${PATH}/.deploy/operations/*/journal | tail -n 1) | tail -n 1`)

beforeAll(async () => {
  await server.reset('tiny', PATH)
  for (let index = 0; index < 2; index += 1) projects.push(await Project.in(server.host))
  ;[first, second] = projects as [Project, Project]
  expectDocument(await deploy(first, '1'), 0, { outcome: 'succeeded' })
})
afterAll(async () => {
  await letGo()
  await server.reset('tiny', PATH)
  await server.run('rm -f /tmp/gate')
  await server.leave()
  for (const project of projects) await project.remove()
})
beforeEach(() => server.run('rm -f /tmp/gate'))

describe('two deploys at once', () => {
  test('the second waits, says for whom, and goes when the first has ended; both are recorded', async () => {
    const one = await begin(first, '2', held('beforeSwitch'))
    await reaches(one, 'hook held')
    const two = await begin(second, '3', free)
    await reaches(two, 'Waiting for the lock, held by deploy by')
    expect(await version()).toEqual({ version: '1' })
    await letGo()
    const [before, after] = [told(await one.ended), told(await two.ended)]
    expectDocument(before, 0, { outcome: 'succeeded', release: expect.stringMatching(/^2-/) })
    expectDocument(after, 0, { outcome: 'succeeded', release: expect.stringMatching(/^3-/), previousRelease: before.document.release })
    expect(await version()).toEqual({ version: '3' })
    expect(await server.run(`ls ${PATH}/.deploy/releases`)).toContain(before.document.release)
    expect(await server.containers('tiny')).toHaveLength(1)
  })

  test('the second gives up after its time with LOCK, naming who holds it and where that one stands', async () => {
    const one = await begin(first, '4', held('beforeSwitch'))
    await reaches(one, 'hook held')
    const refused = await deploy(second, '5', { ...free, environment: ', lockTimeout: 1s' })
    const status = await second.succeeds(['status'])
    await letGo()
    expectDocument(told(await one.ended), 0, { outcome: 'succeeded' })
    expectFailure(refused, 'LOCK', 75, { outcome: 'refused' })
    expect(refused.document.message).toMatch(/deploy by \S+@\S+, since \d{4}-.*operation \d{8}T/)
    expect(refused.document.hint).toContain('status')
    // a look does not wait
    expectDocument(status, 0, { outcome: 'succeeded' })
    expect(await version()).toEqual({ version: '4' })
  })
})

describe('a client that is killed', () => {
  test('before the switch: the server stops by itself, touches nothing, and the next run needs no help', async () => {
    const running = await server.running('tiny')
    const doomed = await begin(first, '6', held('beforeSwitch'))
    await reaches(doomed, 'hook held')
    doomed.process.kill('SIGKILL')
    await doomed.ended
    await letGo()
    await lockIsFree()
    expect(await lastEnd()).toMatch(/ end aborted$/)
    expect(await server.running('tiny')).toEqual(running)
    expect(await server.containers('tiny')).toHaveLength(1)
    expectDocument(await deploy(second, '7'), 0, { outcome: 'succeeded' })
    expect(await version()).toEqual({ version: '7' })
  })

  test('after the switch: the server finishes alone, and the next look shows the new release', async () => {
    const doomed = await begin(first, '8', held('afterSwitch'))
    await reaches(doomed, 'hook held')
    doomed.process.kill('SIGKILL')
    await doomed.ended
    await letGo()
    await lockIsFree()
    expect(await lastEnd()).toMatch(/ end committed$/)
    expect(await version()).toEqual({ version: '8' })
    const status = await second.succeeds(['status'])
    expect(status.document.release).toContain((await first.git('rev-parse', 'HEAD')).slice(0, 7))
    expect(status.document.message).toContain('as recorded')
  })

  test('after the switch to a version that is not healthy: the server goes back alone', async () => {
    const ids = await server.ids('tiny')
    const doomed = await begin(first, '9-sick', { ...free, health: 'http: { port: 80, path: /health }, deadline: 4s' })
    await reaches(doomed, 'switch web:')
    doomed.process.kill('SIGKILL')
    await doomed.ended
    await lockIsFree()
    expect(await lastEnd()).toMatch(/ end rolled-back$/)
    expect(await server.ids('tiny')).toEqual(ids)
    expect(await version()).toEqual({ version: '8' })
  })

  test.each([
    ['beforeSwitch', 'aborted', '8'],
    ['afterSwitch', 'rolled-back', '8'],
  ] as const)('together with the program on the server, %s: the next run settles it first', async (point, end, served) => {
    const doomed = await begin(first, '10', held(point))
    await reaches(doomed, 'hook held')
    const operation = await server.run(`ls ${PATH}/.deploy/operations | tail -n 1`)
    doomed.process.kill('SIGKILL')
    await doomed.ended
    // its name comes by standard input, so that the command that looks for it is not found
    const processes = 'read -r id; for file in $(grep -lzsF -e "$id" /proc/[0-9]*/cmdline)'
    await server.run(`${processes}; do pid=\${file#/proc/}; kill -KILL "\${pid%/*}" 2> /dev/null; done; true`, 'root', `${operation}\n`)
    await letGo()
    await lockIsFree()
    expect((await second.succeeds(['status'])).document.message).toContain(`unfinished: ${operation}`)
    // a deploy that is refused after its look has settled all the same
    const settled = await second.cli(['rollback', '999'])
    expectFailure(settled, 'CONFIG', 78)
    expect(settled.log).toContain(`An earlier operation was settled: ${operation} ended as ${end}`)
    expect(await version()).toEqual({ version: served })
    expect(await server.containers('tiny')).toHaveLength(1)
    expect(await server.run("docker inspect --format '{{.HostConfig.RestartPolicy.Name}}' tiny-web-1")).toBe('unless-stopped')
  })
})

describe('a run that is cancelled', () => {
  test('before the switch is CANCELLED, and nothing was touched', async () => {
    const running = await server.running('tiny')
    const cancelled = await begin(first, '11', held('beforeSwitch'))
    await reaches(cancelled, 'hook held')
    cancelled.process.kill('SIGINT')
    const operation = await server.run(`ls ${PATH}/.deploy/operations | tail -n 1`)
    await until(
      'the word arrived',
      () => server.try(`ls ${PATH}/.deploy/operations/${operation}`),
      ({ out }) => /^(cancelled|lost)$/m.test(out),
    )
    await letGo()
    expectFailure(told(await cancelled.ended), 'CANCELLED', 32)
    await lockIsFree()
    expect(await server.running('tiny')).toEqual(running)
  })
})
