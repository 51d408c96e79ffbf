import { DeployError } from '../errors.ts'
import { runHooks } from '../pipeline/hooks.ts'
import type { Verdict } from '../report/document.ts'
import type { Context } from './context.ts'

/** Hooks of the runner after the release was committed: one that fails or is cancelled undoes nothing any more, which is said. */
export const afterDeploy = async (context: Context, verdict: Verdict): Promise<Verdict> => {
  try {
    await runHooks(context, 'afterDeploy', 'CONFIG')
    return verdict
  } catch (error) {
    if (!(error instanceof DeployError) || (error.code !== 'CONFIG' && error.code !== 'CANCELLED')) throw error
    for (const line of error.details.evidence ?? []) context.ports.log.foreign(line)
    const hint = error.code === 'CANCELLED' ? CANCELLED_HINT : error.details.hint
    return {
      outcome: 'failed',
      failureCode: error.code,
      message: `${error.message}; ${verdict.message} all the same`,
      ...(hint === undefined ? {} : { hint }),
      details: { serving: `release ${context.facts.release ?? ''}` },
    }
  }
}

const CANCELLED_HINT = 'by hand: nothing has to be deployed again; do what the afterDeploy hooks had not done yet'
