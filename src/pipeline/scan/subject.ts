import type { ScannedPlatform } from '../../report/document.ts'
import type { PolicyVerdict } from './policy.ts'

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

/** "linux/arm64" → "arm64" */
export const architecture = ({ platform }: Subject): string => platform.split('/').slice(1).join('-')
