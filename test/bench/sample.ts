/** The sample as it is measured: with a project name, folder and port of its own, and two versions in the registry. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { commitVersion, createSample } from '../sandbox/sample/versions.ts'
import { command, environmentFor, type Product } from './product.ts'
import type { Server } from './server.ts'

const run = promisify(execFile)

export const PROJECT = 'bench'
export const FOLDER = `/opt/stacks/${PROJECT}`
export const API_PORT = 8010
export type Version = 1 | 2

export interface Sample extends AsyncDisposable {
  readonly folder: string
  /** Options that name the version's images by their digests. */
  readonly images: Readonly<Record<Version, readonly string[]>>
  /** The working tree becomes that of a version. */
  checkout(version: Version): Promise<void>
  git(...args: readonly string[]): Promise<string>
}

export const benchSample = async (product: Product, server: Server): Promise<Sample> => {
  const folder = await mkdtemp(join(tmpdir(), 'deploy-action-bench-sample-'))
  const author = ['-c', 'user.name=Bench', '-c', 'user.email=bench@example.org', '-c', 'commit.gpgsign=false']
  const git = async (...args: readonly string[]): Promise<string> => (await run('git', ['-C', folder, ...author, ...args])).stdout.trim()
  const version = async (make: () => Promise<string>): Promise<{ readonly sha: string; readonly images: readonly string[] }> => {
    await make()
    await makeOurs(folder)
    await git('commit', '--quiet', '--all', '--message', 'As the bench deploys it')
    const { document } = await command(product, ['build'], { project: folder, env: await environmentFor(server) })
    const images = Object.entries(document.images).flatMap(([name, { reference }]) => ['--image', `${name}=${reference}`])
    return { sha: await git('rev-parse', 'HEAD'), images }
  }
  const first = await version(() => createSample(folder))
  const second = await version(() => commitVersion(folder, 2))
  const versions = { 1: first, 2: second }
  return {
    folder,
    images: { 1: first.images, 2: second.images },
    checkout: async (number) => void (await git('checkout', '--quiet', versions[number].sha)),
    git,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Only the platform that runs here: the other one would be built by emulation and never be deployed. */
const makeOurs = async (folder: string): Promise<void> => {
  const platform = process.arch === 'arm64' ? 'linux/arm64' : 'linux/amd64'
  const edits: readonly (readonly [string, string])[] = [
    ['project: bot-and-api', `project: ${PROJECT}`],
    ['/opt/stacks/bot-and-api', FOLDER],
    ['host: ${SSH_HOST}', 'host: ${SSH_HOST}\n    port: ${SSH_PORT}'],
    ['api: { dockerfile', `api: { name: bot-and-api-api, platforms: [${platform}], dockerfile`],
    ['bot: { context', `bot: { name: bot-and-api-bot, platforms: [${platform}], context`],
  ]
  await edit(join(folder, 'deploy.yml'), edits)
}

/** @throws where a text is not there: the sample has changed, and this with it must */
export const edit = async (file: string, edits: readonly (readonly [string, string])[]): Promise<void> => {
  let text = await readFile(file, 'utf8')
  for (const [from, to] of edits) {
    if (!text.includes(from)) throw new Error(`${file} does not hold ${JSON.stringify(from)}`)
    text = text.replace(from, to)
  }
  await writeFile(file, text)
}
