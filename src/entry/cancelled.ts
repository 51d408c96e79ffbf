import { DeployError } from '../errors.ts'
import type { Cancellation } from '../ports.ts'

/**
 * What a command on this machine threw, seen in the light of a cancellation: its programs were stopped, and fail in
 * all sorts of ways. Commands on a server are not asked here; they know better what happened.
 */
export const inLightOf = ({ signal }: Cancellation, thrown: unknown): unknown => {
  if (!signal.aborted || (thrown instanceof DeployError && thrown.code === 'CANCELLED')) return thrown
  return new DeployError('CANCELLED', `the run was cancelled by ${String(signal.reason)}`, {
    cause: thrown,
    hint: 'by hand: run the same command again',
  })
}
