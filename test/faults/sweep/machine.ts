/**
 * A server of the sandbox as its own power supply sees it: files, processes and engine, from outside and at once. A
 * login for each question would take longer than what is to be caught; nothing of the product's is used.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import { given } from '../../sandbox/scenarios/programs.ts'

export interface RunningProcess {
  /** As this machine counts. */
  readonly pid: number
  /** As the server counts. */
  readonly inside: number
  readonly parent: number
  readonly user: number
  readonly name: string
  readonly command: string
}

export interface Streaming {
  readonly ended: Promise<void>
  close(): void
}

export class Machine {
  readonly host: string
  readonly container: string
  #pid = 0

  constructor(host: string, container: string) {
    this.host = host
    this.container = container
    this.found()
  }

  /** After the server was started again, it is another process. */
  found(): void {
    this.#pid = Number(execFileSync('docker', ['inspect', '--format', '{{.State.Pid}}', this.container], { encoding: 'utf8' }))
  }

  /** Pulls the plug, and puts it back: everything that ran is gone, what was on the disk is there. */
  reboot(): void {
    execFileSync('docker', ['kill', this.container])
    execFileSync('docker', ['start', this.container])
    this.found()
  }

  /** As root on the server. */
  shell(script: string): string {
    return execFileSync('docker', ['exec', this.container, 'sh', '-c', script], { encoding: 'utf8' })
  }

  /** A path of the server, as a path of this machine. */
  path(inside: string): string {
    return join(`/proc/${this.#pid}/root`, inside)
  }

  text(inside: string): string {
    const path = this.path(inside)
    return existsSync(path) ? readFileSync(path, 'utf8') : ''
  }

  link(inside: string): string | null {
    try {
      return readlinkSync(this.path(inside))
    } catch {
      return null
    }
  }

  /** Processes of the server itself, without those in its containers. */
  processes(): readonly RunningProcess[] {
    const namespace = namespaceOf(this.#pid)
    return processIds().flatMap((pid) => (namespaceOf(pid) === namespace ? described(pid) : []))
  }

  /** What holds the server's containers, and the first process of each, with which the others end. */
  inContainers(): readonly RunningProcess[] {
    const shims = this.processes().filter(({ name }) => name.startsWith('containerd-shim'))
    const first = processIds().flatMap((pid) => described(pid).filter(({ parent }) => shims.some((shim) => shim.pid === parent)))
    return [...shims, ...first]
  }

  kill(processes: readonly RunningProcess[], name: NodeJS.Signals): void {
    for (const { pid } of processes) signal(pid, name)
  }

  /** Whether nobody holds the kernel's lock on a file. */
  isFree(lock: string): boolean {
    const path = this.path(lock)
    return !existsSync(path) || spawnSync('flock', ['--nonblock', path, 'true']).status === 0
  }

  /** What the engine answers; null where it does not. */
  engine<Answer>(path: string, method: 'GET' | 'DELETE' = 'GET'): Promise<Answer | null> {
    return new Promise((resolve) => {
      const request = http.request({ socketPath: this.path('/var/run/docker.sock'), path, method, timeout: 5_000 }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        response.on('error', () => resolve(null))
        response.on('end', () => resolve(response.statusCode === 200 ? parsed(text) : null))
      })
      request.on('error', () => resolve(null))
      request.on('timeout', () => request.destroy())
      request.end()
    })
  }

  /** Lines of an answer that goes on, until the engine or whoever asked ends it. */
  stream(path: string, { onOpen, onLine }: { readonly onOpen: () => void; readonly onLine: (line: string) => void }): Streaming {
    const request = http.request({ socketPath: this.path('/var/run/docker.sock'), path })
    const ended = new Promise<void>((resolve) => {
      request.on('close', resolve)
      // an engine that is away, or went
      request.on('error', () => undefined)
      request.on('response', (response) => {
        let rest = ''
        response.on('error', () => undefined)
        response.setEncoding('utf8').on('data', (part: string) => {
          const lines = `${rest}${part}`.split('\n')
          rest = lines.pop() ?? ''
          for (const line of lines) onLine(line)
        })
        onOpen()
      })
    })
    request.end()
    return { ended, close: () => void request.destroy() }
  }

  /** A folder that anybody on the server may write into, empty. */
  openFolder(inside: string): void {
    rmSync(this.path(inside), { recursive: true, force: true })
    mkdirSync(this.path(inside), { recursive: true })
    chmodSync(this.path(inside), 0o777)
  }

  remove(inside: string): void {
    rmSync(this.path(inside), { recursive: true, force: true })
  }

  write(inside: string, text: string): void {
    writeFileSync(this.path(inside), text)
    chmodSync(this.path(inside), 0o666)
  }
}

/** The servers of the sandbox, the second one first: the first one is the workflows', the last one the demo's, beside which a sample runs. */
export const machines = (): readonly Machine[] => {
  const containers = given('SANDBOX_CONTAINERS').split(' ')
  const [first, ...others] = given('SANDBOX_HOSTS')
    .split(' ')
    .map((host, index) => new Machine(host, containers[index] ?? ''))
  return first === undefined ? [] : [...others, first]
}

const parsed = (text: string): never => JSON.parse(text || 'null') as never

const processIds = (): readonly number[] => readdirSync('/proc').map(Number).filter(Number.isInteger)

const namespaceOf = (pid: number): string | null => {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`)
  } catch {
    return null
  }
}

const described = (pid: number): RunningProcess[] => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    if (/^State:\s+Z/m.test(status)) return []
    const of = (key: string): string => new RegExp(`^${key}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? ''
    return [
      {
        pid,
        inside: Number(of('NSpid').split(/\s+/).at(-1)),
        parent: Number(of('PPid')),
        user: Number(of('Uid').split(/\s+/)[0]),
        name: of('Name'),
        command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '),
      },
    ]
  } catch {
    // it ended while it was looked at
    return []
  }
}

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name)
  } catch {
    // ended by itself in the meantime
  }
}
