import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Redaction } from '../adapters/redaction.ts'
import { DeployError } from '../errors.ts'
import type { Log, Ports } from '../ports.ts'
import type { ResultDocument } from '../report/document.ts'
import { failureLines, nextLines } from '../report/failure.ts'
import { detailsOf, type Ending } from '../report/result.ts'
import type { Following, Request } from './context.ts'

/** Where a run comes from and what people see of it: a terminal, or a job on GitHub. */
export interface Front {
  readonly kind: 'terminal' | 'runner'
  log(hidden: Redaction): Promise<Log>
  /** Whoever shows the run on pages elsewhere; null where nobody does, absent in a terminal. */
  readonly follow?: (request: Request, ports: Ports, hidden: Redaction) => Promise<Following | null>
  /** Outputs and the summary of a job; nothing in a terminal. @param notes sentences about what is not shown elsewhere */
  publish(document: ResultDocument, ending: Ending, notes: readonly string[]): Promise<void>
}

export interface Telling {
  readonly document: ResultDocument
  readonly ending: Ending
  readonly json: boolean
  /** Null where it is not known, because what was asked could not be understood. */
  readonly reports: string | null
  readonly front: Front
  readonly following: Following | null
  /** The run was cancelled: the runner kills us soon. */
  readonly isHasty: boolean
  readonly log: Log
  readonly hidden: Redaction
}

/** Reports the end of a run, everywhere it is reported. Reporting that fails is told, and changes no outcome. */
export const tell = async (telling: Telling): Promise<ResultDocument> => {
  const { json, reports, log, hidden } = telling
  const redacted = withoutSecrets(telling.document, hidden)
  const ending = redactedEnding(telling.ending, redacted.message, hidden)
  const reportPath = reports === null ? null : write(reports, redacted, log)
  const document = { ...redacted, reportPath }
  say(telling, document, ending)
  // what is not shown elsewhere is said in the summary, unless there is no time to lose
  if (telling.isHasty) await publish(telling, document, ending, [])
  const notes = ((await telling.following?.finish(document)) ?? []).map(hidden.apply)
  if (!telling.isHasty) await publish(telling, document, ending, notes)
  if (json) process.stdout.write(jsonText(document))
  return document
}

const publish = async ({ front, log }: Telling, document: ResultDocument, ending: Ending, notes: readonly string[]): Promise<void> => {
  try {
    await front.publish(document, ending, notes)
  } catch (error) {
    log.warning(`outputs or summary of the job could not be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** A runner keeps ten annotations of a kind, the first ones; the last one has to be the verdict. */
const MOST_PLACES = 9
/** It keeps 4096 characters of each; what serves and what to do stand at the end. */
const LONGEST_MESSAGE = 2500

const say = ({ front, log }: Telling, document: ResultDocument, ending: Ending): void => {
  if (document.failureCode === null) {
    log.info(document.message)
    for (const line of nextLines(document.hint)) log.info(line)
    return
  }
  const details = detailsOf(ending)
  const places = details.places ?? []
  const most = front.kind === 'runner' ? MOST_PLACES : places.length
  for (const place of places.slice(0, most)) log.error(place.message, place)
  for (const { file, line, column, message } of places.slice(most)) log.foreign(`${file}:${line}:${column}: ${message}`)
  for (const line of failureLines(details)) log.foreign(line)
  log.error(
    [
      document.message.length > LONGEST_MESSAGE ? `${document.message.slice(0, LONGEST_MESSAGE)}…` : document.message,
      ...(details.serving === undefined ? [] : [`Serving: ${details.serving.slice(0, 700)}`]),
      ...nextLines(document.hint?.slice(0, 700) ?? null),
    ].join('\n'),
  )
}

/** `reports/result.json`, complete or not there. */
const write = (folder: string, document: ResultDocument, log: Log): string | null => {
  const path = join(folder, 'result.json')
  try {
    mkdirSync(resolve(folder), { recursive: true })
    writeFileSync(resolve(path), jsonText({ ...document, reportPath: path }))
    return path
  } catch (error) {
    log.warning(`the report ${path} could not be written: ${error instanceof Error ? error.message : String(error)}`)
    return null
  }
}

/** In the log of a job, `##[` anywhere in a line would be a command; in JSON it can be spelt otherwise. */
const jsonText = (document: ResultDocument): string => `${JSON.stringify(document, null, 2).replaceAll('##[', '#\\u0023[')}\n`

/** What a failure was told with goes into the summary of the job, too. */
const redactedEnding = (ending: Ending, message: string, hidden: Redaction): Ending => {
  if (ending.kind === 'verdict') return { kind: 'verdict', verdict: withoutSecrets(ending.verdict, hidden) }
  const { code, details } = ending.error
  const { cause: _cause, ...shown } = details
  return { kind: 'error', error: new DeployError(code, message.slice(code.length + 2), withoutSecrets(shown, hidden)) }
}

/** Secrets are hidden inside the strings: hiding them in the text of the JSON could break it. */
const withoutSecrets = <T>(whole: T, hidden: Redaction): T => {
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return hidden.apply(value)
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner)]))
    return value
  }
  return walk(whole) as T
}
