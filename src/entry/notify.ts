import { post } from '../adapters/notices.ts'
import type { Redaction } from '../adapters/redaction.ts'
import type { Notice } from '../config/notify.ts'
import type { Cancellation } from '../ports.ts'
import type { ResultDocument } from '../report/document.ts'
import { noticeOf, noticeRequest } from '../report/notice.ts'
import type { CommandName, Context } from './context.ts'
import { actor, runUrl } from './server.ts'

/** Nobody waits longer for a chat; a cancelled run is killed soon. */
const PATIENCE_MS = 10_000
const HASTE_MS = 1500
const TOLD: readonly CommandName[] = ['deploy', 'rollback', 'restore', 'all']

/** Tells the services of the config how a run goes. Their failure is a warning, and changes no outcome. */
export class Notifier {
  readonly #context: Context
  readonly #hidden: Redaction
  readonly #from: number
  #first: Promise<void> = Promise.resolve()

  constructor(context: Context, hidden: Redaction) {
    this.#context = context
    this.#hidden = hidden
    this.#from = context.ports.clock.elapsed()
  }

  /** Is not waited for. */
  started(): void {
    this.#first = this.#tell('started', null)
  }

  async ended(document: ResultDocument): Promise<void> {
    const notice = noticeOf(document, this.#context.facts.wasBroken === true)
    // in the order in which it happened
    await this.#first
    if (notice !== null) await this.#tell(notice, document)
  }

  async #tell(notice: Notice, document: ResultDocument | null): Promise<void> {
    const { config, commit, facts, ports, request } = this.#context
    const told = {
      project: config.project,
      environment: facts.environment ?? request.environment ?? null,
      commit: commit.sha,
      ref: commit.ref,
      repository: commit.repository,
      actor: actor(this.#context),
      link: runUrl(this.#context) ?? document?.url ?? null,
      duration: Math.round(ports.clock.elapsed() - this.#from),
      document: document === null ? null : shortened(document, this.#hidden),
    }
    const patience = patienceOf(ports.cancellation)
    await Promise.all(
      config.notify
        .filter(({ on }) => on.includes(notice))
        .map(async (to) => {
          const { url, body } = noticeRequest(to, notice, told)
          const why = await post(url, body, patience)
          if (why !== null)
            ports.log.warning(
              `${to.type} was not told that the ${request.command} ${notice === 'started' ? 'started' : `ended (${notice})`}: ${why}`,
            )
        }),
    )
  }
}

/** Also of what is under way when the run is cancelled: the report waits for it. */
const patienceOf = ({ signal }: Cancellation): AbortSignal => {
  if (signal.aborted) return AbortSignal.timeout(HASTE_MS)
  const hurry = new AbortController()
  signal.addEventListener('abort', () => setTimeout(() => hurry.abort(), HASTE_MS).unref(), { once: true })
  return AbortSignal.any([AbortSignal.timeout(PATIENCE_MS), hurry.signal])
}

/** For a command that somebody wants to hear of; null for all others. */
export const notifierOf = (context: Context, hidden: Redaction): Notifier | null =>
  context.config.notify.length > 0 && TOLD.includes(context.request.command) && !context.request.dryRun
    ? new Notifier(context, hidden)
    : null

const shortened = ({ command, outcome, failureCode, message, release, previousRelease, url }: ResultDocument, hidden: Redaction) => ({
  command,
  outcome,
  failureCode,
  message: hidden.apply(message),
  release,
  previousRelease,
  url,
})
