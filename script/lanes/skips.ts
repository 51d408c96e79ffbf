import { readFileSync } from 'node:fs'

/** A test that may be skipped on some machines: committed, with its reason. */
export interface AllowedSkip {
  /** Full name of the test, or the beginning of it. */
  readonly test: string
  readonly reason: string
}

/** The committed list. */
export const allowedSkips = (file: string): readonly AllowedSkip[] => {
  const list: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (!Array.isArray(list) || !list.every(isAllowedSkip)) throw new Error(`${file} must be a list of {"test", "reason"}`)
  return list
}

const isAllowedSkip = (entry: unknown): entry is AllowedSkip =>
  typeof entry === 'object' &&
  entry !== null &&
  'test' in entry &&
  typeof entry.test === 'string' &&
  entry.test.length > 5 &&
  'reason' in entry &&
  typeof entry.reason === 'string' &&
  entry.reason.length > 5

/** A reason for each skipped test; null where the list has none, which fails the run. */
export const reasonFor = (test: string, allowed: readonly AllowedSkip[]): string | null =>
  allowed.find((skip) => test.startsWith(skip.test))?.reason ?? null
