import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { root, textOf } from './documents.ts'

const rows = textOf('docs/threats.md')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---') && !/^\| (input|who) \|/.test(line))

test.each(rows.map((row) => [row.split(' | ')[0]?.slice(2) ?? '', row]))(
  'what is said of %s is tried by tests that there are',
  (_, row) => {
    const named = [...row.matchAll(/`(test\/[^`]+)`/g)].map(([, path]) => path ?? '')
    expect(named.length).toBeGreaterThan(0)
    for (const path of named)
      expect([path, existsSync(join(root, path)) && /\btest\b/.test(readFileSync(join(root, path), 'utf8'))]).toEqual([path, true])
  },
)

test('there are as many rows as there are ways in', () => expect(rows.length).toBeGreaterThan(20))
