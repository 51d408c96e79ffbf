/** A line of a job's log that the runner obeys instead of printing it. */
export interface WorkflowCommand {
  readonly name: string
  readonly properties: Readonly<Record<string, string>>
  readonly data: string
}

/** Commands that the runner knows; a stop word is one while commands are stopped. */
export const KNOWN_COMMANDS = [
  'internal-set-repo-path-off',
  'set-env',
  'set-output',
  'save-state',
  'add-mask',
  'add-path',
  'add-matcher',
  'remove-matcher',
  'debug',
  'warning',
  'error',
  'notice',
  'group',
  'endgroup',
  'echo',
  'stop-commands',
] as const

/** Both syntaxes: `::name key=value::data` at the start of a line, `##[name key=value;]data` anywhere in it. */
export const parseCommand = (line: string, known: ReadonlySet<string>): WorkflowCommand | null =>
  colons(line.trimStart(), known) ?? brackets(line, known)

const colons = (line: string, known: ReadonlySet<string>): WorkflowCommand | null => {
  const end = line.startsWith('::') ? line.indexOf('::', 2) : -1
  if (end < 0) return null
  const [name, properties] = split(line.slice(2, end), ' ')
  return known.has(name.toLowerCase())
    ? { name: name.toLowerCase(), properties: pairs(properties, ',', unescapeProperty), data: unescapeData(line.slice(end + 2)) }
    : null
}

const brackets = (line: string, known: ReadonlySet<string>): WorkflowCommand | null => {
  const start = line.indexOf('##[')
  const end = start < 0 ? -1 : line.indexOf(']', start)
  if (end < 0) return null
  const [name, properties] = split(line.slice(start + 3, end), ' ')
  return known.has(name.toLowerCase())
    ? { name: name.toLowerCase(), properties: pairs(properties, ';', (text) => text), data: line.slice(end + 1) }
    : null
}

const split = (text: string, separator: string): readonly [string, string] => {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

const pairs = (text: string, separator: string, decode: (value: string) => string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    text
      .split(separator)
      .map((pair) => split(pair.trim(), '='))
      .filter(([name]) => name !== '')
      .map(([name, value]) => [name, decode(value)]),
  )

const unescapeData = (text: string): string => text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
const unescapeProperty = (text: string): string => unescapeData(text.replaceAll('%3A', ':').replaceAll('%2C', ','))
