import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const FILES = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STEP_SUMMARY'] as const
type FileName = (typeof FILES)[number]

/** The files through which a step tells the runner outputs, state and its summary. */
export interface CommandFiles {
  readonly folder: string
  readonly env: Readonly<Record<FileName, string>>
  /** @throws where a file is not what the runner can read */
  read(name: 'GITHUB_OUTPUT' | 'GITHUB_STATE' | 'GITHUB_ENV'): Readonly<Record<string, string>>
  /** null where it is larger than 1 MiB: the runner drops it. */
  summary(): string | null
  remove(): void
}

export const commandFiles = (): CommandFiles => {
  const folder = mkdtempSync(join(tmpdir(), 'runner-'))
  const env = Object.fromEntries(FILES.map((name) => [name, join(folder, name.toLowerCase())])) as Record<FileName, string>
  for (const file of Object.values(env)) writeFileSync(file, '')
  return {
    folder,
    env,
    read: (name) => keyValues(readFileSync(env[name], 'utf8')),
    summary: () => {
      const text = readFileSync(env.GITHUB_STEP_SUMMARY, 'utf8')
      return Buffer.byteLength(text) > 1024 * 1024 ? null : text
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** `name=value` in a line, or `name<<delimiter`, lines, `delimiter`. */
export const keyValues = (text: string): Readonly<Record<string, string>> => {
  const values: Record<string, string> = {}
  const lines = text.split('\n')
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    if (line === '') continue
    const [, name, operator, rest = ''] = /^([^=]*?)(=|<<)(.*)$/.exec(line) ?? []
    if (name === undefined || name === '') throw new Error(`Invalid format '${line}'`)
    values[name] = operator === '=' ? rest : heredoc(lines, rest)
  }
  return values
}

const heredoc = (lines: string[], delimiter: string): string => {
  const end = lines.indexOf(delimiter)
  if (delimiter === '' || end < 0) throw new Error(`Invalid value. Matching delimiter not found '${delimiter}'`)
  const value = lines.splice(0, end + 1)
  return value.slice(0, -1).join('\n')
}
