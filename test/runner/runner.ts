import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandFiles } from './command-files.ts'
import { JobLog } from './job-log.ts'
import { Masks } from './masks.ts'

/**
 * Runs one JavaScript action step as GitHub's runner does (read from actions/runner, August 2026): environment,
 * inputs, command files, both command syntaxes, masks, and the signals of a cancellation, which go to the main
 * process only. Problem matchers and the display of the log are not emulated.
 */
export interface Step {
  readonly main: string
  /** The checked-out repository. */
  readonly workspace: string
  readonly inputs?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  /** Secrets that the job uses: the runner masks them before the step starts. */
  readonly secrets?: readonly string[]
  /** Called with the id of the process; may cancel the run, then or later. */
  readonly onStart?: (pid: number, cancel: () => void) => void
  /** Called for each line as people see it; may cancel the run. */
  readonly onLine?: (line: string, cancel: () => void) => void
}

export interface StepResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly failed: boolean
  readonly log: string
  readonly annotations: JobLog['annotations']
  readonly commands: JobLog['commands']
  readonly outputs: Readonly<Record<string, string>>
  readonly summary: string | null
  /** What was sent to end it, in order. */
  readonly signals: readonly NodeJS.Signals[]
  /** Everything the step wrote, before masking. */
  readonly raw: string
}

const TO_SIGTERM_MS = 7500
const TO_SIGKILL_MS = 2500

export const runStep = async (step: Step): Promise<StepResult> => {
  const files = commandFiles()
  const masks = new Masks()
  for (const secret of step.secrets ?? []) masks.add(secret)
  const log = new JobLog(masks)
  const raw: string[] = []
  try {
    const child = spawn(process.execPath, [step.main], {
      cwd: step.workspace,
      env: { ...jobEnvironment(step, files.folder), ...files.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const cancellation = cancelling(child)
    step.onStart?.(child.pid ?? 0, cancellation.start)
    const read = Promise.all(
      [child.stdout, child.stderr].map((stream) =>
        eachLine(stream, (line) => {
          raw.push(line)
          const before = log.lines.length
          log.line(line)
          for (const shown of log.lines.slice(before)) step.onLine?.(shown, cancellation.start)
        }),
      ),
    )
    const { code, signal } = await ended(child)
    cancellation.end()
    await read
    const summary = files.summary()
    return {
      code,
      signal,
      failed: log.failed || code !== 0,
      log: log.lines.join('\n'),
      annotations: log.annotations,
      commands: log.commands,
      outputs: files.read('GITHUB_OUTPUT'),
      summary: summary === null ? null : masks.apply(summary),
      signals: cancellation.sent,
      raw: raw.join('\n'),
    }
  } finally {
    files.remove()
  }
}

const jobEnvironment = (step: Step, folder: string): NodeJS.ProcessEnv => {
  const event = join(folder, 'event.json')
  writeFileSync(event, '{}')
  for (const name of ['temp', 'tools']) mkdirSync(join(folder, name))
  return {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    LANG: 'C.UTF-8',
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: '__self',
    GITHUB_ACTOR: 'octocat',
    GITHUB_API_URL: 'http://127.0.0.1:9',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_EVENT_PATH: event,
    GITHUB_REPOSITORY: 'Acme/Shop',
    GITHUB_REPOSITORY_OWNER: 'Acme',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_REF_NAME: 'main',
    GITHUB_REF_TYPE: 'branch',
    GITHUB_RUN_ID: '1',
    GITHUB_RUN_NUMBER: '1',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_JOB: 'deploy',
    GITHUB_WORKFLOW: 'deploy',
    GITHUB_WORKSPACE: step.workspace,
    RUNNER_OS: 'Linux',
    RUNNER_ARCH: 'X64',
    RUNNER_NAME: 'here',
    RUNNER_TEMP: join(folder, 'temp'),
    RUNNER_TOOL_CACHE: join(folder, 'tools'),
    RUNNER_TRACKING_ID: `github_${randomUUID()}`,
    ...step.env,
    ...Object.fromEntries(
      Object.entries(step.inputs ?? {}).map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]),
    ),
  }
}

/** SIGINT, SIGTERM 7.5 s later, SIGKILL 2.5 s after that. */
const cancelling = (child: ChildProcess): { readonly start: () => void; readonly end: () => void; readonly sent: NodeJS.Signals[] } => {
  const sent: NodeJS.Signals[] = []
  let timer: NodeJS.Timeout | undefined
  const send = (signal: NodeJS.Signals, afterMs: number, next?: () => void): void => {
    timer = setTimeout(() => {
      sent.push(signal)
      child.kill(signal)
      next?.()
    }, afterMs)
  }
  return {
    sent,
    start: () => {
      if (timer === undefined) send('SIGINT', 0, () => send('SIGTERM', TO_SIGTERM_MS, () => send('SIGKILL', TO_SIGKILL_MS)))
    },
    end: () => clearTimeout(timer),
  }
}

const eachLine = (stream: NodeJS.ReadableStream, onLine: (line: string) => void): Promise<void> =>
  new Promise((resolve) => {
    let rest = ''
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) onLine(line.replace(/\r$/, ''))
    })
    stream.on('end', () => {
      if (rest !== '') onLine(rest)
      resolve()
    })
  })

const ended = (child: ChildProcess): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> =>
  new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve({ code, signal }))
  })
