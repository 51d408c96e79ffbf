import { dockerRemove, dockerRun } from '../../commands/docker.ts'
import { commandLine } from '../../commands/quote.ts'
import type { StageConfig } from '../../config/schema.ts'
import type { Context } from '../../entry/context.ts'
import { DeployError } from '../../errors.ts'
import type { Argv } from '../../ports.ts'
import { untilCancelled } from '../cancelled.ts'
import { childEnvironment } from '../environment.ts'
import { lineKeeper } from '../last-lines.ts'
import { type ComposePlan, type ComposeSurroundings, composeDown, composeRun, composeUp, type RunCompose } from './compose.ts'

/** How one stage went. */
export interface StageOutcome {
  readonly result: 'passed' | 'failed' | 'timed out'
  readonly code: number | null
  /** What was running when it failed: "setup", "services", "command". */
  readonly part: string
  readonly lastLines: readonly string[]
}

const SHOWN_LINES = 40
/** The teardown has a deadline of its own: an engine that hangs must not hang us. */
const TEARDOWN_MS = 60_000

interface Running {
  readonly context: Context
  readonly stage: StageConfig
  readonly runCompose: RunCompose
  readonly deadline: number
  readonly keep: (line: string) => void
}

/** Runs one stage to its end. Whatever it started is gone afterwards: also after a failure, a timeout, an interrupt. */
export const runStage = async (context: Context, stage: StageConfig, runCompose: RunCompose): Promise<StageOutcome> => {
  const kept = lineKeeper(SHOWN_LINES)
  const keep = (line: string): void => {
    kept.add(line)
    context.ports.log.foreign(line)
  }
  const running: Running = { context, stage, runCompose, deadline: context.ports.clock.elapsed() + stage.timeout, keep }
  const outcome = await (stage.compose === undefined ? command(running) : inEnvironment(running))
  return { ...outcome, lastLines: kept.lines() }
}

type PartOutcome = Omit<StageOutcome, 'lastLines'>

const inOrder = async (parts: readonly (() => Promise<PartOutcome>)[]): Promise<PartOutcome> => {
  let outcome: PartOutcome = { result: 'passed', code: 0, part: 'command' }
  for (const part of parts) {
    outcome = await part()
    if (outcome.result !== 'passed') return outcome
  }
  return outcome
}

const setup = (running: Running): Promise<PartOutcome> =>
  running.stage.setup === undefined
    ? Promise.resolve({ result: 'passed', code: 0, part: 'setup' })
    : onRunner(running, running.stage.setup, 'setup')

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

const inEnvironment = async (running: Running): Promise<PartOutcome> => {
  const around = composeSurroundings(running)
  const { up = [], service } = running.stage.compose ?? {}
  try {
    return await inOrder([
      () => (service === undefined ? Promise.resolve({ result: 'passed', code: 0, part: 'setup' }) : setup(running)),
      () =>
        up.length === 0
          ? Promise.resolve({ result: 'passed', code: 0, part: 'services' })
          : compose(running, composeUp(around, up, left(running)), 'services'),
      () =>
        service === undefined
          ? command(running, `${around.project}_default`)
          : compose(running, composeRun(around, service, running.stage.run ?? []), 'command'),
    ])
  } finally {
    await tearDown(running, composeDown(around))
  }
}

const composeSurroundings = (running: Running): ComposeSurroundings => ({
  project: uniqueName(running),
  file: running.stage.compose?.file ?? '',
  directory: running.context.project,
  env: childEnvironment(running.context.ports.env, running.stage.env),
})

/** The package gives no hold of its child: when time is up, the teardown takes the containers from under it. */
const compose = async (running: Running, call: ComposePlan, part: string): Promise<PartOutcome> => {
  const timer = deadlineTimer(running)
  const output = lineSplitter(running.keep)
  try {
    const work = () => running.runCompose({ ...call, onText: output.add })
    const result = await untilCancelled(running.context.ports, () => Promise.race([work(), timer.passed]))
    return 'code' in result ? ended(part, result.code, false) : ended(part, null, true)
  } finally {
    timer.clear()
    output.end()
  }
}

const deadlineTimer = (running: Running): { readonly passed: Promise<{ readonly late: true }>; readonly clear: () => void } => {
  let timer: NodeJS.Timeout | undefined
  const passed = new Promise<{ readonly late: true }>((resolve) => {
    timer = setTimeout(() => resolve({ late: true }), left(running))
  })
  return { passed, clear: () => clearTimeout(timer) }
}

const tearDown = async (running: Running, call: ComposePlan): Promise<void> => {
  const lines = lineKeeper(5)
  const output = lineSplitter(lines.add)
  const down = { ...call, onText: output.add }
  const late = new Promise<{ readonly code: null }>((resolve) => setTimeout(() => resolve({ code: null }), TEARDOWN_MS).unref())
  const result = await Promise.race([running.runCompose(down), late]).catch(() => ({ code: null }))
  if (result.code === 0) return
  output.end()
  running.context.ports.log.warning(
    `The test environment ${call.project} was not taken down (${lines.lines().join(' ')}): docker compose -p ${call.project} down -v --remove-orphans`,
  )
}

const ended = (part: string, code: number | null, timedOut: boolean): PartOutcome => {
  if (timedOut) return { result: 'timed out', code, part }
  return { result: code === 0 ? 'passed' : 'failed', code, part }
}

const left = (running: Running): number => Math.max(1, running.deadline - running.context.ports.clock.elapsed())

/** Two runs on one machine, also of one stage, never meet. */
const uniqueName = ({ context, stage }: Running): string =>
  `${context.config.project}-${stage.name}-${process.pid}-${context.ports.clock.now().getTime().toString(36)}`
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '-')

const lineSplitter = (onLine: (line: string) => void): { readonly add: (text: string) => void; readonly end: () => void } => {
  let rest = ''
  return {
    add: (text) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) onLine(line.replace(/\r$/, ''))
    },
    end: () => {
      if (rest !== '') onLine(rest)
    },
  }
}

/** The command that a stage amounts to, for people. */
export const describeStage = (stage: StageConfig): string => {
  const run = stage.run?.[0] === 'sh' && stage.run[1] === '-c' ? stage.run[2] : stage.run?.join(' ')
  if (stage.compose?.service !== undefined) return `service ${stage.compose.service} of ${stage.compose.file}`
  if (stage.compose !== undefined) return `${run} with ${stage.compose.up.join(', ')} of ${stage.compose.file}`
  return stage.container === undefined ? `${run}` : `${run} in ${stage.container}`
}

export const stageError = (stage: StageConfig, outcome: StageOutcome): DeployError => {
  const how = outcome.result === 'timed out' ? `was not done after ${stage.timeout / 1000} s` : `ended with ${outcome.code ?? 'a signal'}`
  const part = outcome.part === 'command' ? '' : ` (its ${outcome.part})`
  return new DeployError('CHECK', `stage ${stage.name}${part} ${how}`, {
    evidence: outcome.lastLines,
    hint: `Repeat it: ${describeStage(stage)}`,
  })
}
