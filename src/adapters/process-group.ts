import type { ChildProcess } from 'node:child_process'

/** Time to tidy up between the request to stop and the kill; a cancelled run has 7 s in all. */
const GRACE_MS = 5000

/** A child that leads its own process group, and everything it started. */
export interface ProcessGroup {
  /** Asks all of them to stop, and kills those that have not after a while. */
  readonly stop: () => void
  /** The leader is gone: what is left of a group that was asked to stop is killed. */
  readonly ended: () => void
}

export const processGroup = (leader: ChildProcess): ProcessGroup => {
  let killer: NodeJS.Timeout | undefined
  running.add(leader)
  killAtExit()
  return {
    stop: () => {
      if (killer !== undefined) return
      signalGroup(leader, 'SIGTERM')
      killer = setTimeout(() => signalGroup(leader, 'SIGKILL'), GRACE_MS)
    },
    ended: () => {
      running.delete(leader)
      if (killer === undefined) return
      clearTimeout(killer)
      signalGroup(leader, 'SIGKILL')
    },
  }
}

/** Groups of their own get no signal when we go: nothing that we started outlives us. */
const running = new Set<ChildProcess>()
let listening = false
const killAtExit = (): void => {
  if (listening) return
  listening = true
  process.on('exit', () => {
    for (const leader of running) signalGroup(leader, 'SIGKILL')
  })
}

const signalGroup = (leader: ChildProcess, signal: NodeJS.Signals): void => {
  if (leader.pid === undefined) return
  try {
    process.kill(-leader.pid, signal)
  } catch {
    // the group is gone: what was wanted
  }
}
