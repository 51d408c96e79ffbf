import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Lane } from './lanes.ts'

export interface LaneResult {
  readonly passed: number
  readonly failed: number
  /** Full names. */
  readonly skipped: readonly string[]
}

interface JestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numRuntimeErrorTestSuites: number
  readonly testResults: readonly { readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[] }[]
}

/** Runs the tests of a lane; what Jest says goes to stderr as it comes. */
export const runJest = async (
  root: string,
  lane: Lane,
  env: NodeJS.ProcessEnv,
  options: readonly string[],
  shown: 'inherit' | 'ignore' = 'inherit',
): Promise<LaneResult> => {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-action-test-'))
  const report = join(folder, 'report.json')
  try {
    const args = ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', join(root, 'node_modules/jest/bin/jest.js')]
    args.push(
      '--testPathPatterns',
      pathPattern(root, lane),
      '--passWithNoTests',
      '--json',
      '--outputFile',
      report,
      ...(lane.workers === 1 ? ['--runInBand'] : ['--maxWorkers', String(lane.workers)]),
      ...options,
    )
    const code = await ended(spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'ignore', shown] }))
    // without a report Jest could not even begin, and has said why
    return existsSync(report) ? counted(JSON.parse(readFileSync(report, 'utf8')), code) : { passed: 0, failed: 1, skipped: [] }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Anchored, because a folder above the project may well be called `test`. */
const pathPattern = (root: string, lane: Lane): string => `^${join(root, 'test').replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}/${lane.pattern}`

const ended = (child: ReturnType<typeof spawn>): Promise<number> =>
  new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })

const counted = (report: JestReport, code: number): LaneResult => {
  const tests = report.testResults.flatMap((file) => file.assertionResults)
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites
  return {
    passed: report.numPassedTests,
    // Jest may fail for what it counts nowhere, such as an error after the tests
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: tests.filter((test) => !['passed', 'failed'].includes(test.status)).map((test) => test.fullName),
  }
}
