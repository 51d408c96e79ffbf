import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { publishToJob } from '../../src/entry/job-report.ts'
import { OUTPUTS } from '../../src/entry/outputs.ts'
import { deployed } from '../report/document.ts'
import { keyValues } from '../runner/command-files.ts'

const FILES = ['GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY'] as const
let folder: string
// the summary's writer keeps the path that it saw first
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'job-'))
  for (const name of FILES) process.env[name] = join(folder, name)
})
beforeEach(() => {
  for (const name of FILES) writeFileSync(join(folder, name), '')
})
afterAll(() => {
  for (const name of FILES) delete process.env[name]
  rmSync(folder, { recursive: true })
})

test.each(['v1\nadmin=true', 'v1\nadmin<<x\ntrue\nx', 'v1\r\nadmin=true', 'ghadelimiter_\nadmin=true', '::set-output name=admin::true'])(
  'an output that holds %j is one output, and makes no other',
  async (text) => {
    await publishToJob(
      { ...deployed, release: text, url: text, previousRelease: text },
      { kind: 'verdict', verdict: { outcome: 'succeeded', message: text } },
    )
    const outputs = keyValues(readFileSync(join(folder, 'GITHUB_OUTPUT'), 'utf8'))
    expect(Object.keys(outputs).sort()).toEqual(Object.keys(OUTPUTS).sort())
    expect(outputs.release).toBe(text)
  },
)
