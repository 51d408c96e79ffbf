import { cp, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { trivyDatabase } from '../../commands/trivy.ts'
import type { Context } from '../../entry/context.ts'
import { DeployError } from '../../errors.ts'
import { registryHost } from '../credentials.ts'
import { lastLines } from '../last-lines.ts'
import { sawCanary, writeCanary } from './canary.ts'
import { runTrivy, scanWithTrivy } from './run-trivy.ts'
import type { Scanner } from './scanner.ts'
import { keptFolder, type Workspace } from './workspace.ts'

export interface Database {
  readonly repository: string
  /** ISO 8601: when its data was gathered. */
  readonly updatedAt: string
}

/** The public one is made anew every day; a week without an update means that something is broken. */
const OLDEST_MS = 7 * 24 * 3_600_000
const ATTEMPTS = 2
const PAUSE_MS = 2000

/**
 * Puts a vulnerability database into the workspace that is young and alive: one kept from an earlier run, else one
 * downloaded from the first repository that gives one.
 * @throws DeployError SCANNER where there is none
 */
export const prepareDatabase = async (context: Context, scanner: Scanner, workspace: Workspace): Promise<Database> => {
  const kept = await readKept(context)
  if (kept !== null && kept.nextUpdate > context.ports.clock.now().getTime()) {
    await useKept(context, workspace)
    if (await isAlive(context, scanner, workspace)) return kept
    context.ports.log.warning('The vulnerability database of an earlier run is dead; it is downloaded again')
  }
  const fresh = await download(context, scanner, workspace)
  await useKept(context, workspace)
  if (await isAlive(context, scanner, workspace)) return fresh
  await rm(databaseFolder(context), { recursive: true, force: true })
  throw new DeployError('SCANNER', `the vulnerability database of ${fresh.repository} does not know a vulnerability that every one knows`, {
    hint: 'by hand: it would call everything clean: name another one: scan.database',
  })
}

/** The repositories to try; a registry that replaces the config's stands for it here, too. */
export const databaseRepositories = (context: Context): readonly string[] => {
  const override = context.ports.env.DEPLOY_SCAN_DATABASE
  if (override) return override.split(/[\s,]+/).filter(Boolean)
  const { host } = context.config.registry
  return context.config.scan.database.map((repository) =>
    repository.startsWith(`${host}/`) ? `${registryHost(context)}/${repository.slice(host.length + 1)}` : repository,
  )
}

const databaseFolder = (context: Context): string => keptFolder(context.ports.env, 'trivy-db')

interface KeptDatabase extends Database {
  readonly nextUpdate: number
}

const readKept = async (context: Context): Promise<KeptDatabase | null> => {
  const folder = databaseFolder(context)
  const repository = await readFile(join(folder, 'source'), 'utf8').catch(() => '')
  if (!databaseRepositories(context).includes(repository)) return null
  const metadata = await readMetadata(folder)
  return metadata === null || isStale(context, metadata.updatedAt) ? null : { repository, ...metadata }
}

const readMetadata = async (folder: string): Promise<{ readonly updatedAt: string; readonly nextUpdate: number } | null> => {
  try {
    const { UpdatedAt: updatedAt, NextUpdate: nextUpdate } = JSON.parse(await readFile(join(folder, 'metadata.json'), 'utf8')) as Record<
      string,
      unknown
    >
    return typeof updatedAt === 'string' && !Number.isNaN(Date.parse(updatedAt))
      ? { updatedAt, nextUpdate: Date.parse(String(nextUpdate)) || 0 }
      : null
  } catch {
    return null
  }
}

const isStale = (context: Context, updatedAt: string): boolean => context.ports.clock.now().getTime() - Date.parse(updatedAt) > OLDEST_MS

/** Each repository in turn, each twice: one that answers 429 now may answer in a moment. */
const download = async (context: Context, scanner: Scanner, workspace: Workspace): Promise<Database> => {
  const failures: string[] = []
  for (const repository of databaseRepositories(context)) {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const outcome = await downloadFrom(context, scanner, workspace, repository)
      if (typeof outcome !== 'string') return outcome
      failures.push(`${repository}: ${outcome}`)
      if (attempt < ATTEMPTS) await context.ports.clock.sleep(PAUSE_MS)
    }
  }
  throw new DeployError('SCANNER', 'no repository gave a usable vulnerability database', {
    evidence: failures,
    hint: 'by hand: run it again, or name a mirror that this machine reaches: scan.database',
  })
}

/** @returns why not, where it did not work */
const downloadFrom = async (context: Context, scanner: Scanner, workspace: Workspace, repository: string): Promise<Database | string> => {
  const cache = join(workspace.root, 'download')
  await rm(cache, { recursive: true, force: true })
  const result = await runTrivy(context, workspace, trivyDatabase(scanner.program, repository, cache), context.config.scan.timeout)
  if (result.timedOut) return 'no answer in time'
  if (result.code !== 0) return lastLines(result.stderr, 1)[0] ?? `ended with ${result.code}`
  const metadata = await readMetadata(join(cache, 'db'))
  if (metadata === null) return 'it has no readable metadata.json'
  if (isStale(context, metadata.updatedAt)) return `its data is of ${metadata.updatedAt}, older than ${OLDEST_MS / 86_400_000} days`
  await keep(context, join(cache, 'db'), repository)
  return { repository, updatedAt: metadata.updatedAt }
}

const keep = async (context: Context, from: string, repository: string): Promise<void> => {
  const folder = databaseFolder(context)
  await writeFile(join(from, 'source'), repository)
  await mkdir(join(folder, '..'), { recursive: true })
  await rm(folder, { recursive: true, force: true })
  // the cache may lie on another disk than the workspace
  await rename(from, folder).catch(() => cp(from, folder, { recursive: true }))
}

const useKept = async (context: Context, workspace: Workspace): Promise<void> => {
  const link = join(workspace.cache, 'db')
  await rm(link, { force: true })
  await symlink(databaseFolder(context), link)
}

/** The database shows that it lives: it finds what every database knows. */
const isAlive = async (context: Context, scanner: Scanner, workspace: Workspace): Promise<boolean> => {
  const run = await scanWithTrivy(context, workspace, {
    program: scanner.program,
    source: { kind: 'layout', folder: await writeCanary(workspace.root) },
    severities: ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'UNKNOWN'],
    ignoreUnfixed: true,
    output: join(workspace.root, 'canary.json'),
    timeoutMs: 120_000,
  })
  return sawCanary(run.code, run.report)
}
