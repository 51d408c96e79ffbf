import { readFile } from 'node:fs/promises'
import { openGitHub } from '../../adapters/github.ts'
import type { GitHub, Ports, Secret } from '../../ports.ts'
import type { ResultDocument } from '../../report/document.ts'
import type { CommandName, Context, Ended, Following, PostKind } from '../context.ts'
import {
  type Begun,
  beginDeployment,
  deploymentOfJob,
  endDeployment,
  isOfVersion,
  recordServing,
  repairDeployments,
} from './deployments.ts'
import type { Job } from './job.ts'
import { commentPlan } from './plan-comment.ts'
import { type Post, Posts } from './posts.ts'
import { repairStatuses, statusName } from './statuses.ts'
import { afterwards, commitOf, subjectOf } from './subject.ts'

export interface FollowOptions {
  readonly job: Job
  readonly token: Secret
  /** What is to be posted; `asked` where somebody said so, instead of the default. */
  readonly post: readonly PostKind[]
  readonly asked: boolean
  readonly ports: Ports
  /** Takes secrets out. */
  readonly hide: (text: string) => string
  readonly open?: typeof openGitHub
}

/** At the end of a run nobody waits longer for GitHub; of a cancelled one, the runner kills us soon. */
const PATIENCE_MS = 30_000
const HASTE_MS = 1500
const STAGES: readonly CommandName[] = ['check', 'build', 'scan', 'publish', 'deploy']
const DEPLOYMENTS: Omit<Post, 'what'> = { permission: 'deployments: write' }

export const followOnGitHub = (options: FollowOptions): Following => new Follower(options)

/** What GitHub's pages show of a run: while it goes on, and how it ended. */
class Follower implements Following {
  readonly #options: FollowOptions
  readonly #giveUp = new AbortController()
  readonly #github: GitHub
  readonly #posts: Posts
  /** Stages that began and have not ended. */
  readonly #running = new Map<CommandName, Context>()
  /** The last of a run that brings something to a server. */
  #deployed: { readonly command: CommandName; readonly context: Context } | null = null
  #planned: Context | null = null
  #begun: Begun | null = null

  constructor(options: FollowOptions) {
    const { job, token, ports, asked, open = openGitHub } = options
    this.#options = options
    const { owner, repo, apiUrl } = job
    this.#github = open({ token, apiUrl, owner, repo, clock: ports.clock, giveUp: this.#giveUp.signal })
    this.#posts = new Posts(ports.log, asked)
  }

  begins(stage: CommandName, context: Context): void {
    if (context.request.dryRun) return
    this.#running.set(stage, context)
    this.#status(stage, context, 'pending', 'under way')
    if (stage === 'plan') this.#planned = context
    if (!['deploy', 'rollback'].includes(stage) || !this.#posting('deployments')) return
    this.#deployed = { command: stage, context }
    this.#posts.add({ ...DEPLOYMENTS, what: `the deployment of ${context.environment().name}` }, async () => {
      const { job } = this.#options
      if (stage === 'deploy') this.#begun = await beginDeployment(this.#github, job, subjectOf(context))
      else {
        const ofJob = await deploymentOfJob(this.#github, job, context.environment().name)
        if (ofJob !== null) this.#begun = { kind: 'of the job', environment: ofJob.environment }
      }
    })
  }

  ends(stage: CommandName, context: Context, ended: Ended): void {
    if (!this.#running.delete(stage)) return
    const good = ended.failureCode === null
    this.#status(stage, context, good ? 'success' : isOfVersion(ended.failureCode) ? 'failure' : 'error', ended.message)
    if (stage === 'scan') this.#codeScanning(context)
  }

  async finish(document: ResultDocument): Promise<readonly string[]> {
    const { signal } = this.#options.ports.cancellation
    const limit = setTimeout(() => this.#giveUp.abort(), signal.aborted ? HASTE_MS : PATIENCE_MS)
    const hurry = (): void => void setTimeout(() => this.#giveUp.abort(), HASTE_MS)
    signal.addEventListener('abort', hurry, { once: true })
    try {
      // the run was broken off in the middle of them
      for (const [stage, context] of this.#running) this.ends(stage, context, document)
      this.#endDeployment(document)
      this.#comment(document)
      return await this.#posts.end()
    } finally {
      clearTimeout(limit)
      signal.removeEventListener('abort', hurry)
    }
  }

  #posting(kind: PostKind): boolean {
    return this.#options.post.includes(kind)
  }

  /** A pull request shows its jobs as checks; elsewhere the stages of a job are seen nowhere else. */
  #status(stage: CommandName, context: Context, state: 'pending' | 'success' | 'failure' | 'error', message: string): void {
    const { job, hide } = this.#options
    if (!STAGES.includes(stage) || job.pullRequest !== null || !this.#posting('statuses')) return
    const name = statusName(stage, context)
    this.#posts.add({ what: `the status "${name}"`, permission: 'statuses: write', extra: true }, () =>
      this.#github.setCommitStatus(context.commit.sha, { state, context: name, description: hide(message), url: job.runUrl }),
    )
  }

  #endDeployment(document: ResultDocument): void {
    const { job } = this.#options
    if (this.#deployed === null) return
    const { command, context } = this.#deployed
    const subject = subjectOf(context)
    const isBack = document.outcome === 'rolled-back' || (command === 'rollback' && document.outcome === 'succeeded')
    const about = (what: string): Post => ({ ...DEPLOYMENTS, what })
    this.#posts.add(about(`the end of the deployment of ${subject.environment}`), async () => {
      if (this.#begun !== null) await endDeployment(this.#github, job, subject, this.#begun, document)
    })
    const { release } = document
    const sha = release === null ? null : commitOf(release, context)
    if (isBack && release !== null && sha !== null)
      this.#posts.add(about(`that release ${release} serves in ${subject.environment} again`), () =>
        recordServing(this.#github, job, subject, this.#begun, { release, sha }),
      )
    // only who has seen the server knows what became of others
    if (context.noted.looked)
      this.#posts.add(about(`the end of earlier deployments of ${subject.environment}`), () =>
        repairDeployments(this.#github, job, subject, this.#begun, afterwards(document, sha, context)),
      )
    if (context.noted.looked && command === 'deploy' && job.pullRequest === null && this.#posting('statuses')) {
      const name = statusName(command, context)
      this.#posts.add({ what: `the end of "${name}" of earlier commits`, permission: 'statuses: write', extra: true }, () =>
        repairStatuses(this.#github, job, subject, this.#begun, name, afterwards(document, sha, context)),
      )
    }
  }

  #comment(document: ResultDocument): void {
    const { job } = this.#options
    const context = this.#planned
    const { pullRequest } = job
    if (context === null || pullRequest === null || !this.#posting('comment') || document.failureCode === 'CANCELLED') return
    if (pullRequest.fromFork) {
      this.#posts.note('no comment with the plan: the token of a pull request from a fork may only read; the plan is in the summary')
      return
    }
    const environment = document.environment ?? context.request.environment
    if (environment === undefined) return
    const subject = {
      pullRequest: pullRequest.number,
      environment,
      config: context.request.configPath,
      sha: pullRequest.headSha || context.commit.sha,
    }
    this.#posts.add({ what: 'the comment with the plan, which is in the summary', permission: 'pull-requests: write' }, () =>
      commentPlan(this.#github, subject, document),
    )
  }

  /** GitHub knows the commits of its refs only; what was scanned must be the one that the job is about. */
  #codeScanning(context: Context): void {
    const { job, hide } = this.#options
    if (!this.#posting('code-scanning') || job.pullRequest?.fromFork === true) return
    for (const path of context.noted.sarif) {
      if (job.sha !== context.commit.sha) {
        this.#options.ports.log.debug(`${path} is not uploaded: the job is about ${job.sha}, and ${context.commit.sha} was scanned`)
        continue
      }
      this.#posts.add({ what: `${path} (code scanning)`, permission: 'security-events: write' }, async () =>
        this.#github.uploadSarif({ sha: job.sha, ref: job.ref, text: withoutSecrets(await readFile(path, 'utf8'), hide) }),
      )
    }
  }
}

/** Inside its strings: a secret of digits would take a piece out of a number, and leave no JSON. */
const withoutSecrets = (json: string, hide: (text: string) => string): string =>
  JSON.stringify(JSON.parse(json), (_, value: unknown) => (typeof value === 'string' ? hide(value) : value))
