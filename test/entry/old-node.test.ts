import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'

/** What came with Node 21 or later; package.json promises Node 20.19, and a command line runs on the Node of its machine. */
const NEWER =
  /\b(withResolvers|groupBy|fromAsync|Promise\.try|RegExp\.escape|Iterator\.|isSubsetOf|isSupersetOf|isDisjointFrom|symmetricDifference)\b|\.(values|keys|entries)\(\)\s*\.(map|filter|toArray|some|every|find|flatMap|take|drop|reduce)\(/

test('nothing of ours needs a newer Node than package.json says', () => {
  const src = join(import.meta.dirname, '../../src')
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  expect(files.length).toBeGreaterThan(200)
  const found = files.flatMap((file) =>
    readFileSync(join(src, file), 'utf8')
      .split('\n')
      .flatMap((line, index) => (NEWER.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
  )
  expect(found).toEqual([])
})
