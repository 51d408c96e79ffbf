import type { ImageReport } from '../report/document.ts'

/** The first platform whose very bytes no scan has passed, and what is wrong with it; null where all have. */
export const notPassed = (
  platforms: ImageReport['platforms'],
  scans: NonNullable<ImageReport['scans']>,
): { readonly platform: string; readonly digest: string; readonly why: string } | null => {
  for (const [platform, digest] of Object.entries(platforms)) {
    const scan = scans[platform]
    if (scan?.digest !== digest) return { platform, digest, why: 'was not scanned' }
    if (scan.result !== 'passed') return { platform, digest, why: 'violates the scan policy' }
  }
  return null
}
