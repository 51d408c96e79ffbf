import { isWithin, normal } from '../plan/paths.ts'
import type { Branches } from './branch.ts'

/** The project as init sees it: which files there are, and what is in them. Reads nothing outside of it. */
export interface SourceTree {
  /** Name of the folder. */
  readonly name: string
  /** Paths from the top, with "/", sorted; what git ignores is not among them. */
  readonly files: readonly string[]
  /** Text of a file; null where there is none, where it is no text of a sensible size, or an environment file that is not committed. */
  read(path: string): string | null
  /** Also of what git ignores, and of what is no text. */
  isFile(path: string): boolean
  /** "owner/name" of the remote; null where there is none. */
  readonly repository: string | null
  readonly branches: Branches
}

/** Joins, where the second is relative to the first. */
export const under = (folder: string, path: string): string | null => normal(folder === '' ? path : `${folder}/${path}`)

export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))
export const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** Whether there is such a file, or a folder with files in it. */
export const exists = (tree: SourceTree, path: string): boolean => tree.files.some((file) => file === path || file.startsWith(`${path}/`))

/** Files below a folder, at most so many folders deep. */
export const below = (tree: SourceTree, folder: string, depth = Number.POSITIVE_INFINITY): readonly string[] =>
  tree.files.filter((file) => isWithin(folder, file) && file.slice(folder.length).split('/').filter(Boolean).length - 1 <= depth)

/** "FILE:LINE", for people who want to look it up. */
export const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length
