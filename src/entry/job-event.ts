import { readFileSync } from 'node:fs'
import { DeployError } from '../errors.ts'
import type { Ports } from '../ports.ts'
import type { Request } from './context.ts'

/** What started a job. The payload is text of others: anything in it may be missing, or of another kind. */
interface JobEvent {
  readonly name: string
  /** Whose code it is about, where the payload says so: "owner/name". */
  readonly headRepository: string | null
  /** A push that took its branch or tag away. */
  readonly deleted: boolean
}

const LARGEST = 32 * 1024 * 1024

export const jobEvent = (name: string, payload: string): JobEvent => {
  const event = object(parsed(payload))
  const run = object(event.workflow_run)
  const pull = object(event.pull_request)
  const head = object(name === 'workflow_run' ? run.head_repository : object(pull.head).repo)
  return { name, headRepository: typeof head.full_name === 'string' ? head.full_name : null, deleted: event.deleted === true }
}

const object = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Whether the job is about a pull request: what it checked out is its author's, who may be anybody. */
export const isProposal = (env: Ports['env']): boolean =>
  env.GITHUB_ACTIONS === 'true' && env.GITHUB_EVENT_NAME?.startsWith('pull_request') === true

/** Commands that change something for others: a registry, a server. */
const WRITING: readonly Request['command'][] = ['build', 'publish', 'deploy', 'rollback', 'restore', 'prune', 'all']

/** Code that nobody has accepted yet gets neither tags nor servers, whoever gave the job its secrets. @throws DeployError CONFIG */
export const refuseEvent = ({ command, dryRun, matrix }: Request, env: Ports['env']): void => {
  // a matrix is only told, nothing is built
  if (env.GITHUB_ACTIONS !== 'true' || dryRun || matrix === true || !WRITING.includes(command)) return
  const event = jobEvent(env.GITHUB_EVENT_NAME ?? '', payloadOf(env.GITHUB_EVENT_PATH))
  const why = refusalOf(event, env.GITHUB_REPOSITORY ?? '')
  if (why !== null)
    throw new DeployError('CONFIG', `${command} is not for this event (${event.name}): ${why}`, {
      hint: 'by hand: in jobs of pull requests use check, scan, plan, or --dry-run; deploy on push to the branch, or by hand (workflow_dispatch)',
    })
}

const refusalOf = ({ name, headRepository, deleted }: JobEvent, repository: string): string | null => {
  if (name.startsWith('pull_request')) return 'a pull request is a proposal, and its code is its author’s'
  if (name === 'merge_group') return 'what waits in a merge queue may never reach the branch'
  if (name === 'workflow_run' && headRepository === null) return 'its payload does not say whose code it is about'
  if (name === 'workflow_run' && headRepository?.toLowerCase() !== repository.toLowerCase())
    return `it is about the code of ${headRepository}, a fork`
  return deleted ? 'it says that the branch was deleted' : null
}

const payloadOf = (path: string | undefined): string => {
  try {
    const text = path === undefined ? '' : readFileSync(path, 'utf8')
    return text.length > LARGEST ? '' : text
  } catch {
    // an event without a payload says nothing about itself
    return ''
  }
}
