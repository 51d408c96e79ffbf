/** Takes each single redaction out in turn: the canary is found then, and only then. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { clientLeaks, hideLeaks, logsLeaks, runLeaks, serverLeaks } from './leaks.ts'
import { type Mutation, mutationsOf } from './mutations.ts'

const root = join(import.meta.dirname, '../..')
const tree = mkdtempSync(join(tmpdir(), 'mutated-'))
cpSync(join(root, 'src'), join(tree, 'src'), { recursive: true })
symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'))
writeFileSync(join(tree, 'package.json'), '{ "type": "module" }\n')
afterAll(() => rmSync(tree, { recursive: true, force: true }))

const SEEING = { client: clientLeaks, hide: hideLeaks, logs: logsLeaks, program: serverLeaks, run: runLeaks } as const

const leaksWith = ({ file, line, after, seenBy }: Mutation): readonly string[] => {
  const path = join(tree, file)
  const text = readFileSync(path, 'utf8')
  const lines = text.split('\n')
  lines[line - 1] = after
  writeFileSync(path, lines.join('\n'))
  try {
    return SEEING[seenBy](tree)
  } finally {
    writeFileSync(path, text)
  }
}

describe.each(['client', 'hide', 'logs', 'program', 'run'] as const)('what %s sees', (seenBy) => {
  const mutations = mutationsOf(root).filter((mutation) => mutation.seenBy === seenBy)

  test('of the sources as they are, nothing comes out', () => {
    expect(SEEING[seenBy](tree)).toEqual([])
  }, 300_000)

  test('of the sources without any one of their redactions, something does', () => {
    // fewer would mean that the list no longer finds them in the sources
    expect(mutations.length).toBeGreaterThanOrEqual({ client: 35, hide: 30, logs: 2, program: 20, run: 10 }[seenBy])
    const unseen = mutations.filter((mutation) => leaksWith(mutation).length === 0)
    expect(unseen.map(({ file, line, before }) => `${file}:${line}: ${before.trim()}`)).toEqual([])
  }, 900_000)
})
