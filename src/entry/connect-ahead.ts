import type { ConnectRemote, Remote, RemoteTarget } from '../transaction/remote.ts'

/** A connection that is opened while something else is looked up. */
export interface ConnectionAhead {
  /** The first call yields the one under way, later ones open anew. */
  readonly connect: ConnectRemote
  /** Closes it where nobody took it. */
  readonly abandon: () => void
}

/** Seven round trips pass before a server is ready to listen: they may as well pass while the registry answers. */
export const connectAhead = (connect: ConnectRemote, target: RemoteTarget): ConnectionAhead => {
  let waiting: Promise<Remote> | null = connect(target)
  // whoever takes it hears of its failure; where nobody does, another failure came first
  waiting.catch(() => {})
  return {
    connect: (wanted) => {
      const taken = waiting
      waiting = null
      return taken ?? connect(wanted)
    },
    abandon: () => {
      waiting?.then(
        (remote) => remote.close(),
        () => {},
      )
      waiting = null
    },
  }
}
