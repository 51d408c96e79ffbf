/**
 * Handlings taken out of a copy of the sources, one at a time: the test that stands for each goes red, and not for another
 * reason. `script/test users` tries three, `script/test users --mutations` all of them.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, jest, test } from '@jest/globals'
import { run } from '../sandbox/scenarios/programs.ts'
import { HANDLINGS, type Handling, withoutHandling } from '../users/handlings/handlings.ts'

jest.setTimeout(300_000)

const root = join(import.meta.dirname, '../..')
const tree = mkdtempSync(join(tmpdir(), 'handlings-'))
for (const path of ['src', 'test', 'script', 'schema', 'docs', 'examples', 'package.json', 'jest.config.js'])
  cpSync(join(root, path), join(tree, path), { recursive: true })
symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'))
afterAll(() => rmSync(tree, { recursive: true, force: true }))

const THIRD = Math.ceil(HANDLINGS.length / 3)
const wanted = HANDLINGS.filter((_, index) => process.env.DEPLOY_ACTION_USERS === 'mutations' || index % THIRD === 0)

interface Report {
  readonly numFailedTests: number
  readonly numRuntimeErrorTestSuites: number
}

const shown = async ({ shownBy }: Handling): Promise<Report> => {
  const report = join(tree, 'report.json')
  const { err } = await run(
    [
      process.execPath,
      '--experimental-vm-modules',
      join(tree, 'node_modules/jest/bin/jest.js'),
      '--runInBand',
      '--json',
      '--outputFile',
      report,
      '--testNamePattern',
      shownBy.test.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'),
      '--runTestsByPath',
      join(tree, shownBy.file),
    ],
    { cwd: tree },
  )
  const { numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(report, 'utf8')) as Report
  rmSync(report)
  if (numRuntimeErrorTestSuites > 0) throw new Error(`the test could not even run: ${err}`)
  return { numFailedTests, numRuntimeErrorTestSuites }
}

test.each(wanted.map((handling) => [handling.name, handling] as const))('without it, its test is red: %s', async (_, handling) => {
  const path = join(tree, handling.patch.file)
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, withoutHandling(tree, handling))
  try {
    expect((await shown(handling)).numFailedTests).toBeGreaterThan(0)
  } finally {
    writeFileSync(path, text)
  }
})
