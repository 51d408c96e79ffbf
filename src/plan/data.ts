import type { MigrateConfig } from '../config/schema.ts'
import { ALEMBIC } from './alembic.ts'
import type { BackupRecord, DataSeen } from './data-seen.ts'
import type { ReleaseRecord } from './observed.ts'
import { oneOffArguments } from './seeds.ts'
import type { Step } from './steps.ts'

/** What going back does to data, at the places of a rollback where it belongs. */
export interface DataSteps {
  /** Before anything is touched. */
  readonly first: readonly Step[]
  /** Once the containers that come back are there, and before any of them is switched. */
  readonly beforeSwitch: readonly Step[]
  readonly last: readonly Step[]
}

export const NO_DATA: DataSteps = { first: [], beforeSwitch: [], last: [] }

const alembic = ({ service, config }: MigrateConfig, ...words: readonly string[]): readonly string[] =>
  oneOffArguments(service, ['python3', '-c', ALEMBIC, config ?? '', ...words], [])

/** The image that is to come back is asked whether it knows the revision that the database is at. */
export const knownSteps = (migrate: MigrateConfig): DataSteps => ({
  ...NO_DATA,
  first: [
    {
      kind: 'known',
      cause: 'a version that does not know the schema must not come back to it',
      timeout: 60_000,
      run: alembic(migrate, 'known'),
    },
  ],
})

/** Whether there is anybody who takes the schema back. */
export const goesDown = ({ preset, down }: MigrateConfig): boolean => preset === 'alembic' || down !== undefined

/** How the tool is told to take the schema back; "{revision}" is where it has to go. */
export const downTo = (migrate: MigrateConfig): readonly string[] =>
  migrate.preset === 'alembic'
    ? alembic(migrate, 'down', '{revision}')
    : oneOffArguments(migrate.service, migrate.entrypoint, migrate.down ?? [])

/** The schema goes back too, by the image that serves. */
export const downSteps = (migrate: MigrateConfig, revision: string, backup: boolean): DataSteps => ({
  ...NO_DATA,
  beforeSwitch: [
    ...(backup ? [{ kind: 'backup', cause: 'going down deletes what the newer schema holds' } as const] : []),
    {
      kind: 'down',
      cause: `release back to revision ${revision}, with the image that knows the way`,
      revision,
      timeout: migrate.timeout,
      run: downTo(migrate).map((word) => word.replaceAll('{revision}', revision)),
    },
  ],
})

interface Running {
  readonly service: string
  readonly ids: readonly string[]
}

/** The data of the backup comes back, while nothing of ours writes; that of now is backed up before. */
export const dataBack = ({ id, revision, made }: BackupRecord, running: readonly Running[]): DataSteps => ({
  first: [
    { kind: 'backup', cause: 'what is there now can be brought back, too' },
    { kind: 'load', cause: `as it was at ${made}, beside the database that serves`, backup: id },
  ],
  beforeSwitch: [
    { kind: 'halt', cause: 'nothing may write while the data goes back', services: running },
    { kind: 'swap', cause: `the data of ${made} takes the place of that of now`, backup: id, revision },
  ],
  last: [{ kind: 'tidy-database', cause: 'what was set aside is in a backup' }],
})

/** The backup by its id, the beginning of one, or "latest". */
export const backupNamed = ({ backups }: DataSeen, name: string): BackupRecord | undefined =>
  name === 'latest' ? backups[0] : (backups.find(({ id }) => id === name) ?? backups.find(({ id }) => id.startsWith(name)))

/** The newest backup of the data as that release left it. */
export const backupOf = ({ backups }: DataSeen, record: ReleaseRecord): BackupRecord | undefined =>
  backups.find(({ revision }) => revision !== '' && revision === record.schema.after)

/** Rows of now that a backup does not have, table by table. Rows that were changed since are not seen by counting. */
const lostRows = (
  backup: BackupRecord,
  tables: Readonly<Record<string, number>>,
): readonly { readonly table: string; readonly now: number; readonly then: number }[] =>
  Object.entries(tables).flatMap(([table, now]) => {
    const then = Object.hasOwn(backup.tables, table) ? (backup.tables[table] ?? 0) : 0
    return now > then ? [{ table, now, then }] : []
  })

export const lostSentence = (backup: BackupRecord, { tables }: DataSeen): string => {
  if (tables === null) return 'how many rows would be lost is not known, because the database did not answer'
  const lost = lostRows(backup, tables)
  if (lost.length === 0) return 'no table has more rows now than the backup; what was changed since is lost'
  const rows = lost.reduce((sum, { now, then }) => sum + now - then, 0)
  const where = lost.map(({ table, now, then }) => `${table} ${now - then} (${now} now, ${then} in the backup)`)
  return `${rows} ${rows === 1 ? 'row' : 'rows'} written after the backup would be lost: ${where.join(', ')}; what was changed since is lost, too`
}
