import { join } from 'node:path'
import { tar } from '../../commands/archive.ts'
import { FINDINGS_EXIT_CODE } from '../../commands/trivy.ts'
import { writeImageLayout } from './layout-files.ts'
import type { ScanReport } from './report.ts'

/**
 * Old versions that Debian 12 has had advisories for since 2023, and what any living database says of them. Several,
 * so that one entry that is withdrawn does not stop every deploy in the world.
 */
const OLD_PACKAGES = [
  { source: 'openssl', name: 'libssl3', version: '3.0.9-1', advisories: ['CVE-2023-5363', 'CVE-2024-6119'] },
  { source: 'glibc', name: 'libc6', version: '2.36-9', advisories: ['CVE-2023-4911'] },
  { source: 'curl', name: 'curl', version: '7.88.1-10', advisories: ['CVE-2023-38545'] },
] as const

/** Writes a tiny image that is known to be vulnerable. Needs no network. */
export const writeCanary = async (root: string): Promise<string> => {
  const folder = join(root, 'canary')
  await writeImageLayout(folder, { architecture: 'amd64', layer: tar(files()) })
  return folder
}

/** A database that does not see it is dead: empty, cut, of another format; and would call everything clean. */
export const sawCanary = (code: number | null, report: ScanReport | null): boolean => {
  const known: readonly string[] = OLD_PACKAGES.flatMap(({ advisories }) => advisories)
  return code === FINDINGS_EXIT_CODE && report !== null && report.findings.some(({ id }) => known.includes(id))
}

const files = (): Record<string, string> => ({
  'etc/os-release':
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nID=debian\n',
  'etc/debian_version': '12.0\n',
  'var/lib/dpkg/status': OLD_PACKAGES.map(stanza).join('\n'),
})

const stanza = ({ source, name, version }: (typeof OLD_PACKAGES)[number]): string =>
  [
    `Package: ${name}`,
    'Status: install ok installed',
    'Priority: optional',
    'Section: libs',
    'Maintainer: nobody <nobody@example.invalid>',
    'Architecture: amd64',
    ...(source === name ? [] : [`Source: ${source}`]),
    `Version: ${version}`,
    'Description: canary of the vulnerability database',
    '',
  ].join('\n')
