import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { DeployError } from '../errors.ts'
import { lineDiff } from '../init/diff.ts'
import type { Written } from '../init/written.ts'
import type { Ports } from '../ports.ts'
import type { Verdict } from '../report/document.ts'
import type { Request } from './context.ts'

/** A file that is not yet as init would write it. */
export interface Change {
  readonly path: string
  readonly text: string
  /** Null where there is no such file yet. */
  readonly before: string | null
}

/** What of it differs from what lies in the project. */
export const changesOf = (project: string, { files }: Written): readonly Change[] =>
  Object.entries(files).flatMap(([path, text]) => {
    const before = textOf(join(project, path))
    return before === text ? [] : [{ path, text, before }]
  })

const textOf = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw new DeployError('CONFIG', `${path} is there and cannot be read`, { cause: error, hint: `ls -l ${path}` })
  }
}

/** A new file is shown where somebody is to judge it; a change always. */
export const showChanges = ({ log }: Ports, changes: readonly Change[], whole: boolean): void => {
  for (const { path, text, before } of changes) {
    log.info(before === null ? `${path} (new)` : `${path} (changes)`)
    const lines =
      before === null
        ? whole
          ? text
              .trimEnd()
              .split('\n')
              .map((line) => `+${line}`)
          : []
        : lineDiff(before, text)
    for (const line of lines) log.foreign(line)
  }
}

/** Nothing that is there is overwritten without a word of consent. */
export const settled = async (
  request: Request,
  project: string,
  changes: readonly Change[],
  asks: boolean,
  look: string,
): Promise<Verdict> => {
  const names = changes.map(({ path }) => path).join(', ')
  const overwritten = changes.filter(({ before }) => before !== null)
  if (changes.length === 0) return { outcome: 'unchanged', message: 'the files are there already, as init would write them', hint: look }
  if (request.dryRun) return { outcome: 'succeeded', message: `would write ${names}; nothing was written`, hint: 'deploy-action init' }
  if (overwritten.length > 0 && request.yes !== true && !asks) {
    throw new DeployError('CONFIG', `${overwritten.map(({ path }) => path).join(', ')} would be overwritten; nothing was written`, {
      hint: 'deploy-action init --yes',
    })
  }
  if (asks && !(await consent(`Write ${names}? [y/N] `)))
    return { outcome: 'unchanged', message: 'nothing was written', hint: 'deploy-action init' }
  for (const { path, text } of changes) {
    mkdirSync(dirname(join(project, path)), { recursive: true })
    writeFileSync(join(project, path), text)
  }
  return {
    outcome: 'succeeded',
    message: `wrote ${names}; what is left is for a person to do, in the order above`,
    hint: look,
  }
}

const consent = async (question: string): Promise<boolean> => {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await terminal.question(question)).trim())
  } finally {
    terminal.close()
  }
}
