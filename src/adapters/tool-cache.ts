import { AsyncLocalStorage } from 'node:async_hooks'
import { createHash } from 'node:crypto'
import { createReadStream, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { DeployError } from '../errors.ts'
import type { InstallTool, ToolDownload } from '../ports.ts'

/**
 * Tools through the runner's tool cache: their archive is found there or downloaded, compared with the pin in any case, and
 * only then unpacked. What lies unpacked in a cache, others may have written: earlier jobs of the runner, other steps.
 */
export const installTool: InstallTool = async (tool) => {
  giveRunnerFolders(process.env)
  // heavy, and needed only where a scan runs
  const cache = await import('@actions/tool-cache')
  return withoutChatter(() => findOrInstall(cache, tool))
}

const findOrInstall = async (cache: typeof import('@actions/tool-cache'), tool: ToolDownload): Promise<string> => {
  const name = `${tool.name}-archive`
  const found = cache.find(name, tool.version)
  const kept = found === '' ? null : join(found, ARCHIVE)
  if (kept !== null && (await hashOf(kept)) === tool.sha256) return unpacked(cache, kept, tool)
  const archive = await download(cache, tool)
  try {
    await compare(archive, tool)
    return await unpacked(cache, join(await cache.cacheFile(archive, ARCHIVE, name, tool.version), ARCHIVE), tool)
  } finally {
    await rm(archive, { force: true })
  }
}

const ARCHIVE = 'archive.tar.gz'

/** Into a folder of this process, which goes with it. */
const unpacked = async (cache: typeof import('@actions/tool-cache'), archive: string, { program }: ToolDownload): Promise<string> => {
  const folder = await cache.extractTar(archive)
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return join(folder, program)
}

/** What runs inside is the tool cache's. */
const ofCache = new AsyncLocalStorage<true>()

/**
 * The tool cache talks on standard output, which may be promised to a JSON document, also in a job. There it may talk on
 * standard error, where a runner looks for commands, too. What others write meanwhile is theirs.
 */
const withoutChatter = async <T>(work: () => Promise<T>): Promise<T> => {
  const { stdout, stderr } = process
  const { write } = stdout
  const instead = process.env.GITHUB_ACTIONS === 'true' ? stderr.write.bind(stderr) : () => true
  stdout.write = ((...given: Parameters<typeof write>) =>
    ofCache.getStore() === true ? instead(...given) : write.apply(stdout, given)) as typeof write
  try {
    return await ofCache.run(true, work)
  } finally {
    stdout.write = write
  }
}

/** The tool cache insists on the runner's folders; on a laptop there are none. */
const giveRunnerFolders = (env: NodeJS.ProcessEnv): void => {
  env.RUNNER_TEMP ??= join(tmpdir(), 'deploy-action')
  env.RUNNER_TOOL_CACHE ??= join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'deploy-action', 'tools')
}

/** The tool cache waits forever for a server that does not answer. */
const DOWNLOAD_MS = 5 * 60_000

/** Retries server errors and cut connections itself, three times. */
const download = async (cache: typeof import('@actions/tool-cache'), tool: ToolDownload): Promise<string> => {
  try {
    return await withDeadline(cache.downloadTool(tool.url))
  } catch (cause) {
    throw new DeployError(
      'SCANNER',
      `${tool.name} ${tool.version} could not be downloaded: ${cause instanceof Error ? cause.message : cause}`,
      {
        cause,
        evidence: [tool.url],
        hint: 'by hand: run it again, or install it on the machine and say where: scan.path',
      },
    )
  }
}

const withDeadline = async <T>(work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${DOWNLOAD_MS / 60_000} minutes`)), DOWNLOAD_MS)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

/** null where it is not there. */
const hashOf = async (file: string): Promise<string | null> => {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(file), hash)
    return hash.digest('hex')
  } catch {
    return null
  }
}

const compare = async (archive: string, tool: ToolDownload): Promise<void> => {
  const seen = await hashOf(archive)
  if (seen === tool.sha256) return
  throw new DeployError('SCANNER', `the download of ${tool.name} ${tool.version} is not what it should be; it was not unpacked`, {
    evidence: [tool.url, `expected sha256 ${tool.sha256}`, `received sha256 ${seen}`],
    hint: 'by hand: run it again; if it stays so, somebody changed the release or stands in between: do not use it',
  })
}
