import { DeployError } from '../errors.ts'
import type { Observed } from '../plan/observed.ts'
import type { Context } from './context.ts'

/** What is known of a stack that nobody could put right; null where it is whole. */
export const brokenSentence = ({ broken, unfinished }: Observed): string | null => {
  if (broken === null)
    return unfinished.length === 0 ? null : `operation ${unfinished.join(', ')} was left half done and could not be settled`
  const { kind, release, repository, operation, since, sentences } = broken
  const whose = repository === '-' ? '' : ` of ${repository}`
  return `the ${kind} to release ${release}${whose} (operation ${operation}) left the stack broken, since ${since}${sentences.length === 0 ? '' : `: ${sentences.join('; ')}`}`
}

/** No deploy on top of what nobody understands, unless it is meant. @throws DeployError BROKEN */
export const refuseBroken = (context: Context, observed: Observed): void => {
  const sentence = brokenSentence(observed)
  if (sentence === null) return
  if (context.request.fromBroken) {
    context.ports.log.warning(`${sentence}; deploying all the same (--from-broken)`)
    return
  }
  const { config } = context.environment()
  throw new DeployError('BROKEN', `${sentence}; nothing was touched now`, {
    refused: true,
    hint: [
      'deploy-action rollback',
      'by hand: or deploy a version that works: deploy-action deploy --from-broken',
      `by hand: to look first, on the server: docker compose -p ${context.config.project} ps -a; ls ${config.path}/.deploy/operations`,
    ].join('\n'),
    serving: 'what `deploy-action status` shows; a person must look',
  })
}
