import { createHash } from 'node:crypto'
import { DeployError } from '../errors.ts'
import type { Clock } from '../ports.ts'

/** Enough for a hiccup or a rate limit, and an end in sight: at most about half a minute without `Retry-After`. */
const ATTEMPTS = 5
const FIRST_PAUSE_MS = 500
/** A registry may ask us to wait, within reason. */
const LONGEST_PAUSE_MS = 30_000
/** Manifests and configs are small; whatever is larger is no manifest. */
export const LARGEST_DOCUMENT = 8 * 1024 * 1024

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** Made anew for each attempt: a stream can be read only once. */
  readonly body?: (() => Promise<Blob | Uint8Array>) | undefined
  readonly timeoutMs: number
  /** Once: for what can only be repeated from further up, such as the second half of an upload. */
  readonly once?: boolean
}

/** An answer whose body was read whole, bounded. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
}

export type Send = (request: HttpRequest) => Promise<HttpAnswer>

/** Sends a request; 429, 5xx and broken connections are tried again with growing pauses. */
export const retryingSend =
  (clock: Clock): Send =>
  async (request) => {
    const attempts = request.once === true ? 1 : ATTEMPTS
    for (let attempt = 1; ; attempt++) {
      const outcome = await attemptOnce(request)
      const last = attempt >= attempts
      if ('status' in outcome && (last || !isPassing(outcome.status))) return outcome
      if ('failure' in outcome && (last || isFinal(outcome.failure))) throw notReached(request.url, outcome.failure, attempt)
      await clock.sleep(pauseMs(attempt, 'headers' in outcome ? outcome.headers : null))
    }
  }

type Outcome = HttpAnswer | { readonly failure: Error }

const attemptOnce = async (request: HttpRequest): Promise<Outcome> => {
  const body = await request.body?.()
  const signal = AbortSignal.timeout(Math.ceil(request.timeoutMs))
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: request.headers,
      ...(body === undefined ? {} : { body }),
      signal,
    })
    return { status: response.status, headers: response.headers, body: await readBounded(response) }
  } catch (failure) {
    if (isOfNetwork(failure)) return { failure }
    throw failure
  }
}

/** fetch says "fetch failed" or "terminated"; whatever else is thrown is a bug of ours, and none of the registry's. */
const isOfNetwork = (failure: unknown): failure is Error => {
  // by name and not by class: in tests fetch lives in another realm
  const { name, message } = failure as Partial<Error>
  return name === 'TimeoutError' || (name === 'TypeError' && /^(fetch failed|terminated)/.test(message ?? ''))
}

/** A registry may say how long; else it grows. */
export const pauseMs = (attempt: number, headers: Headers | null = null): number =>
  Math.min(retryAfterMs(headers?.get('retry-after') ?? null) ?? FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS)

export const isPassing = (status: number): boolean => status === 429 || status === 408 || status >= 500

/** Certificates and names do not mend themselves within seconds. */
const isFinal = (failure: Error): boolean => /CERT|SELF_SIGNED|ALTNAME|ENOTFOUND|UNABLE_TO|WRONG_VERSION/.test(networkCode(failure))

/** Seconds or a date, as RFC 9110 allows. */
export const retryAfterMs = (header: string | null, now = Date.now()): number | null => {
  if (header === null) return null
  if (/^\d{1,6}$/.test(header)) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? null : Math.max(0, date - now)
}

const readBounded = async (response: Response): Promise<Uint8Array> => {
  if (response.body === null) return new Uint8Array()
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of response.body) {
    size += piece.length
    if (size > LARGEST_DOCUMENT)
      throw new DeployError('CONNECT', `${response.url.split('?')[0]} answered with more than ${LARGEST_DOCUMENT} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

const notReached = (url: URL, cause: Error, attempts: number): DeployError => {
  const code = networkCode(cause)
  const certificate = /CERT|SELF_SIGNED|UNABLE_TO/.test(code)
  return new DeployError('CONNECT', `the registry ${url.host} was not reached (${code}${attempts > 1 ? `, ${attempts} attempts` : ''})`, {
    cause,
    hint: certificate ? 'Set NODE_EXTRA_CA_CERTS to the file with the certificate authority of the registry' : `curl -v ${url.origin}/v2/`,
  })
}

/** fetch hides what happened one level down. */
const networkCode = (failure: Error): string => {
  let reason = failure.message
  let cause: unknown = failure
  for (let depth = 0; depth < 5 && typeof cause === 'object' && cause !== null; depth++) {
    const { code, name, cause: next, message } = cause as Partial<NodeJS.ErrnoException>
    if (typeof code === 'string') return code
    if (name === 'TimeoutError') return 'no answer in time'
    reason = message ?? reason
    cause = next
  }
  return reason
}

export const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
