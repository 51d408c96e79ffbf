import { readFileSync } from 'node:fs'
import { type Ports, Secret } from '../../ports.ts'

/** The job that we run in, as GitHub told it. */
export interface Job {
  readonly owner: string
  readonly repo: string
  readonly apiUrl: string
  readonly runId: string
  readonly runUrl: string
  /** The commit the run is about; of a pull request the merge that GitHub made. */
  readonly sha: string
  readonly ref: string
  /** null in a run of something else. */
  readonly pullRequest: {
    readonly number: number
    /** The author's own commit; empty where the payload does not say. */
    readonly headSha: string
    /** Its token reads only, whatever the job's permissions are. */
    readonly fromFork: boolean
  } | null
}

/** null outside of a job. */
export const jobOf = (env: Ports['env']): Job | null => {
  const [owner, repo, ...rest] = (env.GITHUB_REPOSITORY ?? '').split('/')
  if (env.GITHUB_ACTIONS !== 'true' || !owner || !repo || rest.length > 0) return null
  const runId = env.GITHUB_RUN_ID ?? ''
  return {
    owner,
    repo,
    apiUrl: env.GITHUB_API_URL || 'https://api.github.com',
    runId,
    runUrl: `${env.GITHUB_SERVER_URL || 'https://github.com'}/${owner}/${repo}/actions/runs/${runId}`,
    sha: env.GITHUB_SHA ?? '',
    ref: env.GITHUB_REF ?? '',
    pullRequest: pullRequestOf(env.GITHUB_EVENT_NAME ?? '', payloadOf(env.GITHUB_EVENT_PATH), `${owner}/${repo}`),
  }
}

/** What GitHub's API is asked with; null where nobody gave any. */
export const tokenOf = (env: Ports['env']): Secret | null => {
  const token = env['INPUT_GITHUB-TOKEN'] || env.GITHUB_TOKEN
  return token ? new Secret(token) : null
}

const pullRequestOf = (event: string, payload: Fields, repository: string): Job['pullRequest'] => {
  if (!event.startsWith('pull_request')) return null
  const pull = object(payload.pull_request)
  const head = object(pull.head)
  const { full_name: from } = object(head.repo)
  if (!Number.isSafeInteger(pull.number)) return null
  return {
    number: pull.number as number,
    headSha: typeof head.sha === 'string' ? head.sha : '',
    // a fork that was deleted meanwhile has no name any more
    fromFork: typeof from !== 'string' || from.toLowerCase() !== repository.toLowerCase(),
  }
}

type Fields = Readonly<Record<string, unknown>>

const object = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {})

/** Text of others: whatever is wrong with it, it then says nothing. */
const payloadOf = (path: string | undefined): Fields => {
  try {
    return object(JSON.parse(readFileSync(path ?? '', 'utf8')))
  } catch {
    return {}
  }
}
