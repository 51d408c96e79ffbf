import { FINDINGS_EXIT_CODE } from '../../commands/trivy.ts'
import type { ScanConfig } from '../../config/schema.ts'
import type { Finding, ScanReport } from './report.ts'

/** One run of the scanner, and what it was asked. */
export interface ScanRun {
  readonly code: number | null
  readonly report: ScanReport | null
  readonly platform: string
  /** null for a layout, which has none. */
  readonly digest: string | null
}

export type Trust = { readonly kind: 'trusted'; readonly report: ScanReport } | { readonly kind: 'doubted'; readonly why: string }

/**
 * Can this verdict be believed? A scanner passes silently in many ways: it looked at another platform, or saw no
 * packages, or its exit code and its report say different things. Each of them is no verdict at all.
 */
export const judge = (run: ScanRun, policy: Pick<ScanConfig, 'severity' | 'ignoreUnfixed' | 'allowUnknownSystem'>): Trust => {
  const { code, report } = run
  if (code !== 0 && code !== FINDINGS_EXIT_CODE) return doubt(`it ended with ${code ?? 'a signal'}`)
  if (report === null) return doubt('its report cannot be read')
  const architecture = run.platform.split('/')[1]
  if (report.architecture !== architecture)
    return doubt(`it looked at an image for ${report.architecture ?? 'nothing'} instead of ${architecture}`)
  if (run.digest !== null && !report.digests.includes(run.digest))
    return doubt(`it looked at ${report.digests.join(', ') || 'an image without a digest'} instead of ${run.digest}`)
  if (report.packages === 0 && !policy.allowUnknownSystem) return doubt(blind(report))
  const stray = report.findings.find((finding) => !isAskedFor(finding, policy))
  if (stray !== undefined) return doubt(`it reported ${stray.id} (${stray.severity}), which it was not asked for`)
  const counted = report.findings.length > 0
  if (counted !== (code === FINDINGS_EXIT_CODE))
    return doubt(`its exit code says ${code === 0 ? 'clean' : 'findings'}, its report holds ${report.findings.length} findings`)
  return { kind: 'trusted', report }
}

const doubt = (why: string): Trust => ({ kind: 'doubted', why })

const blind = (report: ScanReport): string =>
  `it saw no package in the image (system: ${report.system ?? 'unknown'}); if that is right, set scan.allowUnknownSystem`

const isAskedFor = (finding: Finding, policy: Pick<ScanConfig, 'severity' | 'ignoreUnfixed'>): boolean =>
  policy.severity.includes(finding.severity) && (finding.kind === 'secret' || !policy.ignoreUnfixed || finding.fixed !== null)
