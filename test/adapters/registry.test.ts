import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { registries } from '../../src/adapters/registry.ts'
import { parseChallenge } from '../../src/adapters/registry-auth.ts'
import { retryAfterMs } from '../../src/adapters/registry-http.ts'
import { type Clock, type Registry, type RegistryCredentials, Secret } from '../../src/ports.ts'
import { failure } from '../pipeline/support/context.ts'
import { digestOf, type LoopbackRegistry, loopbackRegistry } from './support/loopback-registry.ts'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const credentials: RegistryCredentials = { username: 'ci', password: new Secret('s3cret') }
const basic = `Basic ${Buffer.from('ci:s3cret').toString('base64')}`

let server: LoopbackRegistry
let pauses: number[]
let folder: string

beforeEach(async () => {
  server = await loopbackRegistry()
  pauses = []
  folder = mkdtempSync(join(tmpdir(), 'registry-test-'))
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

const clock: Clock = {
  now: () => new Date(),
  elapsed: () => 0,
  sleep: async (ms) => {
    pauses.push(ms)
  },
}
const client = (as: RegistryCredentials | null = null, host = server.host): Promise<Registry> => registries(clock)(host, as)
const manifest = (text = '{"schemaVersion":2}') => ({ mediaType: MANIFEST, digest: digestOf(Buffer.from(text)), bytes: Buffer.from(text) })
const blob = (text: string) => {
  const path = join(folder, 'blob')
  writeFileSync(path, text)
  return { digest: digestOf(Buffer.from(text)), size: text.length, path }
}

describe('a run that is cancelled', () => {
  /** The registry says nothing; the run is cancelled as it is asked. */
  const silent = async (): Promise<Registry> => {
    const run = new AbortController()
    server.fault = () => {
      run.abort('SIGINT')
      return true
    }
    return registries(clock, run.signal)(server.host, null)
  }

  test('waits for no answer to what it reads, and asks no second time', async () => {
    const error = await failure((await silent()).manifest('acme/api', 'v1'))
    expect([error.code, error.message]).toEqual([
      'CANCELLED',
      `CANCELLED: the run was cancelled by SIGINT while the registry ${server.host} was asked`,
    ])
    expect([server.seen.length, pauses]).toEqual([1, []])
  })

  test('finishes what it writes', async () => {
    const run = new AbortController()
    server.fault = () => {
      run.abort('SIGINT')
      return false
    }
    const registry = await registries(clock, run.signal)(server.host, null)
    await registry.putManifest('acme/api', 'v1', manifest())
    expect(server.manifests.has('acme/api:v1')).toBe(true)
  })
})

describe('what is pushed is what is read', () => {
  test('a manifest has the same digest under its tag', async () => {
    const registry = await client()
    await registry.putManifest('acme/api', 'v1', manifest())
    expect((await registry.manifest('acme/api', 'v1'))?.digest).toBe(manifest().digest)
  })

  test('a missing tag is null and no error', async () => {
    expect(await (await client()).manifest('acme/api', 'none')).toBeNull()
  })

  test('a blob arrives whole', async () => {
    const registry = await client()
    const source = blob('layer')
    expect(await registry.hasBlob('acme/api', source.digest)).toBe(false)
    await registry.putBlob('acme/api', source)
    expect(server.blobs.get(source.digest)?.toString()).toBe('layer')
    expect(Buffer.from(await registry.blob('acme/api', source.digest)).toString()).toBe('layer')
  })

  test('bytes that do not have their digest are refused', async () => {
    const registry = await client()
    await registry.putManifest('acme/api', 'v1', manifest())
    server.manifests.set(`acme/api:${manifest().digest}`, { type: MANIFEST, bytes: Buffer.from('{"schemaVersion":3}') })
    const error = await failure(registry.manifest('acme/api', manifest().digest))
    expect(error.code).toBe('CONNECT')
    expect(error.message).toContain('where sha256:')
  })

  test('an answer without end is cut off', async () => {
    server.fault = (_request, response) => {
      response.writeHead(200)
      const flood = setInterval(() => response.write(Buffer.alloc(1024 * 1024)), 1)
      response.on('close', () => clearInterval(flood))
      return true
    }
    expect((await failure((await client()).blob('acme/api', digestOf(Buffer.from('x'))))).message).toMatch(/more than \d+ bytes/)
  })
})

describe('a registry that has a bad moment is asked again', () => {
  test('a 500 that passes is not noticed', async () => {
    server.fault = (_request, response, count) => {
      if (count > 2) return false
      response.writeHead(500).end('boom')
      return true
    }
    expect(await (await client()).manifest('acme/api', 'v1')).toBeNull()
    expect(server.seen).toHaveLength(3)
  })

  test('429 is obeyed as long as it is reasonable', async () => {
    server.fault = (_request, response, count) => {
      if (count > 2) return false
      response.writeHead(429, { 'retry-after': count === 1 ? '7' : '86400' }).end()
      return true
    }
    await (await client()).manifest('acme/api', 'v1')
    expect(pauses).toEqual([7000, 30_000])
  })

  test('a 500 that stays ends after five attempts', async () => {
    server.fault = (_request, response) => {
      response.writeHead(503).end('{"errors":[{"message":"down for maintenance"}]}')
      return true
    }
    const error = await failure((await client()).manifest('acme/api', 'v1'))
    expect(error.code).toBe('CONNECT')
    expect(error.message).toContain('503 (down for maintenance)')
    expect(server.seen).toHaveLength(5)
  })

  test('a push refused by 500 that stays is PUBLISH', async () => {
    server.fault = (_request, response) => {
      response.writeHead(500).end()
      return true
    }
    expect((await failure((await client()).putManifest('acme/api', 'v1', manifest()))).code).toBe('PUBLISH')
  })

  test('a connection cut in the middle of an answer is made again', async () => {
    const registry = await client()
    await registry.putManifest('acme/api', 'v1', manifest())
    let cuts = 0
    server.fault = (request, response) => {
      if (request.method !== 'GET' || cuts++ > 0) return false
      response.writeHead(200, { 'content-length': '1000', 'content-type': MANIFEST })
      response.write('{"schema')
      setImmediate(() => response.destroy())
      return true
    }
    expect((await registry.manifest('acme/api', 'v1'))?.digest).toBe(manifest().digest)
  })

  test('an upload that is cut is begun anew', async () => {
    let cuts = 0
    server.fault = (request) => {
      if (request.method !== 'PUT' || cuts++ > 0) return false
      request.socket.destroy()
      return true
    }
    const source = blob('a layer that matters')
    await (await client()).putBlob('acme/api', source)
    expect(server.blobs.get(source.digest)?.toString()).toBe('a layer that matters')
    expect(server.seen.filter(({ method }) => method === 'POST')).toHaveLength(2)
  })

  test('an upload whose answer was lost is not sent twice', async () => {
    const source = blob('layer')
    server.fault = (request, response) => {
      if (request.method !== 'PUT') return false
      server.blobs.set(source.digest, Buffer.from('layer'))
      response.destroy()
      return true
    }
    await (await client()).putBlob('acme/api', source)
    expect(server.seen.filter(({ method }) => method === 'PUT')).toHaveLength(1)
  })

  test('a registry that is not there is CONNECT with a command to look', async () => {
    const closed = await loopbackRegistry()
    await closed[Symbol.asyncDispose]()
    const error = await failure((await client(null, closed.host)).manifest('acme/api', 'v1'))
    expect(error.code).toBe('CONNECT')
    expect(error.message).toContain('ECONNREFUSED, 5 attempts')
    expect(error.details.hint).toBe(`curl -v http://${closed.host}/v2/`)
  })

  test('Retry-After may be a date', () => {
    expect(retryAfterMs('Wed, 21 Oct 2026 07:28:10 GMT', Date.parse('2026-10-21T07:28:00Z'))).toBe(10_000)
    expect(retryAfterMs('soon')).toBeNull()
    for (const text of ['1.5', '-1', '5, 5']) expect(retryAfterMs(text)).toBeNull()
  })
})

describe('who is asking', () => {
  const askBasic: LoopbackRegistry['fault'] = (request, response) => {
    if (request.headers.authorization === basic) return false
    response.writeHead(401, { 'www-authenticate': 'Basic realm="Registry"' }).end()
    return true
  }

  /** As GHCR does it: a token for one scope, from the same host. */
  const askBearer =
    (grant: (authorization: string | undefined) => { readonly status: number; readonly body: string }): LoopbackRegistry['fault'] =>
    (request, response) => {
      if (request.url?.startsWith('/token')) {
        const { status, body } = grant(request.headers.authorization)
        response.writeHead(status).end(body)
        return true
      }
      if (request.headers.authorization?.startsWith('Bearer good')) return false
      const challenge = `Bearer realm="http://${server.host}/token",service="registry",scope="repository:user/image:pull"`
      response.writeHead(401, { 'www-authenticate': challenge }).end()
      return true
    }

  test('the password is sent only when it is asked for', async () => {
    server.fault = askBasic
    await (await client(credentials)).manifest('acme/api', 'v1')
    expect(server.seen.map(({ authorization }) => authorization)).toEqual([undefined, basic])
  })

  test('a wrong password is AUTH, and asked once', async () => {
    server.fault = askBasic
    const error = await failure((await client({ username: 'ci', password: new Secret('wrong') })).manifest('acme/api', 'v1'))
    expect(error.code).toBe('AUTH')
    expect(server.seen).toHaveLength(2)
    expect(JSON.stringify([error.message, error.details])).not.toContain('wrong')
  })

  test('nobody is told to log in', async () => {
    server.fault = askBasic
    const error = await failure((await client()).manifest('acme/api', 'v1'))
    expect(error.details.hint).toContain(`docker login ${server.host}`)
  })

  test('a token is asked for with the scope that is needed, and used for further calls', async () => {
    server.fault = askBearer((authorization) => ({ status: authorization === basic ? 200 : 401, body: '{"token":"good"}' }))
    const registry = await client(credentials)
    await registry.putManifest('acme/api', 'v1', manifest())
    await registry.putManifest('acme/api', 'v2', manifest())
    const tokens = server.seen.filter(({ path }) => path.startsWith('/token'))
    expect(tokens).toHaveLength(1)
    expect(new URL(tokens[0]?.path ?? '', 'http://x').searchParams.get('scope')).toBe('repository:acme/api:pull,push')
  })

  test('a token that ran out is asked for again', async () => {
    let issued = 0
    server.fault = askBearer(() => ({ status: 200, body: JSON.stringify({ access_token: ++issued === 1 ? 'old' : 'good' }) }))
    const registry = await client(credentials)
    await failure(registry.manifest('acme/api', 'v1'))
    expect(await registry.manifest('acme/api', 'v1')).toBeNull()
  })

  test("GHCR's write_package is explained with the page where it is granted", async () => {
    server.fault = (request, response) => {
      if (request.method !== 'POST') return false
      response.writeHead(403).end('{"errors":[{"code":"DENIED","message":"permission_denied: write_package"}]}')
      return true
    }
    const error = await failure((await client(credentials)).putBlob('acme/api', blob('layer')))
    expect(error.code).toBe('PUBLISH')
    expect(error.message).toContain('permission_denied: write_package')
    expect(error.details.hint).toContain('Manage Actions access')
    expect(error.details.hint).toContain('https://github.com/orgs/acme/packages/container/api/settings')
  })

  test('a token that may only read is PUBLISH when something is pushed', async () => {
    server.fault = (_request, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x",error="insufficient_scope"' }).end()
      return true
    }
    expect((await failure((await client(credentials)).putManifest('acme/api', 'v1', manifest()))).code).toBe('PUBLISH')
  })

  test('a blob that lies with a storage service is read there, without the password', async () => {
    const seen: (string | undefined)[] = []
    const storage = createServer((request, response) => {
      seen.push(request.headers.authorization)
      response.end('layer')
    })
    await new Promise<void>((resolve) => storage.listen(0, '127.0.0.1', resolve))
    server.fault = (request, response) => {
      if (askBasic(request, response, 0)) return true
      response.writeHead(307, { location: `http://127.0.0.1:${(storage.address() as AddressInfo).port}/blob` }).end()
      return true
    }
    const bytes = await (await client(credentials)).blob('acme/api', digestOf(Buffer.from('layer')))
    expect(Buffer.from(bytes).toString()).toBe('layer')
    expect(seen).toEqual([undefined])
    storage.closeAllConnections()
    storage.close()
  })

  test('whoever a blob or an upload leads to does not get the password by asking for it', async () => {
    const seen: (string | undefined)[] = []
    const other = createServer((request, response) => {
      seen.push(request.headers.authorization)
      const realm = `http://127.0.0.1:${(other.address() as AddressInfo).port}/token`
      request.resume().on('end', () => response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="s"` }).end())
    })
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const there = `http://127.0.0.1:${(other.address() as AddressInfo).port}/there`
    server.fault = (request, response) => {
      if (request.method === 'HEAD') return false
      response.writeHead(request.method === 'POST' ? 202 : 307, { location: there }).end()
      return true
    }
    expect((await failure((await client(credentials)).blob('acme/api', digestOf(Buffer.from('layer'))))).code).toBe('AUTH')
    expect((await failure((await client(credentials)).putBlob('acme/api', blob('layer')))).code).toBe('AUTH')
    expect([...new Set(seen)]).toEqual([undefined])
    other.closeAllConnections()
    other.close()
  })

  test.each([
    '</v2/acme/api/tags/list?n=1000&last=a>; rel="next"',
    '</v2/acme/api/tags/list?n=1000&last=a>;rel=next',
    '<https://registry.example/v2/acme/api/tags/list?n=1000&last=a>; type="application/json"; rel="last next"',
    '</v2/first>; rel="first", </v2/acme/api/tags/list?n=1000&last=a>; rel="next"',
  ])('all pages of a list of tags are read, however the next one is named: %s', async (link) => {
    server.fault = (request, response) => {
      const isFirst = request.url?.includes('last=') === false
      response.writeHead(200, isFirst ? { link } : { link: '</v2/acme/api/tags/list?n=1000>; rel="first"' })
      response.end(JSON.stringify({ tags: isFirst ? ['a'] : ['b'] }))
      return true
    }
    expect(await (await client()).tags('acme/api')).toEqual(['a', 'b'])
  })

  test('a list of tags that goes round in a circle is none', async () => {
    server.fault = (_request, response) => {
      response.writeHead(200, { link: '</v2/acme/api/tags/list?n=1000>; rel="next"' }).end('{"tags":["a"]}')
      return true
    }
    expect((await failure((await client()).tags('acme/api'))).message).toContain('a list of tags without an end')
  })

  test('a registry that only ever points elsewhere is not followed for ever', async () => {
    server.fault = (_request, response, count) => {
      response.writeHead(302, { location: `/v2/elsewhere/${count}` }).end()
      return true
    }
    await failure((await client()).blob('acme/api', digestOf(Buffer.from('layer'))))
    expect(server.seen).toHaveLength(6)
  })

  test('the password does not follow an upload to another host', async () => {
    const seen: (string | undefined)[] = []
    const storage = createServer((request, response) => {
      seen.push(request.headers.authorization)
      request.resume().on('end', () => response.writeHead(201).end())
    })
    await new Promise<void>((resolve) => storage.listen(0, '127.0.0.1', resolve))
    server.fault = (request, response) => {
      if (askBasic(request, response, 0)) return true
      if (request.method !== 'POST') return false
      response.writeHead(202, { location: `http://127.0.0.1:${(storage.address() as AddressInfo).port}/upload` }).end()
      return true
    }
    await (await client(credentials)).putBlob('acme/api', blob('layer'))
    expect(seen).toEqual([undefined])
    storage.closeAllConnections()
    storage.close()
  })

  test.each([
    ['Basic realm="r"', { kind: 'basic' }],
    ['Bearer realm="https://t/x",service="s"', { kind: 'bearer', realm: 'https://t/x', service: 's', scope: null, error: null }],
    ['Negotiate', null],
    ['Bearer nothing', null],
    [null, null],
  ])('the challenge %s is understood', (header, wanted) => {
    expect(parseChallenge(header)).toEqual(wanted)
  })
})
