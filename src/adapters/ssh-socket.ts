/** Is anybody there? The TCP connection below SSH. */
import net from 'node:net'
import type { RemoteTarget } from '../transaction/remote.ts'
import { bareHost, type ConnectFailure, placeOf } from './ssh-failures.ts'

/** So long one address of a name may take while others wait: Node's own 250 ms give up on far servers. */
const ADDRESS_TIMEOUT_MS = 2_500

export interface Dial {
  readonly socket: net.Socket
  /** null once connected. Never rejects. */
  readonly failure: Promise<ConnectFailure | null>
}

/** Without `noDelay` every small write waits for the other side's delayed acknowledgement, 40 ms each. */
export const dial = (target: RemoteTarget, timeoutMs: number): Dial => {
  const socket = net.connect({
    host: bareHost(target.address ?? target.host),
    port: target.port,
    noDelay: true,
    autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS,
  })
  // ssh2 listens later: an error before that must not end the process.
  socket.on('error', () => {})
  const failure = new Promise<ConnectFailure | null>((resolve) => {
    const deadline = setTimeout(() => {
      resolve(noAnswer(target, timeoutMs))
      socket.destroy()
    }, timeoutMs)
    const settle = (result: ConnectFailure | null) => {
      clearTimeout(deadline)
      resolve(result)
    }
    socket.once('connect', () => settle(null))
    socket.once('error', (error: NodeJS.ErrnoException) => settle(explain(target, error)))
  })
  return { socket, failure }
}

const noAnswer = (target: RemoteTarget, timeoutMs: number): ConnectFailure => ({
  stage: 'tcp',
  sentence: `${placeOf(target)} does not answer within ${timeoutMs / 1000} s`,
  detail: '',
})

const TCP_SENTENCES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses the connection',
  ECONNRESET: 'resets the connection',
  ETIMEDOUT: 'does not answer',
  EHOSTUNREACH: 'has no route to it',
  ENETUNREACH: 'has no route to it',
}

const explain = (target: RemoteTarget, error: NodeJS.ErrnoException): ConnectFailure => {
  const detail = wordsOf(error)
  if (error.syscall === 'getaddrinfo') return { stage: 'name', sentence: `the name ${bareHost(target.host)} does not resolve`, detail }
  return { stage: 'tcp', sentence: `${placeOf(target)} ${TCP_SENTENCES[error.code ?? ''] ?? 'cannot be connected to'}`, detail }
}

/** A name with several addresses fails with an error for each of them. */
const wordsOf = (error: Error): string =>
  error instanceof AggregateError ? error.errors.map((each: Error) => each.message).join('; ') : error.message
