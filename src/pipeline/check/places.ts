import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Place } from '../../errors.ts'

const SHOWN = 20

/** A line of an output, and those around it. */
interface Line {
  readonly text: string
  readonly before: readonly string[]
  readonly after: readonly string[]
}

interface Form {
  readonly pattern: RegExp
  /** Where the line itself has no message. */
  readonly message?: (line: Line) => string | undefined
}

const PATH = '(?<file>[\\w./@-]+\\.\\w+)'
const AT = '(?<line>\\d+)'

/** How tools name a place; each was seen in the output of the one that is named. */
const FORMS: readonly Form[] = [
  // gcc, ruff --output-format concise, mypy, go test, pytest: "api/main.py:12:5: F401 unused", "    a_test.go:12: got 1"
  { pattern: new RegExp(`^\\s*${PATH}:${AT}:(?<column>\\d+)?:? ?(?<message>\\S.*)$`) },
  // tsc: "src/a.ts(3,7): error TS2304: …"
  { pattern: new RegExp(`^${PATH}\\(${AT},(?<column>\\d+)\\): (?<message>.+)$`) },
  // rustc, ruff: "F401 `os` imported but unused", then " --> api/main.py:1:8"
  { pattern: new RegExp(`^\\s*--> ${PATH}:${AT}:(?<column>\\d+)$`), message: ({ before }) => before.findLast(isSaid)?.trim() },
  // Python: '  File "api/main.py", line 12, in f', …, "KeyError: 'x'"
  {
    pattern: new RegExp(`^\\s*File "${PATH}", line ${AT}(?:, in (?<message>.+))?$`),
    message: ({ after }) => after.find((line) => /^\w[\w.]*(Error|Exception|Exit|Interrupt|Warning)\b/.test(line)),
  },
  // Jest, Vitest, Mocha: "    at Object.<anonymous> (src/a.test.ts:3:7)", "    at src/a.test.ts:3:7"
  {
    pattern: new RegExp(`^\\s*(?:at|❯) (?:.*\\()?${PATH}:${AT}:(?<column>\\d+)\\)?$`),
    message: ({ before }) => before.findLast((line) => /^\s*(●|FAIL|\d+\) |\w*Error: )/.test(line))?.trim() ?? 'a failure came from here',
  },
  // ESLint: "src/a.ts", then "  3:7  error  'x' is not defined  no-undef"
  { pattern: new RegExp(`^\\s+${AT}:(?<column>\\d+)\\s+(?:error|warning)\\s+(?<message>\\S.*)$`) },
]

const isSaid = (line: string): boolean => line.trim() !== ''

/** Places in the project's own files that an output names, each line of a file once: they become annotations. */
export const placesIn = (lines: readonly string[], project: string): readonly Place[] => {
  const found = new Map<string, Place>()
  lines.forEach((text, index) => {
    const place = placeOf({ text, before: lines.slice(0, index), after: lines.slice(index + 1) }, project)
    const key = `${place?.file}:${place?.line}`
    if (place !== null && !found.has(key)) found.set(key, place)
  })
  return [...found.values()].slice(0, SHOWN)
}

const placeOf = (line: Line, project: string): Place | null => {
  for (const { pattern, message } of FORMS) {
    const groups = pattern.exec(withoutProject(line.text, project))?.groups
    if (groups === undefined) continue
    const file = groups.file ?? line.before.map((one) => withoutProject(one, project).trim()).findLast((one) => isFile(one, project))
    if (file === undefined || !isFile(file.replace(/^\.\//, ''), project)) continue
    const told = message?.(line) ?? groups.message ?? ''
    return { file: file.replace(/^\.\//, ''), line: Number(groups.line), column: Number(groups.column) || 1, message: told }
  }
  return null
}

/** Tools name files as they see them: by their whole path, or as a container has them. */
const withoutProject = (text: string, project: string): string =>
  text.replaceAll(`${project}/`, '').replaceAll(/(^|[\s("])\/project\//g, '$1')

const isFile = (path: string, project: string): boolean => {
  if (path === '' || path.length > 500 || path.startsWith('/') || path.split('/').includes('..')) return false
  const whole = join(project, path)
  return existsSync(whole) && statSync(whole).isFile()
}
