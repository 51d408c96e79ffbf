import type { Context } from '../../entry/context.ts'
import { DeployError } from '../../errors.ts'
import type { InstallTool } from '../../ports.ts'
import type { ImageReport, ScannedPlatform } from '../../report/document.ts'
import { recordOf } from '../handed-over.ts'
import { type BuildRecord, type BuiltImage, reportsOf, withImage, writeRecord } from '../record.ts'
import { skippedStep } from '../steps.ts'
import { namedImages } from '../wanted.ts'
import { findingReports } from './findings.ts'
import { scanSubjects } from './scan.ts'
import type { Subject, SubjectVerdict } from './subject.ts'
import { requirePassed } from './tell.ts'

/**
 * Scans what was built of this commit here, and writes the verdicts into its record; publish asks for them. Images
 * named by --image are scanned where they are, as an audit: no record knows them.
 * @returns a sentence about the outcome
 */
export const scanImages = async (context: Context, install: InstallTool): Promise<string> => {
  // in `all`, --image says what to deploy; what was just built is scanned all the same
  if (context.request.command === 'scan' && Object.keys(context.request.images).length > 0) return scanNamed(context, install)
  if (context.request.audit === true) return audit(context, install)
  const record = await recordOf(context)
  if (record === null || Object.keys(record.images).length === 0)
    throw new DeployError('CONFIG', `nothing was built of ${context.commit.sha} here`, {
      hint: 'deploy-action build\nby hand: or name what to scan: --image NAME=REF@sha256:…, or --images with what another job built',
    })
  context.facts.images = reportsOf(record)
  if (context.config.scan.scanner === 'none') return acceptUnscanned(context, record)
  // a scan that then breaks off must not leave an older verdict standing
  await writeRecord(context.project, withoutScans(record))
  const verdicts = await scanSubjects(context, subjectsOf(record), install)
  const scanned = withVerdicts(record, verdicts)
  await writeRecord(context.project, scanned)
  context.facts.images = reportsOf(scanned)
  context.facts.findings = findingReports(verdicts)
  requirePassed(verdicts)
  return `${verdicts.length} platform images scanned, none violates the policy`
}

/** What is deployed, with today's database. It may be of any commit and any repository, so no record hears of it. */
const audit = async (context: Context, install: InstallTool): Promise<string> => {
  const deployed = context.request.handedOver ?? {}
  context.facts.images = deployed
  if (context.config.scan.scanner === 'none') return notScanned(context)
  const verdicts = await scanSubjects(context, subjectsOfReports(deployed), install)
  context.facts.images = Object.fromEntries(
    Object.entries(deployed).map(([name, report]) => [name, { ...report, scans: scansOf(name, verdicts) }]),
  )
  context.facts.findings = findingReports(verdicts)
  requirePassed(verdicts)
  return `${verdicts.length} platform images that are deployed were scanned, none violates the policy`
}

const scansOf = (name: string, verdicts: readonly SubjectVerdict[]): Readonly<Record<string, ScannedPlatform>> =>
  Object.fromEntries(verdicts.filter(({ subject }) => subject.image === name).map(({ subject, scan }) => [subject.platform, scan]))

const subjectsOfReports = (reports: Readonly<Record<string, ImageReport>>): readonly Subject[] =>
  Object.entries(reports).flatMap(([image, { reference, platforms }]) =>
    Object.entries(platforms).map(([platform, digest]) => ({
      image,
      repository: reference.split('@')[0] ?? '',
      platform,
      digest,
      layout: null,
    })),
  )

const scanNamed = async (context: Context, install: InstallTool): Promise<string> => {
  const named = await namedImages(context)
  context.facts.images = named
  if (context.config.scan.scanner === 'none') return notScanned(context)
  const verdicts = await scanSubjects(context, subjectsOfReports(named), install)
  context.facts.findings = findingReports(verdicts)
  requirePassed(verdicts)
  return `${verdicts.length} platform images scanned, none violates the policy`
}

const subjectsOf = (record: BuildRecord): readonly Subject[] =>
  Object.entries(record.images).flatMap(([image, { repository, platforms, layout }]) =>
    Object.entries(platforms).map(([platform, digest]) => ({ image, repository, platform, digest, layout })),
  )

const withVerdicts = (record: BuildRecord, verdicts: readonly SubjectVerdict[]): BuildRecord =>
  verdicts.reduce((changed, { subject, scan }) => {
    const scans: Record<string, ScannedPlatform> = { ...changed.images[subject.image]?.scans, [subject.platform]: scan }
    return withImage(changed, subject.image, { scans })
  }, withoutScans(record))

/** Verdicts of an earlier scan do not mix with those of this one. */
const withoutScans = (record: BuildRecord): BuildRecord =>
  Object.keys(record.images).reduce((changed, name) => withImage(changed, name, { scans: {} }), record)

/** `scanner: none` is somebody's decision: it is followed, and told as what it is. */
const acceptUnscanned = async (context: Context, record: BuildRecord): Promise<string> => {
  const at = context.ports.clock.now().toISOString()
  const passed = (image: BuiltImage): Record<string, ScannedPlatform> =>
    Object.fromEntries(
      Object.entries(image.platforms).map(([platform, digest]) => [platform, { digest, result: 'passed', scanner: 'none', at }]),
    )
  const accepted = Object.entries(record.images).reduce(
    (changed, [name, image]) => withImage(changed, name, { scans: passed(image) }),
    record,
  )
  await writeRecord(context.project, accepted)
  context.facts.images = reportsOf(accepted)
  return notScanned(context)
}

const notScanned = (context: Context): string => {
  skippedStep(context, 'scan', 'scan.scanner is none', 'nothing was scanned')
  context.ports.log.warning('Nothing was scanned: the config says scan.scanner: none')
  return 'nothing was scanned (scan.scanner: none)'
}
