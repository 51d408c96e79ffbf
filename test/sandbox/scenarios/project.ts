/** A project in a git repository of its own, and the product's command line run in it, as a maintainer would. */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ResultDocument } from '../../../src/report/document.ts'
import { dist } from '../../runner/dist.ts'
import { type Files, writeFiles } from '../sample/files.ts'
import { type Ended, given, output, type Running, start } from './programs.ts'

export interface Told {
  readonly code: number | null
  /** Standard output, which holds nothing else. */
  readonly document: ResultDocument
  readonly log: string
  /** Message, hint and log: what a person has before them. */
  readonly text: string
}

const CLI = join(dist, 'cli.js')
const AUTHOR = {
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
}

export class Project {
  readonly folder: string
  readonly host: string
  #committed: readonly string[] = []

  constructor(folder: string, host: string) {
    this.folder = folder
    this.host = host
  }

  static async in(host: string): Promise<Project> {
    return new Project(await mkdtemp(join(tmpdir(), 'scenario-')), host)
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true })
  }

  git(...args: readonly string[]): Promise<string> {
    return output(['git', '-C', this.folder, ...args], {
      env: { ...process.env, ...AUTHOR, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' },
    })
  }

  /** Exactly these files as the next commit of main. */
  async commit(files: Files): Promise<string> {
    if (this.#committed.length === 0) {
      await this.git('init', '--quiet', '--initial-branch=main')
      await this.git('remote', 'add', 'origin', 'https://github.com/acme/tiny.git')
      await writeFile(join(this.folder, '.git/info/exclude'), 'reports/\n.deploy-action/\n')
    }
    await writeFiles(this.folder, files, this.#committed)
    this.#committed = [...files.keys()]
    await this.git('add', '--all')
    await this.git('commit', '--quiet', '--allow-empty', '--message', 'A change')
    return this.git('rev-parse', 'HEAD')
  }

  /** What the command line is given from outside: servers, keys and the registry of the sandbox, nothing else. */
  environment(changes: Readonly<Record<string, string | undefined>> = {}): NodeJS.ProcessEnv {
    const kept = Object.fromEntries(
      ['PATH', 'HOME', 'DOCKER_HOST', 'DOCKER_CONFIG', 'SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'].map((name) => [name, process.env[name]]),
    )
    return {
      ...kept,
      SSH_HOST: this.host,
      DEPLOY_SSH_KEY: readFileSync(given('SANDBOX_SSH_KEY'), 'utf8'),
      DEPLOY_KNOWN_HOSTS: readFileSync(given('SANDBOX_KNOWN_HOSTS'), 'utf8'),
      DEPLOY_REGISTRY: given('SANDBOX_REGISTRY'),
      DEPLOY_REGISTRY_USERNAME: given('SANDBOX_REGISTRY_USER'),
      DEPLOY_REGISTRY_PASSWORD: given('SANDBOX_REGISTRY_PASSWORD'),
      DEPLOY_SCAN_PATH: given('SANDBOX_TRIVY'),
      ...changes,
    }
  }

  /** An address where nothing answers, but whose key is pinned: what is refused all the same was refused without a connection. */
  nowhere(): Readonly<Record<string, string>> {
    return {
      SSH_HOST: '192.0.2.1',
      DEPLOY_KNOWN_HOSTS: readFileSync(given('SANDBOX_KNOWN_HOSTS'), 'utf8').replaceAll(this.host, '192.0.2.1'),
    }
  }

  start(args: readonly string[], changes: Readonly<Record<string, string | undefined>> = {}): Running {
    return start([process.execPath, CLI, ...args, '--json'], { cwd: this.folder, env: this.environment(changes) })
  }

  async cli(args: readonly string[], changes: Readonly<Record<string, string | undefined>> = {}): Promise<Told> {
    return told(await this.start(args, changes).ended)
  }

  /** A command that must do what it is there for; a surprise is shown whole. */
  async succeeds(args: readonly string[], changes: Readonly<Record<string, string | undefined>> = {}): Promise<Told> {
    const answer = await this.cli(args, changes)
    if (answer.code !== 0) throw new Error(`${args.join(' ')} ended with ${answer.code}: ${answer.text}`)
    return answer
  }
}

/** @throws where standard output is anything but one JSON document */
export const told = ({ code, out, err }: Ended): Told => {
  let document: ResultDocument
  try {
    document = JSON.parse(out)
  } catch {
    throw new Error(`standard output is not one JSON document but ${JSON.stringify(out.slice(0, 2000))}; it ended with ${code}:\n${err}`)
  }
  return { code, document, log: err, text: [document.message, document.hint, err].join('\n') }
}

/** `--image` options. */
export const pinned = (images: Readonly<Record<string, string>>): string[] =>
  Object.entries(images).flatMap(([name, reference]) => ['--image', `${name}=${reference}`])
