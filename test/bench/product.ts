/** The product as its users have it: the bundle, its command line, and its variables. */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ResultDocument } from '../../src/report/document.ts'
import { type ProgramResult, succeeded } from './programs.ts'
import { knownHosts, type Server } from './server.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')

export interface Product extends AsyncDisposable {
  /** A folder with the bundle of the sources as they are now. */
  readonly dist: string
}

export const bundled = async (): Promise<Product> => {
  const folder = await mkdtemp(join(tmpdir(), 'deploy-action-bench-'))
  const dist = join(folder, 'dist')
  await run(join(root, 'script/build'))
  // others may bundle anew while we measure
  await cp(join(root, 'dist'), dist, { recursive: true })
  return { dist, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

/** The environment of a run against a server: a shell's, with what the sandbox's registry and servers ask for. */
export const environmentFor = async (server: Server, changes: NodeJS.ProcessEnv = {}): Promise<NodeJS.ProcessEnv> => ({
  ...process.env,
  SSH_HOST: server.host,
  SSH_PORT: server.port,
  DEPLOY_SSH_KEY: await readFile(process.env.SANDBOX_SSH_KEY ?? '', 'utf8'),
  DEPLOY_KNOWN_HOSTS: knownHosts(server),
  DEPLOY_REGISTRY: process.env.SANDBOX_REGISTRY,
  DEPLOY_REGISTRY_USERNAME: process.env.SANDBOX_REGISTRY_USER,
  DEPLOY_REGISTRY_PASSWORD: process.env.SANDBOX_REGISTRY_PASSWORD,
  ...changes,
})

export interface CommandResult extends ProgramResult {
  readonly document: ResultDocument
}

export interface Invocation {
  readonly project: string
  readonly env: NodeJS.ProcessEnv
  /** Options of Node itself. */
  readonly node?: readonly string[]
}

/** @throws where the command fails */
export const command = async (
  product: Product,
  args: readonly string[],
  { project, env, node = [] }: Invocation,
): Promise<CommandResult> => {
  const result = await succeeded([process.execPath, ...node, join(product.dist, 'cli.js'), ...args, '--json'], { cwd: project, env })
  return { ...result, document: JSON.parse(result.stdout) as ResultDocument }
}
