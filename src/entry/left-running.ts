import { DeployError } from '../errors.ts'
import type { Observed } from '../plan/observed.ts'
import type { Context } from './context.ts'

/**
 * Migrations and seeds run under the lock, so one that runs now was left by an operation that died: the lock fences
 * processes, not containers. Nothing else may touch that data before it has ended. @throws DeployError LOCK
 */
export const refuseBesideLeft = (context: Context, { containers, current }: Observed): void => {
  const left = containers.filter(({ oneOff, operation, state }) => oneOff && operation !== '' && state === 'running')
  if (left.length === 0) return
  const { host } = context.environment().config
  const names = left.map(({ name }) => name).join(' ')
  throw new DeployError(
    'LOCK',
    `${left.map(({ name, operation, started }) => `${name} of operation ${operation} still runs on ${host}, since ${started}`).join('; ')}; that operation is dead, and nothing was touched now`,
    {
      hint: `on ${host}: docker logs --tail 20 ${left[0]?.name ?? ''}; wait for it with docker wait ${names}, or end it with docker rm --force ${names}; then run this again`,
      ...(current === null ? {} : { serving: `release ${current}` }),
    },
  )
}
