import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { request as forward } from 'node:https'
import type { AddressInfo } from 'node:net'
import { REGISTRY } from './sandbox.ts'

/** What to do with a request instead of passing it on. */
export type Fault = 'pass' | 'cut' | 'hold' | { readonly status: number; readonly retryAfter?: number }

export interface FaultProxy extends AsyncDisposable {
  readonly host: string
  readonly faults: () => number
}

/** The sandbox's registry on loopback, with faults in front of it. */
export const faultProxy = async (decide: (request: IncomingMessage, faults: number) => Fault): Promise<FaultProxy> => {
  let faults = 0
  const server = createServer((request, response) => {
    const fault = decide(request, faults)
    if (fault === 'pass') return pass(request, response, host())
    faults++
    if (fault === 'cut') return cut(request)
    if (fault === 'hold') return
    response.writeHead(fault.status, fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = (): string => `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host: host(),
    faults: () => faults,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** In the middle of what is being sent. */
const cut = (request: IncomingMessage): void => {
  request.once('data', () => request.socket.destroy())
  request.once('end', () => request.socket.destroy())
}

const pass = (request: IncomingMessage, response: ServerResponse, host: string): void => {
  const onward = forward(
    `https://${REGISTRY}${request.url}`,
    { method: request.method, headers: { ...request.headers, host: REGISTRY } },
    (answer) => {
      const location = answer.headers.location?.replace(`https://${REGISTRY}`, `http://${host}`)
      response.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...(location === undefined ? {} : { location }) })
      answer.pipe(response)
    },
  )
  onward.on('error', () => response.destroy())
  request.pipe(onward)
}
