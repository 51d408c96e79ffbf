import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** The environment that tests on the sandbox run with; brings it up where it is not, and says so. */
export interface Sandbox {
  readonly env: NodeJS.ProcessEnv
  /** Takes it down again if this run brought it up. */
  readonly close: () => void
}

export const openSandbox = (root: string): Sandbox => {
  const script = join(root, 'script/sandbox')
  const wasUp = spawnSync(script, ['env'], { stdio: 'ignore' }).status === 0
  // also where it is up: a check of a second or two, which mends what somebody broke
  execFileSync(script, ['up'], { stdio: ['ignore', 2, 2] })
  return {
    env: exported(script),
    close: () => {
      if (!wasUp) execFileSync(script, ['down'], { stdio: ['ignore', 2, 2] })
    },
  }
}

/** What `eval "$(script/sandbox env)"` makes of the environment: asked of a shell, because the lines are shell. */
const exported = (script: string): NodeJS.ProcessEnv => {
  const shell = 'set -eu; lines=$("$1" env); eval "$lines"; env -0'
  const text = execFileSync('sh', ['-c', shell, 'sh', script], { encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 })
  return Object.fromEntries(
    text
      .split('\0')
      .filter(Boolean)
      .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )
}
