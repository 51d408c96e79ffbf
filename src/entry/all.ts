import { DeployError } from '../errors.ts'
import type { Facts, Verdict } from '../report/document.ts'
import { inLightOf } from './cancelled.ts'
import { COMMAND_FILES } from './commands.ts'
import type { Command, Context } from './context.ts'
import { asStage } from './stages.ts'
import { stepRecorder } from './steps.ts'

const LOCAL = ['check', 'build', 'scan', 'publish'] as const

/** From a commit to a healthy stack: the first command that fails ends it. */
export const run: Command = (context) =>
  along([...LOCAL.map((name) => asStage(name, local(name))), asStage('deploy', named('deploy'))], context)

const named =
  (name: keyof typeof COMMAND_FILES): Command =>
  async (context) =>
    (await COMMAND_FILES[name]()).run(context)

const local =
  (name: keyof typeof COMMAND_FILES): Command =>
  async (context) => {
    try {
      return await named(name)(context)
    } catch (thrown) {
      throw inLightOf(context.ports.cancellation, thrown)
    }
  }

/** One command after the other, as one: their steps together, the verdict of the last. */
export const along = async (commands: readonly Command[], context: Context): Promise<Verdict> => {
  let verdict: Verdict = { outcome: 'unchanged', message: 'nothing to do' }
  for (const command of commands) {
    if (context.ports.cancellation.signal.aborted)
      throw new DeployError('CANCELLED', 'the run was cancelled between two commands', { hint: 'by hand: run the same command again' })
    verdict = await within(context, command)
    if (verdict.failureCode !== undefined) return verdict
  }
  return verdict
}

/** A command with facts of its own, which are added to those of the road, also when it throws. */
const within = async (context: Context, command: Command): Promise<Verdict> => {
  const before = context.facts.steps
  const facts: Facts = { ...context.facts, steps: [] }
  try {
    return await command({ ...context, facts, step: stepRecorder(context.ports, facts) })
  } finally {
    Object.assign(context.facts, facts, { steps: [...before, ...facts.steps] })
  }
}
