import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const MOST_FILES = 20_000
/** Nobody writes a manifest or a compose file of this size. */
const MOST_BYTES = 512 * 1024
const SKIPPED = new Set([
  '.git',
  'node_modules',
  'vendor',
  '.venv',
  'venv',
  '__pycache__',
  'dist',
  'build',
  'target',
  '.next',
  '.tox',
  'reports',
])

/** Paths below a folder, sorted; for projects that git does not know. Links are not followed. */
export const walkedFiles = (folder: string): readonly string[] => {
  const found: string[] = []
  const walk = (path: string): void => {
    for (const entry of readdirSync(join(folder, path), { withFileTypes: true })) {
      const inner = path === '' ? entry.name : `${path}/${entry.name}`
      if (found.length >= MOST_FILES) return
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) walk(inner)
      else if (entry.isFile()) found.push(inner)
    }
  }
  walk('')
  return found.toSorted()
}

export const isFile = (folder: string, path: string): boolean => lstatSync(join(folder, path), { throwIfNoEntry: false })?.isFile() === true

/** Text of a file inside the folder; null for what is none, is a link, or is too big. */
export const textFile = (folder: string, path: string): string | null => {
  try {
    const full = join(folder, path)
    const found = lstatSync(full)
    if (!found.isFile() || found.size > MOST_BYTES) return null
    const bytes = readFileSync(full)
    return bytes.includes(0) ? null : bytes.toString('utf8')
  } catch {
    return null
  }
}
