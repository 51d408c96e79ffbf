/** Programs of the machine without waiting for one before the next begins: two deploys at once need that. */
import { type ChildProcess, spawn } from 'node:child_process'

export interface Ended {
  /** null where a signal ended it. */
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Running {
  readonly process: ChildProcess
  readonly ended: Promise<Ended>
  /** Everything on standard error so far. */
  err(): string
}

export interface Options {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  readonly input?: string
}

export const start = (
  [program, ...args]: readonly [string, ...string[]],
  { cwd, env = process.env, input = '' }: Options = {},
): Running => {
  const child = spawn(program, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] })
  const text = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text.out += part))
  child.stderr.setEncoding('utf8').on('data', (part: string) => (text.err += part))
  // a program that ends without reading is no error of ours
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...text }))
  })
  return { process: child, ended, err: () => text.err }
}

export const run = (argv: readonly [string, ...string[]], options: Options = {}): Promise<Ended> => start(argv, options).ended

/** The output of a program that must succeed. */
export const output = async (argv: readonly [string, ...string[]], options: Options = {}): Promise<string> => {
  const { code, out, err } = await run(argv, options)
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}:\n${out}${err}`)
  return out.trim()
}

export const given = (name: string): string => {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set. Next: script/sandbox up && eval "$(script/sandbox env)"`)
  return value
}

/** Asks until the answer passes; what was last seen is what a failure shows. */
export const until = async <T>(what: string, ask: () => Promise<T>, passes: (answer: T) => boolean, seconds = 60): Promise<T> => {
  const deadline = performance.now() + seconds * 1000
  for (;;) {
    const answer = await ask()
    if (passes(answer)) return answer
    if (performance.now() > deadline) throw new Error(`${what} did not come true in ${seconds} s; last seen: ${JSON.stringify(answer)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
