/** The sample project as a git repository whose history is that of a real one: version after version, good or bad. */
import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { promisify } from 'node:util'
import { BREAKAGES, type Breakage, type BreakageName } from './breakages.ts'
import { exampleFiles, writeFiles } from './files.ts'
import { releaseFiles, schemaOf } from './releases.ts'

export type { BreakageName } from './breakages.ts'
export { BREAKAGES } from './breakages.ts'
export { schemaOf } from './releases.ts'

const run = promisify(execFile)
const AUTHOR = ['-c', 'user.name=Ada Maintainer', '-c', 'user.email=ada@example.org', '-c', 'commit.gpgsign=false']

/** git as on a fresh machine: neither the user's settings nor a hook's GIT_DIR reach it. */
const git = async (directory: string, ...args: readonly string[]): Promise<string> => {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')))
  const env = { ...inherited, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' }
  const { stdout } = await run('git', ['-C', directory, ...AUTHOR, ...args], { env })
  return stdout.trim()
}

/** Makes the repository with version 1 as its first commit. @returns the commit's sha */
export const createSample = async (directory: string): Promise<string> => {
  await mkdir(directory, { recursive: true })
  await git(directory, 'init', '--quiet', '--initial-branch=main')
  await git(directory, 'remote', 'add', 'origin', 'https://github.com/acme/bot-and-api.git')
  return commitVersion(directory, 1)
}

/**
 * Commits a version on top of what is there. Version 2 and later hold schema revision 0003 and answer `/version`
 * with `{"version": "<number>.0.0"}`. A version never keeps the breakage of the one before: its author mended it.
 * @returns the commit's sha
 */
export const commitVersion = async (directory: string, version: number, breakage?: BreakageName): Promise<string> => {
  const fault: Breakage | undefined = breakage && BREAKAGES[breakage]
  const good = releaseFiles(await exampleFiles(), version)
  const before = (await git(directory, 'ls-files', '-z')).split('\0').filter(Boolean)
  await writeFiles(directory, fault?.change(good, schemaOf(version)) ?? good, before)
  await git(directory, 'add', '--all')
  await git(directory, 'commit', '--quiet', '--allow-empty', '--message', `Version ${version}.0.0${fault ? `: ${fault.message}` : ''}`)
  return git(directory, 'rev-parse', 'HEAD')
}

/** An `.env` for the server, as its operator would have filled in `.env.example`. */
export const environmentFile = (changes: Readonly<Record<string, string>> = {}): string => {
  const values = {
    POSTGRES_USER: 'shop',
    POSTGRES_PASSWORD: 'correct-horse',
    POSTGRES_DB: 'shop',
    BOT_TOKEN: 'a-token',
    API_PORT: '8000',
    ...changes,
  }
  return `${Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')}\n`
}
