import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly all: string
}

/** A program of the machine, with what `script/sandbox env` gave this process. */
export const ran = (argv: readonly [string, ...string[]], extra: NodeJS.ProcessEnv = {}, input = ''): Ran => {
  const [program, ...args] = argv
  const result = spawnSync(program, args, { encoding: 'utf8', input, env: { ...process.env, ...extra }, maxBuffer: 64 * 1024 * 1024 })
  return { code: result.status ?? 1, out: result.stdout.trim(), all: `${result.stdout}${result.stderr}` }
}

/** The output of a program that must succeed. */
export const output = (argv: readonly [string, ...string[]], extra: NodeJS.ProcessEnv = {}): string => {
  const result = ran(argv, extra)
  if (result.code !== 0) throw new Error(`${argv.join(' ')} ended with ${result.code}:\n${result.all}`)
  return result.out
}

export const given = (name: string): string => {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set: eval "$(script/sandbox env)"`)
  return value
}

export const hosts = (): readonly string[] => given('SANDBOX_HOSTS').split(' ')

/** OpenSSH itself, which trusts nothing but the pinned keys. */
export const ssh = (host: string, command: string, knownHosts = given('SANDBOX_KNOWN_HOSTS')): Ran =>
  ran([
    'ssh',
    ...['-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes', '-o', `UserKnownHostsFile=${knownHosts}`, '-o', 'LogLevel=ERROR'],
    ...['-i', given('SANDBOX_SSH_KEY'), '-p', given('SANDBOX_SSH_PORT'), `${given('SANDBOX_SSH_USER')}@${host}`, command],
  ])

/** A folder with these files, gone after the work. */
export const withFiles = <Result>(files: Readonly<Record<string, string>>, work: (folder: string) => Result): Result => {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-test-'))
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    return work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The docker command without the logins of the sandbox; the engine's plugins stay. */
export const loggedOut = <Result>(work: (env: NodeJS.ProcessEnv) => Result): Result => {
  const { cliPluginsExtraDirs } = JSON.parse(output(['cat', join(given('DOCKER_CONFIG'), 'config.json')])) as Record<string, unknown>
  return withFiles({ 'config.json': JSON.stringify({ cliPluginsExtraDirs }) }, (folder) => work({ DOCKER_CONFIG: folder }))
}
