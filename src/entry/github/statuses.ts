/** The stages of a run as statuses of its commit: https://docs.github.com/en/rest/commits/statuses */
import type { GitHub } from '../../ports.ts'
import type { CommandName, Context, Noted } from '../context.ts'
import { type Begun, byRecord, type Subject } from './deployments.ts'
import type { Job } from './job.ts'

/** A run that died left one of the last. */
const MOST_REPAIRS = 3

/** Told apart by what a repository can have several of. */
export const statusName = (stage: CommandName, { request, environment }: Context): string => {
  const parts = [
    ...(request.configPath === 'deploy.yml' ? [] : [request.configPath]),
    ...(stage === 'deploy' ? [environment().name] : []),
    ...(request.only ?? []),
    ...(request.platforms ?? []),
  ]
  return `deploy-action / ${stage}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`
}

/**
 * Ends what a run that died left pending at an earlier commit, by what the server's record says of it. Which commits that may
 * be, the deployments of the environment tell, ours or those that GitHub makes. One that only waits says its own end later.
 */
export const repairStatuses = async (
  github: GitHub,
  job: Job,
  { environment, sha: own }: Subject,
  begun: Begun | null,
  name: string,
  noted: Noted,
): Promise<void> => {
  const all = await github.deployments({ environment: begun?.kind === 'of the job' ? begun.environment : environment })
  const mine = all.findIndex((one) => (begun?.kind === 'ours' ? one.id === begun.id : one.sha === own))
  const commits = new Set(all.slice(mine + 1).map(({ sha }) => sha))
  commits.delete(own)
  for (const sha of [...commits].slice(0, MOST_REPAIRS)) {
    const status = await github.commitStatus(sha, name)
    if (status?.state !== 'pending') continue
    const { state, description } = byRecord(sha, noted)
    await github.setCommitStatus(sha, {
      state: state === 'error' ? 'error' : 'success',
      context: name,
      description,
      url: status.url || job.runUrl,
    })
  }
}
