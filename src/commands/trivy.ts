import type { Argv } from '../ports.ts'

/** The exit code that findings have. Any other failure of Trivy is 1, so the two can never be taken for each other. */
export const FINDINGS_EXIT_CODE = 10

export type ScanSource =
  /** repository@sha256:… of one platform's manifest. */
  | { readonly kind: 'registry'; readonly reference: string; readonly platform: string }
  /** Folder with an OCI layout of exactly one image: of several, Trivy silently scans the first. */
  | { readonly kind: 'layout'; readonly folder: string }

export interface ImageScan {
  readonly program: string
  readonly source: ScanSource
  readonly cacheDirectory: string
  readonly severities: readonly string[]
  readonly ignoreUnfixed: boolean
  readonly output: string
  readonly timeoutMs: number
}

/**
 * Scans one image of one platform. Nothing that lies around may change the verdict: no config, no ignore file, and
 * the registry's image, never one of the same name in the local engine.
 */
export const trivyImage = (scan: ImageScan): Argv => [
  scan.program,
  'image',
  ...quiet,
  '--cache-dir',
  scan.cacheDirectory,
  '--ignorefile',
  '/dev/null',
  '--skip-db-update',
  '--offline-scan',
  '--scanners',
  'vuln,secret',
  '--severity',
  scan.severities.join(','),
  ...(scan.ignoreUnfixed ? ['--ignore-unfixed'] : []),
  '--list-all-pkgs',
  '--format',
  'json',
  '--output',
  scan.output,
  '--exit-code',
  String(FINDINGS_EXIT_CODE),
  '--timeout',
  `${Math.ceil(scan.timeoutMs / 1000)}s`,
  ...source(scan.source),
]

/** Downloads the vulnerability database and nothing else. */
export const trivyDatabase = (program: string, repository: string, cacheDirectory: string): Argv => [
  program,
  'image',
  ...quiet,
  '--cache-dir',
  cacheDirectory,
  '--download-db-only',
  '--db-repository',
  repository,
]

/** Makes SARIF of a JSON report, so that both tell of one scan. */
export const trivySarif = (program: string, report: string, output: string): Argv => [
  program,
  'convert',
  '--config',
  '/dev/null',
  '--ignorefile',
  '/dev/null',
  '--quiet',
  '--format',
  'sarif',
  '--output',
  output,
  report,
]

export const trivyVersion = (program: string): Argv => [program, '--config', '/dev/null', 'version', '--format', 'json']

const quiet = ['--config', '/dev/null', '--no-progress', '--disable-telemetry', '--skip-version-check']

const source = (from: ScanSource): string[] =>
  from.kind === 'layout' ? ['--input', from.folder] : ['--image-src', 'remote', '--platform', from.platform, from.reference]
