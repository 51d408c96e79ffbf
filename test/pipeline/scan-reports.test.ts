import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { findingReports } from '../../src/pipeline/scan/findings.ts'
import { keepReports } from '../../src/pipeline/scan/keep-reports.ts'
import type { Finding } from '../../src/pipeline/scan/report.ts'
import type { Subject, SubjectVerdict } from '../../src/pipeline/scan/subject.ts'
import type { Workspace } from '../../src/pipeline/scan/workspace.ts'
import { context, ports, request } from '../entry/fakes.ts'

const folder = mkdtempSync(join(tmpdir(), 'scan-reports-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const subject = (platform: string, image = 'api'): Subject => ({
  image,
  repository: `ghcr.io/acme/shop-${image}`,
  platform,
  digest: 'sha256:x',
  layout: null,
})
const finding = (change: Partial<Finding> = {}): Finding => ({
  kind: 'vulnerability',
  id: 'CVE-2099-0001',
  severity: 'HIGH',
  subject: 'openssl',
  installed: '1',
  fixed: '2',
  title: 'a hole',
  ...change,
})
const verdict = (platform: string, policy: Partial<SubjectVerdict['policy']>, image = 'api'): SubjectVerdict => ({
  subject: subject(platform, image),
  scan: { digest: 'sha256:x', result: 'failed', scanner: 'trivy', at: '' },
  policy: { violations: [], accepted: [], expired: [], ...policy },
})

test('the same finding on several platforms is one; what is accepted comes last, with its day', () => {
  const exception = { id: 'CVE-2099-0009', until: '2099-12-31', reason: 'x' }
  const accepted = [{ finding: finding({ id: exception.id, severity: 'CRITICAL' }), exception }]
  const reports = findingReports([
    verdict('linux/amd64', { violations: [finding(), finding({ id: 'CVE-2099-0002', severity: 'CRITICAL' })], accepted }),
    verdict('linux/arm64', { violations: [finding(), finding({ installed: '0' })] }),
    verdict('linux/arm64', { violations: [finding()] }, 'bot'),
  ])
  expect(
    reports.map(({ image, severity, id, installed, platforms, acceptedUntil }) => [
      image,
      severity,
      id,
      installed,
      platforms,
      acceptedUntil,
    ]),
  ).toEqual([
    ['api', 'CRITICAL', 'CVE-2099-0002', '1', ['linux/amd64'], null],
    ['api', 'HIGH', 'CVE-2099-0001', '1', ['linux/amd64', 'linux/arm64'], null],
    ['api', 'HIGH', 'CVE-2099-0001', '0', ['linux/arm64'], null],
    ['bot', 'HIGH', 'CVE-2099-0001', '1', ['linux/arm64'], null],
    ['api', 'CRITICAL', 'CVE-2099-0009', '1', ['linux/amd64'], '2099-12-31'],
  ])
})

const kept = async (
  code: number,
): Promise<{ readonly reports: string; readonly sarif: readonly string[]; readonly warnings: readonly string[] }> => {
  const reports = join(folder, `reports-${code}`)
  const output = join(folder, 'api.json')
  mkdirSync(reports)
  writeFileSync(output, '{"SchemaVersion":2,"Results":[{"Secrets":[{"Match":"hunter2"}]}]}')
  const warnings: string[] = []
  const here = context({
    request: { ...request, reports },
    ports: ports({
      programs: {
        run: async (argv) => {
          const to = argv[argv.indexOf('--output') + 1] ?? ''
          // as the scanner does: what its report quotes is in many places of what it makes of it
          const report = readFileSync(argv.at(-1) ?? '', 'utf8')
          if (code === 0) writeFileSync(to, JSON.stringify({ version: '2.1.0', runs: [{ tool: report, results: [] }] }))
          return { code, signal: null, timedOut: false, stdout: '', stderr: 'no such format', durationMs: 1 }
        },
      },
      log: { ...ports().log, warning: (line) => void warnings.push(line) },
    }),
  })
  const workspace = { working: folder, environment: {}, root: folder, cache: folder } as unknown as Workspace
  await keepReports(here, workspace, { scanner: { program: 'trivy', version: '0' } as never, subject: subject('linux/arm64'), output })
  return { reports, sarif: here.noted.sarif, warnings }
}

test('a report is kept as JSON and as SARIF, which is noted for whoever uploads it', async () => {
  const { reports, sarif, warnings } = await kept(0)
  expect([sarif, warnings]).toEqual([[join(reports, 'scan-api-arm64.sarif')], []])
  expect(readFileSync(join(reports, 'scan-api-arm64.json'), 'utf8')).not.toContain('hunter2')
  const text = readFileSync(sarif[0] ?? '', 'utf8')
  expect(text).toContain('"automationDetails":{"id":"deploy-action/api/linux/arm64/"}')
  expect(text).toContain('(left out)')
  expect(text).not.toContain('hunter2')
})

test('without SARIF there is a warning, and nothing to upload', async () => {
  const { sarif, warnings } = await kept(1)
  expect([sarif, warnings]).toEqual([[], ['No SARIF of api linux/arm64: no such format']])
})
