import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { packagesApi } from '../../src/adapters/github-packages.ts'
import { type Clock, type PackagesApi, Secret } from '../../src/ports.ts'
import { failure } from '../pipeline/support/context.ts'

let pauses: number[]
const clock: Clock = { now: () => new Date(), elapsed: () => 0, sleep: async (ms) => void pauses.push(ms) }
const VERSION = { id: 7, name: `sha256:${'a'.repeat(64)}`, created_at: '2026-01-01T00:00:00Z', metadata: { container: { tags: ['v1'] } } }

let seen: string[]
let answers: Record<string, { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }>
let close: () => void
let api: PackagesApi

beforeEach(async () => {
  seen = []
  pauses = []
  answers = {}
  const server = createServer((request: IncomingMessage, response) => {
    const call = `${request.method} ${request.url}`
    seen.push(call)
    const { status, headers, body } =
      request.headers.authorization === 'Bearer t0ken' ? (answers[call] ?? { status: 404 }) : { status: 401, body: 'who?' }
    response.writeHead(status, headers).end(body === undefined ? '' : JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  close = () => server.close()
  api = packagesApi(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v3/`, new Secret('t0ken'), clock)
})
afterEach(() => close())

const LIST = 'packages/container/shop%2Fapi/versions'

test('a package of an organisation is listed page by page, its name as one part of the address', async () => {
  answers[`GET /api/v3/orgs/acme/${LIST}?per_page=100&page=2`] = { status: 200, body: [VERSION] }
  expect(await api.page('acme', 'shop/api', 2)).toEqual([VERSION])
  expect(seen).toHaveLength(1)
})

test("a person's package has another address", async () => {
  answers[`GET /api/v3/users/ada/${LIST}?per_page=100&page=1`] = { status: 200, body: [] }
  answers[`DELETE /api/v3/users/ada/${LIST}/7`] = { status: 204 }
  expect(await api.page('ada', 'shop/api', 1)).toEqual([])
  await api.remove('ada', 'shop/api', 7)
  expect(seen.at(-1)).toBe(`DELETE /api/v3/users/ada/${LIST}/7`)
})

test('what is gone already is removed; what may not be removed is told with the page where it is granted', async () => {
  await api.remove('acme', 'shop/api', 8)
  answers[`DELETE /api/v3/orgs/acme/${LIST}/9`] = { status: 403, body: { message: 'Resource not accessible by integration' } }
  const error = await failure(api.remove('acme', 'shop/api', 9))
  expect([error.code, error.message]).toEqual(['AUTH', 'AUTH: GitHub did not let us remove version 9 of acme/shop/api: 403'])
  expect(error.details.evidence?.join()).toContain('not accessible by integration')
})

test('a version that can still be read was not removed, whatever the answer was', async () => {
  answers[`GET /api/v3/users/ada/${LIST}/7`] = { status: 200, body: VERSION }
  const error = await failure(api.remove('ada', 'shop/api', 7))
  expect([error.code, error.details.hint]).toEqual(['AUTH', expect.stringContaining('packages: write')])
})

test('a rate limit is waited for, and no matter of permissions', async () => {
  const call = `DELETE /api/v3/orgs/acme/${LIST}/7`
  answers[call] = { status: 403, headers: { 'retry-after': '2' }, body: { message: 'You have exceeded a secondary rate limit.' } }
  const error = await failure(api.remove('acme', 'shop/api', 7))
  expect([error.code, error.details.hint]).toEqual(['CONNECT', expect.stringContaining('asks to wait')])
  expect(seen.filter((one) => one === call)).toHaveLength(5)
  expect(pauses).toEqual([2000, 2000, 2000, 2000])
})

test('a list that is none is no list of nothing', async () => {
  for (const body of [{ message: 'ok' }, [{ id: 'x' }], 'text']) {
    answers[`GET /api/v3/orgs/acme/${LIST}?per_page=100&page=1`] = { status: 200, body }
    expect((await failure(api.page('acme', 'shop/api', 1))).message).toContain('is none')
  }
})
