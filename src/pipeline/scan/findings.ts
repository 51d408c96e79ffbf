import type { FindingReport } from '../../report/document.ts'
import { rank } from './policy.ts'
import type { SubjectVerdict } from './subject.ts'

/** A report is read by people, and handed on: the reports of the scanner have everything. */
const MOST = 500

/** What was found in all platforms of all images: the same in several platforms is one. */
export const findingReports = (verdicts: readonly SubjectVerdict[]): readonly FindingReport[] => {
  const found = new Map<string, FindingReport>()
  for (const { subject, policy } of verdicts) {
    const all = [
      ...policy.violations.map((finding) => ({ finding, until: null })),
      ...policy.accepted.map(({ finding, exception }) => ({ finding, until: exception.until })),
    ]
    for (const { finding, until } of all) {
      const { severity, id, installed, fixed } = finding
      const key = JSON.stringify([subject.image, severity, id, finding.subject, installed, fixed, until])
      const platforms = [...new Set([...(found.get(key)?.platforms ?? []), subject.platform])]
      found.set(key, { image: subject.image, platforms, severity, id, subject: finding.subject, installed, fixed, acceptedUntil: until })
    }
  }
  return [...found.values()]
    .sort(
      (one, other) =>
        Number(one.acceptedUntil !== null) - Number(other.acceptedUntil !== null) ||
        rank(one) - rank(other) ||
        (one.id < other.id ? -1 : 1),
    )
    .slice(0, MOST)
}
