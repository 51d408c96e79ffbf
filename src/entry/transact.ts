import { connectRemote } from '../adapters/ssh.ts'
import type { Observed } from '../plan/observed.ts'
import type { Plan } from '../plan/steps.ts'
import type { FrontArguments } from '../transaction/front.ts'
import type { JournalEvent } from '../transaction/journal.ts'
import { type Decision, type Operation, operate } from '../transaction/operate.ts'
import type { ConnectRemote } from '../transaction/remote.ts'
import type { Context } from './context.ts'
import { Scribe, type Transacted } from './scribe.ts'
import { remoteTarget } from './server.ts'

export interface Transaction {
  /** Absent: it is opened when it is needed. */
  readonly connect?: ConnectRemote
  readonly front: FrontArguments
  readonly files: Readonly<Record<string, string | Buffer>>
  /** Yields the plan that is to run, compiled; null to leave everything as it is. @throws DeployError to refuse */
  decide(observed: Observed): Promise<Decided | null>
  /** One of several servers that act as one. */
  readonly attend?: Operation['attend']
  readonly onEvent?: Operation['onEvent']
}

export interface Decided {
  readonly plan: Plan
  readonly program: string
  readonly credentials: string
}

/** Looks, decides and lets the server do it. Yields null where nothing was to be done. */
export const transact = async (context: Context, transaction: Transaction): Promise<Transacted | null> => {
  const { connect, front, files, decide, attend, onEvent } = transaction
  const { log, clock } = context.ports
  const scribe = new Scribe(context)
  const decideAndRemember = async (observed: Observed): Promise<Decision> => {
    const decided = await decide(observed)
    if (decided === null) return { kind: 'leave' }
    scribe.plan = decided.plan
    scribe.imageDigests = observed.imageDigests
    return { kind: 'go', program: decided.program, credentials: decided.credentials }
  }
  const operation = {
    connect: connect ?? connectRemote(log, clock),
    target: remoteTarget(context),
    front,
    files,
    decide: decideAndRemember,
    ...(attend === undefined ? {} : { attend }),
    onEvent: (event: JournalEvent): void => {
      scribe.take(event)
      onEvent?.(event)
    },
  }
  try {
    await operate({ ...operation, stepName: (step) => scribe.nameOf(step) }, context.ports)
  } finally {
    scribe.close()
  }
  return scribe.transacted()
}
