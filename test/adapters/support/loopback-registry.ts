import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Seen {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
}

/** Answers a request itself (true), or leaves it to the registry. */
export type Fault = (request: IncomingMessage, response: ServerResponse, count: number) => boolean

export interface LoopbackRegistry extends AsyncDisposable {
  readonly host: string
  readonly seen: readonly Seen[]
  readonly blobs: Map<string, Buffer>
  /** repository:reference → media type and bytes. */
  readonly manifests: Map<string, { readonly type: string; readonly bytes: Buffer }>
  fault: Fault
}

/** A registry on loopback that speaks the distribution API as far as we use it, with room for faults in front. */
export const loopbackRegistry = async (): Promise<LoopbackRegistry> => {
  const seen: Seen[] = []
  const blobs = new Map<string, Buffer>()
  const manifests: LoopbackRegistry['manifests'] = new Map()
  const server = createServer(async (request, response) => {
    seen.push({ method: request.method ?? '', path: request.url ?? '', authorization: request.headers.authorization })
    if (registry.fault(request, response, seen.length)) return
    const body = await readAll(request)
    answer(request, response, { body, blobs, manifests })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const registry: LoopbackRegistry = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    blobs,
    manifests,
    fault: () => false,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return registry
}

const readAll = async (request: IncomingMessage): Promise<Buffer> => {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

interface Store {
  readonly body: Buffer
  readonly blobs: Map<string, Buffer>
  readonly manifests: LoopbackRegistry['manifests']
}

const answer = (request: IncomingMessage, response: ServerResponse, { body, blobs, manifests }: Store): void => {
  const url = new URL(request.url ?? '', 'http://localhost')
  const [, repository = '', kind = '', reference = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/(.*)$/.exec(url.pathname) ?? []
  const send = (status: number, headers: Record<string, string> = {}, bytes: Buffer = Buffer.alloc(0)): void => {
    response.writeHead(status, { ...headers, 'content-length': String(bytes.length) })
    response.end(request.method === 'HEAD' ? undefined : bytes)
  }
  if (kind === 'manifests' && request.method === 'PUT') {
    const manifest = { type: request.headers['content-type'] ?? '', bytes: body }
    manifests.set(`${repository}:${reference}`, manifest)
    manifests.set(`${repository}:${digestOf(body)}`, manifest)
    send(201, { 'docker-content-digest': digestOf(body) })
  } else if (kind === 'manifests') {
    const found = manifests.get(`${repository}:${reference}`)
    if (found === undefined) send(404)
    else send(200, { 'content-type': found.type, 'docker-content-digest': digestOf(found.bytes) }, found.bytes)
  } else if (request.method === 'POST') send(202, { location: `/v2/${repository}/blobs/uploads/${blobs.size}?_state=x` })
  else if (request.method === 'PUT') {
    const digest = url.searchParams.get('digest') ?? ''
    const whole = digestOf(body) === digest
    if (whole) blobs.set(digest, body)
    send(whole ? 201 : 400)
  } else {
    const found = blobs.get(reference)
    if (found === undefined) send(404)
    else send(200, {}, found)
  }
}

export const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
