/** The stack that is deployed thousands of times: two services, one of which may exist once, a file, a migration and a seed. */
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeFiles } from '../../sandbox/sample/files.ts'
import { given, output, type Running, run, start } from '../../sandbox/scenarios/programs.ts'
import { type FaultProxy, startFaultProxy } from '../../ssh/proxy.ts'
import { Failpoints } from './failpoint.ts'
import { type AtRest, POLICIES, type SeenContainer, type Service } from './history.ts'
import type { Version } from './image.ts'
import type { Machine } from './machine.ts'

export const PROJECT = 'faults'
export const PATH = '/opt/stacks/faults'
export const PORTS: Readonly<Record<Service, number>> = { web: 8091, worker: 8092 }
const SERVER_FOLDER = '/tmp/deploy-action-failpoints'
const DATA = `/var/lib/docker/volumes/${PROJECT}_data/_data`
const DOT = `${PATH}/.deploy`

const AUTHOR = {
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
}

const service = (name: Service): string => `    image: ghcr.io/acme/faults-app:latest
    restart: ${POLICIES[name]}
    stop_grace_period: 2s
    ports: ["${PORTS[name]}:80"]
    volumes: ["./conf:/conf:ro", "data:/data"]
`
const COMPOSE = `services:
  web:
${service('web')}  worker:
${service('worker')}volumes:
  data:
`

export interface Odd {
  /** Keys of `migrate`. */
  readonly migrate?: string
  /** Keys of `backup`. */
  readonly backup?: string
  /** Memory limit of web. */
  readonly limit?: string
}
const UP = 'up: [sh, -c, "echo migrated >> /data/revisions; cat /www/version > /data/schema"]'
/** A schema that goes back with the version, and the backup that this asks for: some containers and questions more than the others need. */
export const SCHEMA_GOES_BACK: Odd = {
  migrate: `${UP}, current: [cat, /data/schema], undo: down, down: [sh, -c, "echo $0 > /data/schema", "{revision}"]`,
  backup: 'kind: command, service: web, save: [cat, /data/revisions], prove: [cat], restore: [sh, -c, "cat > /data/revisions"]',
}

/** deploy.yml of the stack. */
export const config = (port: number, { migrate = UP, backup }: Odd = {}): string => `project: ${PROJECT}
registry: { namespace: acme }
images: { app: { platforms: [linux/amd64] } }
compose: { sync: [conf] }
services:
  web: { health: { http: { port: 80, path: /health }, interval: 50ms, deadline: 3s } }
  worker: { exactly: 1, health: { http: { port: 80, path: /health }, interval: 50ms, deadline: 3s } }
migrate: { service: web, ${migrate} }
${backup === undefined ? '' : `backup: { ${backup} }\n`}seed:
  - { name: told, service: web, policy: always, run: [sh, -c, "echo seeded >> /data/seeds"] }
  - { name: handed, service: web, policy: always, http: { port: 80, path: /take, file: data.txt } }
smoke: [{ name: answers, service: web, http: { port: 80, path: /version }, retries: 0 }]
keep: 3
environments:
  production: { host: "\${SSH_HOST}", port: ${port}, path: ${PATH}, lockTimeout: 60s }
`

export class Stack {
  readonly machine: Machine
  readonly link: FaultProxy
  readonly failpoints: Failpoints
  readonly #images: Readonly<Record<Version, string>>
  readonly #folder: string
  readonly #dist: string
  #files: readonly string[] = []

  private constructor(machine: Machine, link: FaultProxy, folder: string, images: Readonly<Record<Version, string>>, dist: string) {
    this.machine = machine
    this.link = link
    this.#folder = folder
    this.#images = images
    this.#dist = dist
    this.failpoints = new Failpoints(() => [machine.path(SERVER_FOLDER), join(folder, '.git/failpoints')])
  }

  static async on(machine: Machine, images: Readonly<Record<Version, string>>, dist: string): Promise<Stack> {
    const folder = await mkdtemp(join(tmpdir(), 'faults-'))
    const link = await startFaultProxy({ host: machine.host, port: Number(given('SANDBOX_SSH_PORT')) })
    const stack = new Stack(machine, link, folder, images, dist)
    await stack.#git('init', '--quiet', '--initial-branch=main')
    await stack.#git('remote', 'add', 'origin', 'https://github.com/acme/faults.git')
    await writeFiles(join(folder, '.git'), new Map([['failpoints/trace', '']]))
    return stack
  }

  async close(): Promise<void> {
    await this.link.close()
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }

  #git(...args: readonly string[]): Promise<string> {
    return output(['git', '-C', this.#folder, ...args], { env: { ...process.env, ...AUTHOR } })
  }

  /** A new commit in which everything is of this version. @param odd what is to be different this time */
  async commit(version: Version, odd: Odd = {}): Promise<void> {
    const files = new Map([
      ['deploy.yml', config(this.link.port, odd)],
      ['data.txt', 'handed over\n'],
      [
        'docker-compose.yml',
        odd.limit === undefined ? COMPOSE : COMPOSE.replace('    restart:', `    mem_limit: ${odd.limit}\n    restart:`),
      ],
      ['conf/app.conf', `${version}\n`],
    ])
    await writeFiles(this.#folder, files, this.#files)
    this.#files = [...files.keys()]
    await this.#git('add', '--all')
    await this.#git('commit', '--quiet', '--allow-empty', '--message', version)
  }

  deploy(version: Version): Running {
    return this.#start(['deploy', '--image', `app=${this.#images[version]}`])
  }

  rollback(release: string): Running {
    return this.#start(['rollback', release])
  }

  #start(args: readonly string[]): Running {
    const kept = Object.fromEntries(
      ['PATH', 'HOME', 'DOCKER_CONFIG', 'SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'].map((name) => [name, process.env[name]]),
    )
    const pins = readFileSync(given('SANDBOX_KNOWN_HOSTS'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith(`${this.machine.host} `))
      .map((line) => line.replace(this.machine.host, `[${this.link.host}]:${this.link.port}`))
    const env = {
      ...kept,
      SSH_HOST: this.link.host,
      DEPLOY_SSH_KEY: readFileSync(given('SANDBOX_SSH_KEY'), 'utf8'),
      DEPLOY_KNOWN_HOSTS: pins.join('\n'),
      DEPLOY_REGISTRY: given('SANDBOX_REGISTRY'),
      DEPLOY_REGISTRY_USERNAME: given('SANDBOX_REGISTRY_USER'),
      DEPLOY_REGISTRY_PASSWORD: given('SANDBOX_REGISTRY_PASSWORD'),
      DEPLOY_ACTION_TEST_FAILPOINTS: join(this.#folder, '.git/failpoints'),
      // thousands of starts of the same bundle
      NODE_COMPILE_CACHE: join(this.#dist, 'compiled'),
    }
    return start([process.execPath, join(this.#dist, 'cli.js'), ...args, '--json'], { cwd: this.#folder, env })
  }

  /** As if nothing had ever been there, then version one. */
  async renew(): Promise<void> {
    const label = `label=com.docker.compose.project=${PROJECT}`
    const script = `until docker version > /dev/null 2>&1; do sleep 0.2; done
for kind in container network volume; do
  case $kind in container) list='ls --all --quiet' force='--force --volumes' ;; network) list='ls --quiet' force= ;; *) list='ls --quiet' force=--force ;; esac
  ids=$(docker $kind $list --filter ${label}); [ -z "$ids" ] || docker $kind rm $force $ids > /dev/null
done; rm -rf ${PATH}`
    await output(['docker', 'exec', this.machine.container, 'sh', '-c', script])
    this.machine.openFolder(SERVER_FOLDER)
    this.machine.write(`${SERVER_FOLDER}/trace`, '')
    this.failpoints.arm(null)
    await this.#deployed('one')
  }

  async #deployed(version: Version): Promise<void> {
    await this.commit(version)
    const { code, err } = await this.deploy(version).ended
    if (code !== 0) throw new Error(`version ${version} could not be deployed:\n${err}`)
  }

  /** Lets another version serve in between. @returns its release */
  async pass(present: Version, other: Version): Promise<string> {
    await this.#deployed(other)
    await this.#deployed(present)
    return this.releaseOf(other) ?? ''
  }

  /** The bytes of a version leave the server, so that they have to be pulled. */
  async forget(version: Version): Promise<void> {
    await this.machine.engine(`/images/${encodeURIComponent(this.#images[version])}?force=false`, 'DELETE')
  }

  /** From its next start on a version is not healthy, or takes all memory there is, until it is mended. */
  sicken(version: Version, how: 'sick' | 'hungry' = 'sick'): void {
    this.machine.write(`${DATA}/${how}-${version}`, '')
  }

  mend(version: Version): void {
    for (const how of ['sick', 'hungry']) this.machine.remove(`${DATA}/${how}-${version}`)
  }

  lockIsFree(): boolean {
    return this.machine.isFree(`${DOT}/lock`)
  }

  /** Release that `current` names. */
  current(): string | null {
    return this.machine.link(`${DOT}/current`)?.replace('releases/', '') ?? null
  }

  /** The newest release on record whose web is of a version. */
  releaseOf(version: Version): string | null {
    const releases = readdirSync(this.machine.path(`${DOT}/releases`)).toSorted(
      (one, other) => Number.parseInt(other, 10) - Number.parseInt(one, 10),
    )
    return releases.find((release) => this.#versionsOf(release)?.web === version) ?? null
  }

  /** The operation that was started last. */
  operation(): string {
    return this.#operations().at(-1) ?? ''
  }

  /** Of the last operations, the oldest first. */
  journals(): readonly string[] {
    return this.#operations()
      .slice(-3)
      .map((operation) => `${operation}\n${this.machine.text(`${operation}/journal`)}`)
  }

  #operations(): readonly string[] {
    return readdirSync(this.machine.path(`${DOT}/operations`))
      .filter((name) => !name.startsWith('.'))
      .toSorted()
      .map((name) => `${DOT}/operations/${name}`)
  }

  async containers(): Promise<readonly SeenContainer[] | null> {
    const listed = await this.#listed()
    if (listed === null) return null
    const inspected = await Promise.all(listed.map(({ Id }) => this.machine.engine<Inspected>(`/containers/${Id}/json`)))
    return inspected.flatMap((one) => (one === null ? [] : [this.#seen(one)]))
  }

  /** The labels of what runs, by its id. */
  async running(): Promise<ReadonlyMap<string, Readonly<Record<string, string>>> | null> {
    const listed = await this.#listed()
    return listed && new Map(listed.filter(({ State }) => State === 'running').map(({ Id, Labels }) => [Id, Labels]))
  }

  #listed(): Promise<readonly Listed[] | null> {
    const filters = encodeURIComponent(JSON.stringify({ label: [`com.docker.compose.project=${PROJECT}`] }))
    return this.machine.engine(`/containers/json?all=1&filters=${filters}`)
  }

  #seen({ Name, Image, Config, State, HostConfig }: Inspected): SeenContainer {
    const label = (name: string): string => Config.Labels[`com.docker.compose.${name}`] ?? ''
    return {
      service: label('service'),
      name: Name.slice(1),
      oneOff: label('oneoff') === 'True',
      running: State.Running,
      version: this.#versionOf(Image),
      policy: HostConfig.RestartPolicy.Name,
    }
  }

  #versionOf(digest: string): string {
    return Object.entries(this.#images).find(([, reference]) => reference.endsWith(`@${digest}`))?.[0] ?? digest
  }

  #versionsOf(release: string): Record<string, string> | null {
    const text = this.machine.text(`${DOT}/releases/${release}/release.json`)
    if (text === '') return null
    const { services } = JSON.parse(text) as { readonly services: Readonly<Record<string, { readonly digest: string }>> }
    return Object.fromEntries(Object.entries(services).map(([service, { digest }]) => [service, this.#versionOf(digest)]))
  }

  async atRest(): Promise<AtRest> {
    const release = this.current()
    const versions = release === null ? null : this.#versionsOf(release)
    return {
      containers: (await this.containers()) ?? [],
      lockIsFree: this.lockIsFree(),
      current: release === null || versions === null ? null : { release, versions },
      file: this.machine.text(`${PATH}/conf/app.conf`).trim(),
      migrations: this.#lines('revisions'),
      schema: this.machine.text(`${DATA}/schema`).trim(),
      seeds: Math.min(this.#lines('seeds'), this.#lines('uploads')),
      leftOver: await this.#leftOver(),
    }
  }

  /** Of a file in the stack's volume. */
  #lines(name: string): number {
    return this.machine.text(`${DATA}/${name}`).split('\n').filter(Boolean).length
  }

  async #leftOver(): Promise<readonly string[]> {
    const root = this.machine.path(DOT)
    const unfinished = `cd '${root}/operations' && for folder in */; do grep -q ' end ' "$folder/journal" 2> /dev/null || echo "operation $folder"; done`
    const logins = `find '${root}' '${root}/../conf' -name docker-config -o -name '*.deploy-new' -o -name '*.deploy-old'`
    const { out } = await run(['sh', '-c', `${unfinished}; ${logins}`])
    return out
      .split('\n')
      .filter(Boolean)
      .map((line) => line.replace(root, '.deploy'))
  }
}

interface Listed {
  readonly Id: string
  readonly State: string
  readonly Labels: Readonly<Record<string, string>>
}

interface Inspected {
  readonly Name: string
  readonly Image: string
  readonly Config: { readonly Labels: Readonly<Record<string, string>> }
  readonly State: { readonly Running: boolean }
  readonly HostConfig: { readonly RestartPolicy: { readonly Name: string } }
}
