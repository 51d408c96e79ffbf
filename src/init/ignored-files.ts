import { isWithin } from '../plan/paths.ts'
import { baseOf, folderOf, type SourceTree } from './tree.ts'

/** A file that each checkout fills in for itself. */
export interface IgnoredFile {
  readonly source: string
  /** What git has in its place. */
  readonly example: string
}

/** "config.example.yml", ".env.sample", "settings.php.dist" */
const EXAMPLE = /[._-](example|sample|dist|template)(?=\.|$)/

/** Files of a folder that git ignores, where it has examples of them. */
export const ignoredIn = (tree: SourceTree, folder: string): readonly IgnoredFile[] =>
  tree.files.flatMap((example) => {
    const name = baseOf(example).replace(EXAMPLE, '')
    const source = [folderOf(example), name].filter(Boolean).join('/')
    return isWithin(folder, example) && !tree.files.includes(source) && isIgnored(tree, source) ? [{ source, example }] : []
  })

/** As a file of patterns on the way to it says; what that takes back is not looked at. */
const isIgnored = (tree: SourceTree, path: string): boolean => {
  const parts = path.split('/')
  return parts.some((_, depth) =>
    (tree.read([...parts.slice(0, depth), '.gitignore'].join('/')) ?? '')
      .split('\n')
      .some((line) => /^[^#!\s]/.test(line) && patternOf(line.trim()).test(path)),
  )
}

const patternOf = (line: string): RegExp => {
  const text = line.replace(/^\/|\/$/g, '').replace(/[.+^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`(^|/)${text.replace(/\*+/g, '[^/]*').replaceAll('?', '[^/]')}(/|$)`)
}
