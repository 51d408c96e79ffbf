import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { tar } from '../../src/commands/archive.ts'
import { goText, requestText } from '../../src/transaction/wire.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** What real tar makes of an archive. */
const unpacked = (archive: Uint8Array): Record<string, Buffer> => {
  const folder = mkdtempSync(join(tmpdir(), 'tar-'))
  folders.push(folder)
  execFileSync('tar', ['-x', '-C', folder], { input: archive })
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => statSync(join(folder, path)).isFile())
  return Object.fromEntries(files.map((path) => [path, readFileSync(join(folder, path))]))
}

const word = fc
  .string({ unit: fc.constantFrom(...'abcXYZ019._- @+äπ'), minLength: 1, maxLength: 30 })
  .filter((name) => name !== '.' && name !== '..' && !name.startsWith('-'))
const path = fc.array(word, { minLength: 1, maxLength: 4 }).map((parts) => parts.map((part, index) => `${index}${part}`).join('/'))

describe('the archive', () => {
  test('comes out of real tar as it went in', () => {
    fc.assert(
      fc.property(fc.dictionary(path, fc.uint8Array({ maxLength: 1500 }), { maxKeys: 6 }), (files) => {
        const paths = Object.keys(files)
        // a file cannot be another one's folder
        fc.pre(!paths.some((one) => paths.some((other) => other.startsWith(`${one}/`))))
        const found = unpacked(tar(files))
        expect(Object.keys(found).toSorted()).toEqual(paths.toSorted())
        for (const one of paths) expect(found[one]?.equals(Buffer.from(files[one] ?? []))).toBe(true)
      }),
      { numRuns: 60 },
    )
  }, 60_000)

  test("holds paths of 255 bytes and files of any size at a block's edge", () => {
    const long = `${'folder-of-some-length/'.repeat(7)}${'n'.repeat(100)}`
    const files = {
      [long]: 'long',
      empty: '',
      block: 'x'.repeat(512),
      'block and one': 'x'.repeat(513),
      ['é'.repeat(50)]: '100 bytes in UTF-8',
    }
    const found = unpacked(tar(files))
    expect(Object.fromEntries(Object.entries(found).map(([name, content]) => [name, content.toString()]))).toEqual(files)
  })

  test('the same files give the same bytes', () => {
    expect(tar({ a: '1', b: '2' }).equals(tar({ a: '1', b: '2' }))).toBe(true)
  })

  test('a path that does not fit is refused by its name', () => {
    expect(() => tar({ [`folder/${'n'.repeat(101)}`]: '' })).toThrow(/^the path is too long for an archive: folder\/n+$/)
    expect(() => tar({ [`${'f'.repeat(156)}/name${'n'.repeat(90)}`]: '' })).toThrow(RangeError)
  })
})

describe('bodies on the wire', () => {
  const bodyOf = (text: string): Buffer => Buffer.from(text.slice(0, text.indexOf('\n.\n')), 'base64')

  test('a request is its sum and then the archive in lines that every shell can read', () => {
    const text = requestText({ 'project/a': 'x'.repeat(20_000), binary: new Uint8Array([0, 255, 10, 13]) })
    const [sum, ...lines] = text.split('\n')
    expect(sum).toMatch(/^[0-9a-f]{64}$/)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(4096)
    expect(lines.slice(-2)).toEqual(['.', ''])
    expect(unpacked(gunzipSync(bodyOf(text.slice(65))))).toEqual({
      'project/a': Buffer.from('x'.repeat(20_000)),
      binary: Buffer.from([0, 255, 10, 13]),
    })
  })

  test('a program of any text comes whole, with the secrets behind it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (program) => {
        const text = goText(program, 'c2VjcmV0')
        expect(text).toMatch(/^go [0-9a-f]{64}\n/)
        expect(text.endsWith('\n.\nc2VjcmV0\n')).toBe(true)
        expect(gunzipSync(bodyOf(text.slice(68))).toString()).toBe(Buffer.from(program).toString())
      }),
    )
  })
})
