import { join } from 'node:path'
import { type Environment, output, run } from './program.ts'

/** Brings the sandbox up, with what it does right now for whoever waits, and yields its environment. */
export const openSandbox = async (root: string, log: string, onLine: (line: string) => void): Promise<Environment> => {
  const script = join(root, 'script/sandbox')
  const { code, stderr } = await run([script, 'up'], { log, env: process.env, onLine })
  if (code !== 0) throw new Error(`script/sandbox up ended with ${code}: ${stderr.trim().split('\n').at(-1)}`)
  // asked of a shell, because the lines are shell
  const text = await output(['sh', '-c', 'set -eu; lines=$("$1" env); eval "$lines"; env -0', 'sh', script], { env: process.env })
  return Object.fromEntries(
    text
      .split('\0')
      .filter(Boolean)
      .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )
}
