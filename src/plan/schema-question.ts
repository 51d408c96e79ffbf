import type { Config } from '../config/schema.ts'
import type { Observed, ReleaseRecord } from './observed.ts'

/** Whether the version that is to come back can live with the schema as it is. */
type SchemaQuestion =
  | { readonly kind: 'answered' }
  /** By the image itself, before anything is touched. */
  | { readonly kind: 'ask' }
  | { readonly kind: 'no'; readonly live: string }
  | { readonly kind: 'nobody-knows' }

/** Answered from the records where they suffice: the same revision, or one change that was declared compatible. */
export const schemaQuestion = (
  config: Config,
  observed: Observed,
  record: ReleaseRecord,
  current: ReleaseRecord | null,
): SchemaQuestion => {
  const { migrate } = config
  if (migrate === undefined) return { kind: 'answered' }
  // what an image did when it started was written down by nobody
  const live = migrate.onStart ? null : liveRevision(observed, current)
  const needed = record.schema.after
  if (live !== null && live === needed) return { kind: 'answered' }
  if (live !== null && needed !== '' && declaredCompatible(config, observed, record, live)) return { kind: 'answered' }
  if (migrate.preset === 'alembic') return { kind: 'ask' }
  return live === null || needed === '' ? { kind: 'nobody-knows' } : { kind: 'no', live }
}

/** Where the database is, by what was written down last; null where nobody knows. */
export const liveRevision = ({ data }: Observed, current: ReleaseRecord | null): string | null => {
  const live = data?.left ?? current?.schema.after.trim() ?? ''
  return live === '' || live === 'unknown' ? null : live
}

/**
 * "Compatible" is said of a schema and the release just before it: expand, then contract. So it covers one change of the
 * schema, not two; and one that no release on record made is of a deploy that failed, for which today's config speaks.
 */
const declaredCompatible = (config: Config, observed: Observed, record: ReleaseRecord, live: string): boolean => {
  const changes = observed.releases.filter(
    ({ kind, number, repository, schema }) =>
      kind === 'deploy' && number > record.number && repository === record.repository && schema.before !== schema.after,
  )
  const declared = changes.map(({ compatible }) => compatible === true)
  if (!changes.some(({ schema }) => schema.after.trim() === live)) declared.push(config.migrate?.compatible === true)
  return declared.length <= 1 && declared.every((yes) => yes)
}
