import { type DeployError, exitCodeOf, type FailureCode, type FailureDetails } from '../errors.ts'
import type { Facts, Outcome, ResultDocument, Verdict } from './document.ts'

/** How a command ended: with a verdict, or by what it threw. */
export type Ending = { readonly kind: 'verdict'; readonly verdict: Verdict } | { readonly kind: 'error'; readonly error: DeployError }

/** Codes with which nothing was started, because something did not allow it. */
const REFUSALS: readonly FailureCode[] = ['CONFIG', 'STALE', 'LOCK', 'HOSTKEY', 'BACKUP']

/** The one document that outputs, `--json` and the summary are made of. */
export const resultDocument = (command: string, facts: Facts, ending: Ending, reportPath: string | null): ResultDocument => ({
  command,
  ...(ending.kind === 'verdict' ? ofVerdict(ending.verdict) : ofError(ending.error)),
  environment: facts.environment,
  release: facts.release,
  previousRelease: facts.previousRelease,
  serving: facts.serving,
  images: facts.images,
  steps: facts.steps,
  reportPath,
  url: facts.url,
  ...(facts.checks === undefined ? {} : { checks: facts.checks }),
  ...(facts.findings === undefined ? {} : { findings: facts.findings }),
  ...(facts.matrix === undefined ? {} : { matrix: facts.matrix }),
  ...(facts.drift === undefined ? {} : { drift: facts.drift }),
  ...(facts.kept === undefined ? {} : { kept: facts.kept }),
})

type Told = Pick<ResultDocument, 'outcome' | 'failureCode' | 'message' | 'hint' | 'places'>

const ofVerdict = ({ outcome, message, hint, failureCode }: Verdict): Told => ({
  outcome,
  failureCode: failureCode ?? null,
  // the code is the first word of every failure, however it came about
  message: failureCode === undefined || message.startsWith(`${failureCode}: `) ? message : `${failureCode}: ${message}`,
  hint: hint ?? null,
  places: [],
})

const ofError = ({ code, message, details }: DeployError): Told => ({
  outcome: details.refused === true ? 'refused' : outcomeOf(code),
  failureCode: code,
  message,
  hint: details.hint ?? editHint(details),
  places: details.places ?? [],
})

/** What is known of a failure beyond its sentence, however it came about. */
export const detailsOf = (ending: Ending): FailureDetails =>
  ending.kind === 'error' ? ending.error.details : (ending.verdict.details ?? {})

/** What is wrong at a place in a file is mended there. */
const editHint = ({ places = [] }: FailureDetails): string | null => {
  const where = [...new Set(places.map(({ file, line }) => `${file}:${line}`))].slice(0, 5)
  return where.length === 0 ? null : `by hand: edit ${where.join(', ')}, then run the same command again`
}

const outcomeOf = (code: FailureCode): Outcome => {
  if (code === 'UNKNOWN') return 'unknown'
  return REFUSALS.includes(code) ? 'refused' : 'failed'
}

/** Of the command line; an action can only end with 0 or 1. */
export const exitCode = ({ failureCode }: ResultDocument): number => (failureCode === null ? 0 : exitCodeOf(failureCode))
