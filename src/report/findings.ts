import type { FindingReport } from './document.ts'
import { cell, code, table } from './markdown.ts'

const MOST = 50
const SEVERITIES = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'UNKNOWN'] as const

/** By severity, with the version that mends it; empty where nothing was found. */
export const findingTable = (findings: readonly FindingReport[]): string => {
  if (findings.length === 0) return ''
  const rows = findings
    .slice(0, MOST)
    .map(({ severity, id, subject, installed, fixed, image, platforms, acceptedUntil }) => [
      severity,
      code(id),
      cell(`${subject} ${installed ?? ''}`.trim()),
      fixed === null ? 'none' : cell(fixed),
      cell(`${image}: ${platforms.join(', ')}`),
      acceptedUntil === null ? '' : cell(`until ${acceptedUntil}`),
    ])
  const more = findings.length - rows.length
  return [
    counted(findings),
    '',
    table(['severity', 'what', 'where', 'fixed in', 'image', 'accepted'], rows),
    ...(more > 0 ? ['', `_${more} more are in the reports of the scan._`] : []),
  ].join('\n')
}

/** "2 CRITICAL, 1 HIGH, 1 of them accepted" */
const counted = (findings: readonly FindingReport[]): string => {
  const counts = SEVERITIES.flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length
    return count === 0 ? [] : [`${count} ${severity}`]
  })
  const accepted = findings.filter(({ acceptedUntil }) => acceptedUntil !== null).length
  return `${counts.join(', ')}${accepted === 0 ? '' : `, ${accepted} of them accepted by the config`}`
}
