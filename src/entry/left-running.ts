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
      hint: `by hand: look whether it still works: docker logs --tail 20 ${left[0]?.name ?? ''}\non the server: docker wait ${names}\nby hand: or end it: docker rm --force ${names}`,
      ...(current === null ? {} : { serving: `release ${current}` }),
    },
  )
}
