import type { Config } from '../config/schema.ts'
import type { DataSteps } from './data.ts'
import type { ReleaseRecord } from './observed.ts'
import type { Contents } from './seeds.ts'

/** What is to serve, apart from what the server is like. */
export interface Target {
  readonly kind: 'deploy' | 'rollback'
  readonly config: Config
  /** Service → key of its image. */
  readonly ownership: Readonly<Record<string, string>>
  /** Image key → the bytes. */
  readonly images: Readonly<Record<string, { readonly reference: string; readonly digest: string }>>
  /** Services that name their container themselves: service → name. */
  readonly containerNames: Readonly<Record<string, string>>
  /** Which services run without which mounts, as sentences. */
  readonly without?: readonly string[]
  readonly commit: string
  readonly path: string
  readonly seeds: boolean
  /** What the seeds of a deploy are made of. */
  readonly contents?: Contents
  /** For a rollback: the record that is brought back; its definitions hold, not those of today's config. */
  readonly record: ReleaseRecord | null
  /** For a rollback: what becomes of the data. */
  readonly data?: DataSteps
  /** With other servers: the number that the release has on all of them, also where this one needs no change. */
  readonly number?: number
}
