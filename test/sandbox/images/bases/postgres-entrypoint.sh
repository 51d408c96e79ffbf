#!/bin/sh
# The part of the official image's contract that compose files rely on: POSTGRES_USER, POSTGRES_PASSWORD (or _FILE),
# POSTGRES_DB, POSTGRES_HOST_AUTH_METHOD, POSTGRES_INITDB_ARGS, /docker-entrypoint-initdb.d
set -eu
case $1 in -*) set -- postgres "$@" ;; esac
[ "$1" = postgres ] || exec "$@"

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /var/run/postgresql
  chown -R postgres:postgres "$PGDATA" /var/run/postgresql
  exec gosu postgres "$0" "$@"
fi

from_file() { eval "file=\${$1_FILE:-}"; [ -z "$file" ] || eval "$1=\$(cat \"\$file\")"; }

initialise() {
  from_file POSTGRES_PASSWORD
  from_file POSTGRES_USER
  from_file POSTGRES_DB
  method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
  [ -n "${POSTGRES_PASSWORD:-}" ] || [ "$method" = trust ] || {
    echo "Error: Database is uninitialized and superuser password is not specified: set POSTGRES_PASSWORD" >&2
    exit 1
  }
  user=${POSTGRES_USER:-postgres}
  db=${POSTGRES_DB:-$user}
  password=$(mktemp)
  printf '%s\n' "${POSTGRES_PASSWORD:-unused}" >"$password"
  # shellcheck disable=SC2086
  initdb -U "$user" --pwfile="$password" --auth-local=trust --auth-host=scram-sha-256 --no-sync --locale=C.UTF-8 ${POSTGRES_INITDB_ARGS:-} >/dev/null
  rm -f "$password"
  printf 'host all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
  # without an address: nobody may take the half-made database for a ready one
  pg_ctl -w -s -o "-c listen_addresses=''" start
  [ "$db" = postgres ] || printf 'CREATE DATABASE "%s"' "$db" | psql -q -U "$user" -d postgres
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sql) psql -q -v ON_ERROR_STOP=1 -U "$user" -d "$db" -f "$file" ;;
      *.sh) sh "$file" ;;
    esac
  done
  pg_ctl -w -s -m fast stop
}

[ -s "$PGDATA/PG_VERSION" ] || initialise
exec "$@" -c listen_addresses='*'
