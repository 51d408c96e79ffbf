/** What a person sees when something is wrong, kept as text. `UPDATE_GOLDEN=1` writes the screens anew. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import type { Wrong } from './list.ts'

export const FOLDER = join(import.meta.dirname, 'golden')

const ROWS = 24
const COLUMNS = 100

/** Rows that a terminal of 100 columns fills. */
const rowsOf = (screen: string): number =>
  screen
    .trimEnd()
    .split('\n')
    .reduce((rows, line) => rows + Math.max(1, Math.ceil(line.length / COLUMNS)), 0)

/** One line of "Next:". */
export type Step =
  | { readonly kind: 'here' | 'server'; readonly command: string /** As an administrator. */; readonly sudo: boolean }
  | { readonly kind: 'person'; readonly sentence: string }

/** What comes next, as it is printed; a warning may end with its command, too. */
export const stepsOf = (screen: string): readonly Step[] =>
  [...screen.matchAll(/^\s*(?:Next: (.*)|warning: .*; (on the server: .*))$/gm)].map(([, next, warned]) => step(next ?? warned ?? ''))

const step = (text: string): Step => {
  const [, where, rest = ''] = /^(on the server|by hand): (.*)$/.exec(text) ?? []
  if (where === 'by hand') return { kind: 'person', sentence: rest }
  const command = where === undefined ? text : rest
  return { kind: where === undefined ? 'here' : 'server', command, sudo: command.startsWith('sudo ') }
}

/** What differs from run to run. */
const CHANGING: readonly (readonly [RegExp, string])[] = [
  [/\b\d+(\.\d+)? s\b/g, 'N s'],
  // only where an earlier run has not left it there
  [/^pull: .*\n/gm, ''],
  [/\btake \d+ steps\b/g, 'take N steps'],
  [/\bat step \d+:/g, 'at step N:'],
  [/\bby [^\s;,]+@[^\s;,]+/g, 'by SOMEBODY'],
  [/\b\d+ attempts?\b/g, 'N attempts'],
  // what it answered before it was ready depends on when it was asked
  [/(ready: N attempts in N s: ).*; (HTTP 200)$/gm, '$1$2'],
  [/sha256:[0-9a-f]{64}/g, 'sha256:DIGEST'],
  [/SHA256:[A-Za-z0-9+/]{43}/g, 'SHA256:FINGERPRINT'],
  [/\bAAAA[A-Za-z0-9+/=]{40,}/g, 'PUBLIC_KEY'],
  [/\b\d{8}T\d{6}Z-[0-9a-f]{6}\b/g, 'OPERATION'],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?( ?Z| UTC)?/g, 'TIME'],
  [/\b[0-9a-f]{40}\b/g, 'COMMIT'],
  [/\b[0-9a-f]{7}\b/g, 'COMMIT'],
  [/\b[0-9a-f]{12}\b/g, 'ID'],
]

export interface Shown {
  readonly code: number | null
  readonly screen: string
}

/** Holds a screen against what was kept: the same words, within one screen, and somebody is told what to do. @param own what is of this machine */
export const expectScreen = ({ name, mends }: Wrong, { code, screen }: Shown, own: Readonly<Record<string, string>> = {}): void => {
  const withoutOwn = Object.entries(own).reduce((text, [value, word]) => text.replaceAll(value, word), screen)
  const text = `exit ${code}\n${CHANGING.reduce((all, [pattern, word]) => all.replaceAll(pattern, word), withoutOwn)}`
  const file = join(FOLDER, `${name}.txt`)
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(FOLDER, { recursive: true })
    writeFileSync(file, text)
  }
  expect(text).toBe(existsSync(file) ? readFileSync(file, 'utf8') : 'nothing was kept of it yet: UPDATE_GOLDEN=1')
  expect(rowsOf(screen)).toBeLessThanOrEqual(ROWS)
  const steps = stepsOf(screen)
  expect(steps.some(({ kind }) => (mends === 'person' ? kind === 'person' : kind !== 'person'))).toBe(true)
}
