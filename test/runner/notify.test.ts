/** Chats that are told of a run by the bundle, over HTTP on this machine. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { runCli } from './command-line.ts'
import { configWithCheck, type Project, project } from './project.ts'

interface Told {
  readonly path: string
  readonly body: Record<string, unknown>
}

let server: Server
let told: Told[]
let answer: number | null
let one: Project | undefined
const SECRET = 'canary-Hq4-webhook-0001'

beforeEach(async () => {
  told = []
  answer = 204
  server = createServer(async (request: IncomingMessage, response) => {
    let text = ''
    for await (const part of request) text += String(part)
    told.push({ path: request.url ?? '', body: JSON.parse(text) as Record<string, unknown> })
    if (answer !== null) response.writeHead(answer, { location: '/elsewhere' }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
  one?.remove()
  one = undefined
})

const base = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const ALL = 'on: [started, succeeded, rolled-back, failed, broken, healed]'

const run = (notify: string, args: readonly string[] = ['all'], env: Readonly<Record<string, string>> = {}, line = 'exit 1') => {
  const server = 'environments: { production: { host: 192.0.2.1, path: /opt/stacks/shop } }\n'
  one = project({ 'deploy.yml': configWithCheck(line, `notify: [${notify}]\n${server}`) })
  return runCli(args, { cwd: one.folder, env })
}

test('each kind of service hears of the beginning and the end, in that order', async () => {
  const url = `url: "${base()}/x/${SECRET}"`
  const notify = [
    `{ type: discord, ${url}, ${ALL} }`,
    `{ type: slack, ${url}, ${ALL} }`,
    `{ type: telegram, url: "${base()}", token: "9:${SECRET}", chat: "5", ${ALL} }`,
    `{ type: webhook, ${url}, ${ALL} }`,
  ]
  const { code, stderr } = await run(notify.join(', '))
  expect(code).toBe(10)
  expect(told).toHaveLength(8)
  const texts = told.map(({ body }) => String(body.content ?? body.text))
  expect(texts.slice(0, 4).every((text) => text.startsWith('▶ shop') && text.includes(' started'))).toBe(true)
  expect(texts.slice(4).every((text) => text.startsWith('✘ shop') && text.includes('CHECK: ') && text.includes('commit '))).toBe(true)
  expect(told.filter(({ path }) => path === `/bot9:${SECRET}/sendMessage`)).toHaveLength(2)
  expect(told.find(({ body }) => body.event === 'failed')?.body).toMatchObject({ failureCode: 'CHECK', project: 'shop', command: 'all' })
  expect(stderr).not.toContain(SECRET)
})

test('what was not asked for is not told', async () => {
  await run(`{ type: discord, url: "${base()}/x", on: [rolled-back] }`)
  expect(told).toEqual([])
})

test.each([['check'], ['plan']])('%s tells nobody, and needs no secret of them', async (command) => {
  const { stderr } = await run('{ type: discord, url: "${NOT_THERE}" }', [command], {}, 'true')
  expect(told).toEqual([])
  expect(stderr).not.toContain('NOT_THERE')
})

test('a deploy whose secret is missing is refused at its line', async () => {
  const { code, stderr } = await run('{ type: discord, url: "${NOT_THERE}" }')
  expect(code).toBe(78)
  expect(stderr).toContain('the environment variable NOT_THERE is not set')
})

test.each([
  [404, 'it answered 404'],
  [302, 'it answered 302'],
  [500, 'it answered 500'],
])('a service that answers %s is a warning, and the outcome stays', async (status, why) => {
  answer = status
  const { code, stderr } = await run(`{ type: slack, url: "${base()}/x/${SECRET}" }`)
  expect(code).toBe(10)
  expect(stderr).toContain(`slack was not told that the all ended (failed): ${why}`)
  expect(told).toHaveLength(1)
  expect(stderr).not.toContain(SECRET)
})

test('one that never answers does not hold the run up for long', async () => {
  answer = null
  const from = performance.now()
  const { code, stderr } = await run(`{ type: slack, url: "${base()}/x/${SECRET}" }`)
  expect(performance.now() - from).toBeLessThan(25_000)
  expect(code).toBe(10)
  expect(stderr).toContain('it did not answer in time')
})

test('one that is not there: why, but not where', async () => {
  const { stderr } = await run(`{ type: discord, url: "http://127.0.0.1:9/x/${SECRET}" }`)
  expect(stderr).toMatch(/discord was not told that the all ended \(failed\): it was not reached/)
  expect(stderr).not.toContain(SECRET)
})

test('the secret is hidden wherever it is printed, also by others', async () => {
  const { stdout, stderr } = await run(
    `{ type: discord, url: "${base()}/x/${SECRET}" }`,
    ['all', '--json'],
    {},
    `echo the address is /x/${SECRET}; exit 1`,
  )
  expect(`${stdout}${stderr}`).not.toContain(SECRET)
  expect(stderr).toContain('the address is')
})
