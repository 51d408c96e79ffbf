import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ScanSource } from '../../commands/trivy.ts'
import type { Context } from '../../entry/context.ts'
import { DeployError } from '../../errors.ts'
import { blobPath } from '../build/layout.ts'
import { lastLines } from '../last-lines.ts'
import { detailedStep } from '../steps.ts'
import { policyFindings } from './image-policy.ts'
import { keepReports, type ScanJob } from './keep-reports.ts'
import { writeSingleLayout } from './layout-files.ts'
import { applyPolicy } from './policy.ts'
import type { ScanReport } from './report.ts'
import { scanWithTrivy, type TrivyRun } from './run-trivy.ts'
import type { Scanner } from './scanner.ts'
import { architecture, type Subject, type SubjectVerdict } from './subject.ts'
import { describe, warn } from './tell.ts'
import { judge } from './verdict.ts'
import type { Workspace } from './workspace.ts'

/** Scans one platform of one image: as a step, with its reports. @throws DeployError SCANNER where no verdict can be trusted */
export const scanSubject = (context: Context, workspace: Workspace, scanner: Scanner, subject: Subject): Promise<SubjectVerdict> =>
  detailedStep(context, `scan ${subject.image} ${subject.platform}`, subject.digest, async (tell) => {
    const output = join(workspace.root, `${subject.image}-${architecture(subject)}.json`)
    const run = await scanTwice(context, workspace, { scanner, subject, output })
    const report = trusted(context, subject, run)
    const { images } = context.config
    const own = Object.hasOwn(images, subject.image) ? images[subject.image] : undefined
    const findings = [...report.findings, ...(own === undefined ? [] : policyFindings(report, own.policy))]
    const policy = applyPolicy(findings, context.config.scan.exceptions, context.ports.clock.now())
    await keepReports(context, workspace, { scanner, subject, output })
    warn(context, subject, report, policy)
    tell(describe(report, policy))
    return {
      subject,
      policy,
      scan: {
        digest: subject.digest,
        result: policy.violations.length === 0 ? 'passed' : 'failed',
        scanner: `trivy ${scanner.version}`,
        at: context.ports.clock.now().toISOString(),
      },
    }
  })

/** A registry hiccup is worth one more attempt; a timeout is not. */
const scanTwice = async (context: Context, workspace: Workspace, job: ScanJob): Promise<TrivyRun> => {
  const first = await scanOnce(context, workspace, job)
  return first.code === 1 && !first.timedOut ? scanOnce(context, workspace, job) : first
}

const scanOnce = async (context: Context, workspace: Workspace, { scanner, subject, output }: ScanJob): Promise<TrivyRun> => {
  const { severity, ignoreUnfixed, timeout } = context.config.scan
  const source = await sourceOf(context, workspace, subject)
  return scanWithTrivy(context, workspace, {
    program: scanner.program,
    source,
    severities: severity,
    ignoreUnfixed,
    output,
    timeoutMs: timeout,
  })
}

const sourceOf = async (context: Context, workspace: Workspace, subject: Subject): Promise<ScanSource> => {
  if (subject.layout === null) return { kind: 'registry', reference: `${subject.repository}@${subject.digest}`, platform: subject.platform }
  const layout = join(context.project, subject.layout)
  const folder = join(workspace.root, `layout-${subject.image}-${architecture(subject)}-${context.ports.clock.elapsed()}`)
  const { size } = await stat(blobPath(layout, subject.digest))
  await writeSingleLayout(folder, join(layout, 'blobs'), { digest: subject.digest, size })
  return { kind: 'layout', folder }
}

const trusted = (context: Context, subject: Subject, run: TrivyRun): ScanReport => {
  const digest = subject.layout === null ? subject.digest : null
  const trust = run.timedOut
    ? ({ kind: 'doubted', why: `it did not end within ${context.config.scan.timeout / 1000} s` } as const)
    : judge({ code: run.code, report: run.report, platform: subject.platform, digest }, context.config.scan)
  if (trust.kind === 'trusted') return trust.report
  throw new DeployError('SCANNER', `no trustworthy verdict on ${subject.image} for ${subject.platform}: ${trust.why}`, {
    evidence: lastLines(run.stderr, 15),
    hint: `by hand: repeat it: trivy image --image-src remote --platform ${subject.platform} ${subject.repository}@${subject.digest}`,
  })
}
