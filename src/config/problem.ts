/** Keys and indexes from the top of the config to a value. */
export type Path = readonly (string | number)[]

/** Something wrong in the config, with what would be right. All of them are shown at once. */
export interface Problem {
  readonly path: Path
  /** Whether the key is wrong or what it holds: decides where the annotation stands. */
  readonly at: 'key' | 'value'
  readonly message: string
}

/** For maps and comparisons: names may hold dots, so no text for people would do. */
export const pathKey = (path: Path): string => JSON.stringify(path)

/** "images.api.platforms[0]", as people would write it; the middle of a very long one says nothing. */
export const shownPath = (path: Path): string => {
  const text = path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('')
  return text.length > 100 ? `${text.slice(0, 60)}…${text.slice(-20)}` : text
}
