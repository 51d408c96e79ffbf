import { connectRemote } from '../../adapters/ssh.ts'
import { type Finding, fail, pass, unknown } from '../../doctor/finding.ts'
import { machineFindings } from '../../doctor/machine.ts'
import { DeployError, type FailureCode } from '../../errors.ts'
import type { Remote, RemoteTarget } from '../../transaction/remote.ts'
import type { Context } from '../context.ts'
import type { Project } from '../release-request.ts'
import { remoteTarget } from '../server.ts'
import { attempt, sentenceOf } from './attempt.ts'
import { askMachine } from './machine.ts'
import { type Further, lookAtStack } from './stack.ts'

interface Looked {
  readonly findings: readonly Finding[]
  /** What kept us from the server. */
  readonly code?: FailureCode
}

/** A server by one connection: whether it lets us in, what machine it is, and what a deploy would find there. */
export const lookAtServer = async (context: Context, project: Project | null, further?: Further): Promise<Looked> => {
  const target = await attempt(async () => remoteTarget(context))
  if (target instanceof DeployError)
    return { findings: [fail('key', sentenceOf(target), target.details.hint ?? ''), unknown('server', 'it was not asked')] }
  const remote = await attempt(() => connectRemote(context.ports.log, context.ports.clock)(target))
  if (remote instanceof DeployError) {
    const check = { AUTH: 'key', HOSTKEY: 'host key' }[remote.code as string] ?? 'server'
    const evidence = (remote.details.evidence ?? []).slice(0, 3).join('; ')
    return {
      findings: [
        fail(
          check,
          `${sentenceOf(remote)}${evidence === '' ? '' : ` (${evidence})`}`,
          remote.details.hint ?? 'see docs/troubleshooting.md',
        ),
        unknown('machine', 'nobody could look'),
      ],
      code: remote.code,
    }
  }
  try {
    return { findings: [...greeting(target), ...(await onServer(context, remote, project, further))] }
  } finally {
    remote.close()
  }
}

const greeting = ({ host, port, user }: RemoteTarget): readonly Finding[] => [
  pass('server', `${host} answers on port ${port}`),
  pass('host key', 'it is the one that is pinned'),
  pass('key', `${user} is let in`),
]

const onServer = async (context: Context, remote: Remote, project: Project | null, further?: Further): Promise<readonly Finding[]> => {
  const { config } = context.environment()
  const question = { host: config.host, user: config.user, path: config.path.replace(/\/+$/, ''), environmentFile: config.env.file }
  const before = context.ports.clock.now().getTime()
  const machine = await askMachine(context, remote)
  const after = context.ports.clock.now().getTime()
  if (machine === null)
    return [
      fail(
        'machine',
        `${config.host} did not answer a plain command to its end`,
        `ssh -p ${config.port} ${config.user}@${config.host} 'echo $SHELL'; the login shell must be a POSIX shell, and silent`,
      ),
    ]
  // its clock was read somewhere between the two
  const skew = machine.time === null ? null : Math.round(machine.time - (before + after) / 2000)
  const plain = machineFindings(machine, question, skew)
  const mayLook = machine.lacks.length === 0 && machine.foreign.length === 0 && ['writable', 'possible'].includes(machine.directory)
  if (!mayLook || project === null)
    return [
      ...plain,
      unknown('environment', mayLook ? 'the compose files cannot be used' : 'what is wrong above has to be mended first'),
      unknown('ports', 'compose was not asked'),
    ]
  const seen = await lookAtStack(context, remote, project, further)
  const named = new Set(seen.map(({ check }) => check))
  return [...plain.filter(({ check, result }) => result !== 'pass' || !named.has(check)), ...seen]
}
