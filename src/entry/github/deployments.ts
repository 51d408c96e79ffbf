/** What the environments page says: https://docs.github.com/en/rest/deployments/deployments */
import type { FailureCode } from '../../errors.ts'
import type { DeploymentState, GitHub, SeenDeployment, SeenStatus } from '../../ports.ts'
import type { ResultDocument } from '../../report/document.ts'
import type { Noted } from '../context.ts'
import type { Job } from './job.ts'

/** Of which config and environment a deployment is. */
export interface Subject {
  readonly environment: string
  /** The config's path: a repository may have several that deploy to environments of one name. */
  readonly config: string
  /** What is deployed. */
  readonly sha: string
  /** Where people find the result; null where the config does not say. */
  readonly url: string | null
}

/** The deployment of this run: made by us, or by GitHub because the job says `environment:`. */
export type Begun = { readonly kind: 'ours'; readonly id: number } | { readonly kind: 'of the job'; readonly environment: string }

const NAME = 'deploy-action'
/** A run that died left one of the last; who wants all of history closed may do it by hand. */
const MOST_REPAIRS = 3
const OF_VERSION: readonly FailureCode[] = ['CHECK', 'BUILD', 'SCAN', 'PULL', 'BACKUP', 'MIGRATE', 'SEED', 'HEALTH', 'SMOKE']
const OPEN: readonly string[] = ['in_progress', 'queued', 'pending', 'waiting']

/** One of our own for a deploy, unless GitHub made one for the job already: two of one deploy would be a lie. */
export const beginDeployment = async (github: GitHub, job: Job, subject: Subject): Promise<Begun> => {
  const ofJob = await deploymentOfJob(github, job, subject.environment)
  if (ofJob !== null) return { kind: 'of the job', environment: ofJob.environment }
  const description = `run ${job.runId} deploys ${subject.sha.slice(0, 7)}`
  const id = await github.createDeployment({ ...subjectOf(subject), description, payload: mark(job, subject) })
  await github.setDeploymentStatus(id, { state: 'in_progress', description, logUrl: job.runUrl })
  return { kind: 'ours', id }
}

/**
 * GitHub makes it for the job's commit, as github-actions[bot], and keeps its status until the job ends. A run may have
 * several jobs with one each, and none says which job it is of: ours is that of our environment's name, or the only one.
 */
export const deploymentOfJob = async (github: GitHub, job: Job, environment: string): Promise<SeenDeployment | null> => {
  const candidates = (await github.deployments({ sha: job.sha })).filter(
    (one) => markOf(one) === null && one.creator === 'github-actions[bot]',
  )
  const isOurs = ({ environment: name }: SeenDeployment): boolean => name === environment
  const open: SeenDeployment[] = []
  for (const candidate of [...candidates.filter(isOurs), ...candidates.filter((one) => !isOurs(one))].slice(0, MOST_REPAIRS)) {
    const status = await github.deploymentStatus(candidate.id)
    if (status === null || !OPEN.includes(status.state) || !mayBeOf(job, status)) continue
    if (isOurs(candidate)) return candidate
    open.push(candidate)
  }
  const [only = null, ...others] = open
  return others.length === 0 ? only : null
}

const mayBeOf = (job: Job, { logUrl }: SeenStatus): boolean =>
  !logUrl.includes('/actions/runs/') || logUrl.includes(`/actions/runs/${job.runId}/`)

/** How it ended. GitHub ends its own with the job. */
export const endDeployment = async (github: GitHub, job: Job, subject: Subject, begun: Begun, document: ResultDocument): Promise<void> => {
  if (begun.kind === 'of the job') return
  await github.setDeploymentStatus(begun.id, {
    state: stateOf(document),
    description: document.message,
    logUrl: job.runUrl,
    ...webOnly(subject.url),
  })
}

/** Also of a run that was cancelled; UNKNOWN stays open for the next run, which reads the server's record. */
const stateOf = ({ outcome, failureCode }: ResultDocument): DeploymentState => {
  if (outcome === 'succeeded' || outcome === 'unchanged') return 'success'
  if (outcome === 'unknown') return 'in_progress'
  return isOfVersion(failureCode) ? 'failure' : 'error'
}

/** Whether what was to be deployed is at fault; everything else is of the machinery, or of whoever runs it. */
export const isOfVersion = (code: ResultDocument['failureCode']): boolean => code !== null && OF_VERSION.includes(code)

/** After a rollback, by hand or by itself: a deployment of what serves again, so that the page's newest entry is true. */
export const recordServing = async (
  github: GitHub,
  job: Job,
  subject: Subject,
  begun: Begun | null,
  { release, sha }: { readonly release: string; readonly sha: string },
): Promise<void> => {
  const environment = begun?.kind === 'of the job' ? begun.environment : subject.environment
  const description = `rolled back: release ${release} serves`
  const id = await github.createDeployment({ sha, environment, description, payload: mark(job, subject) })
  await github.setDeploymentStatus(id, { state: 'success', description, logUrl: job.runUrl, ...webOnly(subject.url) })
}

/** Closes what a run that died left open, by what the server's record says of it. */
export const repairDeployments = async (github: GitHub, job: Job, subject: Subject, begun: Begun | null, noted: Noted): Promise<void> => {
  const before = begun?.kind === 'ours' ? begun.id : Number.POSITIVE_INFINITY
  const ours = (await github.deployments({ environment: subject.environment })).filter((one) => {
    const found = markOf(one)
    return one.id < before && found?.config === subject.config && found.run !== job.runId
  })
  for (const { id, sha } of ours.slice(0, MOST_REPAIRS)) {
    const status = await github.deploymentStatus(id)
    if (status === null || OPEN.includes(status.state)) await github.setDeploymentStatus(id, byRecord(sha, noted))
  }
}

/** What became of a run that said nothing at its end. */
export const byRecord = (sha: string, { releases, current }: Noted): { readonly state: DeploymentState; readonly description: string } => {
  const serving = current === null ? 'nothing of ours serves' : `release ${current} serves`
  const release = releases.findLast(({ commit }) => commit === sha)
  if (release === undefined)
    return { state: 'error', description: `its run ended without a word, and the server has no such release; ${serving}` }
  if (release.id === current) return { state: 'success', description: `its run ended without a word; the server's record says: ${serving}` }
  return { state: 'inactive', description: `its run ended without a word; it was release ${release.id}, and ${serving} now` }
}

const subjectOf = ({ sha, environment }: Subject): Pick<Subject, 'sha' | 'environment'> => ({ sha, environment })

const webOnly = (url: string | null): { readonly url?: string } => (url !== null && /^https?:\/\//.test(url) ? { url } : {})

const mark = (job: Job, { config }: Subject): Readonly<Record<string, string>> => ({ by: NAME, run: job.runId, config })

/** What we wrote there; null where somebody else did. The API gives payloads back as objects or as text. */
const markOf = ({ payload }: SeenDeployment): { readonly run: string; readonly config: string } | null => {
  const fields = (typeof payload === 'string' ? parsed(payload) : payload) as Partial<Record<string, unknown>> | null
  if (typeof fields !== 'object' || fields === null || fields.by !== NAME) return null
  return { run: String(fields.run), config: String(fields.config) }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
