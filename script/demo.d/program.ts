import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'

export type Environment = Readonly<Record<string, string | undefined>>

export interface Ran {
  readonly code: number
  readonly stdout: string
  /** Its end. */
  readonly stderr: string
}

interface Run {
  readonly env?: Environment
  readonly cwd?: string
  readonly input?: string
  /** File to which all that it says is added. */
  readonly log?: string
  readonly onLine?: (line: string) => void
}

/** Runs a program to its end, whatever that is. */
export const run = async (argv: readonly string[], { env, cwd, input = '', log, onLine }: Run = {}): Promise<Ran> => {
  const child = spawn(argv[0] ?? '', argv.slice(1), { env: env as NodeJS.ProcessEnv, cwd, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.on('error', () => undefined).end(input)
  if (log !== undefined) keep(child, log, argv)
  const said = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text
  })
  createInterface({ input: child.stderr }).on('line', (line) => {
    said.stderr = `${said.stderr}${line}\n`.slice(-4000)
    onLine?.(line)
  })
  return { code: await ended(child), ...said }
}

/** What a program says that must succeed. */
export const output = async (argv: readonly string[], options: Run = {}): Promise<string> => {
  const { code, stdout, stderr } = await run(argv, options)
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${stderr.trim()}`)
  return stdout.trim()
}

const keep = (child: ChildProcess, log: string, argv: readonly string[]): void => {
  const file = createWriteStream(log, { flags: 'a' })
  file.write(`$ ${argv.join(' ')}\n`)
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (bytes: Buffer | string) => file.write(bytes))
  child.on('close', () => file.end())
}

const ended = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
