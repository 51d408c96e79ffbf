import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { ResultDocument } from '../../src/report/document.ts'
import { summary } from '../../src/report/summary.ts'
import { deployed } from './document.ts'

const golden = (name: string): string => readFileSync(join(import.meta.dirname, `${name}.golden.md`), 'utf8')

const rolledBack: ResultDocument = {
  ...deployed,
  outcome: 'rolled-back',
  failureCode: 'HEALTH',
  message: 'HEALTH: api on web-1 was "starting" after 60 s; rolled back to 16-9d8e7f6',
  hint: 'deploy-action status',
  release: '16-9d8e7f6',
  images: {},
  url: null,
}

describe('the summary', () => {
  test('of a deploy tells the verdict, what changed, what runs, the steps and the digests', () => {
    expect(summary(deployed)).toBe(golden('deployed'))
  })

  test('of a rollback begins with the code, what serves and the next command', () => {
    expect(summary(rolledBack, { serving: 'release 16-9d8e7f6 serves', evidence: ['api | Traceback', 'api | KeyError: ```'] })).toBe(
      golden('rolled-back'),
    )
  })

  test('of a scan shows the findings by severity, with the version that mends each', () => {
    const finding = {
      image: 'api',
      platforms: ['linux/amd64', 'linux/arm64'],
      severity: 'CRITICAL',
      id: 'CVE-2026-1',
      subject: 'openssl',
      installed: '3.0.0',
      fixed: '3.0.1',
      acceptedUntil: null,
    } as const
    const document: ResultDocument = {
      ...rolledBack,
      command: 'scan',
      outcome: 'failed',
      failureCode: 'SCAN',
      message: 'SCAN: api linux/amd64: 1 CRITICAL, 1 HIGH',
      release: null,
      previousRelease: null,
      serving: [],
      steps: [],
      findings: [
        finding,
        { ...finding, platforms: ['linux/amd64'], severity: 'HIGH', id: 'aws-secret', subject: 'app/.env:1', installed: null, fixed: null },
        { ...finding, severity: 'LOW', id: 'CVE-2026-2', acceptedUntil: '2026-12-31' },
      ],
    }
    const notes = ['not posted to GitHub: reports/scan-api-amd64.sarif (code scanning)']
    expect(summary(document, {}, notes)).toBe(golden('scanned'))
    const many = Array.from({ length: 80 }, () => finding)
    expect(summary({ ...document, findings: many })).toContain('_30 more are in the reports of the scan._')
  })

  test('shows what is to be typed as code, and what a person decides as a sentence', () => {
    const hint = 'deploy-action status\non the server: docker ps -a\nby hand: look at `it`'
    expect(
      summary({ ...rolledBack, hint })
        .split('\n\n')
        .slice(2, 5),
    ).toEqual([
      'Next: <code>deploy-action status</code>',
      'Next, on the server: <code>docker ps -a</code>',
      'Next, by hand: look at &#96;it&#96;',
    ])
  })

  test('folds what was seen, and no text in it ends the fold', () => {
    const text = summary(rolledBack, { evidence: ['</details>', '```', '````', '<summary>'] })
    const [, folded] = /<details>[^\n]*<\/summary>\n\n(`{5,}text\n[\s\S]*\n`{5,})\n\n<\/details>/.exec(text) ?? []
    expect(folded?.split('\n')).toEqual(['`````text', '</details>', '```', '````', '<summary>', '`````'])
  })

  test('of a refused config shows every place', () => {
    const refused: ResultDocument = {
      ...rolledBack,
      command: 'check',
      outcome: 'refused',
      failureCode: 'CONFIG',
      message: 'CONFIG: deploy.yml has an error',
      environment: null,
      release: null,
      previousRelease: null,
      serving: [],
      steps: [],
    }
    const place = { file: 'deploy.yml', line: 3, column: 9, message: '"contxt" is not known here; did you mean "context"?' }
    expect(summary(refused, { places: [place], evidence: [`deploy.yml:3:9: ${place.message}`] })).toBe(golden('refused'))
  })

  test('shows hostile text as text', () => {
    const hostile =
      '| <img src=x onerror=y> @everyone `code` [x](javascript:y) https://evil.example **b** _i_ ~s~ &amp; \u202e ##[error]x\n# head'
    const text = summary({
      ...deployed,
      message: hostile,
      steps: [{ name: hostile, cause: hostile, start: null, duration: null, result: 'failed', detail: hostile }],
    })
    expect(text).not.toContain('<img')
    expect(text).not.toContain('@everyone')
    expect(text).not.toContain('\u202e')
    expect(text).not.toContain('](javascript')
    expect(text).not.toContain('https://evil')
    expect(text).not.toMatch(/^# head/m)
    const row = text.split('\n').find((line) => line.startsWith('| ❌')) ?? ''
    expect(row.split('|')).toHaveLength(7)
  })

  test('links only to the web', () => {
    expect(summary({ ...deployed, url: 'javascript:alert(1)' })).not.toContain('](javascript')
    expect(summary({ ...deployed, url: 'https://x/) <script>' })).not.toContain('<script>')
  })

  test('stays below what GitHub takes, and says what is left out', () => {
    const step = {
      ...deployed.steps[0],
      name: 'x',
      cause: 'y',
      start: null,
      duration: 1,
      result: 'failed' as const,
      detail: '<'.repeat(500),
    }
    const text = summary({ ...deployed, steps: Array.from({ length: 3000 }, () => step) })
    expect(Buffer.byteLength(text)).toBeLessThan(1_000_000)
    expect(text).toContain('part is left out')
    expect(text.startsWith('## ✅ deploy to production: succeeded\n')).toBe(true)
  })

  test('has one table row per step, whatever the texts are', () => {
    const word = fc.oneof(fc.string({ unit: 'binary', maxLength: 30 }), fc.constantFrom('|', '\n', '`', '<', '\\|', '\r\n', '```'))
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word, word), { maxLength: 8 }), (texts) => {
        const steps = texts.map(([name, cause, detail]) => ({
          name,
          cause,
          detail,
          start: null,
          duration: null,
          result: 'planned' as const,
        }))
        const rows = summary({ ...deployed, steps })
          .split('\n')
          .filter((line) => line.startsWith('| 📋 |'))
        expect(rows.map((row) => row.split('|').length)).toEqual(texts.map(() => 7))
      }),
    )
  })
})
