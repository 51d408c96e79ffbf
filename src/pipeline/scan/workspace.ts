import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Context } from '../../entry/context.ts'
import { credentialsFor, loginKey } from '../credentials.ts'

/** Where the scanner works: nothing of the project, of the user or of an earlier run is there to change its mind. */
export interface Workspace {
  readonly root: string
  /** Analyses of this run; `db` in it is the vulnerability database. */
  readonly cache: string
  /** Empty. */
  readonly working: string
  readonly environment: Readonly<Record<string, string>>
}

/** What a child needs to reach a registry, and no more: no TRIVY_*, no token of the job. */
const PASSED_ON = [
  'PATH',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
] as const

/** Lends a fresh one; it is gone afterwards, with the registry login that lay in it. */
export const withWorkspace = async <T>(
  context: Context,
  hosts: readonly string[],
  work: (workspace: Workspace) => Promise<T>,
): Promise<T> => {
  const root = await mkdtemp(join(context.ports.env.RUNNER_TEMP ?? tmpdir(), 'deploy-action-scan-'))
  try {
    const workspace = { root, cache: join(root, 'cache'), working: join(root, 'working'), environment: environment(context, root) }
    for (const folder of [workspace.cache, workspace.working, join(root, 'docker'), join(root, 'tmp')]) await mkdir(folder)
    await writeLogin(context, hosts, join(root, 'docker', 'config.json'))
    return await work(workspace)
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

const environment = (context: Context, root: string): Record<string, string> => {
  const passedOn = PASSED_ON.flatMap((name) => {
    const value = context.ports.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return { ...Object.fromEntries(passedOn), HOME: root, TMPDIR: join(root, 'tmp'), DOCKER_CONFIG: join(root, 'docker') }
}

/**
 * A login per host, in a file that only we can read. TRIVY_USERNAME and TRIVY_PASSWORD would be sent to every registry
 * that Trivy talks to, the one of its database included.
 */
const writeLogin = async (context: Context, hosts: readonly string[], path: string): Promise<void> => {
  const auths: Record<string, { readonly auth: string }> = {}
  for (const host of new Set(hosts)) {
    const credentials = credentialsFor(context, host)
    if (credentials !== null)
      auths[loginKey(host)] = { auth: Buffer.from(`${credentials.username}:${credentials.password.reveal()}`).toString('base64') }
  }
  await writeFile(path, JSON.stringify({ auths }), { mode: 0o600 })
}

/** Where what is worth keeping between runs lies: on a runner for the job, else in the user's cache. */
export const keptFolder = (env: Readonly<Record<string, string | undefined>>, name: string): string => {
  const root = env.RUNNER_TEMP ?? env.XDG_CACHE_HOME ?? join(env.HOME ?? homedir(), '.cache')
  return join(root, 'deploy-action', name)
}
