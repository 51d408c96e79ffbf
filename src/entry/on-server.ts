import { connectRemote } from '../adapters/ssh.ts'
import { answers, type Question } from '../transaction/asked/asked.ts'
import type { Context } from './context.ts'
import { remoteTarget } from './server.ts'

/** Asks the server one thing over a connection of its own. @throws DeployError where it cannot be asked */
export const asked = async (context: Context, question: Question): Promise<readonly string[]> => {
  const { log, clock } = context.ports
  const target = remoteTarget(context)
  const remote = await connectRemote(log, clock)(target)
  try {
    return await answers(remote, question, { target, directory: context.environment().config.path }, clock)
  } finally {
    remote.close()
  }
}
