import type { ScanConfig } from '../../config/schema.ts'
import type { Finding } from './report.ts'

type Exception = ScanConfig['exceptions'][number]

export interface PolicyVerdict {
  readonly violations: readonly Finding[]
  readonly accepted: readonly { readonly finding: Finding; readonly exception: Exception }[]
  /** Exceptions that would have held, had their day not passed. */
  readonly expired: readonly Exception[]
}

/** Which findings fail the scan. An exception holds through its last day, in UTC, and then no longer. */
export const applyPolicy = (findings: readonly Finding[], exceptions: readonly Exception[], now: Date): PolicyVerdict => {
  const today = now.toISOString().slice(0, 10)
  const holding = exceptions.filter(({ until }) => until >= today)
  const matching = findings.map((finding) => ({ finding, exception: holding.find(({ id }) => id === finding.id) }))
  const violations = matching.filter(({ exception }) => exception === undefined).map(({ finding }) => finding)
  return {
    violations,
    accepted: matching.flatMap(({ finding, exception }) => (exception === undefined ? [] : [{ finding, exception }])),
    expired: exceptions.filter(({ id, until }) => until < today && violations.some((finding) => finding.id === id)),
  }
}

/** "2 CRITICAL, 1 HIGH" */
export const countBySeverity = (findings: readonly Finding[]): string => {
  const order = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'UNKNOWN'] as const
  const counts = order.map((severity) => [severity, findings.filter((finding) => finding.severity === severity).length] as const)
  return (
    counts
      .filter(([, count]) => count > 0)
      .map(([severity, count]) => `${count} ${severity}`)
      .join(', ') || 'nothing found'
  )
}

const RANKS = { CRITICAL: 0, HIGH: 1, MEDIUM: 2, LOW: 3, UNKNOWN: 4 } as const

/** The worst is the smallest. */
export const rank = ({ severity }: Pick<Finding, 'severity'>): number => RANKS[severity]

/** One line each, worst first. */
export const findingLines = (findings: readonly Finding[], limit: number): readonly string[] => {
  const lines = [...findings].sort((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1)).map(findingLine)
  return lines.length > limit ? [...lines.slice(0, limit), `… and ${lines.length - limit} more, in the report`] : lines
}

const findingLine = (finding: Finding): string =>
  finding.kind === 'policy'
    ? `${finding.severity} ${finding.id} ${finding.subject}: ${finding.title}`
    : finding.kind === 'secret'
      ? `${finding.severity} secret ${finding.id} in ${finding.subject}: ${finding.title}`
      : `${finding.severity} ${finding.id} ${finding.subject} ${finding.installed ?? ''}${finding.fixed === null ? ', no fix' : ` → ${finding.fixed}`}: ${finding.title}`
