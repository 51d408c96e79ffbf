import type { ImageConfig } from '../../config/schema.ts'
import type { Finding, ScanReport } from './report.ts'

type ImagePolicy = ImageConfig['policy']

/** What of an image is not as its project wants it, by what the scanner saw in it. */
export const policyFindings = (report: ScanReport, policy: ImagePolicy): readonly Finding[] => [
  ...(policy.nonRoot && isRoot(report.user)
    ? [
        violation(
          'RUNS-AS-ROOT',
          report.user === '' ? 'USER is not set' : `USER ${report.user}`,
          'its policy wants a user that is not root',
        ),
      ]
    : []),
  ...policy.without
    .filter((name) => report.packageNames.some((installed) => installed.toLowerCase() === name.toLowerCase()))
    .map((name) => violation('UNWANTED-PACKAGE', name, 'its policy wants the image without it')),
  ...policy.labels
    .filter((label) => (report.labels[label] ?? '') === '')
    .map((label) => violation('MISSING-LABEL', label, 'its policy wants that label')),
]

/** "0", "root" and "0:0" are root; so is an image that names nobody. */
const isRoot = (user: string): boolean => /^(root|0*)(:|$)/.test(user)

const violation = (id: string, subject: string, title: string): Finding => ({
  kind: 'policy',
  id,
  severity: 'HIGH',
  subject,
  installed: null,
  fixed: null,
  title,
})
