import { scripts } from './startup.ts'
import { baseOf, below, folderOf, type SourceTree, under } from './tree.ts'

/** One line of `scripts`, and the package.json that it stands in. */
export interface Script {
  readonly file: string
  readonly line: string
}

const PROGRAM = /^(npm|pnpm|yarn|bun|turbo|lerna|nx)$/
/** Before the folder or the name of a part. */
const OF_PART = /^(--filter|-F|--prefix|-C|--cwd|--dir|-w|--workspace|workspace|--scope)$/
const OF_ALL = /^(-r|-ws|--recursive|--workspaces|workspaces|turbo|lerna|run-many)$/

/** What a script comes down to: its own line, and those that it calls, there or in parts of the workspace. */
export const comesDownTo = (tree: SourceTree, file: string, name: string, seen = new Set<string>()): readonly Script[] => {
  const line = scripts(tree, file)[name]
  if (line === undefined || seen.has(`${file} ${name}`)) return []
  seen.add(`${file} ${name}`)
  return [{ file, line }, ...commandsIn(line).flatMap((words) => called(tree, file, words, seen))]
}

/** Whether a line does nothing itself. */
export const onlyCalls = (line: string): boolean => commandsIn(line).every(([program = '']) => PROGRAM.test(program))

/** `cd PART && npm test` is `npm --prefix PART test`. */
const commandsIn = (line: string): readonly (readonly string[])[] =>
  line
    .replace(/\bcd\s+([\w./-]+)\s*&&\s*(\w+)/g, '$2 --prefix $1')
    .split(/&&|\|\||[;|&]/)
    .map((command) => command.split(/[\s="'()]+/).filter(Boolean))

const called = (tree: SourceTree, file: string, words: readonly string[], seen: Set<string>): readonly Script[] => {
  if (!words.some((word) => PROGRAM.test(word))) return []
  const parts = below(tree, folderOf(file)).filter((path) => baseOf(path) === 'package.json' && path !== file)
  const named = words.filter((_, index) => OF_PART.test(words[index - 1] ?? ''))
  const meant = words.some((word) => OF_ALL.test(word))
    ? parts
    : parts.filter((path) => named.some((word) => word.includes('*') || isPart(tree, file, path, word)))
  return (meant.length > 0 ? meant : [file]).flatMap((path) => words.flatMap((word) => comesDownTo(tree, path, word, seen)))
}

/** By its path, the last part of it, or the name of the package. */
const isPart = (tree: SourceTree, file: string, path: string, word: string): boolean => {
  const folder = folderOf(path)
  const [, name] = /"name"\s*:\s*"([^"]+)"/.exec(tree.read(path) ?? '') ?? []
  return [name, baseOf(folder)].includes(word.replaceAll('...', '')) || under(folderOf(file), word) === folder
}
