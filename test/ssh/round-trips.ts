/**
 * How many round trips does a client wait for? A relay that counts them exactly, without a delay and without a clock.
 *
 * Both ends run to a standstill before anything is delivered, so what a side sends can only depend on what was
 * delivered to it before. Each delivery carries the length of the chain of deliveries that led to it (a Lamport
 * clock); two links of the longest chain that reached the client are one round trip. What both sides send at the
 * same time, and a server that sends many lines on its own account, cost nothing extra, as on a real link.
 *
 * Limits: acknowledgements of TCP are not seen (a server whose own Nagle algorithm waits for one costs a round trip
 * more on a real link), and keepalives of a command that runs longer than their interval are counted as if waited for.
 */
import { once } from 'node:events'
import net, { type AddressInfo, type Socket } from 'node:net'

export interface RoundTripCounter {
  readonly host: string
  readonly port: number
  /** Round trips so far, those of TCP's own connects included. */
  roundTrips(): number
  connections(): number
  /** Every delivery in order, to see where the round trips are: "client → server 33 bytes, chain 3". */
  trace(): readonly string[]
  close(): Promise<void>
}

interface Parcel {
  readonly to: 'client' | 'server'
  readonly chain: number
  readonly deliver: () => void
  readonly what: string
}

/** Links of the chain that a TCP connect costs before the client may send: SYN there, SYN-ACK back. */
const TCP_CONNECT = 2

/** @param quietMs a side that sent nothing for so long waits for the other: longer than it ever computes in one go */
export const countRoundTrips = async (
  target: { readonly host: string; readonly port: number },
  quietMs = 60,
): Promise<RoundTripCounter> => {
  const sockets = new Set<Socket>()
  const trace: string[] = []
  const reached = { client: 0, server: 0 }
  let connections = 0
  let waiting: Parcel[] = []
  let standstill: NodeJS.Timeout | undefined

  const deliverAll = () => {
    const parcels = waiting
    waiting = []
    for (const { to, chain, deliver, what } of parcels) {
      reached[to] = Math.max(reached[to], chain)
      trace.push(`${to === 'server' ? 'client → server' : 'server → client'} ${what}, chain ${chain}`)
      deliver()
    }
  }
  const post = (to: 'client' | 'server', what: string, deliver: () => void) => {
    waiting.push({ to, chain: reached[to === 'client' ? 'server' : 'client'] + 1, deliver, what })
    clearTimeout(standstill)
    standstill = setTimeout(deliverAll, quietMs)
  }
  const relay = (from: Socket, to: () => Socket, side: 'client' | 'server') => {
    sockets.add(from)
    from.on('data', (chunk) => post(side, `${chunk.length} bytes`, () => to().write(chunk)))
    from.on('end', () => post(side, 'end', () => to().end()))
    from.on('error', () => to().destroy())
    from.on('close', () => sockets.delete(from))
  }

  const server = net.createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    connections += 1
    reached.client += TCP_CONNECT
    let upstream: Socket | undefined
    // The server is reached by the packet that ends TCP's handshake, which the client's first bytes travel with.
    const connected = () => {
      if (upstream) return upstream
      upstream = net.connect({ ...target, noDelay: true, allowHalfOpen: true })
      relay(upstream, () => client, 'client')
      return upstream
    }
    relay(client, connected, 'server')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    roundTrips: () => Math.ceil(reached.client / 2),
    connections: () => connections,
    trace: () => trace,
    close: async () => {
      clearTimeout(standstill)
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
