import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { Server } from '../../script/demo.d/server.ts'

jest.setTimeout(1_800_000)

const root = join(import.meta.dirname, '../..')
// the images of an earlier demo may be used again, where one lies there
const folder = process.env.DEMO_FOLDER ?? mkdtempSync(join(tmpdir(), 'deploy-action-demo-test-'))
const picture = join(folder, 'demo.svg')

interface Shown {
  readonly code: number
  readonly lines: readonly string[]
}

const demo = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Shown> =>
  new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, maxBuffer: 16 * 1024 * 1024 }
    execFile(join(root, 'script/demo'), ['--folder', folder, ...args], options, (error, stdout) =>
      resolve({ code: error === null ? 0 : Number(error.code), lines: stdout.trimEnd().split('\n') }),
    )
  })

let honest: Shown

beforeAll(async () => {
  honest = await demo(['--record', picture])
})
afterAll(async () => {
  // the demo leaves its stack up, for people; the tests that follow want the server to themselves
  await new Server(process.env.SANDBOX_HOSTS?.split(' ').at(-1) ?? '', 'bot-and-api', process.env).forget('/opt/stacks/bot-and-api')
  if (process.env.DEMO_FOLDER === undefined) rmSync(folder, { recursive: true, force: true })
})

describe('the demo of an honest product', () => {
  test('ends well, and every line of it holds', () => {
    expect(honest.lines.filter((line) => line.includes('✗'))).toEqual([])
    expect(honest.code).toBe(0)
    expect(honest.lines.filter((line) => /^\d /.test(line)).map((line) => line[0])).toEqual(['1', '2', '3', '4', '5'])
  })

  test('fits on one screen', () => {
    expect(honest.lines.length).toBeLessThanOrEqual(40)
    expect(Math.max(...honest.lines.map((line) => line.length))).toBeLessThanOrEqual(100)
    expect(honest.lines.filter((line) => line.endsWith('…'))).toEqual([])
  })

  test('keeps what was said and done in each chapter', () => {
    expect(readdirSync(join(folder, 'logs'))).toEqual(
      expect.arrayContaining(['rollback.log', 'version-1.log', 'version-2.log', 'version-3.log']),
    )
  })

  test('leaves a picture of the screen', () => {
    const svg = readFileSync(picture, 'utf8')
    for (const line of honest.lines) expect(svg).toContain(line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replace(/^.*✓/, ''))
  })
})

describe('the demo of a product that lies', () => {
  test.each([
    ['version 1 without its seed', '2', /GET \/health .*"users":0/],
    ['version 2 not deployed', '3', /docker inspect .*api/],
    ['version 3 never tried', '4', /docker events .*not started/],
    ['version 3 half undone', '4', /docker inspect .*bot .* exited/],
    ['nothing rolled back', '5', /docker inspect .*api/],
  ])('fails: %s', async (lie, chapter, evidence) => {
    const { code, lines } = await demo(['--cli', join(import.meta.dirname, 'liar.ts')], { DEMO_LIE: lie })
    expect(code).toBe(1)
    expect(lines.findLast((line) => /^\d /.test(line))?.[0]).toBe(chapter)
    expect(lines.filter((line) => line.includes('✗')).join('\n')).toMatch(evidence)
  })
})
