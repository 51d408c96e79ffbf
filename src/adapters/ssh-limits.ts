/** How long, how often and how much: the bounds of the one connection. Tests hand in shorter ones. */
export interface SshLimits {
  /** For name, TCP and key exchange of one attempt together. */
  readonly connectTimeoutMs: number
  readonly authenticationTimeoutMs: number
  /** Pauses between the attempts; their number is one less than that of the attempts. */
  readonly backoffMs: readonly number[]
  readonly keepaliveMs: number
  /** So many keepalives in a row without an answer mean that the connection is lost. */
  readonly keepaliveMisses: number
  readonly maxLineBytes: number
  /** Lines that wait for their reader; beyond it the server has to wait. */
  readonly maxQueuedBytes: number
  readonly maxStderrBytes: number
}

export const SSH_LIMITS: SshLimits = {
  connectTimeoutMs: 10_000,
  authenticationTimeoutMs: 20_000,
  backoffMs: [500, 2_000],
  keepaliveMs: 5_000,
  keepaliveMisses: 3,
  maxLineBytes: 64 * 1024,
  maxQueuedBytes: 1024 * 1024,
  maxStderrBytes: 64 * 1024,
}
