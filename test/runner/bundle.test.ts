import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from '@jest/globals'
import { ACTIONS } from '../../script/generator/actions.ts'
import { dist } from './dist.ts'

const root = join(import.meta.dirname, '../..')
const scripts = readdirSync(dist).filter((name) => name.endsWith('.js'))
const folder = mkdtempSync(join(tmpdir(), 'bundle-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('the first input is read before anything but the entry is loaded', () => {
  const file = join(folder, 'loaded.json')
  execFileSync(process.execPath, ['--require', join(import.meta.dirname, 'first-input.cjs'), join(dist, 'action.js')], {
    env: { ...process.env, FIRST_INPUT_FILE: file },
  })
  const loaded = (JSON.parse(readFileSync(file, 'utf8')) as string[]).map((url) => basename(url))
  expect(loaded).toContain('action.js')
  const size = loaded.map((name) => statSync(join(dist, name)).size).reduce((sum, bytes) => sum + bytes, 0)
  expect(size).toBeLessThanOrEqual(10_000)
})

test('what a runner downloads and parses stays within its limits', () => {
  const texts = scripts.filter((name) => name !== 'github.js').map((name) => readFileSync(join(dist, name)))
  expect(texts.reduce((sum, text) => sum + text.length, 0)).toBeLessThanOrEqual(1_400_000)
  expect(texts.reduce((sum, text) => sum + gzipped(text), 0)).toBeLessThanOrEqual(390_000)
})

const gzipped = (text: Buffer): number => gzipSync(text, { level: 9 }).length

test("the client of GitHub's API is a file of its own, within its limit, which nothing loads at its start", () => {
  expect(gzipped(readFileSync(join(dist, 'github.js')))).toBeLessThanOrEqual(35_000)
  const loaders = (file: string): readonly string[] =>
    scripts.filter((name) => new RegExp(`(from|import)\\s*["\`]\\./${file}\\.js`).test(readFileSync(join(dist, name), 'utf8')))
  // the second only hands it on, to a scan in a pull request
  expect(loaders('github')).toEqual(['follow.js', 'github2.js'])
  expect([...loaders('follow'), ...loaders('github2')]).toEqual([])
})

test('the bundle needs no package beside it: each of its files loads in an empty folder', () => {
  const alone = join(folder, 'alone')
  cpSync(dist, alone, { recursive: true })
  const chunks = scripts.filter((name) => name !== 'cli.js' && name !== 'action.js')
  const program = `for (const name of process.argv.slice(1)) await import(name); console.log('loaded')`
  const text = execFileSync(process.execPath, ['--input-type=module', '-e', program, ...chunks.map((name) => join(alone, name))], {
    cwd: '/',
    encoding: 'utf8',
  })
  expect(text).toBe('loaded\n')
})

test.each([['action.yml', ''], ...ACTIONS.map((name) => [`action/${name}/action.yml`, '../../'])])('%s runs the bundle', (path, up) => {
  expect(readFileSync(join(root, path), 'utf8')).toContain(`  using: node24\n  main: ${up}dist/action.js\n`)
})
