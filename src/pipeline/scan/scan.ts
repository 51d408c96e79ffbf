import { copyFile, mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type ScanSource, trivySarif } from '../../commands/trivy.ts'
import type { Context } from '../../entry/context.ts'
import { DeployError } from '../../errors.ts'
import type { InstallTool } from '../../ports.ts'
import type { ScannedPlatform } from '../../report/document.ts'
import { blobPath } from '../build/layout.ts'
import { credentialsFor, registryHost } from '../credentials.ts'
import { lastLines } from '../last-lines.ts'
import { splitRepository } from '../reference.ts'
import { detailedStep } from '../steps.ts'
import { type Database, databaseRepositories, prepareDatabase } from './database.ts'
import { writeSingleLayout } from './layout-files.ts'
import { applyPolicy, countBySeverity, findingLines, type PolicyVerdict } from './policy.ts'
import type { ScanReport } from './report.ts'
import { runTrivy, scanWithTrivy, type TrivyRun } from './run-trivy.ts'
import { findScanner, type Scanner } from './scanner.ts'
import { judge } from './verdict.ts'
import { type Workspace, withWorkspace } from './workspace.ts'

/** One platform of one image that is to be scanned. */
export interface Subject {
  readonly image: string
  /** HOST/PATH */
  readonly repository: string
  readonly platform: string
  readonly digest: string
  /** Folder of the layout it lies in, where it is in no registry. */
  readonly layout: string | null
}

export interface SubjectVerdict {
  readonly subject: Subject
  readonly scan: ScannedPlatform
  readonly policy: PolicyVerdict
}

/** Scans every subject, also after one that fails: people want to see all of it at once. */
export const scanSubjects = async (
  context: Context,
  subjects: readonly Subject[],
  install: InstallTool,
): Promise<readonly SubjectVerdict[]> => {
  const hosts = [
    registryHost(context),
    ...subjects.map(({ repository }) => splitRepository(repository).host),
    ...databaseRepositories(context).map((name) => splitRepository(name).host),
  ]
  await requirePresent(context, subjects)
  return withWorkspace(context, hosts, async (workspace) => {
    const { scanner } = await prepare(context, workspace, install)
    const verdicts: SubjectVerdict[] = []
    for (const subject of subjects) verdicts.push(await scanSubject(context, workspace, scanner, subject))
    return verdicts
  })
}

/** Asked by ourselves first: the scanner calls a wrong password and a missing image by one name. */
const requirePresent = async (context: Context, subjects: readonly Subject[]): Promise<void> => {
  for (const { repository: name, digest, layout } of subjects) {
    if (layout !== null) continue
    const { host, repository } = splitRepository(name)
    const registry = await context.ports.openRegistry(host, credentialsFor(context, host))
    if ((await registry.manifest(repository, digest)) !== null) continue
    throw new DeployError('SCANNER', `${name}@${digest} is not in the registry, so it cannot be scanned`, { hint: 'deploy-action build' })
  }
}

const prepare = (
  context: Context,
  workspace: Workspace,
  install: InstallTool,
): Promise<{ readonly scanner: Scanner; readonly database: Database }> =>
  detailedStep(context, 'prepare the scanner', 'a verdict needs a young, living database', async (tell) => {
    const scanner = await findScanner(context, install)
    const database = await prepareDatabase(context, scanner, workspace)
    tell(`Trivy ${scanner.version}, database of ${database.updatedAt.slice(0, 16)} from ${database.repository}; it found the canary`)
    return { scanner, database }
  })

const scanSubject = (context: Context, workspace: Workspace, scanner: Scanner, subject: Subject): Promise<SubjectVerdict> =>
  detailedStep(context, `scan ${subject.image} ${subject.platform}`, subject.digest, async (tell) => {
    const output = join(workspace.root, `${subject.image}-${architecture(subject)}.json`)
    const run = await scanTwice(context, workspace, { scanner, subject, output })
    const report = trusted(context, subject, run)
    const policy = applyPolicy(report.findings, context.config.scan.exceptions, context.ports.clock.now())
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

interface Job {
  readonly scanner: Scanner
  readonly subject: Subject
  readonly output: string
}

/** A registry hiccup is worth one more attempt; a timeout is not. */
const scanTwice = async (context: Context, workspace: Workspace, job: Job): Promise<TrivyRun> => {
  const first = await scanOnce(context, workspace, job)
  return first.code === 1 && !first.timedOut ? scanOnce(context, workspace, job) : first
}

const scanOnce = async (context: Context, workspace: Workspace, { scanner, subject, output }: Job): Promise<TrivyRun> => {
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
    hint: `Repeat it by hand: trivy image --image-src remote --platform ${subject.platform} ${subject.repository}@${subject.digest}`,
  })
}

/** The whole report, and the same as SARIF, for whoever wants to upload or read it. */
const keepReports = async (context: Context, workspace: Workspace, { scanner, subject, output }: Job): Promise<void> => {
  const base = join(context.request.reports, `scan-${subject.image}-${architecture(subject)}`)
  await mkdir(context.request.reports, { recursive: true })
  await copyFile(output, `${base}.json`)
  const made = await runTrivy(context, workspace, trivySarif(scanner.program, output, `${output}.sarif`), 60_000)
  if (made.code === 0) await copyFile(`${output}.sarif`, `${base}.sarif`)
  else context.ports.log.warning(`No SARIF of ${subject.image} ${subject.platform}: ${lastLines(made.stderr, 1)[0] ?? ''}`)
}

const warn = (context: Context, subject: Subject, report: ScanReport, policy: PolicyVerdict): void => {
  const where = `${subject.image} ${subject.platform}`
  if (report.endOfLife)
    context.ports.log.warning(`${where}: ${report.system} gets no security updates any more; its scan shows less than there is`)
  for (const { id, until, reason } of policy.expired)
    context.ports.log.warning(`${where}: the exception for ${id} ended on ${until} (${reason})`)
}

const describe = (report: ScanReport, policy: PolicyVerdict): string => {
  const parts = [`${report.system ?? 'unknown system'}, ${report.packages} packages`, countBySeverity(policy.violations)]
  if (policy.accepted.length > 0)
    parts.push(
      `${policy.accepted.length} accepted (${[...new Set(policy.accepted.map(({ exception }) => `${exception.id} until ${exception.until}`))].join(', ')})`,
    )
  if (policy.expired.length > 0) parts.push(`expired: ${policy.expired.map(({ id, until }) => `${id} on ${until}`).join(', ')}`)
  return parts.join('; ')
}

const architecture = ({ platform }: Subject): string => platform.split('/').slice(1).join('-')

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
    hint: 'Update the base image and packages (docker buildx build --pull), or accept a finding until a day: scan.exceptions with id, until, reason',
  })
}
