import { dockerRemove, dockerRun } from '../../commands/docker.ts'
import { commandLine } from '../../commands/quote.ts'
import type { StageConfig } from '../../config/schema.ts'
import type { Context } from '../../entry/context.ts'
import type { Argv } from '../../ports.ts'
import { untilCancelled } from '../cancelled.ts'
import { childEnvironment } from '../environment.ts'
import { lineKeeper } from '../last-lines.ts'
import type { RunCompose } from './compose.ts'
import { inEnvironment } from './compose-environment.ts'
import { ended, inOrder, PASSED, type PartOutcome, type StageOutcome } from './outcome.ts'
import { left, type Running, TEARDOWN_MS, uniqueName } from './running.ts'

const SHOWN_LINES = 40

/** Runs one stage to its end. Whatever it started is gone afterwards: also after a failure, a timeout, an interrupt. */
export const runStage = async (context: Context, stage: StageConfig, runCompose: RunCompose): Promise<StageOutcome> => {
  const kept = lineKeeper(SHOWN_LINES)
  const keep = (line: string): void => {
    kept.add(line)
    context.ports.log.foreign(line)
  }
  const running: Running = { context, stage, runCompose, deadline: context.ports.clock.elapsed() + stage.timeout, keep }
  const outcome = await (stage.compose === undefined
    ? command(running)
    : inEnvironment(running, { setup: () => setup(running), outside: (network) => command(running, network) }))
  return { ...outcome, lastLines: kept.lines() }
}

const setup = (running: Running): Promise<PartOutcome> =>
  running.stage.setup === undefined ? Promise.resolve(PASSED) : onRunner(running, running.stage.setup, 'setup')

/** The setup goes where the command goes: what it installs is for the command. */
const command = (running: Running, network?: string): Promise<PartOutcome> => {
  const { container, setup: before, run = [] } = running.stage
  if (container === undefined) return inOrder([() => setup(running), () => onRunner(running, run, 'command')])
  const inside = before === undefined ? run : ['sh', '-c', `${commandLine(before)} && exec ${commandLine(run)}`]
  return inContainer(running, { image: container, argv: inside, network })
}

const onRunner = async (running: Running, argv: readonly string[], part: string): Promise<PartOutcome> => {
  const { ports, project } = running.context
  const result = await untilCancelled(ports, () =>
    ports.programs.run(argv as [string, ...string[]] satisfies Argv, {
      cwd: project,
      env: childEnvironment(ports.env, running.stage.env),
      timeoutMs: left(running),
      onLine: running.keep,
    }),
  )
  return ended(part, result.code, result.timedOut)
}

/** The client may die by a timeout or an interrupt while its container lives on; so it is removed by name, always. */
const inContainer = async (
  running: Running,
  { image, argv, network }: { readonly image: string; readonly argv: readonly string[]; readonly network: string | undefined },
): Promise<PartOutcome> => {
  const { ports, project } = running.context
  const name = uniqueName(running)
  const run = dockerRun({ name, image, project, network, variables: Object.keys(running.stage.env), command: argv })
  try {
    return await onRunner(running, run, 'command')
  } finally {
    await ports.programs.run(dockerRemove(name), { cwd: project, timeoutMs: TEARDOWN_MS })
  }
}
