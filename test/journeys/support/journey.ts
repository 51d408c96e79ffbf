/**
 * A user's project on its whole way: first deploy, upgrade, broken release, automatic rollback, manual rollback, restore.
 * The product is its command line in a clone of the project; what came of it is asked of docker, HTTP and SQL on the
 * server, never of the product's own report.
 */
import { expect } from '@jest/globals'
import type { Files } from '../../sandbox/sample/files.ts'
import { expectDocument } from '../../sandbox/scenarios/document.ts'
import { Project, pinned, type Told } from '../../sandbox/scenarios/project.ts'
import { type Server, scenarioServer } from '../../sandbox/scenarios/server.ts'
import { fixtureFiles, fixtureImages } from './fixture.ts'

export interface Shape {
  /** Folder in test/journeys/projects; its deploy.yml is the config, with the host as ${SSH_HOST}. */
  readonly fixture: string
  /** `project` and `environments.….path` of that deploy.yml: what is cleaned up before and after. */
  readonly project: string
  readonly path: string
  /** Service → key in `images`: what has to run those bytes, as one container each where `containers` says nothing else. */
  readonly services: Readonly<Record<string, string>>
  readonly containers?: Readonly<Record<string, number>>
  /** What the operator puts on the server once, before the first deploy: environment file, networks, folders. */
  readonly operator: (server: Server) => Promise<unknown>
  /** The project at a version: "1", "2", …; "2-sick" is a version 2 that never becomes healthy. */
  readonly version: (files: Files, version: string) => Files
  /** Paths that end up in an image; all but deploy.yml, compose and environment files when absent. */
  readonly inImage?: (path: string) => boolean
  /** For a project whose images no Dockerfile makes: the product builds them, of what was committed last. */
  readonly builds?: (project: Project) => Promise<Readonly<Record<string, string>>>
  /** Which version serves, as the stack itself answers from outside: "1", "2". */
  readonly serves: (server: Server) => Promise<string>
  /** The data as one line that is the same for the same data; empty where the project has none. */
  readonly data: (server: Server) => Promise<string>
  /** Variables of the job, besides host, key and registry. */
  readonly variables?: Readonly<Record<string, string | undefined>>
}

export interface Backup {
  readonly id: string
  readonly revision: string
}

export class Journey {
  readonly server: Server = scenarioServer()
  readonly #shape: Shape
  #files: Files = new Map()
  #project: Project | undefined
  #images: Readonly<Record<string, string>> = {}
  readonly #built = new Map<string, Readonly<Record<string, string>>>()

  constructor(shape: Shape) {
    this.#shape = shape
  }

  get project(): Project {
    if (this.#project === undefined) throw new Error('begin() comes first')
    return this.#project
  }

  /** The fixture as it lies in its folder. */
  get files(): Files {
    return this.#files
  }

  async begin(): Promise<void> {
    const { fixture, project, path, operator } = this.#shape
    await this.server.reset(project, path)
    this.#files = await fixtureFiles(fixture)
    this.#project = await Project.in(this.server.host)
    await operator(this.server)
  }

  async end(): Promise<void> {
    await this.server.reset(this.#shape.project, this.#shape.path)
    await this.server.leave()
    await this.#project?.remove()
  }

  /** Commits a version, after a change to its files, and yields the options that say which images it is. */
  async commit(version: string, change: (files: Files) => Files = (files) => files): Promise<readonly string[]> {
    const files = change(this.#shape.version(this.#files, version))
    await this.project.commit(files)
    this.#images = await (this.#shape.builds?.(this.project) ?? fixtureImages(files, version, this.#shape.inImage))
    this.#built.set(version, this.#images)
    return pinned(this.#images)
  }

  /** A command of the product, with the variables of the job. */
  cli(...args: readonly string[]): Promise<Told> {
    return this.project.cli(args, this.#shape.variables)
  }

  /** One that must do what it is there for; a surprise is shown whole. */
  succeeds(...args: readonly string[]): Promise<Told> {
    return this.project.succeeds(args, this.#shape.variables)
  }

  /** Deploys the version; all of its services run its bytes, once, and answer as that version. */
  async deploys(version: string, change?: (files: Files) => Files): Promise<Told> {
    const told = await this.succeeds('deploy', ...(await this.commit(version, change)))
    expectDocument(told, 0, { command: 'deploy', outcome: 'succeeded', failureCode: null })
    await this.expectServing(version, this.#images)
    return told
  }

  /** The first deploy, on a server that knows nothing of the project. */
  async firstDeploy(version = '1'): Promise<Told> {
    const told = await this.deploys(version)
    expect(told.document.previousRelease).toBeNull()
    return told
  }

  /** The next version; what was written meanwhile is still there, unless `data` says otherwise. */
  async upgrade(version = '2', change?: (files: Files) => Files): Promise<Told> {
    const before = await this.ids()
    const told = await this.deploys(version, change)
    for (const [service, id] of Object.entries(await this.ids())) expect([service, id]).not.toEqual([service, before[service]])
    return told
  }

  /** A version that never becomes healthy: the very containers of before serve again, with the data of before. */
  async brokenRelease(version: string, failure: { readonly code: string; readonly exit: number } = HEALTH): Promise<Told> {
    const options = await this.commit(version)
    const [ids, serves, data] = [await this.ids(), await this.serves(), await this.data()]
    const told = await this.cli('deploy', ...options)
    expectDocument(told, failure.exit, { outcome: 'rolled-back', failureCode: failure.code })
    expect({ ids: await this.ids(), serves: await this.serves(), data: await this.data() }).toEqual({ ids, serves, data })
    return told
  }

  /** `rollback` with these words, to a version whose images are named. */
  async goesBack(version: string, ...words: readonly string[]): Promise<Told> {
    const told = await this.succeeds('rollback', ...words)
    expectDocument(told, 0, { command: 'rollback', outcome: 'succeeded', failureCode: null })
    await this.expectServing(version, await this.imagesOf(version))
    return told
  }

  /** Brings the newest backup of that revision back; the data is `expected` afterwards. */
  async restores(revision: string, expected: string): Promise<Told> {
    const backup = (await this.backups()).findLast((one) => one.revision === revision)
    if (backup === undefined) throw new Error(`there is no backup of revision ${revision}: ${JSON.stringify(await this.backups())}`)
    const told = await this.succeeds('restore', backup.id, '--confirm', this.#shape.project)
    expectDocument(told, 0, { command: 'restore', outcome: 'succeeded', failureCode: null })
    expect(await this.data()).toBe(expected)
    return told
  }

  /** Refused before anything is touched: no container, no file, no row is another one. */
  async refused(...args: readonly string[]): Promise<Told> {
    const state = async () => ({
      running: await this.server.running(this.#shape.project),
      tree: await this.server.run(
        `[ ! -d '${this.#shape.path}' ] || (cd '${this.#shape.path}' && find . -path ./.deploy -prune -o -type f -print)`,
      ),
      data: await this.data(),
    })
    const before = await state()
    const told = await this.cli(...args)
    expect({ outcome: told.document.outcome, text: told.document.outcome === 'refused' ? '' : told.text }).toEqual({
      outcome: 'refused',
      text: '',
    })
    expect(told.document.message).toContain('nothing was touched')
    expect(await state()).toEqual(before)
    return told
  }

  serves(): Promise<string> {
    return this.#shape.serves(this.server)
  }

  data(): Promise<string> {
    return this.#shape.data(this.server)
  }

  /** Service of ours → ids of what runs. */
  async ids(): Promise<Readonly<Record<string, string>>> {
    const running = (await this.server.containers(this.#shape.project, false)).filter(({ service }) => service in this.#shape.services)
    return Object.fromEntries(Object.keys(this.#shape.services).map((service) => [service, idsOf(running, service)]))
  }

  async imagesOf(version: string): Promise<Readonly<Record<string, string>>> {
    return this.#built.get(version) ?? fixtureImages(this.#shape.version(this.#files, version), version, this.#shape.inImage)
  }

  /** Every service of ours runs the bytes of these images, as often as it should, and nothing else of it is left. */
  async expectServing(version: string, images: Readonly<Record<string, string>>): Promise<void> {
    const { services, containers = {}, project } = this.#shape
    const found = (await this.server.containers(project)).filter(({ service }) => service in services)
    const wanted = Object.entries(services).flatMap(([service, image]) =>
      Array.from({ length: containers[service] ?? 1 }, () => ({ service, image: digestOf(images[image] ?? ''), running: true })),
    )
    const runs = found.map(({ service, image, running }) => ({ service, image: digestOf(image), running }))
    expect(runs).toEqual(wanted.toSorted((one, other) => one.service.localeCompare(other.service)))
    expect(await this.serves()).toBe(version)
  }

  /** What the server keeps, oldest first. */
  async backups(): Promise<readonly Backup[]> {
    const text = await this.server.run(`cat ${this.#shape.path}/.deploy/backups/*.json 2> /dev/null || true`)
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Backup)
  }
}

const HEALTH = { code: 'HEALTH', exit: 24 } as const
const digestOf = (reference: string): string => reference.split('@')[1] ?? ''
const idsOf = (running: readonly { readonly service: string; readonly id: string }[], service: string): string =>
  running
    .filter((container) => container.service === service)
    .map(({ id }) => id)
    .toSorted()
    .join(' ')
