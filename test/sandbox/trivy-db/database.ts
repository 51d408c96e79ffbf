import { type Bucket, boltFile } from './bolt.ts'

/** What is wrong with a database, for tests of the guards. */
export type Variant = 'sound' | 'empty' | 'zero' | 'stale'

export interface Vulnerability {
  readonly id: string
  /** Source package of Debian 12. */
  readonly source: string
  /** Absent: there is no fix. */
  readonly fixed?: string
  readonly severity: 'CRITICAL' | 'HIGH' | 'MEDIUM' | 'LOW'
}

const DEBIAN = { ID: 'debian', Name: 'Debian Security Tracker', URL: 'https://salsa.debian.org/security-tracker-team/security-tracker' }
const SEVERITY = { LOW: 1, MEDIUM: 2, HIGH: 3, CRITICAL: 4 } as const

/** Real advisories, which the scan's canary is looked for by; Debian 12's current packages have the fixes. */
const REAL: readonly Vulnerability[] = [
  { id: 'CVE-2023-5363', source: 'openssl', fixed: '3.0.11-1~deb12u2', severity: 'HIGH' },
  { id: 'CVE-2023-4911', source: 'glibc', fixed: '2.36-9+deb12u3', severity: 'HIGH' },
  { id: 'CVE-2023-38545', source: 'curl', fixed: '7.88.1-10+deb12u4', severity: 'CRITICAL' },
]

/** Made-up ones, of packages that only images of tests have. */
const MADE_UP: readonly Vulnerability[] = [
  { id: 'CVE-2099-0001', source: 'sandbox-critical', fixed: '2.0', severity: 'CRITICAL' },
  { id: 'CVE-2099-0002', source: 'sandbox-unfixed', severity: 'HIGH' },
  { id: 'CVE-2099-0003', source: 'sandbox-low', fixed: '2.0', severity: 'LOW' },
]

/** The two files of a Trivy vulnerability database, schema version 2. */
export const trivyDatabase = (variant: Variant = 'sound', now = new Date()): Record<'trivy.db' | 'metadata.json', Uint8Array> => ({
  'trivy.db': variant === 'zero' ? new Uint8Array() : boltFile(variant === 'empty' ? { trivy: {} } : tree([...REAL, ...MADE_UP])),
  'metadata.json': json(metadata(variant === 'stale' ? new Date(now.getTime() - 30 * 86_400_000) : now)),
})

const metadata = (updatedAt: Date) => ({
  Version: 2,
  NextUpdate: new Date(updatedAt.getTime() + 86_400_000).toISOString(),
  UpdatedAt: updatedAt.toISOString(),
  DownloadedAt: '0001-01-01T00:00:00Z',
})

const tree = (vulnerabilities: readonly Vulnerability[]): Bucket => ({
  'data-source': { 'debian 12': json(DEBIAN) },
  'debian 12': advisories(vulnerabilities),
  vulnerability: Object.fromEntries(vulnerabilities.map((vulnerability) => [vulnerability.id, json(details(vulnerability))])),
  trivy: {},
})

const advisories = (vulnerabilities: readonly Vulnerability[]): Bucket => {
  const bySource: Record<string, Record<string, Uint8Array>> = {}
  for (const { id, source, fixed } of vulnerabilities)
    bySource[source] = { ...bySource[source], [id]: json(fixed === undefined ? { Status: 2 } : { FixedVersion: fixed }) }
  return bySource
}

const details = ({ id, source, severity }: Vulnerability) => ({
  Title: `${source}: ${id} as this sandbox knows it`,
  Description: 'An entry of the sandbox database',
  Severity: severity,
  VendorSeverity: { nvd: SEVERITY[severity] },
  References: [`https://example.invalid/${id}`],
})

const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))
