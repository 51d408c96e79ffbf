/** A link that breaks on purpose: a TCP relay that can fall silent, go on, or reset every connection. */
import { once } from 'node:events'
import net, { type AddressInfo, type Socket } from 'node:net'

export interface FaultProxy {
  readonly host: string
  readonly port: number
  /** Resolves when so many bytes went to the client since the start. */
  passed(bytes: number): Promise<void>
  /** Nothing passes any more, in either direction, and nobody is told: a pulled cable. */
  pause(): void
  resume(): void
  reset(): void
  close(): Promise<void>
}

interface Address {
  readonly host: string
  readonly port: number
}

export const startFaultProxy = async (target: Address, at: Address = { host: '127.0.0.1', port: 0 }): Promise<FaultProxy> => {
  const sockets = new Set<Socket>()
  const watchers = new Set<() => void>()
  let paused = false
  let toClient = 0
  const relay = (from: Socket, to: Socket, isToClient: boolean) => {
    sockets.add(from)
    if (paused) from.pause()
    from.on('data', (chunk) => {
      if (isToClient) toClient += chunk.length
      for (const watcher of watchers) watcher()
      if (!to.write(chunk)) {
        from.pause()
        to.once('drain', () => {
          if (!paused) from.resume()
        })
      }
    })
    from.on('end', () => to.end())
    from.on('error', () => to.destroy())
    from.on('close', () => {
      sockets.delete(from)
      if (!paused) to.destroy()
    })
  }
  const server = net.createServer({ noDelay: true }, (client) => {
    const upstream = net.connect({ ...target, noDelay: true })
    relay(client, upstream, false)
    relay(upstream, client, true)
  })
  server.listen(at.port, at.host)
  await once(server, 'listening')
  const each = (action: (socket: Socket) => void) => {
    for (const socket of sockets) action(socket)
  }
  return {
    host: at.host,
    port: (server.address() as AddressInfo).port,
    passed: (bytes) =>
      new Promise((resolve) => {
        const watcher = () => {
          if (toClient < bytes) return
          watchers.delete(watcher)
          resolve()
        }
        watchers.add(watcher)
        watcher()
      }),
    pause: () => {
      paused = true
      each((socket) => socket.pause())
    },
    resume: () => {
      paused = false
      each((socket) => socket.resume())
    },
    reset: () => each((socket) => socket.resetAndDestroy()),
    close: async () => {
      each((socket) => socket.destroy())
      server.close()
      await once(server, 'close')
    },
  }
}
