/** Data handed to a service over HTTP, by the real program, under each shell a server may have as `sh`. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { configOf } from '../config/problems.ts'
import { newServer, SHELLS, type StandInServer } from './support/server.ts'
import { type Deployed, deploy, endOf, failureOf, serving } from './support/stack.ts'

const TOKEN = 'p$w"\\ of a7c1e9d204'
/** Every byte there is, and what ends a part of a form. */
const BUNDLE = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)), Buffer.from('\r\n--deploy-action\r\n')])

const MODEL = 'name: shop\nservices:\n  api:\n    image: ghcr.io/acme/shop-api\n'
const configWith = (seed: string) =>
  configOf(`project: shop
registry: { namespace: acme }
images: { api: {} }
services: { api: { stable: 0s } }
seed: [${seed}]
`)

interface Asked {
  readonly line: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** A service that answers what it is told to; `poll` answers in turn, the last one for ever. */
const ingest = async (taken: string, ...poll: readonly string[]) => {
  const asked: Asked[] = []
  const left = [...poll]
  const answer = (text: string, response: ServerResponse): void => {
    const [status = '', ...body] = text.split(' ')
    response.writeHead(Number(status)).end(body.join(' '))
  }
  const server = createServer(async (request, response) => {
    const body: Buffer[] = []
    for await (const chunk of request) body.push(chunk)
    asked.push({ line: `${request.method} ${request.url}`, headers: request.headers, body: Buffer.concat(body) })
    if (request.method === 'GET') answer((left.length > 1 ? left.shift() : left[0]) ?? '404', response)
    else answer(taken, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  return { asked, port: (server.address() as AddressInfo).port }
}

const POLL = 'poll: { path: "/jobs/{job.id}", field: job.status, interval: 20ms }'

const seeded = async (
  port: number,
  { http = `field: upload, bearer: ADMIN_TOKEN, ${POLL}`, timeout = '20s', shell = SHELLS.dash } = {},
) => {
  const on = newServer(MODEL, shell ?? undefined)
  closing.push(() => on.close())
  on.tell('secret', TOKEN)
  const request = `{ port: ${port}, path: "/ingest?mode=all", file: data/bundle.zip, type: application/zip, ${http} }`
  const config = configWith(`{ name: bundle, service: api, timeout: ${timeout}, http: ${request} }`)
  const files = { 'project/data/bundle.zip': BUNDLE }
  execFileSync('mkdir', ['-p', on.directory])
  writeFileSync(join(on.directory, '.env'), `OTHER=1\nADMIN_TOKEN=${TOKEN}\n`)
  return { on, done: await deploy(on, { version: 1, only: 'api', config, files }) }
}

const textOf = (done: Deployed, on: StandInServer): string => JSON.stringify(done.events) + on.heard('calls').join('\n') + filesOf(on)
const filesOf = (on: StandInServer): string =>
  execFileSync('sh', ['-c', 'find "$0/.deploy" -type f -exec cat {} +', on.directory], { encoding: 'latin1' })
const ledger = (on: StandInServer): readonly string[] => readFileSync(join(on.directory, '.deploy/seeds'), 'utf8').trim().split('\n')

describe.each(Object.entries(SHELLS))('under %s', (_, shell) => {
  const testThere = shell === null ? test.skip : test

  testThere('a file is handed over with a token, byte for byte, and its job is asked about until it is done', async () => {
    const api = await ingest(
      '202 {"job": {"kind": "a \\" b", "id": 17}}',
      '200 {"job":{"status":"running"}}',
      '200 {"job":{"status":"succeeded"}}',
    )
    const { on, done } = await seeded(api.port, { shell })
    expect([failureOf(done), endOf(done)]).toEqual(['', 'committed'])
    expect(api.asked.map(({ line }) => line)).toEqual(['POST /ingest?mode=all', 'GET /jobs/17', 'GET /jobs/17'])
    for (const { headers } of api.asked) expect(headers.authorization).toBe(`Bearer ${TOKEN}`)
    const [{ headers, body }] = api.asked as [Asked]
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': headers['content-type'] ?? '' } }).formData()
    const file = form.get('upload') as unknown as File
    expect([file.name, file.type]).toEqual(['bundle.zip', 'application/zip'])
    expect(Buffer.from(await file.arrayBuffer())).toEqual(BUNDLE)
    expect(ledger(on).map((line) => line.replace(/ [0-9a-f]{16} /, ' HASH '))).toEqual([
      'bundle HASH 1-1111111 started',
      'bundle HASH 1-1111111',
    ])
    expect(done.events.find((event) => event.kind === 'note' && event.topic === 'seed')).toMatchObject({
      name: 'bundle',
      text: expect.stringMatching(/^HTTP 202, job\.status is "succeeded" in \d/),
    })
    // neither in what is told nor in any file of ours, nor in the arguments of a process while it was used
    expect(textOf(done, on)).not.toContain(TOKEN)
    expect(on.heard('leaks')).toEqual([])
  })

  testThere('a job that fails is SEED with what the service says of it, and what served before serves', async () => {
    const api = await ingest(
      '202 {"job": {"id": "b-1"}}',
      `200 {"job": {"status": "failed"}, "why": "row 3; I was given ${TOKEN.replaceAll(/["\\]/g, '\\$&')}"}`,
    )
    const { on, done } = await seeded(api.port, { shell })
    expect(failureOf(done)).toMatch(/^SEED: seed bundle: job\.status is "failed": \{"job".*row 3.*; its data is not undone$/)
    expect([endOf(done), serving(on)]).toEqual(['rolled-back', ''])
    expect(done.events.some((event) => event.kind === 'note' && event.topic === 'evidence' && event.text.includes('row 3'))).toBe(true)
    expect(textOf(done, on)).not.toContain('a7c1e9d204')
    expect(ledger(on)).toHaveLength(1)
  })
})

test('without a form the file is the body; without a token none is sent; the first answer may be the last', async () => {
  const api = await ingest('204')
  const { done } = await seeded(api.port, { http: 'method: PUT' })
  expect([failureOf(done), endOf(done)]).toEqual(['', 'committed'])
  const [only, ...more] = api.asked
  expect(more).toEqual([])
  expect(only?.line).toBe('PUT /ingest?mode=all')
  expect(only?.headers['content-type']).toBe('application/zip')
  expect(only?.headers.authorization).toBeUndefined()
  expect(only?.body).toEqual(BUNDLE)
})

test.each([
  ['a refusal', '401 no such token', [], {}, /^SEED: seed bundle: HTTP 401 no such token; its data/],
  [
    'an answer without the key of the job',
    '202 {"job": {}}',
    [],
    {},
    /^SEED: seed bundle: HTTP 202, but its answer has no "job.id" that a path can hold: \{"job": \{\}\};/,
  ],
  ['a key that would leave the path', '202 {"job": {"id": "../x"}}', [], {}, /has no "job.id" that a path can hold/],
  ['no JSON', '200 thank you', [], {}, /has no "job.id" that a path can hold: thank you;/],
  [
    'a job that is never done',
    '202 {"job":{"id":1}}',
    ['200 {"job":{"status":"running"}}'],
    { timeout: '1s' },
    /^SEED: seed bundle: not done after 1 s: \/jobs\/1 says job.status is "running";/,
  ],
  [
    'an answer about the job that is none',
    '202 {"job":{"id":1}}',
    ['503 busy'],
    { timeout: '1s' },
    /not done after 1 s: \/jobs\/1 says HTTP 503 busy;/,
  ],
] as const)('%s is SEED and says so', async (_, taken, poll, how, sentence) => {
  const api = await ingest(taken, ...poll)
  expect(failureOf((await seeded(api.port, how)).done)).toMatch(sentence)
})

test('nobody who listens, and a variable that is empty, are SEED and said', async () => {
  const { port } = await ingest('200')
  for (const close of closing.splice(0)) close()
  expect(failureOf((await seeded(port)).done)).toMatch(/^SEED: seed bundle: no answer on port \d+;/)
  const api = await ingest('200')
  expect(failureOf((await seeded(api.port, { http: 'bearer: NOT_THERE' })).done)).toMatch(/NOT_THERE in .*\.env is empty, or no token;/)
  expect(api.asked).toEqual([])
})
