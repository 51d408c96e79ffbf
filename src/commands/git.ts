import type { Argv } from '../ports.ts'

/** Exit code 0: the first is an ancestor of the second, or the same; 1: it is not; 128: one of them is not here. */
export const gitIsAncestor = (older: string, newer: string): Argv => ['git', 'merge-base', '--is-ancestor', older, newer]

/** Prints the commit that both come from; fails where this clone does not know it. */
export const gitMergeBase = (one: string, other: string): Argv => ['git', 'merge-base', one, other]

/** Exit code 0: this commit is in the clone. */
export const gitHasCommit = (sha: string): Argv => ['git', 'cat-file', '-e', `${sha}^{commit}`]

/** Prints "true" in a clone that lacks the older history. */
export const gitIsShallow = (): Argv => ['git', 'rev-parse', '--is-shallow-repository']

/** Exit code 0: nothing below these paths differs between the two; paths are relative to the working directory. */
export const gitIsUnchanged = (older: string, newer: string, paths: readonly string[]): Argv => [
  'git',
  '--literal-pathspecs',
  'diff',
  '--quiet',
  older,
  newer,
  '--',
  ...paths,
]

/** Prints where the working directory is in its working tree: "sub/folder/", or nothing at the top. */
export const gitPrefix = (): Argv => ['git', 'rev-parse', '--show-prefix']
