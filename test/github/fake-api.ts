/**
 * GitHub's API in this process, as far as we call it. Every call is held against GitHub's own description, and against
 * what GitHub refuses beyond it; it can fail, throttle, and say nothing.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Operation, operationAt } from './description.ts'
import { brokenRules, permissionFor } from './rules.ts'

export interface Call {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly body: Readonly<Record<string, unknown>> | undefined
  /** null where it was left without an answer. */
  status: number | null
}

type Fault = 'hang' | 'cut' | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly message?: string }

export interface FakeOptions {
  /** "deployments: write" and so on; absent: everything. */
  readonly permissions?: readonly string[]
  /** Commits that the repository has; absent: every one. */
  readonly commits?: readonly string[]
  /** Asked before anything else, with how many calls there were before. */
  readonly fault?: (call: Call, before: number) => Fault | undefined
}

export interface StoredDeployment {
  readonly id: number
  readonly sha: string
  readonly environment: string
  readonly payload: unknown
  readonly creator: string
  readonly description: string
  readonly statuses: { readonly state: string; readonly description: string; readonly log_url: string; readonly environment_url: string }[]
}

interface StoredComment {
  readonly id: number
  body: string
  readonly author: { readonly login: string; readonly type: 'Bot' | 'User' }
}

export const TOKEN = 'ghs_0123456789abcdefghijklmnopqrstuvwxyz'
const PERSON = 'octocat'
const BOT = 'github-actions[bot]'

export class FakeGitHub {
  readonly calls: Call[] = []
  /** Calls that GitHub's description does not know or allow, and answers of this fake that GitHub would not give. */
  readonly strays: string[] = []
  readonly deployments: StoredDeployment[] = []
  readonly comments: StoredComment[] = []
  readonly statuses: { readonly sha: string; readonly state: string; readonly context: string; readonly description: string }[] = []
  readonly sarifs: { readonly ref: string; readonly sha: string; readonly sarif: string }[] = []
  /** "PATH at refs/heads/BRANCH" → what is in the file. */
  readonly files = new Map<string, string>()
  /** What GitHub says of a file, where that is not its content. */
  instead: Readonly<Record<string, string>> = {}
  url = ''
  /** What the token may, as in FakeOptions; a job has its own. */
  permissions: FakeOptions['permissions']
  readonly #options: FakeOptions
  readonly #server = createServer((request, response) => void this.#serve(request, response))
  #ids = 1000

  constructor(options: FakeOptions) {
    this.#options = options
    this.permissions = options.permissions
  }

  static async start(options: FakeOptions = {}): Promise<FakeGitHub> {
    const fake = new FakeGitHub(options)
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve))
    fake.url = `http://127.0.0.1:${(fake.#server.address() as AddressInfo).port}`
    return fake
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Writes only, as "POST /deployments": what the run changed there. */
  get writes(): readonly string[] {
    return this.calls
      .filter(({ method, status }) => method !== 'GET' && status !== null && status < 300)
      .map(({ method, path }) => `${method} ${path.replace(/^\/repos\/[^/]+\/[^/]+/, '')}`)
  }

  /** As GitHub makes one itself for a job that says `environment:`. */
  addDeployment(given: Partial<StoredDeployment> & { readonly sha: string }): StoredDeployment {
    this.#ids += 1
    const deployment = { id: this.#ids, environment: 'production', payload: {}, creator: BOT, description: '', statuses: [], ...given }
    this.deployments.push(deployment)
    return deployment
  }

  addComment(body: string, login = BOT, type: StoredComment['author']['type'] = 'Bot'): StoredComment {
    this.#ids += 1
    const comment = { id: this.#ids, body, author: { login, type } }
    this.comments.push(comment)
    return comment
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const text = Buffer.concat(pieces).toString()
    const call: Call = {
      method: request.method ?? '',
      path: request.url ?? '',
      body: text === '' ? undefined : (JSON.parse(text) as Call['body']),
      status: null,
    }
    const before = this.calls.length
    this.calls.push(call)
    const fault = this.#options.fault?.(call, before)
    if (fault === 'hang') return
    if (fault === 'cut') {
      response.destroy()
      return
    }
    const { status, body, headers } =
      fault === undefined
        ? this.#answer(call, request)
        : { status: fault.status, body: { message: fault.message ?? 'fault' }, headers: fault.headers ?? {} }
    call.status = status
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
    response.end(JSON.stringify(body))
  }

  #answer(
    call: Call,
    { headers }: IncomingMessage,
  ): { readonly status: number; readonly body: unknown; readonly headers?: Record<string, string> } {
    const url = new URL(call.path, 'http://x')
    if (headers.authorization?.replace(/^(token|bearer) /i, '') !== TOKEN && !headers.authorization?.includes('ghp_'))
      return { status: 401, body: { message: 'Bad credentials' } }
    if (headers['user-agent'] === undefined) return { status: 403, body: { message: 'Request forbidden by administrative rules.' } }
    const found = operationAt(call.method, url.pathname)
    if (found === null) {
      this.strays.push(`${call.method} ${url.pathname}: no such call`)
      return { status: 404, body: { message: 'Not Found' } }
    }
    const { operation, parameters } = found
    const query = Object.fromEntries(url.searchParams)
    const problems = [...operation.problemsOf({ parameters, query, body: call.body }), ...brokenRules(operation.name, call.body)]
    if (problems.length > 0) {
      this.strays.push(`${operation.name}: ${problems.join('; ')}`)
      return { status: 422, body: { message: 'Validation Failed', errors: problems } }
    }
    const permission = permissionFor(operation.name)
    if (permission !== null && !this.#may(permission)) return { status: 403, body: { message: 'Resource not accessible by integration' } }
    const handled = this.#handle(operation, { ...parameters, ...query } as Readonly<Record<string, string>>, call.body ?? {})
    if ('refusal' in handled) return { status: handled.status, body: { message: handled.refusal } }
    const wrong = operation.problemsOfAnswer(handled.value)
    if (wrong.length > 0) this.strays.push(`answer to ${operation.name}: ${wrong.join('; ')}`)
    return { status: operation.status, body: handled.value }
  }

  #may(permission: string): boolean {
    const { permissions } = this
    return permissions === undefined || permissions.includes(permission) || permissions.includes(permission.replace(': read', ': write'))
  }

  #handle(
    { name, example }: Operation,
    given: Readonly<Record<string, string>>,
    body: Readonly<Record<string, unknown>>,
  ): { readonly value: unknown } | { readonly status: number; readonly refusal: string } {
    const [method, path = ''] = name.replace('/repos/{owner}/{repo}', '').split(' ')
    const text = (key: string): string => String(body[key] ?? '')
    const isUnknown = (sha: string): boolean => this.#options.commits !== undefined && !this.#options.commits.includes(sha)
    switch (`${method} ${path}`) {
      case 'GET /user':
        return { value: { ...example, login: PERSON } }
      case 'GET /deployments':
        return {
          value: this.deployments
            .filter(({ sha, environment }) => (given.sha ?? sha) === sha && (given.environment ?? environment) === environment)
            .toReversed()
            .slice(0, Number(given.per_page ?? 30))
            .map((one) => deploymentAnswer(example, one)),
        }
      case 'POST /deployments': {
        if (isUnknown(text('ref'))) return { status: 422, refusal: `No ref found for: ${text('ref')}` }
        const pending = this.statuses.some(({ sha, state }) => sha === body.ref && state === 'pending')
        if (body.required_contexts === undefined && pending) return { status: 409, refusal: 'Conflict: Commit status checks are pending' }
        return {
          value: deploymentAnswer(
            example,
            this.addDeployment({
              sha: text('ref'),
              environment: text('environment'),
              payload: body.payload,
              description: text('description'),
            }),
          ),
        }
      }
      case 'GET /deployments/{deployment_id}/statuses':
        return {
          value: (this.#deployment(given)?.statuses ?? [])
            .toReversed()
            .slice(0, Number(given.per_page ?? 30))
            .map((one) => ({ ...example, ...one, target_url: one.log_url })),
        }
      case 'POST /deployments/{deployment_id}/statuses': {
        const status = {
          state: text('state'),
          description: text('description'),
          log_url: text('log_url'),
          environment_url: text('environment_url'),
        }
        const deployment = this.#deployment(given)
        if (deployment === undefined) return { status: 404, refusal: 'Not Found' }
        deployment.statuses.push(status)
        return { value: { ...example, state: status.state, description: status.description } }
      }
      case 'POST /statuses/{sha}':
        if (isUnknown(given.sha ?? '')) return { status: 422, refusal: `No commit found for SHA: ${given.sha}` }
        this.statuses.push({ sha: given.sha ?? '', state: text('state'), context: text('context'), description: text('description') })
        return { value: { ...example, state: text('state'), context: text('context'), description: text('description') } }
      case 'GET /commits/{ref}/statuses':
        return {
          value: this.statuses
            .filter(({ sha }) => sha === given.ref)
            .toReversed()
            .map(({ state, context, description }) => ({ ...example, state, context, description })),
        }
      case 'GET /issues/{issue_number}/comments': {
        const size = Number(given.per_page ?? 30)
        const from = (Number(given.page ?? 1) - 1) * size
        return { value: this.comments.slice(from, from + size).map((one) => commentAnswer(example, one)) }
      }
      case 'POST /issues/{issue_number}/comments':
        return { value: commentAnswer(example, this.addComment(text('body'))) }
      case 'PATCH /issues/comments/{comment_id}': {
        const comment = this.comments.find(({ id }) => String(id) === given.comment_id)
        if (comment === undefined) return { status: 404, refusal: 'Not Found' }
        comment.body = text('body')
        return { value: commentAnswer(example, comment) }
      }
      case 'POST /code-scanning/sarifs':
        this.sarifs.push({ ref: text('ref'), sha: text('commit_sha'), sarif: text('sarif') })
        return { value: example }
      case 'GET /contents/{path}': {
        const { path: file = '', ref = '' } = given
        const text = this.files.get(`${file} at ${ref}`)
        if (text === undefined) return { status: 404, refusal: 'Not Found' }
        // as GitHub does it: a line break after every 60 characters
        const content = Buffer.from(text).toString('base64').replace(/.{60}/g, '$&\n')
        return {
          value: { ...example, type: 'file', path: file, encoding: 'base64', size: Buffer.byteLength(text), content, ...this.instead },
        }
      }
      default:
        return { status: 404, refusal: 'Not Found' }
    }
  }

  #deployment({ deployment_id }: Readonly<Record<string, string>>): StoredDeployment | undefined {
    return this.deployments.find(({ id }) => String(id) === deployment_id)
  }
}

const deploymentAnswer = (example: object, { id, sha, environment, payload, creator, description }: StoredDeployment): unknown => ({
  ...example,
  id,
  sha,
  ref: sha,
  environment,
  payload,
  description,
  creator: { ...('creator' in example ? (example.creator as object) : {}), login: creator, type: 'Bot' },
})

const commentAnswer = (example: object, { id, body, author }: StoredComment): unknown => ({
  ...example,
  id,
  body,
  user: { ...('user' in example ? (example.user as object) : {}), ...author },
})
