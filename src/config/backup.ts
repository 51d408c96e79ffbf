/** What a backup of the stack's database may be asked to be. */
import * as z from 'zod'
import { positiveDuration } from './duration.ts'

const DAY_MS = 86_400_000

/** Names that go into a client's arguments. */
const databaseName = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.$-]{0,62}$/, 'must be a name of letters, digits, "_", ".", "$" or "-", not starting with "-"')
const argv = z.array(z.string()).min(1)

export const backup = z.strictObject({
  kind: z.enum(['postgres', 'mysql', 'sqlite', 'command']).describe('Whose tools make it: the ones in the container of the database'),
  service: z
    .string()
    .regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]*$/, 'must be the name of a compose service')
    .describe('Compose service of the database; with sqlite the one whose volume holds the file'),
  database: databaseName.optional().describe("Defaults to what the container's own environment says, such as POSTGRES_DB"),
  user: databaseName.optional().describe("Defaults to what the container's own environment says, such as POSTGRES_USER"),
  file: z
    .string()
    .regex(/^\/[A-Za-z0-9._/ @+-]+$/, 'must be an absolute path')
    .optional()
    .describe('With sqlite: the database in the container, in a volume'),
  save: argv.optional().describe('With command: writes the backup to standard output'),
  prove: argv.optional().describe('With command: reads a backup from standard input, and succeeds only where it could be restored'),
  restore: argv.optional().describe('With command: reads a backup from standard input and puts it in the place of what is there'),
  when: z
    .enum(['migration', 'always'])
    .default('migration')
    .describe('migration: before a migration that brings a new revision; always: at every deploy'),
  keep: z.number().int().min(1).max(1000).default(5).describe('This many are kept'),
  days: z
    .number()
    .int()
    .min(1)
    .max(3650)
    .default(30)
    .transform((days) => days * DAY_MS)
    .describe('None is kept longer than this many days, but the newest always is'),
  timeout: positiveDuration.prefault('30m').describe('For each of: making it, proving it, restoring it'),
})

export type BackupConfig = z.output<typeof backup>
