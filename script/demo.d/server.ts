import { type Environment, output } from './program.ts'

/** A container as the server's engine describes it. */
export interface Container {
  readonly id: string
  readonly service: string
  /** The registry's digest of its image. */
  readonly digest: string
  readonly state: string
  /** Of its health check; null where it has none. */
  readonly health: string | null
  readonly started: string
  readonly restarts: number
}

export interface ContainerEvent {
  readonly service: string
  readonly action: string
  readonly id: string
  readonly image: string
  readonly oneOff: boolean
  readonly exitCode: string | null
}

/** The demo's eyes: OpenSSH and docker on the server, HTTP to what it publishes. Nothing of the product's. */
export class Server {
  readonly address: string
  readonly #env: Environment
  readonly #project: string

  constructor(address: string, project: string, env: Environment) {
    this.address = address
    this.#project = project
    this.#env = env
  }

  sshArguments(): readonly string[] {
    const { SANDBOX_SSH_KEY, SANDBOX_SSH_PORT, SANDBOX_SSH_USER, SANDBOX_KNOWN_HOSTS } = this.#env
    const pinned = [
      '-o',
      'BatchMode=yes',
      '-o',
      'StrictHostKeyChecking=yes',
      '-o',
      `UserKnownHostsFile=${SANDBOX_KNOWN_HOSTS}`,
      '-o',
      'LogLevel=ERROR',
    ]
    return ['-i', String(SANDBOX_SSH_KEY), '-p', String(SANDBOX_SSH_PORT), ...pinned, `${SANDBOX_SSH_USER}@${this.address}`]
  }

  ssh(command: string, input = ''): Promise<string> {
    return output(['ssh', ...this.sshArguments(), command], { env: this.#env, input })
  }

  /** As a new server: no containers, no data, and the `.env` that its operator has written. */
  async prepare(directory: string, environmentFile: string): Promise<void> {
    await this.forget(directory)
    await this.ssh(`mkdir -p ${directory} && umask 077 && cat > ${directory}/.env`, environmentFile)
  }

  /** Nothing of the project is left, whatever became of an earlier demo. */
  async forget(directory: string): Promise<void> {
    const labelled = `--filter label=com.docker.compose.project=${this.#project}`
    const steps = [
      `docker ps --all --quiet ${labelled} | xargs -r docker rm --force --volumes`,
      `docker volume ls --quiet ${labelled} | xargs -r docker volume rm`,
      `docker network ls --quiet ${labelled} | xargs -r docker network rm`,
      `rm -rf ${directory}`,
    ]
    await this.ssh(`{ ${steps.join(' && ')}; } 2>&1`)
  }

  /** The same, once the engine's own health checks have an opinion: after a start they have none until their first interval. */
  async settled(): Promise<readonly Container[]> {
    const deadline = performance.now() + 60_000
    for (;;) {
      const containers = await this.containers()
      if (containers.every(({ health }) => health !== 'starting') || performance.now() > deadline) return containers
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }

  /** What runs or lies there of the services, one-off containers apart. */
  async containers(): Promise<readonly Container[]> {
    const ids = `docker ps --all --quiet --no-trunc --filter label=com.docker.compose.project=${this.#project} --filter label=com.docker.compose.oneoff=False`
    const found = JSON.parse((await this.ssh(`${ids} | xargs -r docker inspect`)) || '[]') as readonly Inspected[]
    const digests = new Map<string, string>()
    for (const image of new Set(found.map(({ Image }) => Image))) digests.set(image, await this.#digest(image))
    return found.map((container) => described(container, digests.get(container.Image) ?? ''))
  }

  async #digest(image: string): Promise<string> {
    const known = JSON.parse(await this.ssh(`docker image inspect --format '{{json .RepoDigests}}' ${image}`)) as readonly string[]
    return known[0]?.split('@')[1] ?? image
  }

  /** What happened to the project's containers since a time, as the engine tells it. */
  async events(since: number): Promise<readonly ContainerEvent[]> {
    const text = await this.ssh(
      `docker events --since ${since / 1000} --until "$(date +%s.%N)" --filter type=container --filter label=com.docker.compose.project=${this.#project} --format '{{json .}}'`,
    )
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => happened(JSON.parse(line) as Happened))
  }

  /** Rows of the sample's database. */
  sql(query: string): Promise<string> {
    return this.ssh(`docker exec -i ${this.#project}-postgres-1 sh -c 'psql -U "$POSTGRES_USER" -d "$POSTGRES_DB" -tA'`, query)
  }

  /** The body of an answer, or what came instead of it. */
  async http(port: number, path: string): Promise<string> {
    try {
      const answer = await fetch(`http://${this.address}:${port}${path}`, { signal: AbortSignal.timeout(10_000) })
      return answer.status === 200 ? (await answer.text()).trim() : `HTTP ${answer.status}`
    } catch (error) {
      return `no answer (${error instanceof Error ? error.message : String(error)})`
    }
  }
}

interface Inspected {
  readonly Id: string
  readonly Image: string
  readonly RestartCount: number
  readonly State: { readonly Status: string; readonly StartedAt: string; readonly Health?: { readonly Status: string } }
  readonly Config: { readonly Labels: Readonly<Record<string, string>> }
}

const described = ({ Id, RestartCount, State, Config }: Inspected, digest: string): Container => ({
  id: Id,
  service: Config.Labels['com.docker.compose.service'] ?? '',
  digest,
  state: State.Status,
  health: State.Health?.Status ?? null,
  started: State.StartedAt,
  restarts: RestartCount,
})

interface Happened {
  readonly Action: string
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> }
}

const happened = ({ Action, Actor: { ID, Attributes } }: Happened): ContainerEvent => ({
  service: Attributes['com.docker.compose.service'] ?? '',
  action: Action,
  id: ID,
  image: Attributes.image ?? '',
  oneOff: Attributes['com.docker.compose.oneoff'] === 'True',
  exitCode: Attributes.exitCode ?? null,
})
