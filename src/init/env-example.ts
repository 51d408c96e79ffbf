import { baseOf, folderOf, type SourceTree } from './tree.ts'
import { OPTIONAL_KIND } from './used-variables.ts'

/** The file that shows what belongs into an environment file, and what it says. */
export interface Example {
  readonly file: string | null
  readonly values: Readonly<Record<string, string>>
  /** Secrets that nobody has filled in, and that nothing calls optional. */
  readonly open: readonly string[]
  /** Secrets that are empty where others have a placeholder: they may be of what is not used. */
  readonly doubtful: readonly string[]
}

export const SECRET = /pass|secret|token|key|credential|auth|dsn|private/i
export const PLACEHOLDER =
  /^(change[-_ ]?(me|this|it).*|fix[-_ ]?me.*|your[-_ ].*|<.*>|__.*__|xxx+|todo|replace.*|example.*|secret|insert.*|-+|_+|\*+|\?+|\.\.\.)$/i
const MARK =
  /^\.?(?:example|sample|template)(?=\.)|[._-](?:example|sample|template)(?=\.env$)|[._-]?(?:example|sample|template|dist|default|tpl)$/i

/** "env.prod" of `.env.prod-sample` and of `.example.env.prod`; null where the name does not say that it is an example. */
const shownBy = (path: string): string | null => (MARK.test(baseOf(path)) ? plainName(baseOf(path).replace(MARK, '')) : null)
const plainName = (name: string): string => name.replace(/^\./, '')

/** The example of this very file, else the one that is for any; not of another file, nor of a folder that is not its own. */
export const exampleOf = (tree: SourceTree, file: string, folders: readonly string[] = []): Example => {
  const wanted = plainName(baseOf(file))
  const places = [...new Set([folderOf(file), '', ...folders])]
  const meanings: readonly ((name: string) => boolean)[] = [
    (name) => name === wanted,
    (name) => name === 'env' && wanted.startsWith('env.'),
    (name) => wanted === 'env' && /^env\.(?!.*(dev|test|local))/.test(name),
  ]
  const found = meanings
    .flatMap((isMeant) => places.flatMap((folder) => inFolder(tree, folder).filter((path) => isMeant(shownBy(path) ?? ''))))
    .find((path) => path !== file)
  return found === undefined ? { file: null, values: {}, open: [], doubtful: [] } : { file: found, ...settingsIn(tree.read(found) ?? '') }
}

const inFolder = (tree: SourceTree, folder: string): readonly string[] =>
  tree.files.filter((path) => folderOf(path) === folder).toSorted((a, b) => a.length - b.length)

export const settingsIn = (text: string): Omit<Example, 'file'> => {
  const values: Record<string, string> = Object.create(null)
  const marked: string[] = []
  const empty: string[] = []
  let comment = ''
  for (const line of text.split(/\r?\n/)) {
    const [, name, written = ''] = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*)$/.exec(line) ?? []
    if (name === undefined) {
      comment = /^\s*#/.test(line) ? line : line.trim() === '' ? '' : comment
      continue
    }
    const [, quoted, plain = ''] = /^(?:["'](.*?)["']|([^#]*?))\s*(?:#.*)?$/.exec(written) ?? []
    const value = (quoted ?? plain).trim()
    values[name] = value
    if (!SECRET.test(name) || OPTIONAL_KIND.test(name) || /optional/i.test(`${comment} ${written}`)) continue
    if (value === '') empty.push(name)
    else if (PLACEHOLDER.test(value)) marked.push(name)
  }
  // who marks what is to be filled in leaves empty what may stay so
  return marked.length === 0 ? { values, open: empty, doubtful: [] } : { values, open: marked, doubtful: empty }
}
