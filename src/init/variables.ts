import { innerPath } from '../config/schema.ts'
import type { Compose } from './compose.ts'
import { baseOf, type SourceTree } from './tree.ts'

/** The environment file of the server: which it is, and what must be set there. */
export interface Variables {
  readonly file: string
  readonly required: readonly string[]
  /** The file that shows what belongs into it; null where there is none. */
  readonly example: string | null
  /** Further files that services read and the repository does not have: they must be on the server. */
  readonly others: readonly string[]
  /** Files that services read and that are in the repository: they are brought. */
  readonly brought: readonly string[]
}

interface Example {
  readonly file: string | null
  readonly values: Readonly<Record<string, string>>
  /** Names that nobody has filled in, and that nothing calls optional. */
  readonly open: readonly string[]
}

const EXAMPLE =
  /^\.?env[._-]?(example|sample|template|dist|default|tpl)$|^\.env\.[\w-]+\.(example|sample|template|dist)$|^(example|sample)\.env$|^\.(example|sample|template)\.env$|^\.env\.(\w+)[._-](example|sample)$/i
const SECRET = /pass|secret|token|key|credential|auth|dsn|private/i
const OPTIONAL_KIND = /smtp|mail|sentry|analytics|s3_|aws|oauth|google|github|facebook|twitter|stripe|webhook|proxy|spotify|openai/i
const PLACEHOLDER =
  /^(change[-_ ]?(me|this|it)\w*|changethis|your[-_ ].*|<.*>|__.*__|xxx+|todo|replace.*|example.*|secret|insert.*|\*+|\.\.\.)$/i

/** The example that stands for the environment file. */
export const exampleOf = (tree: SourceTree): Example => {
  const file = tree.files
    .filter((path) => EXAMPLE.test(baseOf(path)))
    .toSorted((a, b) => a.split('/').length - b.split('/').length || a.length - b.length || (a < b ? -1 : 1))[0]
  if (file === undefined) return { file: null, values: {}, open: [] }
  const values: Record<string, string> = {}
  const open: string[] = []
  let comment = ''
  for (const line of (tree.read(file) ?? '').split(/\r?\n/)) {
    const [, name, written = ''] = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*)$/.exec(line) ?? []
    if (name === undefined) {
      comment = /^\s*#/.test(line) ? line : line.trim() === '' ? '' : comment
      continue
    }
    const [, quoted, plain = ''] = /^(?:["'](.*?)["']|([^#]*?))\s*(?:#.*)?$/.exec(written) ?? []
    const value = (quoted ?? plain).trim()
    values[name] = value
    if (
      (value === '' || PLACEHOLDER.test(value)) &&
      SECRET.test(name) &&
      !OPTIONAL_KIND.test(name) &&
      !/optional/i.test(`${comment} ${written}`)
    )
      open.push(name)
  }
  return { file, values, open }
}

/** What compose leaves empty where nobody sets it, and what the example leaves open. */
export const variablesOf = (tree: SourceTree, compose: Compose): Variables => {
  const example = exampleOf(tree)
  const started = compose.services.filter(({ profiles }) => profiles.length === 0)
  const written = [...new Set(started.flatMap(({ envFiles }) => envFiles.map((file) => file.replace(/^(\.\/)+/, ''))))]
  const isBrought = (file: string): boolean => tree.files.includes(file) && !/(^|\/)\.env[^/]*$/.test(file)
  const isInside = (file: string): boolean => innerPath.safeParse(file).success
  const kept = written.filter((file) => !isBrought(file) && isInside(file))
  // where compose puts something in, it takes it from there: another file would be in its place, not beside it
  const fills = [...compose.variables.all, ...compose.insisted].some((name) => !AMBIENT.has(name))
  const file = kept.includes('.env') || fills ? '.env' : (kept[0] ?? '.env')
  const readsFile = kept.includes(file)
  // what no service reads by `env_file` is of use only where compose puts it in
  const fromExample = readsFile ? example.open : example.open.filter((name) => compose.variables.open.includes(name))
  const open = compose.variables.open.filter((name) => !OPTIONAL_KIND.test(name))
  return {
    file,
    required: [...new Set([...open.concat(compose.insisted).filter((name) => !AMBIENT.has(name)), ...fromExample])].toSorted(),
    example: example.file,
    others: [...kept.filter((one) => one !== file), ...written.filter((one) => !isInside(one))],
    brought: written.filter(isBrought),
  }
}

/** What compose has on the server without a file, see src/transaction/program/docker.sh; PWD it sets itself. */
const AMBIENT: ReadonlySet<string> = new Set(['HOME', 'PATH', 'PWD'])
