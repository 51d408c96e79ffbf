/** The one connection of a run: node-ssh over a socket of ours, with the host key pinned and our key only. */
import type { Clock, Log } from '../ports.ts'
import type { ConnectRemote, Remote, RemoteTarget } from '../transaction/remote.ts'
import { type ConnectFailure, noCommand, notConnected, placeOf, wrongHostKey } from './ssh-failures.ts'
import { type HostKey, otherTypes, wantedTypes } from './ssh-hostkey.ts'
import { SSH_LIMITS, type SshLimits } from './ssh-limits.ts'
import { lostProgram, remoteProgram } from './ssh-program.ts'
import { type Attempt, openSession, type Session } from './ssh-session.ts'

/** On a link that takes nothing any more, our goodbye is given up after this. */
const GOODBYE_MS = 1_000

export const connectRemote =
  (log: Log, clock: Clock, limits: SshLimits = SSH_LIMITS): ConnectRemote =>
  async (target) => {
    const session = await connect(target, { log, clock, limits })
    log.debug(`connected to ${target.user}@${placeOf(target)}, host key ${session.hostKey.type} ${session.hostKey.fingerprint}`)
    return remote(target, session, limits)
  }

interface Tools {
  readonly log: Log
  readonly clock: Clock
  readonly limits: SshLimits
}

/**
 * Usually one round. Another one asks for the key types that the first did not: because the server lacks those
 * that are pinned (then it can say what it has instead), or because a fingerprint may be that of another type.
 */
const connect = async (target: RemoteTarget, tools: Tools): Promise<Session> => {
  const offered: HostKey[] = []
  const tried = new Set<string>()
  for (let types = wantedTypes(target.pins); ; types = otherTypes(tried)) {
    const { attempt, failures } = await withRetries(target, types, tools)
    if (attempt.kind === 'open') return attempt.session
    if (attempt.kind === 'refused') throw attempt.error
    if (attempt.kind === 'wrong-host-key') offered.push(attempt.offered)
    for (const type of attempt.kind === 'wrong-host-key' ? [attempt.offered.type] : types) tried.add(type)
    if (!isAnotherRoundWorthwhile(attempt, target, offered, tried))
      throw offered.length > 0 ? wrongHostKey(target, offered) : notConnected(target, failures)
  }
}

const isAnotherRoundWorthwhile = (
  attempt: Attempt,
  { pins }: RemoteTarget,
  offered: readonly HostKey[],
  tried: ReadonlySet<string>,
): boolean => {
  if (otherTypes(tried).length === 0) return false
  if (attempt.kind === 'wrong-host-key') return pins.fingerprints.length > 0
  return attempt.kind === 'incompatible' && offered.length === 0
}

/** Transport only: what the server answered, or a connection that went while it examined our key, is final. */
const withRetries = async (target: RemoteTarget, types: readonly string[], { log, clock, limits }: Tools) => {
  const failures: ConnectFailure[] = []
  for (let number = 0; ; number += 1) {
    const attempt: Attempt = await openSession(target, types, limits)
    if ('failure' in attempt) failures.push(attempt.failure)
    const pauseMs = limits.backoffMs[number]
    if (attempt.kind !== 'unreachable' || pauseMs === undefined) return { attempt, failures }
    log.info(`${attempt.failure.sentence}; next attempt in ${pauseMs / 1000} s`)
    await clock.sleep(pauseMs)
  }
}

const remote = (target: RemoteTarget, session: Session, limits: SshLimits): Remote => {
  const { client, socket } = session
  let closed = false
  const whyLost = () => (closed ? 'we closed the connection' : session.whyLost())
  let gone = socket.destroyed ? whyLost() : null
  client.once('close', () => {
    gone = whyLost()
  })
  return {
    start: (command) => (gone === null ? start(command, target, { ...session, whyLost }, limits) : Promise.resolve(lostProgram(gone))),
    close: () => {
      if (closed || gone !== null) return
      closed = true
      // Once our goodbye is on its way nothing is waited for: that would be one more round trip.
      socket.once('finish', () => socket.destroy())
      client.end()
      setTimeout(() => socket.destroy(), GOODBYE_MS).unref()
    },
  }
}

/** @throws DeployError CONNECT where the server says no; a connection that goes meanwhile is a lost program */
const start = (command: string, target: RemoteTarget, session: Session, limits: SshLimits) =>
  new Promise<ReturnType<typeof remoteProgram>>((resolve, reject) => {
    const { client } = session
    const lost = () => resolve(lostProgram(session.whyLost()))
    client.once('close', lost)
    try {
      client.exec(command, (error, channel) => {
        client.off('close', lost)
        // Listeners are set before this callback returns: the end may be in the same packet.
        if (error) reject(noCommand(target, error.message))
        else resolve(remoteProgram(channel, session, limits))
      })
    } catch {
      // ssh2 throws where the socket is half closed already; 'close' follows and settles it.
      session.socket.destroy()
    }
  })
