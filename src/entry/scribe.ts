import { FAILURES, type FailureCode } from '../errors.ts'
import type { Observed } from '../plan/observed.ts'
import { servingReport } from '../plan/serving.ts'
import { type Plan, type Step, stepName } from '../plan/steps.ts'
import type { StepReport } from '../report/document.ts'
import type { JournalEvent, ProgramEnd } from '../transaction/journal.ts'
import { container, jsonLines } from '../transaction/observation.ts'
import type { Context } from './context.ts'
import { underWay } from './under-way.ts'

/** What became of a plan. */
export interface Transacted {
  readonly plan: Plan
  readonly end: ProgramEnd
  readonly failure: { readonly step: string; readonly code: FailureCode; readonly sentence: string } | null
  readonly evidence: readonly string[]
  /** Services that were stopped because there was nothing to go back to. */
  readonly stopped: readonly string[]
  /** Where the schema was, and where a migration left it; empty where none ran. */
  readonly schema?: { readonly before: string; readonly after: string; readonly back?: string }
}

/** A server may tell anything, for as long as it likes. */
const LONGEST = 4000
const MOST_EVIDENCE = 400
const MOST_DETAILS = 50
const MOST_STEPS = 500

type Note = Extract<JournalEvent, { kind: 'note' }>

/** Turns the server's journal into what people see: a line as it comes, steps and what serves in the facts. */
export class Scribe {
  plan: Plan | null = null
  /** What the engine called its images at the first look: a server's journal names containers only. */
  imageDigests: Observed['imageDigests'] = {}
  readonly #context: Context
  #epoch = 0
  #startedAt = 0
  #stepAt = 0
  #last = 0
  #details: string[] = []
  #end: ProgramEnd | null = null
  /** Nobody hears of the step any more that was said to be under way. */
  #ended: () => void = () => {}
  #failure: Transacted['failure'] = null
  readonly #evidence: string[] = []
  readonly #stopped: string[] = []
  readonly #schema = { before: '', after: '', back: '' }

  constructor(context: Context) {
    this.#context = context
  }

  /** null where nothing was to be done. */
  transacted(): Transacted | null {
    if (this.plan === null) return null
    return {
      plan: this.plan,
      end: this.#end ?? 'broken',
      failure: this.#failure,
      evidence: this.#evidence,
      stopped: this.#stopped,
      schema: this.#schema,
    }
  }

  /** The server is not heard any more, whatever its last word was. */
  close(): void {
    this.#ended()
  }

  take(event: JournalEvent): void {
    if (event.kind === 'done' || event.kind === 'fail' || event.kind === 'end') this.#ended()
    if (event.kind === 'start') this.#start(event)
    else if (event.kind === 'step') this.#begin(event)
    else if (event.kind === 'done') this.#record(event, 'succeeded')
    else if (event.kind === 'fail') this.#fail(event)
    else if (event.kind === 'note') this.#note(event)
    else if (event.kind === 'undo-failed') this.#undoFailed(event.text)
    else if (event.kind === 'settle') this.#killed()
    else if (event.kind === 'end') this.#end = event.end
    else this.#context.ports.log.debug(event.kind === 'undo' ? `undoing: ${event.text}` : event.kind)
  }

  #start({ at, epoch }: { readonly at: number; readonly epoch: number }): void {
    this.#epoch = epoch
    this.#startedAt = at
  }

  #begin({ at, step }: { readonly at: number; readonly step: number }): void {
    this.#stepAt = at
    this.#last = step
    this.#details = []
    this.#ended()
    this.#ended = underWay(this.#context.ports.log, this.nameOf(step))
    this.#context.ports.log.info(`${this.nameOf(step)}: ${this.#step(step)?.cause ?? ''}`)
  }

  #record({ at, step }: { readonly at: number; readonly step: number }, result: StepReport['result']): void {
    const { facts } = this.#context
    const report: StepReport = {
      name: this.nameOf(step),
      cause: this.#step(step)?.cause ?? '',
      start: this.#time(this.#stepAt),
      duration: at - this.#stepAt,
      result,
    }
    if (facts.steps.length >= MOST_STEPS) return
    facts.steps = [...facts.steps, this.#details.length === 0 ? report : { ...report, detail: this.#details.join('; ') }]
  }

  #fail(event: Extract<JournalEvent, { kind: 'fail' }>): void {
    const code = Object.hasOwn(FAILURES, event.code) ? (event.code as FailureCode) : 'BUG'
    this.#details.push(event.sentence)
    this.#failure = { step: this.nameOf(event.step), code, sentence: event.sentence }
    this.#context.ports.log.info(`${code}: ${event.sentence}`)
    this.#record(event, 'failed')
  }

  /** Only what died is settled; where it had not failed before, that is the reason. */
  #killed(): void {
    const step = this.nameOf(this.#last)
    this.#failure ??= { step, code: 'CANCELLED', sentence: `the program on the server was killed at "${step}"` }
    this.#context.ports.log.warning(`the program on the server was killed at "${step}"; what it left is settled`)
  }

  #note({ topic, name, text }: Note): void {
    const { log } = this.#context.ports
    if (topic === 'schema' && (name === 'before' || name === 'after' || name === 'back')) this.#schema[name] = text.trim().slice(0, 200)
    if (topic === 'evidence') {
      for (const line of text.split('\n').filter(Boolean).slice(-40)) this.#evidence.push(`${name} | ${line.slice(0, LONGEST)}`)
      this.#evidence.splice(0, this.#evidence.length - MOST_EVIDENCE)
    } else if (topic === 'serving') {
      this.#context.facts.serving = [
        servingReport(this.#context.environment().config.host, jsonLines(text).map(container), this.imageDigests),
      ]
    } else if (topic === 'stopped') {
      this.#stopped.push(name)
    } else if (topic === 'warning') {
      log.warning(`${name}: ${text}`)
    } else {
      if (this.#details.length < MOST_DETAILS) this.#details.push(detail(topic, name, text).slice(0, LONGEST))
      log.info(`  ${detail(topic, name, text)}`)
    }
  }

  #undoFailed(text: string): void {
    this.#evidence.push(`going back: ${text}`)
    this.#context.ports.log.info(`going back failed: ${text}`)
  }

  #time(at: number): string {
    return new Date(this.#epoch * 1000 + (at - this.#startedAt)).toISOString()
  }
  #step(number: number): Step | undefined {
    return this.plan?.steps[number - 1]
  }
  nameOf(number: number): string {
    const step = this.#step(number)
    return step === undefined ? `step ${number}` : stepName(step)
  }
}

const detail = (topic: string, name: string, text: string): string => {
  if (topic === 'gap') return `${name} did not serve for ${text} ms`
  if (topic === 'health') return `${name} ready: ${text}`
  if (topic === 'schema') return `schema ${name}: ${text.trim()}`
  if (topic === 'restored') return `${name}: the previous container serves again`
  return [topic, name, text].filter(Boolean).join(' ')
}
