import { scripts } from './startup.ts'
import { baseOf, below, folderOf, type SourceTree } from './tree.ts'

/** One line of `scripts`, and the package.json that it stands in. */
export interface Script {
  readonly file: string
  readonly line: string
}

const PROGRAM = /^(npm|pnpm|yarn|bun|turbo|lerna|nx)$/
/** Before the folder or the name of a part. */
const OF_PART = /^(--filter|-F|--prefix|-C|--cwd|--dir|-w|(--)?workspace)$/
const OF_ALL = /^(-r|-ws|--recursive|(--)?workspaces|turbo|lerna|run-many)$/

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
  const isAll = words.some((word) => OF_ALL.test(word))
  const named = words.filter((_, index) => OF_PART.test(words[index - 1] ?? '')).map((word) => word.replace(/^\.\/|\.\.\./g, ''))
  const parts = below(tree, folderOf(file)).filter((path) => {
    if (baseOf(path) !== 'package.json' || path === file) return false
    const [, name = ''] = /"name"\s*:\s*"([^"]+)"/.exec(tree.read(path) ?? '') ?? []
    return isAll || named.some((word) => word.includes('*') || word === name || `/${folderOf(path)}`.endsWith(`/${word}`))
  })
  return (parts.length > 0 ? parts : [file]).flatMap((path) => words.flatMap((word) => comesDownTo(tree, path, word, seen)))
}
