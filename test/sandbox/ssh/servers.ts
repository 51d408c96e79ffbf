/** The servers of the sandbox, from its environment. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Secret } from '../../../src/ports.ts'
import type { HostPins, RemoteTarget } from '../../../src/transaction/remote.ts'

const required = (name: string): string => {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set. Next: script/sandbox up && eval "$(script/sandbox env)"`)
  return value
}

/** Addresses of the servers. */
export const hosts = (): readonly string[] => required('SANDBOX_HOSTS').split(' ')

export const pinsOf = (host: string): HostPins => {
  const lines = readFileSync(required('SANDBOX_KNOWN_HOSTS'), 'utf8').split('\n')
  const fields = lines.map((line) => line.split(' ')).filter(([name]) => name === host)
  return { keys: fields.map(([, type = '', blob = '']) => ({ type, blob })), fingerprints: [] }
}

/** As the plain user who deploys; the first server where none is named. */
export const serverTarget = (host = hosts()[0] ?? ''): RemoteTarget & { readonly key: Secret } => ({
  host,
  port: Number(required('SANDBOX_SSH_PORT')),
  user: required('SANDBOX_SSH_USER'),
  key: new Secret(readFileSync(required('SANDBOX_SSH_KEY'), 'utf8')),
  pins: pinsOf(host),
})

/** The container that a server is. */
export const containerOf = (host: string): string => {
  const container = required('SANDBOX_CONTAINERS').split(' ')[hosts().indexOf(host)]
  if (container === undefined) throw new Error(`${host} is no server of the sandbox`)
  return container
}

/** File of a server's network namespace, for a delayed link to it. */
export const namespaceOf = (host: string): string => {
  const pid = execFileSync('docker', ['inspect', '--format', '{{.State.Pid}}', containerOf(host)], { encoding: 'utf8' }).trim()
  return `/proc/${pid}/ns/net`
}
