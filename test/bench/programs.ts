/** Child processes as they are measured: from outside, start to end. */
import { spawn } from 'node:child_process'

export interface ProgramOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  readonly input?: string
}

export interface ProgramResult {
  readonly milliseconds: number
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export const timed = (argv: readonly string[], { cwd, env = process.env, input }: ProgramOptions = {}): Promise<ProgramResult> =>
  new Promise((resolve, reject) => {
    const [program = '', ...args] = argv
    const output = { stdout: '', stderr: '' }
    const started = performance.now()
    const child = spawn(program, args, { cwd, env, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] })
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream]?.setEncoding('utf8').on('data', (text: string) => {
        output[stream] += text
      })
    child.on('error', reject)
    child.on('close', (code) => resolve({ milliseconds: performance.now() - started, code, ...output }))
    child.stdin?.end(input)
  })

/** @throws where it fails: a turn that failed measures nothing */
export const succeeded = async (argv: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> => {
  const result = await timed(argv, options)
  if (result.code === 0) return result
  const said = `${result.stdout.slice(-4000)}\n${result.stderr.slice(-4000)}`.trim()
  throw new Error(
    `exit code ${result.code} of ${argv
      .map((word) => word.split('\n')[0]?.slice(0, 60))
      .join(' ')
      .slice(0, 300)}\n${said}`,
  )
}
