import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A small project in a git repository of its own, for runs of the bundle. */
export interface Project {
  readonly folder: string
  readonly sha: string
  remove(): void
}

export const project = (files: Readonly<Record<string, string>>): Project => {
  const folder = mkdtempSync(join(tmpdir(), 'project-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  gitIn(folder, 'init', '-q', '-b', 'main')
  return { folder, sha: commit(folder), remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** Everything that lies there. @returns the commit */
export const commit = (folder: string): string => {
  gitIn(folder, 'add', '.')
  gitIn(folder, 'commit', '-q', '-m', 'Next')
  return gitIn(folder, 'rev-parse', 'HEAD')
}

const gitIn = (folder: string, ...args: readonly string[]): string =>
  execFileSync('git', ['-C', folder, '-c', 'user.name=Test', '-c', 'user.email=test@example.org', ...args], { encoding: 'utf8' }).trim()

/** A config whose one check stage runs a shell line. */
export const configWithCheck = (line: string, more = ''): string =>
  `project: shop\nimages:\n  api: {}\ncheck:\n  - name: unit\n    run: ${JSON.stringify(line)}\n${more}`
