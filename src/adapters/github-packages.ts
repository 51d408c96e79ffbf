import { DeployError } from '../errors.ts'
import type { Clock, PackagesApi, PackageVersion, Secret } from '../ports.ts'
import { type HttpAnswer, isThrottled, retryingSend } from './registry-http.ts'

/** As many as the API gives at once. */
const PAGE = 100
const TIMEOUT_MS = 60_000

/**
 * Container packages by GitHub's REST API. An owner may be an organisation or a person, which have different addresses.
 * @see https://docs.github.com/en/rest/packages/packages
 */
export const packagesApi = (address: string, token: Secret, clock: Clock): PackagesApi => {
  const send = retryingSend(clock)
  const call = (method: 'GET' | 'DELETE', path: string): Promise<HttpAnswer> =>
    send({
      method,
      url: new URL(`${address.replace(/\/$/, '')}${path}`),
      headers: { accept: 'application/vnd.github+json', authorization: `Bearer ${token.reveal()}`, 'user-agent': 'deploy-action' },
      timeoutMs: TIMEOUT_MS,
    })
  const ofOwner = async (method: 'GET' | 'DELETE', owner: string, rest: string): Promise<HttpAnswer> => {
    const answer = await call(method, `/orgs/${owner}/packages/container/${rest}`)
    return answer.status === 404 ? call(method, `/users/${owner}/packages/container/${rest}`) : answer
  }
  return {
    page: async (owner, name, page) => {
      const answer = await ofOwner('GET', owner, `${encodeURIComponent(name)}/versions?per_page=${PAGE}&page=${page}`)
      if (answer.status !== 200) throw refused(answer, `list the versions of ${owner}/${name}`)
      return versionsIn(answer)
    },
    remove: async (owner, name, id) => {
      const path = `${encodeURIComponent(name)}/versions/${id}`
      const answer = await ofOwner('DELETE', owner, path)
      if (answer.status === 204) return
      // who may not is told 404, too; gone is what cannot be read either
      if (answer.status === 404 && (await ofOwner('GET', owner, path)).status === 404) return
      throw refused(answer, `remove version ${id} of ${owner}/${name}`)
    },
  }
}

const versionsIn = (answer: HttpAnswer): readonly PackageVersion[] => {
  const list = parsed(answer.body)
  if (Array.isArray(list) && list.every(isVersion)) return list
  throw new DeployError('CONNECT', 'GitHub gave a list of package versions that is none', {
    hint: 'by hand: look at GITHUB_API_URL and at proxies',
  })
}

const isVersion = (value: unknown): value is PackageVersion => {
  const { id, name, created_at: created } = (value ?? {}) as Record<string, unknown>
  return Number.isSafeInteger(id) && typeof name === 'string' && typeof created === 'string'
}

const refused = (answer: HttpAnswer, doing: string): DeployError =>
  new DeployError(
    isThrottled(answer) ? 'CONNECT' : [401, 403, 404].includes(answer.status) ? 'AUTH' : 'CONNECT',
    `GitHub did not let us ${doing}: ${answer.status}`,
    {
      evidence: [Buffer.from(answer.body.subarray(0, 300)).toString()],
      hint: isThrottled(answer)
        ? 'by hand: GitHub asks to wait: run it again in an hour'
        : 'by hand: give the job `permissions: packages: write`, and on the package page → Package settings → Manage Actions access the repository the role Admin',
    },
  )

const parsed = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(body).toString())
  } catch {
    // told as what it is: no list
    return null
  }
}
