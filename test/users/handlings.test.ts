/** Each handling can still be taken out, and its test is there; `script/test users --mutations` does take them out. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { HANDLINGS, withoutHandling } from './handlings/handlings.ts'

const root = join(import.meta.dirname, '../..')

test('each has a name of its own', () => {
  const names = HANDLINGS.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})

test.each(HANDLINGS.map((handling) => [handling.name, handling] as const))('%s: fits once, and its test is there', (_, handling) => {
  expect(withoutHandling(root, handling)).not.toBe(readFileSync(join(root, handling.patch.file), 'utf8'))
  expect(readFileSync(join(root, handling.shownBy.file), 'utf8')).toContain(handling.shownBy.test)
})

describe('the table of docs/first-users.md', () => {
  const rows = readFileSync(join(root, 'docs/first-users.md'), 'utf8')
    .split('\n')
    .flatMap((line) => /^\| .* \| .* \| ([^|]*`[^|]*) \|$/.exec(line)?.[1] ?? [])
  const named = rows.flatMap((where) => [...where.matchAll(/`([\w/.-]+\.test\.ts)`(?:: ([^`]*))?/g)])
  const placed = named.map(([, file = '', words = '']) => ({
    file: file.includes('/') ? file : `test/journeys/${file}`,
    words: words
      .split(';')
      .map((one) => one.trim())
      .filter(Boolean),
  }))

  test('names tests that are there', () => {
    expect(placed.length).toBeGreaterThan(40)
    const missing = placed.flatMap(({ file, words }) => {
      const text = readFileSync(join(root, file), 'utf8')
      return words.filter((one) => one !== 'all of it' && !text.includes(one)).map((one) => `${file}: ${one}`)
    })
    expect(missing).toEqual([])
  })
})
