import type { Context } from '../../entry/context.ts'
import { DeployError } from '../../errors.ts'
import { countBySeverity, findingLines, type PolicyVerdict } from './policy.ts'
import type { ScanReport } from './report.ts'
import type { Subject, SubjectVerdict } from './subject.ts'

/** What people should know although it decides nothing. */
export const warn = (context: Context, subject: Subject, report: ScanReport, policy: PolicyVerdict): void => {
  const where = `${subject.image} ${subject.platform}`
  if (report.endOfLife)
    context.ports.log.warning(`${where}: ${report.system} gets no security updates any more; its scan shows less than there is`)
  for (const { id, until, reason } of policy.expired)
    context.ports.log.warning(`${where}: the exception for ${id} ended on ${until} (${reason})`)
}

/** A scan in one line. */
export const describe = (report: ScanReport, policy: PolicyVerdict): string => {
  const parts = [`${report.system ?? 'unknown system'}, ${report.packages} packages`, countBySeverity(policy.violations)]
  if (policy.accepted.length > 0)
    parts.push(
      `${policy.accepted.length} accepted (${[...new Set(policy.accepted.map(({ exception }) => `${exception.id} until ${exception.until}`))].join(', ')})`,
    )
  if (policy.expired.length > 0) parts.push(`expired: ${policy.expired.map(({ id, until }) => `${id} on ${until}`).join(', ')}`)
  return parts.join('; ')
}

/** @throws DeployError SCAN with the findings where the policy is violated */
export const requirePassed = (verdicts: readonly SubjectVerdict[]): void => {
  const failed = verdicts.filter(({ policy }) => policy.violations.length > 0)
  if (failed.length === 0) return
  const evidence = failed.flatMap(({ subject, policy }) => [
    `${subject.image} ${subject.platform}:`,
    ...findingLines(policy.violations, 15).map((line) => `  ${line}`),
  ])
  const expired = failed.flatMap(({ policy }) => policy.expired.map(({ id, until }) => `${id} (until ${until})`))
  const sentence = failed
    .map(({ subject, policy }) => `${subject.image} ${subject.platform}: ${countBySeverity(policy.violations)}`)
    .join('; ')
  throw new DeployError('SCAN', `${sentence}${expired.length > 0 ? `; expired exceptions: ${[...new Set(expired)].join(', ')}` : ''}`, {
    evidence,
    hint: 'by hand: update the base image and packages (docker buildx build --pull), or accept a finding until a day: scan.exceptions with id, until, reason',
  })
}
