import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { dist } from './dist.ts'

export interface CommandLineResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CommandLineOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  readonly node?: string
  /** Sent once, when a line of standard error is this text. */
  readonly signalAt?: { readonly text: string; readonly signal: NodeJS.Signals }
}

const cli = join(dist, 'cli.js')

/** Runs the bundled command line, as somebody without any variable of ours would. */
export const runCli = (
  args: readonly string[],
  { cwd, env = {}, node = process.execPath, signalAt }: CommandLineOptions,
): Promise<CommandLineResult> =>
  new Promise((resolve, reject) => {
    const clean = { PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'C.UTF-8' }
    const child = spawn(node, [cli, ...args], { cwd, env: { ...clean, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    let signalled = false
    const output = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8')
      child[stream].on('data', (text: string) => {
        output[stream] += text
        // the group of a stage names its command, too: only the line of its output counts
        if (!signalled && signalAt !== undefined && output.stderr.split('\n').some((line) => line.trim() === `│ ${signalAt.text}`)) {
          signalled = true
          child.kill(signalAt.signal)
        }
      })
    }
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...output }))
  })
