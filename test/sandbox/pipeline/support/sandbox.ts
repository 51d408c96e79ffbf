import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ResultDocument } from '../../../../src/report/document.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../../../..')

/** A variable that `script/sandbox env` prints. */
export const sandbox = (name: string): string => {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set. Next: script/sandbox up, then eval "$(script/sandbox env)"`)
  return value
}

export const REGISTRY = sandbox('SANDBOX_REGISTRY')

/** No two runs of the tests meet in the registry. */
export const uniqueName = (prefix: string): string => `${prefix}-${process.pid}-${Date.now().toString(36)}`

/** What a user's shell would hold: the sandbox's registry and scanner, and nothing of the machine's own caches. */
export interface CommandEnvironment extends Disposable {
  readonly env: Readonly<Record<string, string>>
}

export const commandEnvironment = (): CommandEnvironment => {
  const cache = mkdtempSync(join(tmpdir(), 'pipeline-cache-'))
  const env = {
    ...(process.env as Record<string, string>),
    DEPLOY_REGISTRY: REGISTRY,
    DEPLOY_REGISTRY_USERNAME: sandbox('SANDBOX_REGISTRY_USER'),
    DEPLOY_REGISTRY_PASSWORD: sandbox('SANDBOX_REGISTRY_PASSWORD'),
    DEPLOY_SCAN_PATH: sandbox('SANDBOX_TRIVY'),
    XDG_CACHE_HOME: cache,
  }
  return { env, [Symbol.dispose]: () => rmSync(cache, { recursive: true, force: true }) }
}

export interface CommandResult {
  readonly code: number | null
  readonly document: ResultDocument
  readonly stderr: string
}

export interface RunningCommand {
  readonly interrupt: () => void
  readonly ended: Promise<CommandResult>
}

/** Starts the command line as a user has it. */
export const startCommand = (project: string, args: readonly string[], env: Readonly<Record<string, string>>): RunningCommand => {
  const cli = process.env.DEPLOY_ACTION_CLI ?? join(root, 'dist/cli.js')
  const child = spawn(process.execPath, [cli, ...args, '--json'], { cwd: project, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = new Promise<CommandResult>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      try {
        resolve({ code, document: JSON.parse(stdout) as ResultDocument, stderr })
      } catch {
        reject(new Error(`no result document (exit code ${code}): ${stdout.slice(0, 500)}\n${stderr.slice(-2000)}`))
      }
    })
  })
  return { interrupt: () => child.kill('SIGINT'), ended }
}

export const command = (project: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<CommandResult> =>
  startCommand(project, args, env).ended

/** Runs a tool that is not ours; null where it fails. */
export const tool = async (program: string, ...args: readonly string[]): Promise<string | null> =>
  run(program, args, { maxBuffer: 32 * 1024 * 1024 }).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  )

export const crane = (...args: readonly string[]): Promise<string | null> => tool('crane', ...args)
export const docker = (...args: readonly string[]): Promise<string | null> => tool('docker', ...args)

/** Tags that a repository has; none where there is no such repository. */
export const tagsOf = async (repository: string): Promise<readonly string[]> =>
  ((await crane('ls', repository)) ?? '').split('\n').filter(Boolean)

/** Waits for something that comes about without our doing; fails after a while. */
export const eventually = async (what: string, isSo: () => Promise<boolean>, withinMs = 60_000): Promise<void> => {
  const deadline = performance.now() + withinMs
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs / 1000} s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
