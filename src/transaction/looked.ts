import type { BackupConfig } from '../config/backup.ts'
import type { BackupRecord, DataSeen } from '../plan/data-seen.ts'
import { databaseRoom } from './database.ts'

/** A question that goes with the request: the shell of the look runs it, and what it prints comes back. It writes nothing. */
export const LOOK = 'look.sh'

/** What backups there are and where the schema was left; with `tables` also what the database holds now. */
export const lookAtData = (backup: BackupConfig | undefined, tables: boolean): string =>
  [
    'cat "$dot"/backups/*.json 2> /dev/null',
    'sed -n \'$s/^[^ ]* /deploy-action: left /p\' "$dot/schema" 2> /dev/null',
    ...(backup === undefined || !tables
      ? []
      : [databaseRoom(backup), 'fail() { return 1; }', 'find_database && database tables < /dev/null && echo "deploy-action: counted"']),
    '',
  ].join('\n')

/** Reads what the question printed. */
export const dataSeen = (text: string | undefined): DataSeen => {
  const lines = (text ?? '').split('\n')
  const said = (word: string): string[] =>
    lines.flatMap((line) => (line.startsWith(`deploy-action: ${word} `) ? [line.slice(word.length + 16)] : []))
  return {
    backups: lines.flatMap(backupRecord).toSorted((one, other) => other.id.localeCompare(one.id)),
    left: said('left').at(-1)?.trim() ?? null,
    tables: lines.includes('deploy-action: counted') ? Object.fromEntries(said('table').flatMap(counted)) : null,
    revision: said('revision').at(-1) ?? null,
  }
}

/** "LOW HIGH "NAME"": the name is a JSON string. */
const counted = (text: string): [string, number][] => {
  const match = /^(\d+) \d+ (".*")$/.exec(text)
  try {
    return match === null ? [] : [[String(JSON.parse(match[2] ?? '')), Number(match[1])]]
  } catch {
    return []
  }
}

const backupRecord = (line: string): BackupRecord[] => {
  if (!line.startsWith('{')) return []
  try {
    const value = JSON.parse(line) as BackupRecord
    return /^[\w-]+$/.test(value.id) && typeof value.tables === 'object' ? [value] : []
  } catch {
    return []
  }
}
