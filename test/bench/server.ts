/** One server of the sandbox, asked with OpenSSH as anybody would. */
import { readFileSync } from 'node:fs'
import { hosts } from '../sandbox/ssh/servers.ts'
import { type ProgramResult, succeeded } from './programs.ts'

export interface Server {
  /** Where it is reached: its own address, or that of a delayed link to it. */
  readonly host: string
  /** The name its pinned keys are known by. */
  readonly name: string
  readonly port: string
  readonly user: string
}

const required = (name: string): string => {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set: script/bench sets it, from script/sandbox env`)
  return value
}

/** The last one: the others are used by people and tests with stacks of the sample's own name. */
export const benchServer = (): Server => {
  const name = hosts().at(-1) ?? ''
  return { host: name, name, port: required('SANDBOX_SSH_PORT'), user: required('SANDBOX_SSH_USER') }
}

const options = ({ name }: Server): string[] => {
  const set = {
    BatchMode: 'yes',
    StrictHostKeyChecking: 'yes',
    UserKnownHostsFile: required('SANDBOX_KNOWN_HOSTS'),
    GlobalKnownHostsFile: '/dev/null',
    HostKeyAlias: name,
    IdentitiesOnly: 'yes',
    LogLevel: 'ERROR',
  }
  return ['-F', '/dev/null', '-i', required('SANDBOX_SSH_KEY'), ...Object.entries(set).flatMap(([key, value]) => ['-o', `${key}=${value}`])]
}

export const sshCommand = (server: Server, command: string): string[] => [
  'ssh',
  ...options(server),
  '-p',
  server.port,
  `${server.user}@${server.host}`,
  command,
]

export const scpCommand = (server: Server, sources: readonly string[], folder: string): string[] => [
  'scp',
  '-q',
  '-r',
  ...options(server),
  '-P',
  server.port,
  ...sources,
  `${server.user}@${server.host}:${folder}`,
]

/** Runs a script on the server. @throws where it fails */
export const onServer = (server: Server, script: string): Promise<ProgramResult> =>
  succeeded(sshCommand(server, 'sh -s'), { input: `set -eu\n${script}\n` })

/** The lines of known_hosts for the server as it is reached. */
export const knownHosts = ({ host, name }: Server): string =>
  readFileSync(required('SANDBOX_KNOWN_HOSTS'), 'utf8')
    .split('\n')
    .filter((line) => line.split(' ')[0] === name)
    .map((line) => line.replace(name, host))
    .join('\n')
