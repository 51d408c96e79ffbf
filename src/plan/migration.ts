import type { Config } from '../config/schema.ts'
import { ALEMBIC } from './alembic.ts'
import { downTo } from './data.ts'
import type { ReleaseRecord } from './observed.ts'
import { oneOffArguments } from './seeds.ts'
import type { Plan, Step } from './steps.ts'

/** The migration runs once, with the new image, before anything that serves is touched; not at all where that image has run it already. */
export const migrationSteps = (
  config: Config,
  images: Readonly<Record<string, { readonly digest: string }>>,
  current: ReleaseRecord | null,
  needed: boolean,
): Step[] => {
  const { migrate } = config
  if (migrate === undefined || !needed) return []
  const before = current?.services[migrate.service]
  const same = before !== undefined && before.digest === images[before.image]?.digest
  if (same) return []
  const backup: Step[] =
    config.backup === undefined ? [] : [{ kind: 'backup', cause: 'data is never the price: no migration without a proven backup' }]
  const wayBack: Step[] =
    migrate.undo !== 'down' || current === null
      ? []
      : [{ kind: 'way-back', cause: 'what comes back does not know the newer schema', timeout: migrate.timeout, run: downTo(migrate) }]
  const cause = current === null ? 'the first release here' : `${migrate.service} has a new image`
  if (migrate.preset === 'alembic') {
    const run = oneOffArguments(migrate.service, ['python3', '-c', ALEMBIC, migrate.config ?? ''], [])
    const ask: Step[] =
      config.backup?.when !== 'migration' && wayBack.length === 0
        ? []
        : [{ kind: 'revisions', cause: 'a backup is made where the image brings new ones', timeout: 60_000, run: [...run, 'ask'] }]
    if (migrate.onStart) return backup.length === 0 ? [] : [...ask, ...backup, ...wayBack]
    return [...ask, ...backup, ...wayBack, { kind: 'migrate', tool: 'alembic', cause, timeout: migrate.timeout, run }]
  }
  const ask = (when: 'before' | 'heads' | 'after', command: readonly string[] | undefined): Step[] =>
    command === undefined
      ? []
      : [
          {
            kind: 'schema',
            when,
            cause: 'the revision belongs to the release',
            timeout: 60_000,
            run: oneOffArguments(migrate.service, migrate.entrypoint, command),
          },
        ]
  if (migrate.onStart) return wayBack.length === 0 ? backup : [...ask('before', migrate.current), ...backup, ...wayBack]
  return [
    ...ask('before', migrate.current),
    ...(migrate.current === undefined ? [] : ask('heads', migrate.heads)),
    ...backup,
    ...wayBack,
    {
      kind: 'migrate',
      tool: 'command',
      cause,
      timeout: migrate.timeout,
      run: oneOffArguments(migrate.service, migrate.entrypoint, migrate.up ?? UPS[migrate.preset ?? 'flyway']),
    },
    ...ask('after', migrate.current),
  ]
}

/** What a maintainer would want to know before an image migrates by itself: whether there is a way back. */
export const noWayBack = ({ migrate }: Config, { previous, steps }: Plan): string | null =>
  migrate?.onStart === true &&
  migrate.undo === 'keep' &&
  !migrate.compatible &&
  previous !== null &&
  steps.some((step) => step.kind === 'switch' && step.services.length > 0)
    ? 'the image migrates when it starts: where it brings a revision and is not healthy, what served before may not start on the newer schema; migrate.undo: down takes the schema back first, and migrate.compatible: true says that it need not'
    : null

/** What each tool is told in its own image or the project's; the revision is read from the table that it keeps. */
const UPS = {
  django: ['python', 'manage.py', 'migrate', '--noinput'],
  prisma: ['npx', 'prisma', 'migrate', 'deploy'],
  flyway: ['migrate'],
} as const
