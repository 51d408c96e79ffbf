import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import { startLoad } from './load.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

const listening = async (port = 0, status = 200): Promise<number> => {
  server = createServer((_, response) => response.writeHead(status).end())
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

test('a service that is replaced is missed for as long as it was away, request by request', async () => {
  const port = await listening()
  const load = startLoad(`http://127.0.0.1:${port}/`)
  await load.good()
  server?.closeAllConnections()
  server?.close()
  const away = performance.now()
  await new Promise((resolve) => setTimeout(resolve, 300))
  const back = performance.now()
  await listening(port)
  await load.good()
  const { sent, failed, longestGapMs } = await load.stop()
  expect(longestGapMs).toBeGreaterThanOrEqual(back - away)
  expect(failed).toBeGreaterThan(0)
  expect(failed).toBeLessThan(sent)
})

test('an answer that says no counts as none', async () => {
  const port = await listening(0, 503)
  const load = startLoad(`http://127.0.0.1:${port}/`)
  for (let request = 0; request < 3; request += 1) await once(server as Server, 'request')
  const { sent, failed } = await load.stop()
  expect([failed, failed > 0]).toEqual([sent, true])
})
