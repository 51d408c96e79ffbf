import { DeployError } from '../errors.ts'
import type { Company } from '../plan/gates.ts'
import type { Observed } from '../plan/observed.ts'
import { nextNumber } from '../plan/reconcile.ts'
import type { JournalEvent } from '../transaction/journal.ts'
import { Rendezvous, type Standing } from '../transaction/rendezvous.ts'
import type { Context } from './context.ts'
import { gatherFacts, type HostContext } from './hosts.ts'
import { Meeting } from './meeting.ts'
import type { Transacted } from './scribe.ts'
import { type Decided, type Transaction, transact } from './transact.ts'

/** The transaction of one server that may be one of several. */
export type SharedTransaction = Omit<Transaction, 'decide'> & {
  decide(observed: Observed, company?: Company): Promise<Decided | null>
}

export interface HostEnd {
  readonly host: HostContext
  /** null where the server was left as it was. */
  readonly transacted: Transacted | null
  readonly error: unknown
  /** How far it was when it was last heard of. */
  readonly standing: Standing
  /** What served there before; null for nothing, absent where nobody came to look. */
  readonly before?: string | null
}

export interface EverywhereEnd {
  readonly ends: readonly HostEnd[]
  /** The first server that could not go on. */
  readonly culprit: string | null
}

interface Member {
  readonly host: HostContext
  readonly transaction: SharedTransaction
}

interface Draft {
  readonly observed: Observed
  readonly decided: Decided | null
}

/** Several servers as one: none begins before all have decided, and each waits at its gates. null: nothing to do anywhere. */
export const transactEverywhere = async (
  context: Context,
  members: readonly Member[],
  goesBack: boolean,
): Promise<EverywhereEnd | null> => {
  const rendezvous = new Rendezvous(context.environment().config.hosts, goesBack)
  const drafts = new Meeting<Draft>(members.length, context.ports.cancellation.signal)
  const leader = [...members].sort((one, other) => (one.host.host < other.host.host ? -1 : 1))[0]
  // one lock first, the same for everybody: two runs that each hold one would wait for each other
  const led = new Meeting<null>(1, context.ports.cancellation.signal)
  const ends = await Promise.all(
    members.map(async (member, index): Promise<HostEnd> => {
      const isLeader = member === leader
      try {
        if (!isLeader) await led.result
        const decide = async (observed: Observed): Promise<Decided | null> => {
          if (isLeader) led.arrive(0, null)
          const decided = await member.transaction.decide(observed)
          const all = await drafts.arrive(index, { observed, decided })
          if (all.every((draft) => draft.decided === null)) return null
          refuseDifferent(members, all)
          return member.transaction.decide(observed, { number: Math.max(...all.map((draft) => nextNumber(draft.observed))) })
        }
        const transacted = await transact(member.host.context, {
          ...member.transaction,
          decide,
          ...attendance(rendezvous, member.host.host),
        })
        return endOf(member, rendezvous, transacted, null)
      } catch (error) {
        const standing = rendezvous.standing(member.host.host)
        led.fail(error)
        drafts.fail(error)
        rendezvous.gone(member.host.host)
        return { ...endOf(member, rendezvous, null, error), standing }
      }
    }),
  )
  gatherFacts(
    context,
    members.map(({ host }) => host),
  )
  const isUnchanged = ends.every(({ transacted, error }) => transacted === null && error === null)
  return isUnchanged ? null : { ends, culprit: rendezvous.culprit }
}

/** Records of servers may differ; what they run must not. @throws DeployError CONFIG */
const refuseDifferent = (members: readonly Member[], drafts: readonly Draft[]): void => {
  const meant = drafts.flatMap(({ decided }, index) =>
    decided === null ? [] : [{ host: members[index]?.host.host ?? '', commit: decided.plan.release.replace(/^\d+-/, '') }],
  )
  if (new Set(meant.map(({ commit }) => commit)).size < 2) return
  throw new DeployError(
    'CONFIG',
    `the servers would not run the same: ${meant.map(({ host, commit }) => `${host} ${commit}`).join(', ')}`,
    {
      hint: 'deploy-action status\nby hand: name a release that all of them have: deploy-action rollback RELEASE',
    },
  )
}

const attendance = (rendezvous: Rendezvous, host: string): Pick<Transaction, 'attend' | 'onEvent'> => ({
  attend: (say) => rendezvous.attend(host, say),
  onEvent: (event: JournalEvent) => {
    if (event.kind === 'note' && event.topic === 'gate' && (event.name === 'switch' || event.name === 'commit'))
      rendezvous.reached(host, event.name)
    if (event.kind === 'end') rendezvous.ended(host, event.end)
  },
})

const endOf = ({ host }: Member, rendezvous: Rendezvous, transacted: Transacted | null, error: unknown): HostEnd => ({
  host,
  transacted,
  error,
  standing: rendezvous.standing(host.host),
  ...(host.context.facts.serving.length === 0 ? {} : { before: transacted?.plan.previous ?? host.context.facts.release }),
})
