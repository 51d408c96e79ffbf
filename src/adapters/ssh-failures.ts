/** What is said when there is no connection: one sentence, what was seen, what to do next. */
import { DeployError } from '../errors.ts'
import type { RemoteTarget, SshAgent } from '../transaction/remote.ts'
import { describePins, type HostKey } from './ssh-hostkey.ts'
import type { Identity } from './ssh-key.ts'
import type { SshLimits } from './ssh-limits.ts'

/** How far an attempt came before it failed. */
export type Stage = 'name' | 'tcp' | HandshakeStage
export type HandshakeStage = 'banner' | 'key exchange' | 'authentication'

/** `level` says which part of ssh2 it comes from. */
export type SshError = Error & { readonly level?: string }

export interface ConnectFailure {
  readonly stage: Stage
  readonly sentence: string
  /** The system's or library's own words. */
  readonly detail: string
}

/** host:port as people write it: IPv6 addresses in brackets. */
export const placeOf = ({ host, port }: Pick<RemoteTarget, 'host' | 'port'>): string => {
  const bare = bareHost(host)
  return bare.includes(':') ? `[${bare}]:${port}` : `${bare}:${port}`
}

/** An IPv6 address may be written in brackets; the resolver wants it without. */
export const bareHost = (host: string): string => host.replace(/^\[(.*)\]$/, '$1')

const NEXT: Readonly<Record<Stage, (target: RemoteTarget) => string>> = {
  name: ({ host }) => `by hand: check \`host\` of the environment in deploy.yml: getent hosts ${bareHost(host)}`,
  tcp: ({ host, port }) =>
    `by hand: check \`port\` in deploy.yml, the firewall, and on the server: systemctl status ssh; then nc -vz -w 10 ${bareHost(host)} ${port}`,
  banner: ({ host, port }) =>
    `by hand: look for an overloaded sshd, MaxStartups, fail2ban, or no sshd at all on this port: ssh -v -p ${port} ${bareHost(host)}`,
  'key exchange': ({ host, port }) =>
    `by hand: ssh -vv -p ${port} ${bareHost(host)} 2>&1 | grep -i kex; and on the server: journalctl -u ssh -n 20`,
  authentication: () => 'by hand: look on the server: journalctl -u ssh -n 20',
}

export const tooSlow = (target: RemoteTarget, stage: HandshakeStage, limits: SshLimits): ConnectFailure => {
  const place = placeOf(target)
  const sentences = {
    banner: `${place} accepts the connection, then says nothing`,
    'key exchange': `the key exchange with ${place} does not come to its end`,
    authentication: `${place} does not answer our authentication within ${limits.authenticationTimeoutMs / 1000} s`,
  }
  return { stage, sentence: sentences[stage], detail: '' }
}

export const brokenOff = (target: RemoteTarget, stage: HandshakeStage, detail: string): ConnectFailure => {
  const place = placeOf(target)
  const sentences = {
    banner: `${place} accepts the connection and closes it without a word`,
    'key exchange': `the key exchange with ${place} failed`,
    authentication: `${place} closed the connection during authentication`,
  }
  return { stage, sentence: sentences[stage], detail }
}

/** Why an open connection went. */
export const lossReason = (target: RemoteTarget, error: SshError | null, limits: SshLimits): string => {
  const place = `${target.user}@${placeOf(target)}`
  if (error === null) return `${place} closed the connection`
  if (error.level !== 'client-timeout') return `the connection to ${place} broke: ${error.message}`
  return `no sign of life from ${place} for ${(limits.keepaliveMs * (limits.keepaliveMisses + 1)) / 1000} s`
}

export const notConnected = (target: RemoteTarget, failures: readonly ConnectFailure[]): DeployError => {
  const last = failures.at(-1) ?? { stage: 'tcp', sentence: 'was not tried', detail: '' }
  const attempts = failures.map(({ sentence, detail }, index) => `attempt ${index + 1}: ${sentence}${detail ? ` (${detail})` : ''}`)
  return new DeployError('CONNECT', `${target.user}@${placeOf(target)} is not reached: ${last.sentence}`, {
    hint: NEXT[last.stage](target),
    evidence: attempts,
  })
}

export const wrongHostKey = (target: RemoteTarget, offered: readonly HostKey[]): DeployError => {
  const [first] = offered
  const shown = first ? `${first.type} ${first.fingerprint}` : 'no key'
  return new DeployError('HOSTKEY', `${placeOf(target)} offers ${shown}, which is not pinned`, {
    hint: hostKeyHint(first),
    evidence: [...offered.map(({ type, fingerprint }) => `offered: ${type} ${fingerprint}`), ...describePins(target.pins)],
  })
}

/** Asking over the network would prove nothing: whoever answers may be the wrong one. */
const hostKeyHint = (offered: HostKey | undefined): string => {
  const name = /ed25519|ecdsa|rsa/.exec(offered?.type ?? '')?.[0] ?? 'ed25519'
  return (
    `by hand: compare at the server's own console: ssh-keygen -lf /etc/ssh/ssh_host_${name}_key.pub\n` +
    'by hand: the same fingerprint: pin it in `fingerprint` or `knownHosts`; another one: somebody is in between, do not connect'
  )
}

export interface Refusal {
  /** What the server would accept; null where it did not say. */
  readonly methods: readonly string[] | null
  /** Our key was good, and the server wants more. */
  readonly partial: boolean
  readonly banner: string
  readonly detail: string
}

export const refusedKey = (target: RemoteTarget, identity: Identity | SshAgent, refusal: Refusal): DeployError => {
  const [one, all] =
    'socket' in identity
      ? [`a key of the agent at ${identity.socket}`, `every key of the agent at ${identity.socket}`]
      : Array<string>(2).fill(`our key ${identity.type} ${identity.fingerprint}`)
  const what = refusal.partial ? `accepts ${one} and asks for more` : `refuses ${all}`
  const methods = refusal.methods ? refusal.methods.join(', ') || 'nothing' : 'unknown'
  const banner = refusal.banner.split('\n').map((line) => line.trim())
  return new DeployError('AUTH', `${target.user}@${placeOf(target)} ${what}`, {
    hint: keyHint(target, identity, refusal),
    evidence: [`the server accepts: ${methods}`, refusal.detail, ...banner].filter(Boolean),
  })
}

const ADD_TO_AGENT = "ssh-add -l\nby hand: add the server's key to the agent with ssh-add, or give it as a file: --ssh-key FILE"

/** The server was asked nothing: there is no such agent, or it did not sign. */
export const noAgent = (target: RemoteTarget, { socket }: SshAgent, detail: string): DeployError =>
  new DeployError('AUTH', `the agent at ${socket} signed nothing for ${target.user}@${placeOf(target)}: ${detail}`, { hint: ADD_TO_AGENT })

const keyHint = ({ user }: RemoteTarget, identity: Identity | SshAgent, { methods, partial }: Refusal): string => {
  if (partial) return `by hand: allow the key alone for ${user}: AuthenticationMethods publickey in the server's sshd_config`
  if (methods && !methods.includes('publickey')) return "by hand: PubkeyAuthentication yes in the server's sshd_config"
  if ('socket' in identity) return ADD_TO_AGENT
  return (
    `on the server: echo '${identity.publicLine} deploy' >> ~${user}/.ssh/authorized_keys\n` +
    `by hand: or, where it is there already, let none of these be writable by others: ls -ld ~${user} ~${user}/.ssh ~${user}/.ssh/authorized_keys`
  )
}

export const noCommand = (target: RemoteTarget, detail: string): DeployError =>
  new DeployError('CONNECT', `${target.user}@${placeOf(target)} accepts our key and refuses to run a command`, {
    hint: `by hand: look on the server: getent passwd ${target.user}; grep -n 'command=\\|restrict' ~${target.user}/.ssh/authorized_keys; sshd -T | grep -i 'maxsessions\\|forcecommand'`,
    evidence: [detail],
  })
