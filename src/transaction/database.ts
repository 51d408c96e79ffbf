import { commandLine, quote } from '../commands/quote.ts'
import type { BackupConfig } from '../config/backup.ts'
import mysql from './databases/mysql.sh'
import postgres from './databases/postgres.sh'
import sqlite from './databases/sqlite.sh'
import backup from './program/backup.sh'

/** What a program that has to do with the database knows of it: the room, and the tool of its kind. */
export const databaseRoom = (config: BackupConfig): string =>
  [backup, ...Object.entries(assignments(config)).map(([name, value]) => `${name}=${quote(value)}`), ''].join('\n')

const assignments = (config: BackupConfig): Readonly<Record<string, string>> => ({
  database_kind: config.kind,
  database_service: config.service,
  database_user: config.user ?? '',
  database_name: config.file ?? config.database ?? '',
  database_limit: String(Math.ceil(config.timeout / 1000)),
  backups_kept: String(config.keep),
  backups_seconds: String(config.days / 1000),
  database_tool: withoutComments(databaseTool(config)),
})

/** The text that a shell beside the database runs: `sh -c TEXT deploy-action VERB USER DATABASE ARGUMENT`. */
const databaseTool = (config: BackupConfig): string => {
  if (config.kind === 'postgres') return postgres
  return config.kind === 'mysql' ? mysql : config.kind === 'sqlite' ? sqlite : ownCommands(config)
}

/** Commands of the project's own: what they say of tables is compared like everything else. */
const ownCommands = ({ save = [], prove = [], restore = [] }: BackupConfig): string =>
  `set -eu
case $1 in
  save) ${commandLine(save)}; echo 'deploy-action: saved' >&2 ;;
  prove) ${commandLine(prove)} ;;
  swap | unswap) ${commandLine(restore)} ;;
esac
`

const withoutComments = (script: string): string =>
  script
    .split('\n')
    .filter((line) => !/^\s*(#.*)?$/.test(line))
    .join('\n')
