import { connectRemote } from '../../src/adapters/ssh.ts'
import { SSH_LIMITS, type SshLimits } from '../../src/adapters/ssh-limits.ts'
import { DeployError } from '../../src/errors.ts'
import { Secret } from '../../src/ports.ts'
import type { HostPins, Remote, RemoteProgram, RemoteTarget } from '../../src/transaction/remote.ts'
import type { TestKey } from './keys.ts'
import { impatientClock, notedLog } from './ports.ts'

export interface Place {
  readonly host: string
  readonly port: number
}

export const targetAt = ({ host, port }: Place, key: TestKey, pins: HostPins): RemoteTarget => ({
  host,
  port,
  user: 'deploy',
  key: new Secret(key.privateText),
  pins,
})

/** Bounds that make a test of silence short. */
export const SHORT: Partial<SshLimits> = {
  connectTimeoutMs: 400,
  authenticationTimeoutMs: 400,
  keepaliveMs: 100,
  keepaliveMisses: 2,
}

export const connectTo = (target: RemoteTarget, limits: Partial<SshLimits> = {}): Promise<Remote> =>
  connectRemote(notedLog(), impatientClock(), { ...SSH_LIMITS, ...limits })(target)

/** The error that a promise must fail with; that it does not fail is a failure of the test. */
export const failureOf = async (promise: Promise<unknown>): Promise<DeployError> => {
  const outcome = await promise.then(
    () => null,
    (error: unknown) => error,
  )
  if (outcome instanceof DeployError) return outcome
  throw outcome ?? new Error('it succeeded and should have failed')
}

export const allLines = async (program: RemoteProgram): Promise<string[]> => {
  const lines: string[] = []
  for await (const line of program.lines) lines.push(line)
  return lines
}
