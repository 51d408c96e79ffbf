import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { redaction } from '../../src/adapters/redaction.ts'
import { notifierOf } from '../../src/entry/notify.ts'
import { configOf } from '../config/problems.ts'
import { deployed } from '../report/document.ts'
import { context, ports, request, silent } from './fakes.ts'

let chat: Server
beforeEach(async () => {
  // takes everything, and never answers
  chat = createServer(() => {}).listen(0, '127.0.0.1')
  await once(chat, 'listening')
})
afterEach(() => {
  chat.closeAllConnections()
  chat.close()
})

test('a chat that hangs keeps the report of a cancelled run no longer than that of any other message', async () => {
  const warnings: string[] = []
  const cancellation = new AbortController()
  const url = `http://127.0.0.1:${(chat.address() as AddressInfo).port}/hook`
  const config = configOf(`project: shop
images: { api: {} }
notify: [{ type: webhook, url: "${url}", on: [started] }]
`)
  const log = { ...silent, warning: (line: string) => void warnings.push(line) }
  const one = context({ config, request: { ...request, command: 'deploy' }, ports: ports({ cancellation, log }) })
  const notifier = notifierOf(one, redaction())
  notifier?.started()
  await once(chat, 'request')
  cancellation.abort('SIGINT')
  const from = performance.now()
  await notifier?.ended({ ...deployed, outcome: 'failed', failureCode: 'CANCELLED' })
  expect(performance.now() - from).toBeLessThan(4000)
  expect(warnings).toEqual(['webhook was not told that the deploy started: it did not answer in time'])
})
