import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Place } from '../../errors.ts'

/** "api/main.py:12:5: F401 unused import", "src/a.ts(3,7): error TS2304: …", "tests/test_a.py:12: AssertionError" */
const FORMS = [/^([\w./-]+\.\w+):(\d+):(\d+):? (.+)$/, /^([\w./-]+\.\w+)\((\d+),(\d+)\): (.+)$/, /^([\w./-]+\.\w+):(\d+):() (.+)$/] as const
const SHOWN = 20

/** Places in the project's own files that an output names: they become annotations. */
export const placesIn = (lines: readonly string[], project: string): readonly Place[] =>
  lines
    .map(placeOf)
    .filter((place): place is Place => place !== null && !place.file.startsWith('..') && existsSync(join(project, place.file)))
    .slice(0, SHOWN)

const placeOf = (line: string): Place | null => {
  for (const form of FORMS) {
    const [, file, row, column, message] = form.exec(line) ?? []
    if (file !== undefined && row !== undefined && message !== undefined)
      // a command in a container names files as it sees them
      return { file: file.replace(/^\/project\//, '').replace(/^\.\//, ''), line: Number(row), column: Number(column) || 1, message }
  }
  return null
}
