export type DatabaseServer = 'postgres' | 'mysql'

/** Which database server an image is, by the last part of its name. */
export const databaseServer = (image: string): DatabaseServer | null => {
  const name = image.split('/').at(-1)?.split(/[:@]/)[0] ?? ''
  if (/^(postgres|postgresql|postgis|timescaledb|timescaledb-ha|pgvector|pg\d+)$/.test(name)) return 'postgres'
  return /^(mysql|mysql-server|mariadb|percona|percona-server)$/.test(name) ? 'mysql' : null
}

/**
 * How it is asked inside its container whether it takes connections. By TCP: while their images make a new data
 * directory, a server that is about to end answers on the socket (docker-library/postgres, docker-entrypoint.sh).
 * An image without the tool counts as ready, as one that says nothing does.
 */
export const TAKES_CONNECTIONS: Readonly<Record<DatabaseServer, readonly string[]>> = {
  postgres: ['sh', '-c', 'command -v pg_isready > /dev/null || exit 0; exec pg_isready --quiet --host 127.0.0.1'],
  mysql: [
    'sh',
    '-c',
    'for tool in mariadb-admin mysqladmin; do if command -v "$tool" > /dev/null; then exec "$tool" --host=127.0.0.1 --silent ping; fi; done',
  ],
}
