/** One attempt: from a socket to an authenticated client, or how far it came. */
import type net from 'node:net'
import { setImmediate as yieldToLoop } from 'node:timers/promises'
import type { AuthHandlerMiddleware, Client, ConnectConfig } from 'ssh2'
import type { DeployError } from '../errors.ts'
import { Secret } from '../ports.ts'
import type { RemoteTarget, SshAgent } from '../transaction/remote.ts'
import {
  brokenOff,
  type ConnectFailure,
  type HandshakeStage,
  lossReason,
  noAgent,
  refusedKey,
  type SshError,
  tooSlow,
} from './ssh-failures.ts'
import { algorithmsFor, type HostKey, hostKeyOf, isPinned } from './ssh-hostkey.ts'
import { type Identity, identityOf } from './ssh-key.ts'
import type { SshLimits } from './ssh-limits.ts'
import { dial } from './ssh-socket.ts'

/** An open connection; `whyLost` tells the reason once its client said 'close'. */
export interface Session {
  readonly client: Client
  readonly socket: net.Socket
  readonly hostKey: HostKey
  readonly whyLost: () => string
}

export type Attempt =
  | { readonly kind: 'open'; readonly session: Session }
  /** Before authentication, by the network: worth another attempt. */
  | { readonly kind: 'unreachable'; readonly failure: ConnectFailure }
  /** Both speak SSH and have nothing in common, or the other side cannot prove its key. */
  | { readonly kind: 'incompatible'; readonly failure: ConnectFailure }
  | { readonly kind: 'wrong-host-key'; readonly offered: HostKey }
  | { readonly kind: 'refused'; readonly error: DeployError }
  | { readonly kind: 'lost-in-authentication'; readonly failure: ConnectFailure }

/** Never throws for what the network or the server does. @throws DeployError CONFIG for an unusable key */
export const openSession = async (target: RemoteTarget, hostKeyTypes: readonly string[], limits: SshLimits): Promise<Attempt> => {
  const startedAt = performance.now()
  const { socket, failure } = dial(target, limits.connectTimeoutMs)
  try {
    // The SYN leaves before the libraries, which block the loop while they load, are loaded.
    await yieldToLoop()
    const [libraries, unreachable] = await Promise.all([loadLibraries(), failure])
    if (unreachable) return { kind: 'unreachable', failure: unreachable }
    const identity = target.key instanceof Secret ? identityOf(target.key, libraries.parseKey) : target.key
    const connectTimeoutMs = Math.max(1, limits.connectTimeoutMs - (performance.now() - startedAt))
    const handshake = new Handshake(target, identity, socket, { ...limits, connectTimeoutMs })
    return await handshake.run(new libraries.NodeSSH(), hostKeyTypes)
  } catch (error) {
    socket.destroy()
    throw error
  }
}

const loadLibraries = async () => {
  const { NodeSSH } = await import('node-ssh')
  const { default: ssh2 } = await import('ssh2')
  return { NodeSSH, parseKey: ssh2.utils.parseKey as Parameters<typeof identityOf>[1] }
}

/** The part of node-ssh that is used: it makes the client and connects it. */
interface Connector {
  connection: Client | null
  connect(config: ConnectConfig): Promise<unknown>
}

class Handshake {
  readonly #target: RemoteTarget
  readonly #identity: Identity | SshAgent
  readonly #socket: net.Socket
  readonly #limits: SshLimits
  #hostKey: HostKey | null = null
  #pinned = false
  #authenticating = false
  #proofGiven = false
  #timedOut = false
  #methods: readonly string[] | null = null
  #partial = false
  #banner = ''
  #lastError: SshError | null = null
  #deadline: NodeJS.Timeout | undefined

  constructor(target: RemoteTarget, identity: Identity | SshAgent, socket: net.Socket, limits: SshLimits) {
    this.#target = target
    this.#identity = identity
    this.#socket = socket
    this.#limits = limits
  }

  async run(ssh: Connector, hostKeyTypes: readonly string[]): Promise<Attempt> {
    this.#setDeadline(this.#limits.connectTimeoutMs)
    const ready = ssh.connect(this.#config(hostKeyTypes))
    const client = ssh.connection
    if (client) this.#watch(client)
    try {
      await ready
    } catch (error) {
      this.#socket.destroy()
      return this.#explain(this.#lastError ?? (error as SshError))
    } finally {
      clearTimeout(this.#deadline)
    }
    // node-ssh made it before it returned the promise, and "ready" came from it.
    return this.#opened(client as Client)
  }

  #config(hostKeyTypes: readonly string[]): ConnectConfig {
    return {
      sock: this.#socket,
      username: this.#target.user,
      authHandler: this.#authenticate,
      hostVerifier: (blob: Buffer) => this.#verify(blob),
      algorithms: {
        serverHostKey: algorithmsFor(hostKeyTypes),
        // ssh2's other defaults hold nothing deprecated; its MACs hold SHA-1.
        hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
        compress: ['none'],
      },
      keepaliveInterval: this.#limits.keepaliveMs,
      keepaliveCountMax: this.#limits.keepaliveMisses,
      // Its one deadline covers authentication too and ends in words only: ours tell how far it came.
      readyTimeout: 0,
    }
  }

  #verify(blob: Buffer): boolean {
    this.#hostKey = hostKeyOf(blob)
    this.#pinned = isPinned(blob, this.#target.pins)
    return this.#pinned
  }

  /** Our key, or what the agent holds, once. The second question is the server's refusal, or that of the agent. */
  readonly #authenticate: AuthHandlerMiddleware = (methods, partial, next) => {
    const username = this.#target.user
    if (!this.#proofGiven) {
      this.#proofGiven = true
      if ('socket' in this.#identity) return next({ type: 'agent', username, agent: this.#identity.socket })
      return next({ type: 'publickey', username, key: this.#identity.key })
    }
    this.#methods = methods
    this.#partial = partial === true
    // ssh2 gives up at `false`; its types know it in another place only.
    return next(false as unknown as Parameters<typeof next>[0])
  }

  #watch(client: Client): void {
    // node-ssh stops listening once it is ready; an error nobody listens to would end the process.
    client.on('error', (error: SshError) => {
      this.#lastError ??= error
    })
    client.on('banner', (text: string) => {
      this.#banner = `${this.#banner}${text}`.slice(0, 4096)
    })
    client.once('handshake', () => {
      this.#authenticating = true
      this.#setDeadline(this.#limits.authenticationTimeoutMs)
    })
  }

  #setDeadline(afterMs: number): void {
    clearTimeout(this.#deadline)
    this.#deadline = setTimeout(() => {
      this.#timedOut = true
      this.#socket.destroy()
    }, afterMs)
  }

  #opened(client: Client): Attempt {
    this.#lastError = null
    const hostKey = this.#hostKey ?? { type: 'unknown', fingerprint: '' }
    const whyLost = () => lossReason(this.#target, this.#lastError, this.#limits)
    return { kind: 'open', session: { client, socket: this.#socket, hostKey, whyLost } }
  }

  #explain(error: SshError): Attempt {
    if (this.#hostKey && !this.#pinned) return { kind: 'wrong-host-key', offered: this.#hostKey }
    if (error.level === 'client-authentication') return { kind: 'refused', error: this.#refused(error) }
    if ('socket' in this.#identity && error.level === 'agent')
      return { kind: 'refused', error: noAgent(this.#target, this.#identity, error.message) }
    if (this.#authenticating) return { kind: 'lost-in-authentication', failure: this.#failure('authentication', error) }
    if (this.#socket.bytesRead === 0) return { kind: 'unreachable', failure: this.#failure('banner', error) }
    const failure = this.#failure('key exchange', error)
    return error.level === 'handshake' ? { kind: 'incompatible', failure } : { kind: 'unreachable', failure }
  }

  #refused(error: SshError): DeployError {
    // Where the server named its methods, ssh2's own words add nothing.
    const detail = this.#methods === null ? error.message : ''
    return refusedKey(this.#target, this.#identity, { methods: this.#methods, partial: this.#partial, banner: this.#banner, detail })
  }

  #failure(stage: HandshakeStage, error: SshError): ConnectFailure {
    return this.#timedOut ? tooSlow(this.#target, stage, this.#limits) : brokenOff(this.#target, stage, error.message)
  }
}
