import { DeployError } from '../errors.ts'
import type { Command, CommandName, Context, Ended } from './context.ts'

/** A command that whoever follows the run sees begin and end. */
export const asStage =
  (name: CommandName, command: Command): Command =>
  async (context) => {
    context.following?.begins(name, context)
    const ends = (ended: Ended): void => context.following?.ends(name, context, ended)
    try {
      const verdict = await command(context)
      ends({ failureCode: verdict.failureCode ?? null, message: verdict.message })
      return verdict
    } catch (error) {
      ends(endedBy(context, error))
      throw error
    }
  }

const endedBy = ({ ports }: Context, error: unknown): Ended => {
  if (error instanceof DeployError) return { failureCode: error.code, message: error.message }
  // programs that were stopped fail in all sorts of ways
  return ports.cancellation.signal.aborted
    ? { failureCode: 'CANCELLED', message: 'CANCELLED: the run was cancelled' }
    : { failureCode: 'BUG', message: 'BUG: an unexpected error' }
}
