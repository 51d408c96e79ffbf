import type { Secret } from '../ports.ts'

/** What a host key must look like. At least one pin; a key that matches none is never accepted. */
export interface HostPins {
  /** Public keys as in known_hosts: type and base64 blob. */
  readonly keys: readonly { readonly type: string; readonly blob: string }[]
  /** "SHA256:…" without padding, of any key type. */
  readonly fingerprints: readonly string[]
}

/** An agent on this machine that holds keys and signs with them. */
export interface SshAgent {
  /** Path of its socket. */
  readonly socket: string
}

export interface RemoteTarget {
  /** As people call it. */
  readonly host: string
  /** Where it is reached; absent where that is its name. */
  readonly address?: string
  readonly port: number
  readonly user: string
  readonly key: Secret | SshAgent
  readonly pins: HostPins
}

/** One command running on the server. */
export interface RemoteProgram {
  /** Sends text to its standard input. */
  write(text: string): void
  /** Closes its standard input. */
  end(): void
  /** Lines of standard output without newline, each at most `maxLineBytes` long (the rest of a longer one is dropped and marked with "…"). */
  readonly lines: AsyncIterable<string>
  /** The end of standard error, bounded. */
  stderr(): string
  /** Settles once: how it ended, or `lost` where the connection went before an end was told. */
  readonly ended: Promise<
    | { readonly kind: 'exit'; readonly code: number }
    | { readonly kind: 'signal'; readonly signal: string }
    | { readonly kind: 'lost'; readonly reason: string }
  >
}

/** The one connection of a run. */
export interface Remote {
  /** Starts a command by the login shell of the server. Never retried. */
  start(command: string): Promise<RemoteProgram>
  close(): void
}

/**
 * Opens it. Transport is retried with backoff before authentication, authentication never.
 * @throws DeployError CONNECT, HOSTKEY (with the offered type and fingerprint), AUTH (with what the server accepts)
 */
export type ConnectRemote = (target: RemoteTarget) => Promise<Remote>
