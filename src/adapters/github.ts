import { gzipSync } from 'node:zlib'
import { getOctokit } from '@actions/github'
import { type Clock, type GitHub, NotPosted, type Secret, type SeenComment, type SeenDeployment } from '../ports.ts'
import { githubFetch } from './github-fetch.ts'
import { type Failure, patiently } from './github-patience.ts'

export interface GitHubAccess {
  readonly token: Secret
  /** GITHUB_API_URL: https://api.github.com, or /api/v3 of a server of one's own. */
  readonly apiUrl: string
  readonly owner: string
  readonly repo: string
  readonly clock: Clock
  /** Aborted when there is no more time. */
  readonly giveUp: AbortSignal
}

const ATTEMPT_MS = 10_000
/** https://docs.github.com/en/rest/deployments/statuses: "The maximum description length is 140 characters"; the same for commits. */
const LONGEST_DESCRIPTION = 140
const PAGE = 100
const MOST_PAGES = 10
/** What cannot be told from a second one of its kind. */
const ONCE: readonly string[] = ['POST /repos/{owner}/{repo}/deployments', 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments']

export const openGitHub = (access: GitHubAccess): GitHub => {
  const { owner, repo, token, apiUrl } = access
  const { rest } = octokit(access)
  const own = { owner, repo }
  return {
    deployments: async (of) => {
      const { data } = await rest.repos.listDeployments({ ...own, ...of, per_page: 30 })
      return data.map((one): SeenDeployment => {
        const { id, sha, environment, payload } = one
        return { id, sha, environment, payload, creator: one.creator?.login ?? null }
      })
    },
    deploymentStatus: async (id) => {
      const { data } = await rest.repos.listDeploymentStatuses({ ...own, deployment_id: id, per_page: 1 })
      const [newest] = data
      if (newest === undefined) return null
      return { state: newest.state, description: newest.description, logUrl: newest.log_url || newest.target_url || '' }
    },
    createDeployment: async ({ sha, environment, description, payload }) => {
      const { data } = await rest.repos.createDeployment({
        ...own,
        ref: sha,
        environment,
        payload,
        description: described(description),
        task: 'deploy',
        // it happens already: nothing is merged, and no status of the commit is waited for
        auto_merge: false,
        required_contexts: [],
      })
      if ('id' in data) return data.id
      throw new Error(data.message)
    },
    setDeploymentStatus: async (id, { state, description, logUrl, url }) => {
      await rest.repos.createDeploymentStatus({
        ...own,
        deployment_id: id,
        state,
        description: described(description),
        ...(logUrl === undefined ? {} : { log_url: logUrl }),
        ...(url === undefined ? {} : { environment_url: url }),
      })
    },
    setCommitStatus: async (sha, { state, context, description, url }) => {
      const target = url === undefined ? {} : { target_url: url }
      await rest.repos.createCommitStatus({ ...own, sha, state, context, description: described(description), ...target })
    },
    commitStatus: async (sha, context) => {
      const { data } = await rest.repos.listCommitStatusesForRef({ ...own, ref: sha, per_page: PAGE })
      const newest = data.find((one) => one.context === context)
      return newest === undefined ? null : { state: newest.state, url: newest.target_url ?? '' }
    },
    comments: async (issue_number) => {
      const found: SeenComment[] = []
      for (let page = 1; page <= MOST_PAGES; page += 1) {
        const { data } = await rest.issues.listComments({ ...own, issue_number, per_page: PAGE, page })
        found.push(
          ...data.map(({ id, body, user }) => ({
            id,
            body: body ?? '',
            author: user === null ? null : { login: user.login, isBot: user.type === 'Bot' },
          })),
        )
        if (data.length < PAGE) break
      }
      return found
    },
    createComment: async (issue_number, body) => void (await rest.issues.createComment({ ...own, issue_number, body })),
    updateComment: async (comment_id, body) => void (await rest.issues.updateComment({ ...own, comment_id, body })),
    person: async () => {
      // https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/: ghs_ is of an app
      if (token.reveal().startsWith('ghs_')) return null
      const { data } = await rest.users.getAuthenticated()
      return data.login
    },
    fileAt: async (path, branch) => {
      try {
        // in full: a tag of that name would come first
        const { data } = await rest.repos.getContent({ ...own, path, ref: `refs/heads/${branch}` })
        if (Array.isArray(data) || data.type !== 'file' || !('content' in data)) return null
        if (data.encoding === 'base64') return Buffer.from(data.content, 'base64')
        throw new NotPosted('refused', `it gives ${path} as ${data.encoding}, of ${data.size} bytes`)
      } catch (error) {
        if (error instanceof NotPosted && (error.cause as { status?: unknown } | undefined)?.status === 404) return null
        throw error
      }
    },
    uploadSarif: async ({ sha, ref, text }) => {
      const sarif = gzipSync(text).toString('base64')
      await rest.codeScanning.uploadSarif({ ...own, commit_sha: sha, ref, sarif, tool_name: 'Trivy' })
    },
  }

  function octokit({ clock, giveUp }: GitHubAccess): ReturnType<typeof getOctokit> {
    const client = getOctokit(token.reveal(), {
      baseUrl: apiUrl.replace(/\/+$/, ''),
      userAgent: 'deploy-action',
      request: { fetch: githubFetch(() => ATTEMPT_MS) },
    })
    client.hook.wrap('request', (send, options) => {
      const repeatable = !ONCE.includes(`${options.method} ${options.url}`)
      return patiently(async () => send(options), { clock, giveUp, repeatable, read: failureOf })
    })
    return client
  }
}

const described = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').trim().toWellFormed()
  const characters = [...line]
  return characters.length <= LONGEST_DESCRIPTION ? line : `${characters.slice(0, LONGEST_DESCRIPTION - 1).join('')}…`
}

/** Octokit says 500 where no answer came at all, and keeps what the network said as the cause. */
const failureOf = (thrown: unknown): Failure => {
  const error = thrown as { message?: unknown; status?: unknown; response?: { headers?: Failure['headers'] }; cause?: unknown }
  const isAnswered = typeof error.status === 'number' && error.response !== undefined
  const { message, name } = (isAnswered ? error : (error.cause ?? error)) as { message?: unknown; name?: unknown }
  return {
    status: isAnswered ? Number(error.status) : null,
    message: String(message || name || thrown)
      .replace(/\s+/g, ' ')
      .slice(0, 300),
    headers: error.response?.headers ?? {},
  }
}
