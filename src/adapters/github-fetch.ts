/** GitHub's API over the same client as the registry's: `fetch` costs 20 MiB in the middle of a deploy (docs/performance.md). */
import type { Agent } from 'node:http'
import { defaults } from '@actions/github/lib/utils'
import { exchange } from './registry-exchange.ts'
import type { HttpAnswer, HttpRequest } from './registry-http.ts'

interface FetchOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** The part of a `Response` that Octokit reads. */
interface FetchAnswer {
  readonly status: number
  readonly url: string
  readonly headers: ReadonlyMap<string, string>
  text(): Promise<string>
}

/** Stands in for `fetch` in Octokit; goes through the proxy of the environment. @throws what the network says, or a TimeoutError */
export const githubFetch =
  (timeoutMs: () => number) =>
  async (address: string, { method = 'GET', headers = {}, body }: FetchOptions = {}): Promise<FetchAnswer> => {
    const url = new URL(address)
    const answer = await exchange({
      method: method as HttpRequest['method'],
      url,
      headers,
      timeoutMs: timeoutMs(),
      ...agentFor(url),
      ...(body === undefined ? {} : { body: async () => Buffer.from(body) }),
    })
    return fetchAnswer(address, answer)
  }

/** Of the toolkit, for GITHUB_API_URL: a tunnel where HTTPS_PROXY says so, which knows no protocol of its own. */
const agentFor = ({ protocol }: URL): Pick<HttpRequest, 'agent'> => {
  const agent = defaults.request?.agent as (Agent & { readonly protocol?: string }) | undefined
  return agent === undefined || (agent.protocol !== undefined && agent.protocol !== protocol) ? {} : { agent }
}

const fetchAnswer = (url: string, { status, headers, body }: HttpAnswer): FetchAnswer => {
  // Octokit takes what is no error for an answer; a write that was sent elsewhere has not happened
  if (status >= 300 && status < 400) throw new Error(`${status}: it is at ${headers.get('location') ?? 'another address'} now`)
  const read = ['content-type', 'retry-after', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'link'].flatMap((name) => {
    const value = headers.get(name)
    return value === null ? [] : [[name, value] as const]
  })
  return { status, url, headers: new Map(read), text: async () => Buffer.from(body).toString() }
}
