import { DeployError, type FailureCode } from '../errors.ts'
import type { Verdict } from '../report/document.ts'
import type { Context } from './context.ts'
import type { Transacted } from './scribe.ts'

/** The last word on a transaction: what serves now, and what to do next. @param done the sentence for success */
export const verdictOf = (context: Context, transacted: Transacted, done: string): Verdict => {
  const { plan, end, failure } = transacted
  context.facts.release = end === 'committed' ? plan.release : plan.previous
  context.facts.previousRelease = end === 'committed' ? plan.previous : context.facts.previousRelease
  if (end === 'committed') return { outcome: 'succeeded', message: done }
  if (end === 'broken') throw broken(context, transacted)
  const { code, sentence } = failure ?? { code: 'BUG' as const, sentence: 'the program on the server ended without saying why' }
  const hint = hintFor(code, context, plan)
  const before = servedBefore(plan)
  const details = { evidence: transacted.evidence, hint, serving: before ?? 'nothing' }
  if (end === 'aborted') {
    const state = before === null ? 'nothing served before, and nothing does now' : `nothing that serves was touched, ${before} serves`
    throw new DeployError(code, `${sentence}; ${state}`, details)
  }
  if (before === null) {
    const stopped = transacted.stopped.join(', ') || 'the new containers'
    throw new DeployError(
      code,
      `${sentence}; there was no release to go back to, so ${stopped} ${transacted.stopped.length === 1 ? 'was' : 'were'} stopped`,
      details,
    )
  }
  return {
    outcome: 'rolled-back',
    failureCode: code,
    message: `${code}: ${sentence}; rolled back, ${before} serves${schemaAhead(context, transacted)}`,
    hint,
    details: { evidence: details.evidence, serving: before },
  }
}

/** Services go back, data does not: what serves again meets the newer schema. */
const schemaAhead = ({ config }: Context, { plan, schema }: Transacted): string => {
  if (schema?.back) return `; the schema was taken back to revision ${schema.back}`
  return plan.kind !== 'deploy' || schema === undefined || schema.after === '' || schema.after === schema.before
    ? ''
    : `; the schema stays at revision ${schema.after}${config.migrate?.compatible === true ? ', which is declared compatible' : ', which nobody declared compatible with it'}`
}

/** What a failed plan leaves or brings back; null where nothing served. A first deploy may find a stack that was started by hand. */
const servedBefore = ({ previous, steps }: Transacted['plan']): string | null => {
  if (previous !== null) return `release ${previous}`
  const switched = steps.flatMap((step) => (step.kind === 'switch' ? step.services : []))
  const byHand = switched.filter(({ old }) => old.length > 0).map(({ service }) => service)
  return byHand.length === 0 ? null : `what ran before the first release (${byHand.join(', ')})`
}

const broken = (context: Context, { plan, failure, evidence }: Transacted): DeployError => {
  const sentence = failure?.sentence ?? 'the program on the server ended without saying why'
  const what =
    plan.kind === 'rollback'
      ? `the rollback, release ${plan.release}, failed and is not rolled back: ${sentence}`
      : `${sentence}; going back to release ${plan.previous ?? 'none'} failed too`
  return new DeployError('BROKEN', what, {
    evidence,
    hint: `by hand: look at it on the server: docker compose -p ${context.config.project} ps -a; docker logs NAME\nby hand: mend what keeps it from being healthy, then deploy-action rollback, or a version that works: deploy-action deploy --from-broken; until one of them succeeds, status says BROKEN and deploys are refused`,
    serving: 'what `deploy-action status` shows; a person must look',
  })
}

const HINTS: Partial<Record<FailureCode, string>> = {
  BACKUP: 'by hand: nothing was migrated; see what the database says (on the server: docker compose logs), mend it and deploy again',
  MIGRATE: 'by hand: mend the migration and deploy again; it starts from the revision that the database is at now',
  SEED: 'by hand: the data that the seed wrote is still there: make the seed safe to run again, then deploy again',
  PULL: 'by hand: check that the image is in the registry and that the registry password may read it',
  CANCELLED: 'by hand: run it again',
}

const hintFor = (code: FailureCode, context: Context, { kind }: Transacted['plan']): string =>
  (kind === 'restore' && code === 'BACKUP' ? 'by hand: take another backup; deploy-action restore lists them' : HINTS[code]) ??
  (code === 'HEALTH' || code === 'SMOKE'
    ? `by hand: mend it and deploy again; the last lines of its log were seen here, all of it is on the server: ls ${context.environment().config.path}/.deploy/operations`
    : 'deploy-action status')
