/** A server of the sandbox, looked at from outside by OpenSSH, docker and HTTP; nothing of the product's is used. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ended, given, run } from './programs.ts'

export interface Container {
  readonly id: string
  readonly name: string
  readonly service: string
  readonly running: boolean
  readonly started: string
  readonly restarts: number
  /** As the container names it: repository@sha256:…. */
  readonly image: string
}

export type User = 'deploy' | 'root'

const FORMAT =
  '{{.ID}}\t{{.Name}}\t{{index .Config.Labels "com.docker.compose.service"}}\t{{index .Config.Labels "com.docker.compose.oneoff"}}\t{{.State.Running}}\t{{.State.StartedAt}}\t{{.RestartCount}}\t{{.Config.Image}}'

export class Server {
  readonly host: string
  constructor(host: string) {
    this.host = host
  }

  /** One connection is kept for all commands of a test file: a login for each would cost more than what is asked. */
  #options(user: User): readonly string[] {
    const socket = join(tmpdir(), `deploy-action-${process.pid}-${user}-${this.host}`)
    const trust = ['-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes', '-o', `UserKnownHostsFile=${given('SANDBOX_KNOWN_HOSTS')}`]
    const reuse = ['-o', 'ControlMaster=auto', '-o', `ControlPath=${socket}`, '-o', 'ControlPersist=60']
    const key = user === 'root' ? given('SANDBOX_SSH_KEY_ROOT') : given('SANDBOX_SSH_KEY')
    return [...trust, ...reuse, '-o', 'LogLevel=ERROR', '-i', key, '-p', given('SANDBOX_SSH_PORT')]
  }

  try(command: string, user: User = 'deploy', input = ''): Promise<Ended> {
    return run(['ssh', ...this.#options(user), `${user === 'root' ? 'root' : given('SANDBOX_SSH_USER')}@${this.host}`, command], { input })
  }

  async run(command: string, user: User = 'deploy', input = ''): Promise<string> {
    const { code, out, err } = await this.try(command, user, input)
    if (code !== 0) throw new Error(`on ${this.host}: ${command} ended with ${code}:\n${out}${err}`)
    return out.trimEnd()
  }

  async leave(): Promise<void> {
    for (const user of ['deploy', 'root'] as const) await run(['ssh', ...this.#options(user), '-O', 'exit', this.host])
  }

  /** Containers of a project without its one-off runs, newest state, sorted by service and start. */
  async containers(project: string, all = true): Promise<readonly Container[]> {
    const ids = `docker ps ${all ? '--all' : ''} --quiet --no-trunc --filter label=com.docker.compose.project=${project}`
    const text = await this.run(`ids=$(${ids}); [ -z "$ids" ] || docker inspect --format '${FORMAT}' $ids`)
    const rows = text
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('\t'))
    return rows
      .filter(([, , , oneOff]) => oneOff !== 'True')
      .map(([id = '', name = '', service = '', , running = '', started = '', restarts = '', image = '']) => ({
        id,
        name: name.slice(1),
        service,
        running: running === 'true',
        started,
        restarts: Number(restarts),
        image,
      }))
      .sort((one, other) => `${one.service} ${one.started}`.localeCompare(`${other.service} ${other.started}`))
  }

  /** Service → ids of what runs, with the time since when: the same answer twice means that nothing was touched. */
  async running(project: string): Promise<Readonly<Record<string, string>>> {
    const found: Record<string, string> = {}
    for (const { service, id, started } of await this.containers(project, false))
      found[service] = [found[service], `${id} ${started}`].filter(Boolean).join(', ')
    return found
  }

  /** Service → ids alone, for what may have been stopped and started again. */
  async ids(project: string): Promise<Readonly<Record<string, string>>> {
    return Object.fromEntries(Object.entries(await this.running(project)).map(([service, text]) => [service, text.split(' ')[0] ?? '']))
  }

  /** The registry digest that the running containers of a service were made of, as the engine says. */
  async digests(project: string, service: string): Promise<readonly string[]> {
    const ids = `docker ps --quiet --filter label=com.docker.compose.project=${project} --filter label=com.docker.compose.service=${service} --filter label=com.docker.compose.oneoff=False`
    const images = `docker inspect --format '{{.Image}}' $(${ids})`
    const text = await this.run(
      `for image in $(${images}); do docker image inspect --format '{{range .RepoDigests}}{{.}} {{end}}' $image; done`,
    )
    return text.split('\n').map((line) => line.trim().split(' ')[0]?.split('@')[1] ?? '')
  }

  /** Everything below a folder but what is inside its `.deploy`, with mode, owner and content. */
  tree(path: string): Promise<string> {
    return this.run(
      `cd '${path}' && find . -path ./.deploy -prune -o -printf '%y %m %u %p\\n' | sort && find . -path ./.deploy -prune -o -type f -exec sha256sum {} + | sort`,
    )
  }

  /** The same, with the records. */
  wholeTree(path: string): Promise<string> {
    return this.run(`cd '${path}' && find . -printf '%y %m %u %T@ %p\\n' | sort`)
  }

  write(path: string, content: string, mode = '600', user: User = 'deploy'): Promise<string> {
    return this.run(`mkdir -p "$(dirname '${path}')" && cat > '${path}' && chmod ${mode} '${path}'`, user, content)
  }

  read(path: string): Promise<string> {
    return this.run(`cat '${path}'`)
  }

  /** A project as if it had never been there. */
  reset(project: string, path: string): Promise<string> {
    const label = `label=com.docker.compose.project=${project}`
    const remove = (kind: string, list: string, rm: string) =>
      `ids=$(docker ${kind} ${list} --filter ${label}); [ -z "$ids" ] || docker ${kind} ${rm} $ids > /dev/null`
    const all = [
      remove('container', 'ls --all --quiet', 'rm --force --volumes'),
      remove('network', 'ls --quiet', 'rm'),
      remove('volume', 'ls --quiet', 'rm --force'),
    ]
    return this.run(`${all.join('; ')}; rm -rf '${path}'`, 'root')
  }

  /** What a path answers, as text; the reason where nothing answers. */
  async ask(port: number, path: string): Promise<string> {
    try {
      const answer = await fetch(`http://${this.host}:${port}${path}`, { signal: AbortSignal.timeout(5000) })
      return await answer.text()
    } catch (error) {
      return `no answer: ${String((error as Error).cause ?? error)}`
    }
  }

  async json(port: number, path: string): Promise<unknown> {
    const text = await this.ask(port, path)
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  }
}

/** The server on which the scenarios of this Jest worker play: each has one of its own, so that files can run side by side. */
export const scenarioServer = (): Server => sandboxServer(Number(process.env.JEST_WORKER_ID ?? 1))

/** Stacks on several servers, where they meet those of other workers: each with the port that nothing else publishes there. */
export const SEVERAL = { trio: 8195, twin: 8196 } as const

/**
 * One of the three by its number, for a stack of `SEVERAL`.
 *
 * @throws where there is no such server, because more workers than servers were asked for
 */
export const sandboxServer = (number: number): Server => {
  const host = given('SANDBOX_HOSTS').split(' ')[number - 1]
  if (host === undefined) throw new Error(`the sandbox has no server ${number}: --maxWorkers asks for more workers than there are servers`)
  return new Server(host)
}
