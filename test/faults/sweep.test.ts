/**
 * Somebody is killed at a failpoint, and what was seen from outside is judged. `script/test faults` tries a sample whose
 * seed is printed, `script/test faults --all` what is left of everything, `--defects` the checker itself.
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { DEFECTS } from './defects.ts'
import { Ledger } from './ledger/ledger.ts'
import { everything } from './sweep/schedule.ts'
import { tryEach } from './sweep/sweep.ts'
import { rowsOf, summaryOf, tableOf, told } from './sweep/table.ts'
import type { Tried } from './sweep/try.ts'

const ROOT = join(import.meta.dirname, '../..')
/** sample, all or defects */
const MODE = process.env.DEPLOY_ACTION_FAULTS ?? 'sample'
/** The same faults on a fast machine and on a slow one, as long as the time suffices: building, tracing and the rest of the lane have to fit into twelve minutes. */
const SAMPLE = { DEPLOY_ACTION_FAULTS_TRIES: '6', DEPLOY_ACTION_FAULTS_SECONDS: '420', DEPLOY_ACTION_FAULTS_MACHINES: '1' }

jest.setTimeout((Number(process.env.DEPLOY_ACTION_FAULTS_SECONDS ?? 86_400) + 600) * 1000)

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'faults-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

const say = (text: string): void => void process.stderr.write(`${text}\n`)

/** In a process of its own, which outlives this one for as long as it needs to end well. */
const sat = async (...words: readonly string[]): Promise<Ledger> => {
  const env = MODE === 'all' ? process.env : { ...SAMPLE, ...process.env }
  const program = spawn(join(ROOT, 'script/node24'), [join(import.meta.dirname, 'sitting.ts'), '--attended', ...words], {
    env,
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let out = ''
  program.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  const code = await new Promise((resolve, reject) => program.on('error', reject).on('close', resolve))
  expect([code, out]).toEqual([0, expect.stringContaining('.jsonl')])
  return Ledger.open(dirname(out.trim()), basename(out.trim(), '.jsonl'))
}

test('a released bundle holds no trace of a failpoint', () => {
  const dist = process.env.DEPLOY_ACTION_DIST ?? join(ROOT, 'dist')
  const text = readdirSync(dist)
    .map((name) => readFileSync(join(dist, name), 'utf8'))
    .join('\n')
  expect(text).toContain('.deploy/operations')
  expect(text).not.toMatch(/failpoint|unwoven/i)
})

if (MODE !== 'defects') {
  test('whoever is killed, wherever: no invariant is broken, and the same command again brings what was asked for', async () => {
    const ledger = await (MODE === 'all' ? sat() : sat(folder))
    const { tried } = ledger
    const struck = tried.filter((one) => one.struck)
    say(`\n${tableOf(rowsOf(tried))}\n\n${summaryOf(tried)}\n`)
    say(
      `${struck.length} kills of ${tried.length} tries in ${Math.round(ledger.seconds)} s; with the evidence of what broke: ${ledger.file}`,
    )
    expect(tried.flatMap((one) => (one.violations.length === 0 ? [] : [told(one), one.evidence]))).toEqual([])
    // who is never killed shows nothing
    expect(struck.length).toBeGreaterThan(tried.length * 0.9)
    // a sitting whose time was given may leave some to the next
    if (MODE === 'all' && process.env.DEPLOY_ACTION_FAULTS_SECONDS === undefined)
      expect(ledger.left(everything(ledger.passed ?? {}))).toEqual([])
  })
}

if (MODE !== 'sample') {
  describe('a defect that was planted turns the checker red', () => {
    let tried: readonly Tried[]
    beforeAll(async () => {
      const faults = DEFECTS.map(({ name, shownBy }) => {
        const dist = join(folder, name)
        execFileSync(join(ROOT, 'script/node24'), [join(ROOT, 'test/faults/weave/build.ts'), dist, 'failpoints', name])
        return { dist, fault: { ...shownBy, turn: 0 } }
      })
      tried = await tryEach(faults)
    })

    test.each(DEFECTS.map(({ name, what }, index) => [name, what, index] as const))('%s: %s', (name, _, index) => {
      const one = tried[index] as Tried
      say(`${name} | ${told(one)}`)
      // what did not come to its end may have had any reason
      expect(one.struck).toBe(true)
      expect(one.violations).not.toEqual([])
    })
  })
}
