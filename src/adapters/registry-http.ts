import { createHash } from 'node:crypto'
import type { Agent } from 'node:http'
import { DeployError } from '../errors.ts'
import type { Clock } from '../ports.ts'
import { exchange } from './registry-exchange.ts'

/** Enough for a hiccup or a rate limit, and an end in sight: at most about half a minute without `Retry-After`. */
const ATTEMPTS = 5
const FIRST_PAUSE_MS = 500
/** A registry may ask us to wait, within reason. */
const LONGEST_PAUSE_MS = 30_000
/** Manifests and configs are small; whatever is larger is no manifest. */
export const LARGEST_DOCUMENT = 8 * 1024 * 1024

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** Made anew for each attempt: a stream can be read only once. */
  readonly body?: (() => Promise<Blob | Uint8Array>) | undefined
  readonly timeoutMs: number
  /** Keeps connections, or goes through a proxy; absent: Node's own. */
  readonly agent?: Agent
  /** The request is given up when it fires. */
  readonly signal?: AbortSignal | undefined
  /** Once: for what can only be repeated from further up, such as the second half of an upload. */
  readonly once?: boolean
}

/** By any spelling of their names. */
export interface AnswerHeaders {
  get(name: string): string | null
}

/** An answer whose body was read whole, bounded. */
export interface HttpAnswer {
  /** Who gave it: after a redirect somebody else than who was asked. */
  readonly origin: string
  readonly status: number
  readonly headers: AnswerHeaders
  readonly body: Uint8Array
}

export type Send = (request: HttpRequest) => Promise<HttpAnswer>

/**
 * Sends a request; 429, 5xx and broken connections are tried again with growing pauses.
 * @param cancelled what is only read is given up then; a write comes to its end, so that it is known
 */
export const retryingSend =
  (clock: Clock, cancelled?: AbortSignal): Send =>
  async (request) => {
    const attempts = request.once === true ? 1 : ATTEMPTS
    const signal = ['GET', 'HEAD'].includes(request.method) ? cancelled : undefined
    for (let attempt = 1; ; attempt++) {
      const outcome = await attemptOnce({ ...request, signal })
      if (signal?.aborted === true) throw givenUp(request.url, signal)
      const last = attempt >= attempts
      if ('status' in outcome && (last || !(isPassing(outcome.status) || isThrottled(outcome)))) return outcome
      if ('failure' in outcome && (last || isFinal(outcome.failure))) throw notReached(request.url, outcome.failure, attempt)
      await clock.sleep(pauseMs(attempt, 'headers' in outcome ? outcome.headers : null))
    }
  }

type Outcome = HttpAnswer | { readonly failure: Error }

const attemptOnce = async (request: HttpRequest): Promise<Outcome> => {
  try {
    return await exchange(request)
  } catch (failure) {
    if (isOfNetwork(failure) || request.signal?.aborted === true) return { failure: failure as Error }
    throw failure
  }
}

/** Node's own errors of network and certificates carry a code; whatever else is thrown is a bug of ours, and none of the registry's. */
const isOfNetwork = (failure: unknown): failure is Error => {
  if (failure instanceof DeployError) return false
  const { name, code } = failure as Partial<NodeJS.ErrnoException>
  return name === 'TimeoutError' || typeof code === 'string'
}

/** A registry may say how long; else it grows. */
export const pauseMs = (attempt: number, headers: AnswerHeaders | null = null): number =>
  Math.min(retryAfterMs(headers?.get('retry-after') ?? null) ?? FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS)

export const isPassing = (status: number): boolean => status === 429 || status === 408 || status >= 500

/**
 * GitHub's way to say 429.
 * @see https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
 */
export const isThrottled = ({ status, headers }: HttpAnswer): boolean =>
  status === 429 || (status === 403 && (headers.get('retry-after') !== null || headers.get('x-ratelimit-remaining') === '0'))

/** Certificates and names do not mend themselves within seconds. */
const isFinal = (failure: Error): boolean => /CERT|SELF_SIGNED|ALTNAME|ENOTFOUND|UNABLE_TO|WRONG_VERSION/.test(networkCode(failure))

/** Seconds or a date, as RFC 9110 allows. */
export const retryAfterMs = (header: string | null, now = Date.now()): number | null => {
  if (header === null) return null
  if (/^\d{1,6}$/.test(header)) return Number(header) * 1000
  // "1.5" would be read as a day of 2001
  const date = /[a-z]{3}/i.test(header) ? Date.parse(header) : Number.NaN
  return Number.isNaN(date) ? null : Math.max(0, date - now)
}

const givenUp = ({ host }: URL, { reason }: AbortSignal): DeployError =>
  new DeployError('CANCELLED', `the run was cancelled by ${String(reason)} while the registry ${host} was asked`, {
    hint: 'by hand: run the same command again',
  })

const notReached = (url: URL, cause: Error, attempts: number): DeployError => {
  const code = networkCode(cause)
  const certificate = /CERT|SELF_SIGNED|UNABLE_TO/.test(code)
  return new DeployError('CONNECT', `the registry ${url.host} was not reached (${code}${attempts > 1 ? `, ${attempts} attempts` : ''})`, {
    cause,
    hint: certificate
      ? 'by hand: set NODE_EXTRA_CA_CERTS to the file with the certificate authority of the registry'
      : `curl -v ${url.origin}/v2/`,
  })
}

/** Of several addresses each has its own error, one level down. */
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
