/**
 * Somebody is killed at a failpoint, and what was seen from outside is judged. `script/test faults` tries a sample whose
 * seed is printed, `script/test faults --all` everything, `--defects` the checker itself.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { DEFECTS } from './defects.ts'
import { page } from './document.ts'
import { everything, namesOf, shuffled } from './sweep/schedule.ts'
import { EVIDENCE, type Stack } from './sweep/stack.ts'
import { passedBy, sweep, withStacks } from './sweep/sweep.ts'
import { rowsOf, summaryOf, tableOf } from './sweep/table.ts'
import { type Tried, tryFault } from './sweep/try.ts'

const ROOT = join(import.meta.dirname, '../..')
/** sample, all or defects */
const MODE = process.env.DEPLOY_ACTION_FAULTS ?? 'sample'
const SEED = Number(process.env.DEPLOY_ACTION_FAULTS_SEED ?? 20_261_121)
/** A sample has to leave room for building, tracing and the rest of the lane in twelve minutes. */
const SECONDS = Number(process.env.DEPLOY_ACTION_FAULTS_SECONDS ?? (MODE === 'all' ? 86_400 : 420))
/** The same faults on a fast machine and on a slow one, as long as the time suffices. */
const TRIES = Number(process.env.DEPLOY_ACTION_FAULTS_TRIES ?? (MODE === 'all' ? Number.POSITIVE_INFINITY : 12))
const SIDE_BY_SIDE = Number(process.env.DEPLOY_ACTION_FAULTS_MACHINES ?? 2)

jest.setTimeout((SECONDS + 600) * 1000)

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'faults-bundle-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

const bundle = (...asked: readonly string[]): string => {
  const dist = join(folder, asked.join('-'))
  execFileSync(join(ROOT, 'script/node24'), [join(ROOT, 'test/faults/weave/build.ts'), dist, ...asked])
  return dist
}

const say = (text: string): void => void process.stderr.write(`${text}\n`)
const told = ({ scenario, victim, visit, how, struck, served, firstExit, secondExit, gap, seconds, violations }: Tried): string =>
  [
    `${scenario} | ${visit.name} #${visit.count} | ${struck ? `${victim}: ${how}` : 'not reached'} | served ${served}`,
    `${firstExit ?? 'killed'} → ${secondExit} | gap ${(gap / 1000).toFixed(1)} s | ${seconds.toFixed(1)} s`,
    violations.length === 0 ? 'holds' : violations.map(({ invariant, evidence }) => `${invariant}: ${evidence}`).join('; '),
  ].join(' | ')

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
    const came = await withStacks(bundle('failpoints'), SIDE_BY_SIDE, async (stacks) => {
      const passed = await passedBy(stacks[0] as Stack)
      const all = everything(passed)
      say(`${namesOf(passed).length} failpoints, ${all.length} faults; seed ${SEED} (DEPLOY_ACTION_FAULTS_SEED), ${MODE}`)
      const faults = shuffled(all, SEED).slice(0, TRIES)
      return sweep(stacks, faults, { seconds: SECONDS, onTried: (tried, done) => say(`${done}/${faults.length} ${told(tried)}`) })
    })
    const struck = came.tried.filter((tried) => tried.struck)
    say(`\n${tableOf(rowsOf(came.tried))}\n\n${summaryOf(came.tried)}\n`)
    say(
      `${struck.length} kills of ${came.tried.length} tries in ${Math.round(came.seconds)} s; seed ${SEED}; evidence of what broke: ${EVIDENCE}`,
    )
    writeFileSync(join(tmpdir(), 'deploy-action-faults.json'), JSON.stringify(came))
    if (MODE === 'all') writeFileSync(join(ROOT, 'docs/faults.md'), page([came]))
    expect(came.tried.flatMap((tried) => (tried.violations.length === 0 ? [] : [told(tried)]))).toEqual([])
    // who is never killed shows nothing
    expect(struck.length).toBeGreaterThan(came.tried.length * 0.9)
    if (MODE === 'all') expect(came.left).toEqual([])
  })
}

if (MODE !== 'sample') {
  test.each(DEFECTS.map((defect) => [defect.name, defect.what, defect] as const))(
    'a defect that was planted turns the checker red: %s, %s',
    async (name, _, { shownBy }) => {
      const tried = await withStacks(bundle('failpoints', name), 1, ([stack]) => tryFault(stack as Stack, { ...shownBy, turn: 0 }))
      say(`${name} | ${told(tried)}`)
      expect(tried.violations).not.toEqual([])
    },
  )
}
