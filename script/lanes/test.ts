import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { type LaneResult, runJest } from './jest.ts'
import { groupsOf, joined, type Lane, lanesNamed } from './lanes.ts'
import { openSandbox, type Sandbox } from './sandbox.ts'
import { allowedSkips, reasonFor } from './skips.ts'

const root = join(import.meta.dirname, '../..')
const say = (line: string): void => console.error(line)

/** Runs lanes one after the other, some side by side; every lane runs, also where one before it failed. */
const runLanes = async (lanes: readonly Lane[], options: readonly string[]): Promise<readonly LaneResult[]> => {
  if (lanes.some((lane) => lane.needs.includes('bundle')))
    execFileSync(join(root, 'script/build'), [process.env.DEPLOY_ACTION_DIST ?? 'dist'], { stdio: ['ignore', 2, 2] })
  // act, actionlint, zizmor; Chromium; where one cannot be had, its tests are skipped by name
  for (const part of ['tools', 'browser'] as const)
    if (lanes.some((lane) => lane.needs.includes(part)))
      execFileSync(join(root, 'script/setup'), ['--quiet', part], { stdio: ['ignore', 2, 2] })
  const results: LaneResult[] = []
  let sandbox: Sandbox | undefined
  try {
    for (const group of groupsOf(joined(lanes))) {
      say(`\n── ${group.map(({ name }) => name).join(', beside it ')} ──`)
      if (group.some((lane) => lane.needs.includes('sandbox'))) sandbox ??= openSandbox(root)
      const running = group.map(async (lane) => {
        const begun = Date.now()
        const result = await runJest(root, lane, lane.needs.includes('sandbox') && sandbox ? sandbox.env : process.env, options)
        const minutes = ((Date.now() - begun) / 60_000).toFixed(1)
        say(`${lane.name}: ${result.passed} passed, ${result.failed} failed, ${result.skipped.length} skipped, ${minutes} min`)
        return result
      })
      results.push(...(await Promise.all(running)))
    }
  } finally {
    sandbox?.close()
  }
  return results
}

/** Prints each skip with its reason; yields how many had none. */
const explainSkips = (skipped: readonly string[]): number => {
  const allowed = allowedSkips(join(root, 'test/skips.json'))
  const reasons = skipped.map((test) => ({ test, reason: reasonFor(test, allowed) }))
  for (const { test, reason } of reasons)
    say(reason === null ? `SKIPPED WITHOUT A REASON in test/skips.json: ${test}` : `skipped: ${test} (${reason})`)
  return reasons.filter(({ reason }) => reason === null).length
}

/** What a lane is asked for besides running: how much of the fault sweep, and handlings taken out instead of journeys. */
const FLAGS: Readonly<Record<string, readonly [variable: string, value: string]>> = {
  '--all': ['DEPLOY_ACTION_FAULTS', 'all'],
  '--defects': ['DEPLOY_ACTION_FAULTS', 'defects'],
  '--mutations': ['DEPLOY_ACTION_USERS', 'mutations'],
}

const main = async (): Promise<number> => {
  const separator = process.argv.indexOf('--', 2)
  const words = process.argv.slice(2, separator < 0 ? undefined : separator)
  const names = words.filter((word) => FLAGS[word] === undefined)
  for (const word of words) {
    const [variable, value] = FLAGS[word] ?? []
    if (variable !== undefined) process.env[variable] = value
  }
  const lanes = lanesNamed(names).map((lane) =>
    words.includes('--mutations') && lane.mutations ? { ...lane, pattern: lane.mutations } : lane,
  )
  const results = await runLanes(lanes, separator < 0 ? [] : process.argv.slice(separator + 1))
  const skipped = results.flatMap((result) => result.skipped)
  const passed = results.reduce((sum, result) => sum + result.passed, 0)
  const failed = results.reduce((sum, result) => sum + result.failed, 0)
  const unexplained = explainSkips(skipped)
  console.log(`${passed} passed, ${failed + unexplained} failed, ${skipped.length - unexplained} skipped`)
  return failed + unexplained + (passed === 0 ? 1 : 0)
}

process.exitCode = (await main()) === 0 ? 0 : 1
