import { execFileSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'
import { tar } from '../../src/commands/archive.ts'
import { sawCanary } from '../../src/pipeline/scan/canary.ts'
import { policyFindings } from '../../src/pipeline/scan/image-policy.ts'
import { applyPolicy, countBySeverity, findingLines } from '../../src/pipeline/scan/policy.ts'
import { type Finding, parseReport, type ScanReport } from '../../src/pipeline/scan/report.ts'
import { isNewEnough } from '../../src/pipeline/scan/scanner.ts'
import { judge, type ScanRun } from '../../src/pipeline/scan/verdict.ts'

const digest = `sha256:${'1'.repeat(64)}`
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
const report = (change: Partial<ScanReport> = {}): ScanReport => ({
  architecture: 'arm64',
  system: 'debian 12.11',
  endOfLife: false,
  digests: [digest],
  packages: 90,
  packageNames: ['openssl'],
  user: '',
  labels: {},
  findings: [],
  ...change,
})
const policy = { severity: ['CRITICAL', 'HIGH'], ignoreUnfixed: true, allowUnknownSystem: false } satisfies Parameters<typeof judge>[1]
const run = (change: Partial<ScanRun> = {}): ScanRun => ({ code: 0, report: report(), platform: 'linux/arm64', digest, ...change })

describe('a verdict that can be believed', () => {
  test('a clean report with exit code 0', () => {
    expect(judge(run(), policy)).toEqual({ kind: 'trusted', report: report() })
  })

  test('findings with the exit code for findings', () => {
    expect(judge(run({ code: 10, report: report({ findings: [finding()] }) }), policy).kind).toBe('trusted')
  })

  test('an image without packages where that is allowed', () => {
    expect(judge(run({ report: report({ packages: 0, system: null }) }), { ...policy, allowUnknownSystem: true }).kind).toBe('trusted')
  })

  test('a layout has no digest to compare', () => {
    expect(judge(run({ digest: null, report: report({ digests: [] }) }), policy).kind).toBe('trusted')
  })

  test.each<[string, Partial<ScanRun>, RegExp]>([
    ['any error of the scanner', { code: 1 }, /ended with 1/],
    ['a scanner that was killed', { code: null }, /a signal/],
    ['a report that cannot be read', { report: null }, /cannot be read/],
    ['another platform than was asked for', { report: report({ architecture: 'amd64' }) }, /for amd64 instead of arm64/],
    ['another image than was asked for', { report: report({ digests: [`sha256:${'2'.repeat(64)}`] }) }, /instead of sha256:1/],
    ['an image in which it saw nothing', { report: report({ packages: 0 }) }, /no package/],
    ['exit code 0 beside findings', { report: report({ findings: [finding()] }) }, /says clean, its report holds 1/],
    ['the exit code for findings beside none', { code: 10 }, /says findings, its report holds 0/],
    ['findings that were filtered out', { code: 10, report: report({ findings: [finding({ severity: 'LOW' })] }) }, /LOW.*not asked for/],
    ['unfixed findings that were to be ignored', { code: 10, report: report({ findings: [finding({ fixed: null })] }) }, /not asked for/],
  ])('%s is no verdict', (_what, change, why) => {
    const trust = judge(run(change), policy)
    expect(trust.kind === 'doubted' && trust.why).toMatch(why)
  })
})

describe('the policy', () => {
  const exception = { id: 'CVE-2099-0001', until: '2026-06-30', reason: 'not reachable' }
  const on = (day: string) => new Date(`${day}T23:59:00Z`)

  test('an exception holds through its last day', () => {
    const verdict = applyPolicy([finding()], [exception], on('2026-06-30'))
    expect(verdict.violations).toEqual([])
    expect(verdict.accepted).toEqual([{ finding: finding(), exception }])
  })

  test('an exception that has ended no longer holds, and is named', () => {
    const verdict = applyPolicy([finding()], [exception], on('2026-07-01'))
    expect(verdict.violations).toEqual([finding()])
    expect(verdict.expired).toEqual([exception])
  })

  test('an exception for something else accepts nothing', () => {
    expect(applyPolicy([finding({ id: 'CVE-2099-0009' })], [exception], on('2026-06-01')).violations).toHaveLength(1)
  })

  test('an ended exception for what is no longer found is nobody’s business', () => {
    expect(applyPolicy([], [exception], on('2026-07-01')).expired).toEqual([])
  })

  test('findings are counted and listed, the worst first', () => {
    const findings = [
      finding(),
      finding({ severity: 'CRITICAL', id: 'CVE-2', fixed: null }),
      finding({ kind: 'secret', id: 'aws-key', subject: '/app/.env:3' }),
    ]
    expect(countBySeverity(findings)).toBe('1 CRITICAL, 2 HIGH')
    expect(findingLines(findings, 2)).toEqual([
      'CRITICAL CVE-2 openssl 1, no fix: a hole',
      'HIGH CVE-2099-0001 openssl 1 → 2: a hole',
      '… and 1 more, in the report',
    ])
  })
})

describe('the policy of an image', () => {
  const asked = { nonRoot: true, without: ['pytest', 'gcc'], labels: ['org.opencontainers.image.source'] }
  const good = report({ user: 'app', labels: { 'org.opencontainers.image.source': 'https://example.org' } })
  const ids = (change: Partial<ScanReport>, wanted: Partial<typeof asked> = {}) =>
    policyFindings({ ...good, ...change }, { ...asked, ...wanted }).map(({ id, subject }) => `${id} ${subject}`)

  test('is kept by one with a user, without packages of the tests, with its labels', () => {
    expect(ids({})).toEqual([])
  })

  test.each(['', 'root', '0', 'root:app', '0:0', '00'])('is violated by one that runs as root: %j', (user) => {
    expect(ids({ user })).toEqual([`RUNS-AS-ROOT ${user === '' ? 'USER is not set' : `USER ${user}`}`])
    expect(ids({ user }, { nonRoot: false })).toEqual([])
  })

  test.each(['1000', '1000:0', 'rooty', 'app:root'])('is not by the user %s', (user) => {
    expect(ids({ user })).toEqual([])
  })

  test('is violated by a package of the tests, and by a label that is not there or empty', () => {
    expect(ids({ packageNames: ['PyTest', 'pytest-asyncio'] })).toEqual(['UNWANTED-PACKAGE pytest'])
    expect(ids({ labels: { 'org.opencontainers.image.source': '' } })).toEqual(['MISSING-LABEL org.opencontainers.image.source'])
  })

  test('violations stand beside findings, with exceptions like theirs', () => {
    const found = policyFindings(report({ user: '0' }), { ...asked, labels: [] })
    const exceptions = [{ id: 'RUNS-AS-ROOT', until: '2026-06-30', reason: 'binds port 80' }]
    expect(applyPolicy(found, [], new Date('2026-06-01')).violations).toHaveLength(1)
    expect(applyPolicy(found, exceptions, new Date('2026-06-01')).violations).toEqual([])
    expect(findingLines(found, 5)).toEqual(['HIGH RUNS-AS-ROOT USER 0: its policy wants a user that is not root'])
  })
})

describe("Trivy's report", () => {
  test('is read with its platform, packages, vulnerabilities and secrets', () => {
    const text = JSON.stringify({
      SchemaVersion: 2,
      Metadata: {
        OS: { Family: 'debian', Name: '12.11', EOSL: true },
        RepoDigests: [`r/a@${digest}`],
        ImageConfig: { architecture: 'arm64', config: { User: '1000:1000', Labels: { 'a.b': 'c', odd: 1 } } },
      },
      Results: [
        {
          Target: 'os',
          Packages: [{ Name: 'openssl' }, { Name: 'openssl' }],
          Vulnerabilities: [
            { VulnerabilityID: 'CVE-1', PkgName: 'p', InstalledVersion: '1', FixedVersion: '2', Severity: 'HIGH', Title: 't' },
          ],
        },
        { Target: '/app/.env', Secrets: [{ RuleID: 'aws', Severity: 'CRITICAL', StartLine: 3, Title: 'AWS' }] },
      ],
    })
    expect(parseReport(text)).toEqual({
      architecture: 'arm64',
      system: 'debian 12.11',
      endOfLife: true,
      digests: [digest],
      packages: 2,
      packageNames: ['openssl'],
      user: '1000:1000',
      labels: { 'a.b': 'c' },
      findings: [
        { kind: 'vulnerability', id: 'CVE-1', severity: 'HIGH', subject: 'p', installed: '1', fixed: '2', title: 't' },
        { kind: 'secret', id: 'aws', severity: 'CRITICAL', subject: '/app/.env:3', installed: null, fixed: null, title: 'AWS' },
      ],
    })
  })

  test('a system that Trivy calls "none" is none', () => {
    expect(parseReport('{"SchemaVersion":2,"Metadata":{"OS":{"Family":"none"}}}')?.system).toBeNull()
  })

  test.each(['', '[]', 'null', '{}', '{"SchemaVersion":"2"}', '{"cut'])('%j is no report', (text) => {
    expect(parseReport(text)).toBeNull()
  })
})

describe('the canary', () => {
  const seen = report({ findings: [finding({ id: 'CVE-2023-5363' })] })

  test('one known advisory shows that the database lives', () => {
    expect(sawCanary(10, seen)).toBe(true)
  })

  test.each<[string, number | null, ScanReport | null]>([
    ['exit code 0', 0, seen],
    ['an error', 1, seen],
    ['no report', 10, null],
    ['nothing found', 10, report()],
    ['something else found', 10, report({ findings: [finding()] })],
  ])('%s shows a dead one', (_what, code, what) => {
    expect(sawCanary(code, what)).toBe(false)
  })

  test('its archive is one that tar reads', () => {
    const archive = tar({ 'etc/os-release': 'ID=debian\n', 'var/lib/dpkg/status': 'x'.repeat(513) })
    expect(execFileSync('tar', ['-tf', '-'], { input: archive, encoding: 'utf8' }).trim().split('\n')).toEqual([
      'etc/os-release',
      'var/lib/dpkg/status',
    ])
    expect(execFileSync('tar', ['-xOf', '-', 'var/lib/dpkg/status'], { input: archive, encoding: 'utf8' })).toBe('x'.repeat(513))
  })
})

test.each([
  ['0.69.4', false],
  ['0.70.0', true],
  ['0.74.0', true],
  ['1.0.0', true],
  ['0.9.0', false],
])('Trivy %s is new enough: %s', (version, wanted) => {
  expect(isNewEnough(version)).toBe(wanted)
})
