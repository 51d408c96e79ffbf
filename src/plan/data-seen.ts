/** A backup that was proven, as it was recorded. */
export interface BackupRecord {
  readonly id: string
  readonly service: string
  /** Which release served when it was made; empty before the first. */
  readonly release: string
  readonly revision: string
  readonly bytes: number
  readonly made: string
  readonly tables: Readonly<Record<string, number>>
}

export interface DataSeen {
  /** Newest first. */
  readonly backups: readonly BackupRecord[]
  /** Where the last migration left the schema; null where none was written down. */
  readonly left: string | null
  /** Rows of each table now; null where the database was not asked or did not answer. */
  readonly tables: Readonly<Record<string, number>> | null
  readonly revision: string | null
}
