/**
 * Handlings taken out of a copy of the sources, one at a time: the test that stands for each goes red, and not for another
 * reason. `script/test users` tries three, `script/test users --mutations` all of them.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, jest, test } from '@jest/globals'
import { run } from '../sandbox/scenarios/programs.ts'
import { HANDLINGS, withoutHandling } from '../users/handlings/handlings.ts'

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
  readonly numPassedTests: number
  readonly numRuntimeErrorTestSuites: number
  readonly testResults: readonly { readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[] }[]
}

/** The tests of these that are red in the copy. @throws where one of their files could not even run */
const failures = async (files: readonly string[], words: readonly string[]): Promise<readonly string[]> => {
  const report = join(tree, 'report.json')
  const pattern = words.map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')
  const jestOptions = ['--runInBand', '--testTimeout', '60000', '--json', '--outputFile', report, '--testNamePattern', pattern]
  const { err } = await run(
    [
      process.execPath,
      '--experimental-vm-modules',
      join(tree, 'node_modules/jest/bin/jest.js'),
      ...jestOptions,
      '--runTestsByPath',
      ...files.map((file) => join(tree, file)),
    ],
    { cwd: tree },
  )
  const { numFailedTests, numPassedTests, numRuntimeErrorTestSuites, testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report
  rmSync(report)
  if (numRuntimeErrorTestSuites > 0 || numFailedTests + numPassedTests === 0) throw new Error(`no test ran: ${err}`)
  return testResults.flatMap(({ assertionResults }) =>
    assertionResults.flatMap(({ status, fullName }) => (status === 'failed' ? [fullName] : [])),
  )
}

test('with all handlings in place, these tests are green', async () => {
  const shown = wanted.map(({ shownBy }) => shownBy)
  expect(
    await failures(
      [...new Set(shown.map(({ file }) => file))],
      shown.map((one) => one.test),
    ),
  ).toEqual([])
})

test.each(wanted.map((handling) => [handling.name, handling] as const))('without it, its test is red: %s', async (_, handling) => {
  const path = join(tree, handling.patch.file)
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, withoutHandling(tree, handling))
  try {
    expect(await failures([handling.shownBy.file], [handling.shownBy.test])).not.toEqual([])
  } finally {
    writeFileSync(path, text)
  }
})
