import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { untilCancelled } from '../cancelled.ts'
import { childEnvironment } from '../environment.ts'
import { lineKeeper } from '../last-lines.ts'
import { type ComposePlan, type ComposeSurroundings, composeDown, composeRun, composeUp } from './compose.ts'
import { ended, inOrder, PASSED, type PartOutcome } from './outcome.ts'
import { left, type Running, TEARDOWN_MS, uniqueName } from './running.ts'
import { awaitedDatabases } from './silent-databases.ts'

/** How long a call that was told to stop is waited for; an interrupted run has 7 s for everything. */
const STOP_MS = 2000

/** What runs inside of the environment where it is no service of it; told the network of the services. */
type CommandOutside = (network: string) => Promise<PartOutcome>

/** Runs a stage in a compose test environment of its own, which is gone afterwards, whatever came of it. */
export const inEnvironment = async (
  running: Running,
  { setup, outside }: { readonly setup: () => Promise<PartOutcome>; readonly outside: CommandOutside },
): Promise<PartOutcome> => {
  const folder = await mkdtemp(join(tmpdir(), 'deploy-action-check-'))
  const around = composeSurroundings(running, await composeFiles(running, folder))
  const { up = [], service } = running.stage.compose ?? {}
  try {
    return await inOrder([
      () => (service === undefined ? Promise.resolve(PASSED) : setup()),
      () => (up.length === 0 ? Promise.resolve(PASSED) : compose(running, composeUp(around, up, left(running)), 'services')),
      () =>
        service === undefined
          ? outside(`${around.project}_default`)
          : compose(running, composeRun(around, service, running.stage.run ?? []), 'command'),
    ])
  } finally {
    await tearDown(running, composeDown(around))
    await rm(folder, { recursive: true, force: true })
  }
}

/** The stage's own file, and what has to be added to it. */
const composeFiles = async ({ stage, context }: Running, folder: string): Promise<readonly string[]> => {
  const file = stage.compose?.file ?? ''
  const text = await readFile(join(context.project, file), 'utf8').catch(() => '')
  const addition = awaitedDatabases(text)
  if (addition === null) return [file]
  const added = join(folder, 'awaited-databases.json')
  await writeFile(added, addition)
  return [file, added]
}

const composeSurroundings = (running: Running, files: readonly string[]): ComposeSurroundings => ({
  project: uniqueName(running),
  files,
  directory: running.context.project,
  env: childEnvironment(running.context.ports.env, running.stage.env),
})

/** A call that does not end in time, or is interrupted, is stopped before the teardown: what it still starts would stay. */
const compose = async (running: Running, call: ComposePlan, part: string): Promise<PartOutcome> => {
  const timer = deadlineTimer(running)
  const stop = new AbortController()
  let work: Promise<unknown> = Promise.resolve()
  const start = () => {
    const result = running.runCompose({ ...call, onLine: running.keep, signal: stop.signal })
    work = result.catch(() => {})
    return Promise.race([result, timer.passed])
  }
  try {
    const result = await untilCancelled(running.context.ports, start)
    return 'code' in result ? ended(part, result.code, false) : ended(part, null, true)
  } finally {
    timer.clear()
    stop.abort()
    await Promise.race([work, new Promise((resolve) => setTimeout(resolve, STOP_MS).unref())])
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
  const down = { ...call, onLine: lines.add }
  const late = new Promise<{ readonly code: null }>((resolve) => setTimeout(() => resolve({ code: null }), TEARDOWN_MS).unref())
  const result = await Promise.race([running.runCompose(down), late]).catch(() => ({ code: null }))
  if (result.code === 0) return
  running.context.ports.log.warning(
    `The test environment ${call.project} was not taken down (${lines.lines().join(' ')}): docker compose -p ${call.project} down -v --remove-orphans`,
  )
}
