import type { Redaction } from '../../adapters/redaction.ts'
import type { Ports } from '../../ports.ts'
import { type CommandName, type Following, POSTS, type PostKind, type Request } from '../context.ts'
import { type Job, jobOf, tokenOf } from './job.ts'

/** Who shows this run on GitHub; null where nothing of it is to be shown there. */
export const following = async (request: Request, ports: Ports, hidden: Redaction): Promise<Following | null> => {
  const job = jobOf(ports.env)
  const token = tokenOf(ports.env)
  if (job === null || token === null) return null
  const post = (request.post ?? POSTS).filter((kind) => isFor(kind, request, job))
  if (post.length === 0) return null
  // the client is heavy: not loaded where nothing is to be shown
  const { followOnGitHub } = await import('./follow.ts')
  return followOnGitHub({ job, token, post, asked: request.post !== undefined, ports, hide: hidden.apply })
}

const COMMANDS: Readonly<Record<PostKind, readonly CommandName[]>> = {
  deployments: ['deploy', 'rollback', 'all'],
  statuses: ['check', 'build', 'scan', 'publish', 'deploy', 'all'],
  comment: ['plan'],
  'code-scanning': ['scan', 'all'],
}

const isFor = (kind: PostKind, { command, dryRun, matrix, audit }: Request, { pullRequest }: Job): boolean => {
  // a look at what others made says nothing of this commit
  if (kind === 'statuses' && (matrix === true || audit === true)) return false
  if (dryRun || !COMMANDS[kind].includes(command)) return false
  if (kind === 'comment') return pullRequest !== null
  return kind === 'statuses' ? pullRequest === null : true
}
