import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { DeployError } from '../errors.ts'
import type { Argv, Programs, RunOptions, RunResult } from '../ports.ts'
import { lineReader, Tail } from './output.ts'
import { processGroup } from './process-group.ts'

/** What is kept of each stream; programs whose whole output matters write it to a file. */
const KEPT_BYTES = 4 * 1024 * 1024
/** Children of a program may hold its pipes after it has ended; nobody waits for them longer than this. */
const PIPES_AFTER_EXIT_MS = 1000

/**
 * Programs on this machine, each in a process group of its own so that it can be stopped with all that it started.
 * @param cancelled stops what runs at that moment; what is started later, such as a teardown, runs
 */
export const systemPrograms = (cancelled?: AbortSignal): Programs => ({
  run: (argv, options = {}) => run(argv, options, cancelled),
})

const run = (argv: Argv, options: RunOptions, cancelled: AbortSignal | undefined): Promise<RunResult> =>
  new Promise((resolve, reject) => {
    const started = performance.now()
    const [file, ...args] = argv
    const child = spawn(file, args, { cwd: options.cwd, env: options.env ?? process.env, detached: true })
    const output = readOutput(child, options)
    const deadline = stopInTime(child, options.timeoutMs, cancelled)
    child.on('error', (cause) => {
      deadline.ended()
      reject(cannotStart(file, options.cwd, cause))
    })
    child.on('exit', () => setTimeout(() => letGo(child), PIPES_AFTER_EXIT_MS).unref())
    child.on('close', (code, signal) => {
      const timedOut = deadline.ended()
      resolve({ code, signal, timedOut, ...output(), durationMs: performance.now() - started })
    })
    // a program that ends before it has read everything is no error of ours: its exit code tells
    child.stdin.on('error', () => {})
    child.stdin.end(options.input)
  })

type Output = Pick<RunResult, 'stdout' | 'stderr'>

/** Passes lines on as they come, and yields what is kept of them. */
const readOutput = (child: ChildProcessWithoutNullStreams, { onLine }: RunOptions): (() => Output) => {
  const kept = { stdout: new Tail(KEPT_BYTES), stderr: new Tail(KEPT_BYTES) }
  for (const stream of ['stdout', 'stderr'] as const) {
    const lines = onLine && lineReader((line) => onLine(line, stream))
    child[stream].on('data', (chunk: Buffer) => {
      kept[stream].push(chunk)
      lines?.add(chunk)
    })
    child[stream].on('close', () => lines?.end())
  }
  return () => ({ stdout: kept.stdout.text(), stderr: kept.stderr.text() })
}

/** Stops the program at its deadline, or when the run is cancelled; `ended` tells whether it was the deadline. */
const stopInTime = (
  child: ChildProcessWithoutNullStreams,
  timeoutMs: number | undefined,
  cancelled: AbortSignal | undefined,
): { readonly ended: () => boolean } => {
  const group = processGroup(child)
  let timedOut = false
  const expire = (): void => {
    timedOut = true
    group.stop()
  }
  const timer = timeoutMs === undefined ? undefined : setTimeout(expire, timeoutMs)
  // only what runs when the run is cancelled: a listener on a signal that fired before is never called
  cancelled?.addEventListener('abort', group.stop)
  return {
    ended: () => {
      clearTimeout(timer)
      cancelled?.removeEventListener('abort', group.stop)
      group.ended()
      return timedOut
    },
  }
}

const letGo = (child: ChildProcessWithoutNullStreams): void => {
  child.stdout.destroy()
  child.stderr.destroy()
}

const cannotStart = (file: string, cwd: string | undefined, cause: NodeJS.ErrnoException): DeployError => {
  if (cwd !== undefined && !existsSync(cwd)) {
    return new DeployError('CONFIG', `the folder ${cwd}, in which ${file} was to run, does not exist`, { cause, hint: `mkdir -p ${cwd}` })
  }
  const missing = cause.code === 'ENOENT'
  const reason = missing ? 'is not installed, or not in PATH' : `could not be started (${cause.message})`
  return new DeployError('CONFIG', `${file} ${reason}`, { cause, hint: missing ? `install ${file}` : undefined })
}
