/**
 * One exchange with a registry, or GitHub's API, over Node's own client. `fetch` would do it in less code, but it parses with WebAssembly
 * whose optimiser alone takes 15 MiB in the middle of a deploy, and it takes 50 ms to load.
 */
import type { IncomingMessage, RequestOptions } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { DeployError } from '../errors.ts'
import { type HttpAnswer, type HttpRequest, LARGEST_DOCUMENT } from './registry-http.ts'

const MOST_REDIRECTS = 5
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]

/** Follows redirects of what is read. @throws what the network says, or a TimeoutError */
export const exchange = async (request: HttpRequest): Promise<HttpAnswer> => {
  const timeout = AbortSignal.timeout(Math.ceil(request.timeoutMs))
  const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal])
  try {
    let { url, headers } = request
    for (let redirects = 0; ; redirects += 1) {
      const response = await send({ ...request, url, headers }, signal)
      const next = redirectOf(request, response, url)
      if (next === null || redirects === MOST_REDIRECTS) return await answerOf(response, url)
      response.destroy()
      // the storage behind a registry is another one: the password is none of its business
      if (next.origin !== url.origin) headers = withoutAuthorization(headers)
      url = next
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  }
}

const send = async ({ method, url, headers, body: makeBody, agent }: HttpRequest, signal: AbortSignal): Promise<IncomingMessage> => {
  const { request: start } = url.protocol === 'https:' ? await import('node:https') : await import('node:http')
  const body = await makeBody?.()
  const length = body === undefined ? undefined : body instanceof Blob ? body.size : body.length
  const options: RequestOptions = {
    method,
    signal,
    headers: { ...headers, ...(length === undefined ? {} : { 'content-length': length }) },
    ...(agent === undefined ? {} : { agent }),
  }
  return new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = start(url, options, resolve)
    outgoing.on('error', reject)
    if (body instanceof Blob) void pipeline(Readable.fromWeb(body.stream()), outgoing).catch(reject)
    else outgoing.end(body)
  })
}

/** Uploads are not sent twice: where a registry wants them elsewhere, it says so before, with the address of the upload. */
const redirectOf = ({ method }: HttpRequest, { statusCode = 0, headers }: IncomingMessage, url: URL): URL | null =>
  REDIRECTS.includes(statusCode) && headers.location !== undefined && (method === 'GET' || method === 'HEAD')
    ? new URL(headers.location, url)
    : null

const withoutAuthorization = (headers: HttpRequest['headers']): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'))

const answerOf = async (response: IncomingMessage, url: URL): Promise<HttpAnswer> => {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of response as AsyncIterable<Uint8Array>) {
    size += piece.length
    if (size > LARGEST_DOCUMENT)
      throw new DeployError('CONNECT', `${url.origin}${url.pathname} answered with more than ${LARGEST_DOCUMENT} bytes`)
    pieces.push(piece)
  }
  return { origin: url.origin, status: response.statusCode ?? 0, headers: headersOf(response), body: Buffer.concat(pieces) }
}

const headersOf = ({ headersDistinct }: IncomingMessage): HttpAnswer['headers'] => ({
  get: (name) => headersDistinct[name.toLowerCase()]?.join(', ') ?? null,
})
