import { spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { delayedLink, whyNoLink } from '../../link/link.ts'
import { interfacesIn, newNamespace } from '../../link/namespace.ts'

const reason = whyNoLink()
if (reason) console.warn(`tests of the delayed link are skipped: ${reason}`)
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** An echo server inside a namespace. */
const echoIn = async (namespace: string): Promise<number> => {
  const source =
    'const server = require("net").createServer({ noDelay: true }, (socket) => socket.pipe(socket)); server.listen(0, () => console.log(server.address().port)); process.stdin.resume().on("end", () => process.exit())'
  const child = spawn('nsenter', [`--net=${namespace}`, process.execPath, '-e', source])
  closers.push(async () => {
    const exited = once(child, 'exit')
    child.stdin.end()
    await exited
  })
  const [port] = await once(child.stdout, 'data')
  return Number(port)
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

;(reason ? describe.skip : describe)('the delayed link', () => {
  const ready = async (roundTripMs: number) => {
    const namespace = await newNamespace()
    closers.push(() => namespace.close())
    const port = await echoIn(namespace.file)
    const link = await delayedLink({ namespace: namespace.file, roundTripMs })
    closers.push(() => link.close())
    return { namespace, link, port }
  }
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const start = performance.now()
    await work()
    return performance.now() - start
  }

  test('a TCP connect takes one round trip and an echo another, none is shorter', async () => {
    const { link, port } = await ready(200)
    const connects: number[] = []
    const echoes: number[] = []
    for (let count = 0; count < 5; count += 1) {
      const socket = net.connect({ host: link.host, port, noDelay: true })
      connects.push(await timed(() => once(socket, 'connect')))
      socket.write('x')
      echoes.push(await timed(() => once(socket, 'data')))
      socket.destroy()
    }
    // in whole round trips: one and not two, with all the slack of a busy machine between them
    for (const each of [median(connects), median(echoes)]) expect(Math.floor(each / 199)).toBe(1)
  })

  test('what is sent arrives whole and in order', async () => {
    const { link, port } = await ready(20)
    const socket = net.connect({ host: link.host, port })
    const sent = Buffer.alloc(4 * 1024 * 1024, 'delayed link ')
    socket.end(sent)
    const received: Buffer[] = []
    for await (const chunk of socket) received.push(chunk as Buffer)
    expect(Buffer.concat(received).equals(sent)).toBe(true)
  })

  test('several links stand side by side, and nothing is left of them', async () => {
    const cables = () => interfacesIn('/proc/self/ns/net').filter((name) => name.startsWith('delay'))
    const before = cables()
    const namespace = await newNamespace()
    const inside = interfacesIn(namespace.file)
    const links = [
      await delayedLink({ namespace: namespace.file, roundTripMs: 10 }),
      await delayedLink({ namespace: namespace.file, roundTripMs: 10 }),
    ]
    expect(new Set(links.map((link) => link.host)).size).toBe(2)
    for (const link of links) await link.close()
    expect(interfacesIn(namespace.file)).toEqual(inside)
    await namespace.close()
    expect(cables()).toEqual(before)
  })
})
