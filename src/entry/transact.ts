import { connectRemote } from '../adapters/ssh.ts'
import { DeployError, FAILURES, type FailureCode } from '../errors.ts'
import type { Observed } from '../plan/observed.ts'
import { servingReport } from '../plan/serving.ts'
import { type Plan, type Step, stepName } from '../plan/steps.ts'
import type { StepReport, Verdict } from '../report/document.ts'
import type { FrontArguments } from '../transaction/front.ts'
import type { JournalEvent, ProgramEnd } from '../transaction/journal.ts'
import { container, jsonLines } from '../transaction/observation.ts'
import { type Decision, operate } from '../transaction/operate.ts'
import type { Context } from './context.ts'
import { remoteTarget } from './server.ts'

export interface Transaction {
  readonly front: FrontArguments
  readonly files: Readonly<Record<string, string | Buffer>>
  /** Yields the plan that is to run, compiled; null to leave everything as it is. @throws DeployError to refuse */
  decide(observed: Observed): Promise<{ readonly plan: Plan; readonly program: string; readonly credentials: string } | null>
}

/** What became of the plan, in facts; null where there was nothing to do. */
export interface Transacted {
  readonly plan: Plan
  readonly end: ProgramEnd
  readonly failure: { readonly step: string; readonly code: FailureCode; readonly sentence: string } | null
  readonly evidence: readonly string[]
  /** Services that were stopped because there was nothing to go back to. */
  readonly stopped: readonly string[]
}

/** Looks, decides and lets the server do it; steps, health attempts and what serves go into the facts as they come. */
export const transact = async (context: Context, transaction: Transaction): Promise<Transacted | null> => {
  const target = remoteTarget(context)
  const { log, clock } = context.ports
  const scribe = new Scribe(context)
  const decide = async (observed: Observed): Promise<Decision> => {
    const decided = await transaction.decide(observed)
    if (decided === null) return { kind: 'leave' }
    scribe.plan = decided.plan
    return { kind: 'go', program: decided.program, credentials: decided.credentials }
  }
  await operate(
    {
      connect: connectRemote(log, clock),
      target,
      front: transaction.front,
      files: transaction.files,
      decide,
      onEvent: (event) => scribe.take(event),
    },
    context.ports,
  )
  return scribe.transacted()
}

/** Turns the server's journal into what people see. */
class Scribe {
  plan: Plan | null = null
  readonly #context: Context
  #epoch = 0
  #startedAt = 0
  #stepAt = 0
  #details: string[] = []
  #end: ProgramEnd | null = null
  #failure: Transacted['failure'] = null
  #evidence: string[] = []
  #stopped: string[] = []

  constructor(context: Context) {
    this.#context = context
  }

  transacted(): Transacted | null {
    if (this.plan === null) return null
    return { plan: this.plan, end: this.#end ?? 'broken', failure: this.#failure, evidence: this.#evidence, stopped: this.#stopped }
  }

  take(event: JournalEvent): void {
    const { log } = this.#context.ports
    switch (event.kind) {
      case 'start':
        this.#epoch = event.epoch
        this.#startedAt = event.at
        return
      case 'step':
        this.#stepAt = event.at
        this.#details = []
        log.info(`${this.#name(event.step)}: ${this.#step(event.step)?.cause ?? ''}`)
        return
      case 'done':
        return this.#record(event, 'succeeded')
      case 'fail':
        return this.#fail(event)
      case 'switch':
        return log.debug('from here on the server finishes or rolls back alone')
      case 'note':
        return this.#note(event)
      case 'undo':
        return log.debug(`undoing: ${event.text}`)
      case 'undo-failed':
        log.error(`undoing failed: ${event.text}`)
        this.#evidence.push(`undoing failed: ${event.text}`)
        return
      case 'end':
        this.#end = event.end
        return
      default:
        return
    }
  }

  #step(number: number): Step | undefined {
    return this.plan?.steps[number - 1]
  }
  #name(number: number): string {
    const step = this.#step(number)
    return step === undefined ? `step ${number}` : stepName(step)
  }

  #record(event: { readonly at: number; readonly step: number }, result: StepReport['result']): void {
    const { facts } = this.#context
    const report: StepReport = {
      name: this.#name(event.step),
      cause: this.#step(event.step)?.cause ?? '',
      start: new Date(this.#epoch * 1000 + (this.#stepAt - this.#startedAt)).toISOString(),
      duration: event.at - this.#stepAt,
      result,
    }
    facts.steps = [...facts.steps, this.#details.length === 0 ? report : { ...report, detail: this.#details.join('; ') }]
  }

  #fail(event: Extract<JournalEvent, { kind: 'fail' }>): void {
    const code = Object.hasOwn(FAILURES, event.code) ? (event.code as FailureCode) : 'BUG'
    this.#details.push(event.sentence)
    this.#failure = { step: this.#name(event.step), code, sentence: event.sentence }
    this.#context.ports.log.error(`${code}: ${event.sentence}`)
    this.#record(event, 'failed')
  }

  #note({ topic, name, text }: Extract<JournalEvent, { kind: 'note' }>): void {
    const { log } = this.#context.ports
    switch (topic) {
      case 'evidence':
        this.#evidence.push(
          ...text
            .split('\n')
            .filter(Boolean)
            .slice(-40)
            .map((line) => `${name} | ${line}`),
        )
        return
      case 'serving':
        this.#context.facts.serving = [servingReport(this.#context.environment().config.host, jsonLines(text).map(container))]
        return
      case 'warning':
        return log.warning(`${name}: ${text}`)
      case 'stopped':
        this.#stopped.push(name)
        return
      default:
        this.#details.push(detail(topic, name, text))
        log.info(`  ${detail(topic, name, text)}`)
    }
  }
}

const detail = (topic: string, name: string, text: string): string => {
  switch (topic) {
    case 'gap':
      return `${name} did not serve for ${text} ms`
    case 'health':
      return `${name} ready: ${text}`
    case 'schema':
      return `schema ${name}: ${text.trim()}`
    case 'restored':
      return `${name}: the previous container serves again`
    default:
      return [topic, name, text].filter(Boolean).join(' ')
  }
}

/** The last word on a transaction: what serves now, and what to do next. */
export const verdictOf = (context: Context, { plan, end, failure, evidence, stopped }: Transacted, done: string): Verdict => {
  const { facts } = context
  facts.release = end === 'committed' ? plan.release : plan.previous
  facts.previousRelease = plan.previous
  if (end === 'committed') return { outcome: 'succeeded', message: done }
  const sentence = failure?.sentence ?? 'the program on the server ended without saying why'
  const code = failure?.code ?? 'BUG'
  const hint = hintFor(code, context)
  if (end === 'aborted') {
    throw new DeployError(
      code,
      `${sentence}; ${plan.previous === null ? 'nothing served before, and nothing does now' : `nothing that serves was touched, release ${plan.previous} serves`}`,
      { evidence, hint, serving: plan.previous ?? 'nothing' },
    )
  }
  if (end === 'broken') {
    throw new DeployError(
      'BROKEN',
      plan.kind === 'rollback'
        ? `the rollback to ${plan.release} failed and is not rolled back: ${sentence}`
        : `${sentence}; going back to ${plan.previous ?? 'nothing'} failed too`,
      {
        evidence,
        hint: `look at it: docker compose -p ${context.config.project} ps -a; then deploy-action rollback RELEASE, or deploy a version that works`,
        serving: 'see `serving`',
      },
    )
  }
  if (plan.previous === null) {
    throw new DeployError(
      code,
      `${sentence}; there was no release to go back to, so ${stopped.join(', ') || 'the new containers'} ${stopped.length === 1 ? 'was' : 'were'} stopped`,
      { evidence, hint, serving: 'nothing' },
    )
  }
  return { outcome: 'rolled-back', failureCode: code, message: `${code}: ${sentence}; rolled back, release ${plan.previous} serves`, hint }
}

const hintFor = (code: FailureCode, context: Context): string => {
  const { config } = context.environment()
  switch (code) {
    case 'HEALTH':
    case 'SMOKE':
      return `the last lines of its log are above; on the server: ls ${config.path}/.deploy/operations`
    case 'MIGRATE':
      return 'mend the migration and deploy again; it starts from the revision that the database is at now'
    case 'SEED':
      return 'the data that the seed wrote is still there: make the seed safe to run again, then deploy again'
    case 'PULL':
      return 'check that the image is in the registry and that the registry-password may read it'
    case 'CANCELLED':
      return 'run it again'
    default:
      return 'deploy-action status shows what runs'
  }
}
