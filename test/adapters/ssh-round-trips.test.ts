import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { newKey, pinKeys } from '../ssh/keys.ts'
import { countRoundTrips } from '../ssh/round-trips.ts'
import { exitWith, startSshServer } from '../ssh/server.ts'
import { allLines, connectTo, targetAt } from '../ssh/target.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

describe('round trips of the one connection', () => {
  test('connecting, a command, an exchange on its input and its end take nine', async () => {
    const [host, me] = [newKey(), newKey()]
    const server = await startSshServer({
      hostKeys: [host],
      allow: me,
      run: (_command, channel) => {
        channel.write('state\n')
        channel.on('data', () => {})
        channel.on('end', () => {
          for (let step = 1; step <= 12; step += 1) channel.write(`step ${step}\n`)
          exitWith(channel, 0)
        })
      },
    })
    closers.push(() => server.close())
    const counter = await countRoundTrips(server)
    closers.push(() => counter.close())
    const remote = await connectTo(targetAt(counter, me, pinKeys(host)))
    const ready = counter.roundTrips()
    const program = await remote.start('deploy')
    program.write('program\n')
    program.end()
    const lines = await allLines(program)
    expect(lines).toHaveLength(13)
    expect(await program.ended).toEqual({ kind: 'exit', code: 0 })
    expect({ ready, all: counter.roundTrips(), connections: counter.connections() }).toEqual({ ready: 6, all: 9, connections: 1 })
    remote.close()
  })
})

describe('the counter itself', () => {
  const echo = async (answers: (line: string, socket: net.Socket) => void) => {
    const server = net.createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('data', (chunk) => answers(chunk.toString(), socket))
      socket.on('error', () => {})
      socket.on('end', () => socket.end())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    closers.push(() => server.close())
    const counter = await countRoundTrips({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }, 20)
    closers.push(() => counter.close())
    return counter
  }
  const connectedTo = async ({ host, port }: { host: string; port: number }) => {
    const socket = net.connect(port, host)
    await once(socket, 'connect')
    return socket
  }

  test('each question that waits for its answer is one more, TCP is one', async () => {
    const counter = await echo((_line, socket) => socket.write('answer'))
    const socket = await connectedTo(counter)
    for (let question = 0; question < 5; question += 1) {
      socket.write('question')
      await once(socket, 'data')
    }
    expect(counter.roundTrips()).toBe(6)
    socket.destroy()
  })

  test('questions asked without waiting are one together', async () => {
    let answered = 0
    const counter = await echo((text, socket) => {
      answered += text.length
      if (answered === 5) socket.end('done')
    })
    const socket = await connectedTo(counter)
    for (let question = 0; question < 5; question += 1) {
      socket.write('q')
      await new Promise((resolve) => setImmediate(resolve))
    }
    await once(socket, 'data')
    expect(counter.roundTrips()).toBe(2)
    socket.destroy()
  })

  test('a second connection costs a connect more', async () => {
    const counter = await echo((_line, socket) => socket.write('answer'))
    for (let connection = 0; connection < 2; connection += 1) {
      const socket = await connectedTo(counter)
      socket.write('question')
      await once(socket, 'data')
      socket.destroy()
    }
    expect(counter.roundTrips()).toBe(4)
    expect(counter.connections()).toBe(2)
  })
})
