import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ran, ran } from './machine.ts'

export const NAME = 'deploy-action-second'

/** Other names and addresses than the running sandbox's, and none of what its `env` exported. */
const settings: NodeJS.ProcessEnv = {
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  DEPLOY_ACTION_CACHE: process.env.DEPLOY_ACTION_CACHE,
  DEPLOY_ACTION_SANDBOX_NAME: NAME,
  DEPLOY_ACTION_SANDBOX_SUBNET: '10.214.0',
  DEPLOY_ACTION_SANDBOX_BUILD_SUBNET: '10.214.1',
  DEPLOY_ACTION_SANDBOX_REGISTRY_HOST: 'second.test',
}

const PREPARE = 'ip link set lo up && cp /etc/hosts "$1/hosts" && mount --bind "$1/hosts" /etc/hosts && echo ready && exec sleep infinity'

/**
 * A second sandbox in a network and a mount table of its own: its firewall, its interfaces, its /etc/hosts and its
 * mounts can be counted, and the running sandbox notices nothing.
 */
export class SecondSandbox {
  readonly #holder: ChildProcess
  readonly #folder: string

  private constructor(holder: ChildProcess, folder: string) {
    this.#holder = holder
    this.#folder = folder
  }

  static async open(): Promise<SecondSandbox> {
    const folder = mkdtempSync(join(tmpdir(), 'second-sandbox-'))
    const args = ['--mount', '--net', '--propagation', 'private', 'sh', '-c', PREPARE, 'sh', folder]
    const holder = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise<void>((resolve, reject) => {
      holder.stdout?.once('data', () => resolve())
      holder.once('exit', (code) => reject(new Error(`no namespace: unshare ended with ${code}`)))
    })
    return new SecondSandbox(holder, folder)
  }

  run(...argv: readonly string[]): Ran {
    return ran(['nsenter', ...this.#inside(), 'env', '-i', ...assignments(), ...argv])
  }

  /** `up`, killed with all it started as soon as it has finished this step. */
  async upKilledAfter(step: string): Promise<string> {
    const up = spawn('nsenter', [...this.#inside(), 'env', '-i', ...assignments(), 'script/sandbox', 'up'], {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let seen = ''
    return new Promise((resolve) => {
      up.stderr?.on('data', (text: Buffer) => {
        seen += text.toString()
        if (seen.includes(`  ${step}\n`) && up.pid) kill(-up.pid)
      })
      up.once('close', () => resolve(seen))
    })
  }

  close(): void {
    this.run('script/sandbox', 'down')
    this.#holder.kill('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #inside(): readonly string[] {
    return ['--target', `${this.#holder.pid}`, '--mount', '--net', `--wd=${process.cwd()}`]
  }
}

const assignments = (): readonly string[] =>
  Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it ended by itself in the meantime, which the test then sees
  }
}
