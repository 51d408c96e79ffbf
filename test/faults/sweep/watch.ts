/** Looks at a stack from outside for the time of one try: what answers, what runs, what `current` names. */
import http from 'node:http'
import { type Pointer, type Probe, type Sample, SERVICES, type Service } from './history.ts'
import { PORTS, type Stack } from './stack.ts'

const PROBE_MS = 50
const SAMPLE_MS = 100

export class Watch {
  readonly probes: Probe[] = []
  readonly samples: Sample[] = []
  readonly pointers: Pointer[] = []
  readonly #timers: readonly NodeJS.Timeout[]
  readonly #stack: Stack
  #asking = false

  constructor(stack: Stack) {
    this.#stack = stack
    this.#timers = [setInterval(() => this.#probe(), PROBE_MS), setInterval(() => void this.#sample(), SAMPLE_MS)]
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
  }

  #probe(): void {
    for (const service of SERVICES) void ask(this.#stack.machine.host, service).then((probe) => this.probes.push(probe))
    this.pointers.push({ at: performance.now(), release: this.#stack.current() })
  }

  async #sample(): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    const running = await this.#stack.running()
    this.#asking = false
    if (running !== null) this.samples.push({ at: performance.now(), ...running })
  }
}

/** A new connection each time, as a stranger would come. */
const ask = (host: string, service: Service): Promise<Probe> =>
  new Promise((resolve) => {
    const settle = (version: string | null): void => resolve({ at: performance.now(), service, version })
    const request = http.get({ host, port: PORTS[service], path: '/version', agent: false, timeout: 2_000 }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('error', () => settle(null))
      response.on('end', () => settle(response.statusCode === 200 ? text.trim() : null))
    })
    request.on('error', () => settle(null))
    request.on('timeout', () => request.destroy())
  })
