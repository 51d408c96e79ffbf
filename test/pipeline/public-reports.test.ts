import { expect, test } from '@jest/globals'
import { categorisedSarif, publicReport } from '../../src/pipeline/scan/public-reports.ts'

const sarif = (text: string): string =>
  JSON.stringify({
    version: '2.1.0',
    runs: [{ tool: { driver: { name: 'Trivy' } }, results: [{ ruleId: 'x', message: { text }, level: 'error' }] }],
  })
test('each image and platform has a category of its own, so that none replaces another', () => {
  const run = JSON.parse(categorisedSarif(sarif('x'), 'deploy-action/api/linux/amd64/')) as {
    runs: { automationDetails: unknown; tool: unknown }[]
  }
  expect(run.runs[0]).toMatchObject({ automationDetails: { id: 'deploy-action/api/linux/amd64/' }, tool: { driver: { name: 'Trivy' } } })
})

test("Trivy's own report says where a secret is, and quotes no line of it", () => {
  const secret = { RuleID: 'aws', Severity: 'CRITICAL', StartLine: 3, Match: 'KEY=****', Code: { Lines: [{ Content: 'other=hunter2' }] } }
  const vulnerability = { VulnerabilityID: 'CVE-2099-0001', PkgName: 'openssl' }
  const report = {
    SchemaVersion: 2,
    Results: [
      { Target: 'app/.env', Secrets: [secret] },
      { Target: 'os', Vulnerabilities: [vulnerability] },
    ],
  }
  expect(JSON.parse(publicReport(JSON.stringify(report)))).toEqual({
    SchemaVersion: 2,
    Results: [
      { Target: 'app/.env', Secrets: [{ RuleID: 'aws', Severity: 'CRITICAL', StartLine: 3, Match: '(left out)' }] },
      { Target: 'os', Vulnerabilities: [vulnerability] },
    ],
  })
  expect(JSON.parse(publicReport('{"SchemaVersion":2}'))).toEqual({ SchemaVersion: 2 })
})
