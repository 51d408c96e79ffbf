/** The sample project's versions and faults, as images of this server's platform, built once by docker itself. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Files, withText, writeFiles } from '../sample/files.ts'
import { type BreakageName, commitVersion, createSample, environmentFile } from '../sample/versions.ts'
import { imageOf } from './images.ts'
import { output } from './programs.ts'
import { Project, pinned } from './project.ts'
import type { Server } from './server.ts'

export const SAMPLE = 'bot-and-api'
export const SAMPLE_PATH = '/opt/stacks/bot-and-api'
export const PORT = 8000

/** What goes into the images; everything else of a commit may change without a build. */
const IN_API = /^(api\/|migrations\/|alembic\.ini$|\.dockerignore$)/

export class Sample extends Project {
  /** As a plain `compose up` on this platform would have it; waits are shorter, since what never comes is not waited for. */
  #deadline = 20

  static override async in(host: string): Promise<Sample> {
    const { folder } = await Project.in(host)
    const sample = new Sample(folder, host)
    await createSample(folder)
    return sample
  }

  /** Commits the version and yields the options that say which images it is. */
  async version(number: number, breakage?: BreakageName, deadline = this.#deadline): Promise<readonly string[]> {
    await commitVersion(this.folder, number, breakage)
    const health = 'health: { http: { port: 8000, path: /health } }'
    const files = await this.#files()
    const faster = withText(files, 'deploy.yml', health, `health: { http: { port: 8000, path: /health }, deadline: ${deadline}s }`)
    await writeFiles(this.folder, new Map([['deploy.yml', faster.get('deploy.yml') ?? '']]))
    await this.git('commit', '--quiet', '--all', '--message', 'Wait no longer than that')
    return pinned(await this.images(number))
  }

  async images(number: number): Promise<{ readonly api: string; readonly bot: string }> {
    const files = await this.#files()
    const only = (wanted: (path: string) => boolean): Files => new Map([...files].filter(([path]) => wanted(path)))
    const version = `${number}.0.0`
    const api = imageOf({
      name: 'scenario-api',
      files: only((path) => IN_API.test(path)),
      context: '.',
      dockerfile: 'api/Dockerfile',
      version,
    })
    const bot = imageOf({
      name: 'scenario-bot',
      files: only((path) => path.startsWith('bot/')),
      context: 'bot',
      dockerfile: 'bot/Dockerfile',
      version,
    })
    return { api: await api, bot: await bot }
  }

  /** Changes a file of the commit, as a further one. */
  async change(path: string, from: string, to: string): Promise<void> {
    await writeFiles(this.folder, new Map([[path, withText(await this.#files(), path, from, to).get(path) ?? '']]))
    await this.git('commit', '--quiet', '--all', '--message', `Change ${path}`)
  }

  async #files(): Promise<Files> {
    const paths = (await output(['git', '-C', this.folder, 'ls-files'])).split('\n')
    return new Map(await Promise.all(paths.map(async (path) => [path, await readFile(join(this.folder, path), 'utf8')] as const)))
  }
}

/** The server as its operator left it: a directory and an environment file. */
export const prepare = async (server: Server, changes: Readonly<Record<string, string>> = {}): Promise<void> => {
  await server.reset(SAMPLE, SAMPLE_PATH)
  await server.write(`${SAMPLE_PATH}/.env`, environmentFile(changes))
}

/** SQL in the database's own container. */
export const query = (server: Server, sql: string): Promise<string> =>
  server.run(`docker exec -i ${SAMPLE}-postgres-1 psql -U shop -tA shop`, 'deploy', sql)
