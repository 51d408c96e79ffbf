import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A project in a folder of its own, with real git. */
export interface TestProject extends Disposable {
  readonly folder: string
  write(path: string, text: string): void
  git(...args: readonly string[]): string
  /** @returns the commit */
  commit(message: string): string
}

export const testProject = (files: Readonly<Record<string, string>> = {}): TestProject => {
  const folder = mkdtempSync(join(tmpdir(), 'pipeline-test-'))
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.invalid', ...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim()
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  git('init', '--quiet', '--initial-branch', 'main')
  for (const [path, text] of Object.entries(files)) write(path, text)
  return {
    folder,
    write,
    git,
    commit: (message) => {
      git('add', '--all')
      git('commit', '--quiet', '--allow-empty', '--message', message)
      return git('rev-parse', 'HEAD')
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
