/** Looks at a stack from outside for the time of one try: what answers, what runs, what `current` names. */
import { connect } from 'node:net'
import { Follow } from './follow.ts'
import { type Pointer, type Probe, type Sample, SERVICES, type Service } from './history.ts'
import { PORTS, PROJECT, type Stack } from './stack.ts'

const PROBE_MS = 50

export class Watch {
  readonly probes: Probe[] = []
  readonly pointers: Pointer[] = []
  readonly #timer: NodeJS.Timeout
  readonly #stack: Stack
  readonly #follow: Follow

  constructor(stack: Stack) {
    this.#stack = stack
    this.#timer = setInterval(() => this.#probe(), PROBE_MS)
    this.#follow = new Follow({ machine: stack.machine, project: PROJECT, list: () => stack.running() })
  }

  get samples(): readonly Sample[] {
    return this.#follow.samples
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#follow.stop()
  }

  #probe(): void {
    for (const service of SERVICES) void ask(this.#stack.machine.host, service).then((probe) => this.probes.push(probe))
    this.pointers.push({ at: performance.now(), release: this.#stack.current() })
  }
}

/** A new connection each time, as a stranger would come; without a client of HTTP, whose work is most of what that costs. */
const ask = (host: string, service: Service): Promise<Probe> =>
  new Promise((resolve) => {
    const settle = (version: string | null): void => resolve({ at: performance.now(), service, version })
    let text = ''
    const socket = connect({ host, port: PORTS[service] }, () => socket.write('GET /version HTTP/1.0\r\n\r\n'))
    socket.setEncoding('utf8').on('data', (part: string) => (text += part))
    socket.on('error', () => settle(null))
    socket.on('close', () => settle(text.startsWith('HTTP/1.0 200 ') ? text.slice(text.indexOf('\r\n\r\n')).trim() : null))
    socket.setTimeout(2_000, () => socket.destroy())
  })
