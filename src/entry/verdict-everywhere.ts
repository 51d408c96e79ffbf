import { DeployError, type FailureCode } from '../errors.ts'
import type { Verdict } from '../report/document.ts'
import type { Context } from './context.ts'
import type { EverywhereEnd, HostEnd } from './everywhere.ts'

/** The last word on several servers: one code, and for each server what serves there now. */
export const verdictEverywhere = (context: Context, { ends, culprit }: EverywhereEnd): Verdict => {
  const release = ends.find(({ transacted }) => transacted !== null)?.transacted?.plan.release ?? ''
  const committed = ends.filter(({ transacted }) => transacted?.end === 'committed')
  context.facts.release = committed.length === ends.length ? release : (ends[0]?.before ?? null)
  if (committed.length === ends.length) {
    context.facts.previousRelease = ends[0]?.before ?? null
    return { outcome: 'succeeded', message: `release ${release} serves on ${ends.map(({ host }) => host.host).join(', ')}` }
  }
  const failure = failureOf(ends, culprit)
  const states = ends.map((end) => `${end.host.host}: ${stateOf(end)}`).join('; ')
  const sentence = `${failure.sentence}; ${states}`
  const details = {
    evidence: evidenceOf(ends),
    hint: hintOf(failure.code, ends),
    serving: states,
    ...(failure.refused ? { refused: true } : {}),
  }
  const isBack = ends.some(({ transacted }) => transacted?.end === 'rolled-back') && failure.code !== 'BROKEN' && failure.code !== 'UNKNOWN'
  if (!isBack || committed.length > 0) throw new DeployError(failure.code, sentence, details)
  return { outcome: 'rolled-back', failureCode: failure.code, message: `${failure.code}: ${sentence}`, hint: details.hint, details }
}

interface Failure {
  readonly code: FailureCode
  readonly sentence: string
  readonly refused: boolean
}

/** What is worst decides the code; the sentence is of the server that could not go on first. */
const failureOf = (ends: readonly HostEnd[], culprit: string | null): Failure => {
  const first = ends.find(({ host }) => host.host === culprit) ?? ends.find(({ error }) => error !== null) ?? ends[0]
  const { code, sentence, refused } = own(first)
  if (ends.some(({ transacted }) => transacted?.end === 'broken')) return { code: 'BROKEN', sentence, refused: false }
  // what stands on a server that had begun and is not reached any more is not known
  if (ends.some(({ error, standing }) => error !== null && standing !== 'preparing'))
    return { code: code === 'CANCELLED' ? code : 'UNKNOWN', sentence, refused: false }
  return { code, sentence, refused }
}

const own = (end: HostEnd | undefined): Failure => {
  const host = end?.host.host ?? ''
  if (end?.error instanceof DeployError)
    return {
      code: end.error.code,
      sentence: `${host}: ${end.error.message.replace(/^[A-Z]+: /, '')}`,
      refused: end.error.details.refused === true,
    }
  if (end !== undefined && end.error !== null) throw end.error
  const failure = end?.transacted?.failure
  if (failure == null) return { code: 'BUG', sentence: `${host}: the program on the server ended without saying why`, refused: false }
  return { code: failure.code, sentence: `${host}: ${failure.sentence}`, refused: false }
}

/** What serves there now, as far as it is known. */
const stateOf = ({ transacted, standing, before, error }: HostEnd): string => {
  const old =
    before === undefined ? 'what serves there was not looked at' : before === null ? 'nothing served before' : `release ${before} serves`
  if (transacted !== null) {
    const { end, plan } = transacted
    if (end === 'committed') return `release ${plan.release} serves`
    if (end === 'broken') return 'BROKEN, going back failed; a person must look'
    return end === 'rolled-back' ? `rolled back, ${old}` : `nothing that serves was touched, ${old}`
  }
  if (error === null || standing === 'preparing') return `nothing was touched, ${old}`
  if (standing === 'prepared') return `not reached any more; it was not told to switch and ends by itself, ${old}`
  if (standing === 'committing') return 'not reached any more; whether the word to commit arrived is not known'
  return `not reached any more; it goes back by itself within two minutes, then ${old}`
}

/** What stopped one stopped all: it is told once. */
const evidenceOf = (ends: readonly HostEnd[]): readonly string[] => {
  const told = new Set<unknown>()
  return ends.flatMap(({ host, transacted, error }) => {
    const isNew = error instanceof DeployError && !told.has(error)
    told.add(error)
    const own = (transacted?.evidence ?? []).map((line) => `${host.host} | ${line}`)
    return isNew ? [...own, ...(error.details.evidence ?? [])] : own
  })
}

const hintOf = (code: FailureCode, ends: readonly HostEnd[]): string => {
  const told = ends.flatMap(({ error }) => (error instanceof DeployError ? (error.details.hint ?? []) : []))
  if (code === 'BROKEN')
    return 'by hand: look at that server; then deploy-action rollback, or deploy a version that works with --from-broken'
  return told[0] ?? 'deploy-action status'
}
