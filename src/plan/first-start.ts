import { repositoryOf } from './compose-files.ts'
import type { ComposeModel, Observed } from './observed.ts'
import type { Step } from './steps.ts'

/** The images that begin by their own script without a word about who may come in; each by what it asks for, the first best. */
const WANTED: Readonly<Record<'postgres' | 'mysql' | 'mariadb', readonly string[]>> = {
  postgres: ['POSTGRES_PASSWORD', 'POSTGRES_PASSWORD_FILE', 'POSTGRES_HOST_AUTH_METHOD'],
  mysql: ['MYSQL_ROOT_PASSWORD', 'MYSQL_ROOT_PASSWORD_FILE', 'MYSQL_ALLOW_EMPTY_PASSWORD', 'MYSQL_RANDOM_ROOT_PASSWORD'],
  mariadb: [
    'MARIADB_ROOT_PASSWORD',
    'MARIADB_ROOT_PASSWORD_FILE',
    'MARIADB_ROOT_PASSWORD_HASH',
    'MARIADB_ROOT_PASSWORD_HASH_FILE',
    'MARIADB_ALLOW_EMPTY_ROOT_PASSWORD',
    'MARIADB_RANDOM_ROOT_PASSWORD',
  ],
}
/** Their own names, and images that are made of them and keep their script. */
const POSTGRES = /^(postgres|postgis\/postgis|pgvector\/pgvector|timescale\/timescaledb)$/

/**
 * The variable without which the database server of this image does not make a new data directory; null where one of those
 * that it takes is set, or the image is another. docker-library/postgres, mysql and mariadb, docker-entrypoint.sh
 */
export const lackedAtFirstStart = (image: string, set: readonly string[]): string | null => {
  const name = repositoryOf(image)
  const kind = POSTGRES.test(name) ? 'postgres' : name === 'mysql' || name === 'mariadb' ? name : null
  if (kind === null) return null
  const taken = [...WANTED[kind], ...(kind === 'mariadb' ? WANTED.mysql : [])]
  return set.some((variable) => taken.includes(variable)) ? null : (WANTED[kind][0] ?? null)
}

/** Said and not refused: a volume of before may hold its data already, and then nothing is asked for. */
export const firstStartWarnings = (
  steps: readonly Step[],
  model: ComposeModel,
  { containers }: Pick<Observed, 'containers'>,
  sets: Readonly<Record<string, readonly string[]>>,
): readonly string[] =>
  steps
    .flatMap((step) => (step.kind === 'infrastructure' ? step.services : []))
    .filter((name) => !containers.some(({ service }) => service === name))
    .flatMap((name) => {
      const set = sets[name]
      const lacked = set === undefined ? null : lackedAtFirstStart(model.services[name]?.image ?? '', set)
      return lacked === null
        ? []
        : [`${name} starts for the first time and gets no ${lacked}: on an empty volume its image refuses to start`]
    })
