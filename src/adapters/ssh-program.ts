/** One command on the server, as the transaction sees it. */
import type net from 'node:net'
import type { ClientChannel } from 'ssh2'
import type { RemoteProgram } from '../transaction/remote.ts'
import { LineSplitter, Tail } from './output.ts'
import type { SshLimits } from './ssh-limits.ts'
import { LineQueue } from './ssh-lines.ts'
import type { Session } from './ssh-session.ts'

type Ending = Awaited<RemoteProgram['ended']>

/** ssh2 holds back 2 MiB a stream by itself; more than this means that somebody does not keep to the window. */
const MAX_HELD_BACK_BYTES = 8 * 1024 * 1024

export const remoteProgram = (channel: ClientChannel, session: Session, limits: SshLimits): RemoteProgram => {
  const errors = new Tail(limits.maxStderrBytes)
  channel.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  // A write that comes after the end has nobody to reach; how it ended is told by `ended`.
  channel.on('error', () => {})
  return {
    write: (text) => {
      if (channel.writable) channel.write(text)
    },
    end: () => {
      if (channel.writable) channel.end()
    },
    lines: linesOf(channel, session.socket, limits),
    stderr: () => errors.text(),
    ended: endingOf(channel, session),
  }
}

/** The command was not told to the server, or nobody knows: the connection went first. */
export const lostProgram = (reason: string): RemoteProgram => ({
  write: () => {},
  end: () => {},
  lines: (async function* () {})(),
  stderr: () => '',
  ended: Promise.resolve({ kind: 'lost', reason }),
})

const linesOf = (channel: ClientChannel, socket: net.Socket, limits: SshLimits): LineQueue => {
  const splitter = new LineSplitter(limits.maxLineBytes)
  const queue = new LineQueue(flowOf(channel, socket), limits.maxQueuedBytes)
  channel.on('data', (chunk: Buffer) => queue.push(splitter.push(chunk)))
  channel.once('end', () => {
    queue.push(splitter.end())
    queue.end()
  })
  return queue
}

/**
 * Pausing the channel closes SSH's window, and keepalives go on. ssh2 opens that window again for standard error,
 * which shares it, and does not check that the server respects it: the socket is the last brake.
 */
const flowOf = (channel: ClientChannel, socket: net.Socket) => {
  socket.on('data', () => {
    if (channel.isPaused() && channel.readableLength > MAX_HELD_BACK_BYTES) socket.pause()
  })
  return {
    pause: () => channel.pause(),
    resume: () => {
      channel.resume()
      if (socket.isPaused()) socket.resume()
    },
  }
}

const endingOf = (channel: ClientChannel, { client, whyLost }: Session): Promise<Ending> =>
  new Promise((resolve) => {
    let told: Ending | null = null
    channel.once('exit', (code: number | null, signal?: string) => {
      told = code === null ? { kind: 'signal', signal: signal ?? 'unknown' } : { kind: 'exit', code }
    })
    channel.once('close', () =>
      resolve(told ?? { kind: 'lost', reason: 'the server closed the channel without telling how the command ended' }),
    )
    client.once('close', () => resolve(told ?? { kind: 'lost', reason: whyLost() }))
  })
