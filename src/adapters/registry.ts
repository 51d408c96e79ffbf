import { openAsBlob } from 'node:fs'
import { DeployError } from '../errors.ts'
import type { BlobSource, Clock, OpenRegistry, Registry, RegistryCredentials, StoredManifest } from '../ports.ts'
import { basicAuthorization, parseChallenge, tokenUrl } from './registry-auth.ts'
import {
  type HttpAnswer,
  type HttpRequest,
  isPassing,
  LARGEST_DOCUMENT,
  pauseMs,
  retryingSend,
  type Send,
  sha256,
} from './registry-http.ts'
import { refusal } from './registry-refusal.ts'

const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')
/** How often the upload of one blob is begun. */
const UPLOADS = 4
const DOCUMENT_TIMEOUT_MS = 60_000
/** A layer gets a minute, and then as long as 200 kB/s would take. */
const blobTimeoutMs = (size: number): number => DOCUMENT_TIMEOUT_MS + size / 200

/** Clients of the distribution API, with certificate authorities as Node has them (NODE_EXTRA_CA_CERTS). @param cancelled ends what is read */
export const registries =
  (clock: Clock, cancelled?: AbortSignal): OpenRegistry =>
  async (host, credentials) =>
    new HttpRegistry(host, credentials, clock, cancelled)

type Access = 'pull' | 'pull,push' | 'pull,delete'
type Call = Omit<HttpRequest, 'headers' | 'timeoutMs'> & { readonly headers?: Record<string, string>; readonly timeoutMs?: number }

class HttpRegistry implements Registry {
  readonly host: string
  readonly #base: string
  readonly #credentials: RegistryCredentials | null
  readonly #clock: Clock
  readonly #send: Send
  /** Authorization header by scope: one token serves many calls. */
  readonly #authorizations = new Map<string, Promise<string>>()

  constructor(host: string, credentials: RegistryCredentials | null, clock: Clock, cancelled: AbortSignal | undefined) {
    this.host = host
    this.#base = baseUrl(host)
    this.#credentials = credentials
    this.#clock = clock
    this.#send = retryingSend(clock, cancelled)
  }

  async manifest(repository: string, reference: string): Promise<StoredManifest | null> {
    const answer = await this.#call(repository, 'pull', {
      method: 'GET',
      url: this.#url(repository, `manifests/${reference}`),
      headers: { accept: MANIFEST_TYPES },
    })
    if (answer.status === 404) return null
    this.#expect(answer, [200], `read ${repository}:${reference}`, repository)
    const digest = sha256(answer.body)
    this.#compare(digest, reference.startsWith('sha256:') ? reference : answer.headers.get('docker-content-digest'), repository)
    return { mediaType: answer.headers.get('content-type')?.split(';')[0] ?? '', digest, bytes: answer.body }
  }

  async blob(repository: string, digest: string): Promise<Uint8Array> {
    const answer = await this.#call(repository, 'pull', { method: 'GET', url: this.#url(repository, `blobs/${digest}`) })
    this.#expect(answer, [200], `read ${repository}@${digest}`, repository)
    this.#compare(sha256(answer.body), digest, repository)
    return answer.body
  }

  async hasBlob(repository: string, digest: string): Promise<boolean> {
    const answer = await this.#call(repository, 'pull,push', { method: 'HEAD', url: this.#url(repository, `blobs/${digest}`) })
    if (answer.status === 404) return false
    this.#expect(answer, [200], `look for ${digest} in ${repository}`, repository)
    return true
  }

  async mayPush(repository: string): Promise<boolean | null> {
    // asked with the scope of a push; that there is no such blob is no matter
    await this.hasBlob(repository, `sha256:${'0'.repeat(64)}`)
    return grantsPush(await this.#authorizations.get(`repository:${repository}:pull,push`), repository)
  }

  /** An upload that breaks off is begun anew: how much of it arrived is the registry's guess. */
  async putBlob(repository: string, source: BlobSource): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const stored = await this.#upload(repository, source)
      if ('status' in stored && [201, 204].includes(stored.status)) return
      // the answer may have been lost on the way, and not the blob
      if (await this.hasBlob(repository, source.digest)) return
      const passing = 'error' in stored || isPassing(stored.status) || [400, 404, 416].includes(stored.status)
      if (attempt >= UPLOADS || !passing) {
        if ('error' in stored) throw stored.error
        this.#expect(stored, [201], `push ${source.digest} to ${repository}`, repository)
      }
      await this.#clock.sleep(pauseMs(attempt, 'headers' in stored ? stored.headers : null))
    }
  }

  async #upload(repository: string, source: BlobSource): Promise<HttpAnswer | { readonly error: DeployError }> {
    const started = await this.#call(repository, 'pull,push', { method: 'POST', url: this.#url(repository, 'blobs/uploads/') })
    this.#expect(started, [202], `push to ${repository}`, repository)
    const url = new URL(started.headers.get('location') ?? '', this.#url(repository, 'blobs/uploads/'))
    url.searchParams.set('digest', source.digest)
    const call = {
      method: 'PUT',
      url,
      headers: { 'content-type': 'application/octet-stream' },
      timeoutMs: blobTimeoutMs(source.size),
      once: true,
    } as const
    try {
      return await this.#call(repository, 'pull,push', { ...call, body: () => openAsBlob(source.path) })
    } catch (error) {
      if (error instanceof DeployError && error.code === 'CONNECT') return { error }
      throw error
    }
  }

  async putManifest(repository: string, reference: string, manifest: StoredManifest): Promise<void> {
    const answer = await this.#call(repository, 'pull,push', {
      method: 'PUT',
      url: this.#url(repository, `manifests/${reference}`),
      headers: { 'content-type': manifest.mediaType },
      body: async () => manifest.bytes,
    })
    this.#expect(answer, [200, 201, 202], `push ${repository}:${reference}`, repository)
    this.#compare(answer.headers.get('docker-content-digest') ?? manifest.digest, manifest.digest, repository)
  }

  async tags(repository: string): Promise<readonly string[]> {
    const tags: string[] = []
    const seen = new Set<string>()
    let url: URL | null = this.#url(repository, 'tags/list?n=1000')
    while (url !== null) {
      // whoever takes a part for the whole removes what somebody needs
      if (seen.has(url.href)) throw noList(this.host, 'without an end')
      seen.add(url.href)
      const answer: HttpAnswer = await this.#call(repository, 'pull', { method: 'GET', url })
      if (answer.status === 404) return tags
      this.#expect(answer, [200], `list the tags of ${repository}`, repository)
      tags.push(...tagsIn(answer, this.host))
      url = nextPage(answer, url)
    }
    return tags
  }

  async deleteManifest(repository: string, digest: string): Promise<void> {
    const answer = await this.#call(repository, 'pull,delete', { method: 'DELETE', url: this.#url(repository, `manifests/${digest}`) })
    if (answer.status === 404) return
    this.#expect(answer, [200, 202, 204], `push the removal of ${repository}@${digest}`, repository)
  }

  #url(repository: string, rest: string): URL {
    return new URL(`${this.#base}/v2/${repository}/${rest}`)
  }

  /** One call with the authorization of its scope; a 401 is answered once, with a fresh one. */
  async #call(repository: string, access: Access, call: Call): Promise<HttpAnswer> {
    const scope = `repository:${repository}:${access}`
    const known = this.#authorizations.get(scope)
    const first = await this.#sendWith(call, await known)
    // the password is for who keeps our images, not for wherever a redirect or an upload leads (CVE-2020-15157)
    if (first.status !== 401 || first.origin !== new URL(this.#base).origin) return first
    if (known !== undefined && this.#authorizations.get(scope) === known) this.#authorizations.delete(scope)
    const fresh = this.#authorizations.get(scope) ?? this.#authorize(first, scope, access)
    this.#authorizations.set(scope, fresh)
    return this.#sendWith(call, await fresh)
  }

  #sendWith(call: Call, authorization: string | undefined): Promise<HttpAnswer> {
    // the address of an upload may lie with a storage service that the password is none of the business of
    const ours = call.url.origin === new URL(this.#base).origin
    return this.#send({
      ...call,
      headers: { ...call.headers, ...(authorization !== undefined && ours ? { authorization } : {}) },
      timeoutMs: call.timeoutMs ?? DOCUMENT_TIMEOUT_MS,
    })
  }

  async #authorize(answer: HttpAnswer, scope: string, access: Access): Promise<string> {
    const challenge = parseChallenge(answer.headers.get('www-authenticate'))
    const repository = scope.split(':')[1] ?? ''
    if (challenge === null || (challenge.kind === 'basic' && this.#credentials === null))
      throw refusal(this.host, answer, { doing: 'log in', repository, anonymous: this.#credentials === null, write: false })
    if (challenge.kind === 'basic') return basicAuthorization(this.#credentials as RegistryCredentials)
    const url = tokenUrl({ ...challenge, scope: null }, scope, this.#base.startsWith('http:'))
    const headers: Record<string, string> = this.#credentials === null ? {} : { authorization: basicAuthorization(this.#credentials) }
    const granted = await this.#send({ method: 'GET', url, headers, timeoutMs: DOCUMENT_TIMEOUT_MS })
    if (granted.status !== 200)
      throw refusal(this.host, granted, {
        doing: 'log in',
        repository,
        anonymous: this.#credentials === null,
        write: access !== 'pull' && granted.status === 403,
      })
    return `Bearer ${tokenOf(granted, this.host)}`
  }

  #expect(answer: HttpAnswer, wanted: readonly number[], doing: string, repository: string): void {
    if (wanted.includes(answer.status)) return
    throw refusal(this.host, answer, { doing, repository, anonymous: this.#credentials === null, write: doing.startsWith('push') })
  }

  #compare(seen: string, wanted: string | null, repository: string): void {
    if (wanted === null || seen === wanted) return
    throw new DeployError('CONNECT', `${this.host}/${repository} gave bytes with digest ${seen} where ${wanted} was asked for`, {
      hint: 'by hand: something between here and the registry changes or cuts its answers: run it again, and look at proxies and mirrors',
    })
  }
}

/** A token of the distribution's own kind says what it is good for (RFC 7519, claim `access`); others are opaque. */
const grantsPush = (authorization: string | undefined, repository: string): boolean | null => {
  const [, payload = ''] = /^Bearer [\w-]+\.([\w-]+)\.[\w-]*$/.exec(authorization ?? '') ?? []
  try {
    const { access } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { access?: { name?: string; actions?: string[] }[] }
    return Array.isArray(access)
      ? access.some(({ name, actions = [] }) => name === repository && (actions.includes('push') || actions.includes('*')))
      : null
  } catch {
    return null
  }
}

/** A registry on this very machine may speak plain HTTP, as for Docker; every other is asked by HTTPS. */
const baseUrl = (host: string): string => {
  if (host === 'docker.io') return 'https://registry-1.docker.io'
  return /^(localhost|127(\.\d{1,3}){3})(:\d+)?$/.test(host) ? `http://${host}` : `https://${host}`
}

const tokenOf = (answer: HttpAnswer, host: string): string => {
  try {
    const document: unknown = JSON.parse(Buffer.from(answer.body.subarray(0, LARGEST_DOCUMENT)).toString())
    if (typeof document === 'object' && document !== null) {
      const { token, access_token: accessToken } = document as Record<string, unknown>
      if (typeof token === 'string' && token !== '') return token
      if (typeof accessToken === 'string' && accessToken !== '') return accessToken
    }
  } catch {
    // told below, with what it means
  }
  throw new DeployError('AUTH', `the token service of ${host} answered 200 without a token`)
}

const tagsIn = (answer: HttpAnswer, host: string): readonly string[] => {
  try {
    const { tags } = JSON.parse(Buffer.from(answer.body.subarray(0, LARGEST_DOCUMENT)).toString()) as { readonly tags?: unknown }
    // null where all of them were deleted
    if (tags === null || (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string'))) return tags ?? []
  } catch {
    // told below
  }
  throw noList(host, 'that is none')
}

const noList = (host: string, what: string): DeployError =>
  new DeployError('CONNECT', `${host} gave a list of tags ${what}`, { hint: 'by hand: look at proxies and mirrors on the way' })

/**
 * The address of the next page; null after the last. One that knows itself by another name is asked by ours.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags
 */
const nextPage = ({ headers }: HttpAnswer, present: URL): URL | null => {
  const links = (headers.get('link') ?? '').matchAll(/<([^>]*)>([^<]*)/g)
  const next = [...links].find(([, , parameters = '']) => /;\s*rel\s*=\s*"?(?:[^";]*\s)?next[\s",;]/i.test(`${parameters};`))?.[1]
  if (next === undefined) return null
  const { pathname, search } = new URL(next, present)
  return new URL(`${pathname}${search}`, present)
}
