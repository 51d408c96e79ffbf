import type { ScanConfig } from '../../config/schema.ts'

export type Severity = ScanConfig['severity'][number]

export interface Finding {
  readonly kind: 'vulnerability' | 'secret' | 'policy'
  /** CVE-…, the rule of a secret, or what of the image's policy is violated. */
  readonly id: string
  readonly severity: Severity
  /** Package, or the file of a secret. */
  readonly subject: string
  readonly installed: string | null
  /** null where there is no fix. */
  readonly fixed: string | null
  readonly title: string
}

/** What a scanner's report says of one image. */
export interface ScanReport {
  readonly architecture: string | null
  /** "debian 12.11"; null where the scanner saw no operating system. */
  readonly system: string | null
  readonly endOfLife: boolean
  /** Digests of the image in its registry, as the scanner saw them. */
  readonly digests: readonly string[]
  readonly packages: number
  readonly packageNames: readonly string[]
  /** As the image names it; empty where it names none. */
  readonly user: string
  readonly labels: Readonly<Record<string, string>>
  readonly findings: readonly Finding[]
}

type Json = Readonly<Record<string, unknown>>

/** Reads Trivy's JSON. @returns null where it is none */
export const parseReport = (text: string): ScanReport | null => {
  const document = parseObject(text)
  if (document === null || typeof document.SchemaVersion !== 'number') return null
  const metadata = object(document.Metadata)
  const os = object(metadata.OS)
  const results = objects(document.Results)
  const image = object(metadata.ImageConfig)
  const config = object(image.config)
  return {
    architecture: string(image.architecture),
    system: systemName(os),
    endOfLife: os.EOSL === true,
    digests: list(metadata.RepoDigests).flatMap((reference) => /sha256:[0-9a-f]{64}$/.exec(String(reference)) ?? []),
    packages: results.reduce((sum, result) => sum + list(result.Packages).length, 0),
    packageNames: [...new Set(results.flatMap((result) => objects(result.Packages).flatMap(({ Name }) => string(Name) ?? [])))],
    user: string(config.User) ?? '',
    labels: Object.assign(
      Object.create(null),
      Object.fromEntries(Object.entries(object(config.Labels)).filter(([, value]) => typeof value === 'string')),
    ),
    findings: results.flatMap(findingsOf),
  }
}

const systemName = (os: Json): string | null => {
  const family = string(os.Family)
  return family === null || family === 'none' ? null : `${family} ${string(os.Name) ?? ''}`.trim()
}

const findingsOf = (result: Json): Finding[] => [
  ...objects(result.Vulnerabilities).map(
    (item): Finding => ({
      kind: 'vulnerability',
      id: string(item.VulnerabilityID) ?? '?',
      severity: severity(item.Severity),
      subject: string(item.PkgName) ?? '?',
      installed: string(item.InstalledVersion),
      fixed: string(item.FixedVersion),
      title: (string(item.Title) ?? '').slice(0, 200),
    }),
  ),
  ...objects(result.Secrets).map(
    (item): Finding => ({
      kind: 'secret',
      id: string(item.RuleID) ?? '?',
      severity: severity(item.Severity),
      subject: `${string(result.Target) ?? '?'}:${Number(item.StartLine) || 0}`,
      installed: null,
      fixed: null,
      title: (string(item.Title) ?? '').slice(0, 200),
    }),
  ),
]

const SEVERITIES: readonly string[] = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'UNKNOWN'] satisfies Severity[]

const severity = (value: unknown): Severity => (SEVERITIES.includes(String(value)) ? (value as Severity) : 'UNKNOWN')

const parseObject = (text: string): Json | null => {
  try {
    const document: unknown = JSON.parse(text)
    return typeof document === 'object' && document !== null && !Array.isArray(document) ? (document as Json) : null
  } catch {
    return null
  }
}

const object = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const objects = (value: unknown): readonly Json[] => list(value).map(object)
const string = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
