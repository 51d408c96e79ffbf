/** A change to the text of one source file as it is bundled; the file on disk stays as it is. */
export interface Patch {
  /** Path from the root of the project. */
  readonly file: string
  /** Must be found exactly once: a patch that no longer fits is an error, not a bundle without it. */
  readonly find: string | RegExp
  readonly put: string
}

/** @throws where a patch is not found exactly once */
export const patched = (text: string, patches: readonly Patch[]): string => patches.reduce(apply, text)

const apply = (text: string, { file, find, put }: Patch): string => {
  const parts = typeof find === 'string' ? text.split(find) : text.split(new RegExp(find.source, `${find.flags.replace('g', '')}`))
  const count =
    typeof find === 'string' ? parts.length - 1 : [...text.matchAll(new RegExp(find.source, `${find.flags.replace('g', '')}g`))].length
  if (count !== 1) throw new Error(`a patch of ${file} fits ${count} times, not once: ${String(find)}`)
  return text.replace(find, () => put)
}

/** Gives a shell function another name, so that a woven one can stand in its place and call it. */
export const unwoven = (file: string, name: string): Patch => ({
  file,
  find: new RegExp(`^${name}\\(\\) `, 'm'),
  put: `unwoven_${name}() `,
})
