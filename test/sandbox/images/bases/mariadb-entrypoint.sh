#!/bin/sh
# The part of the official image's contract that compose files rely on: MARIADB_ or MYSQL_ before ROOT_PASSWORD (or _FILE),
# DATABASE, USER, PASSWORD, ALLOW_EMPTY_ROOT_PASSWORD; /docker-entrypoint-initdb.d
set -eu
case $1 in -*) set -- mariadbd "$@" ;; mysqld) shift && set -- mariadbd "$@" ;; esac
[ "$1" = mariadbd ] || exec "$@"

data=/var/lib/mysql socket=/run/mysqld/mysqld.sock
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$data" /run/mysqld
  chown -R mysql:mysql "$data" /run/mysqld
  exec gosu mysql "$0" "$@"
fi

# setting NAME: of either prefix, from the environment or from the file that it names
setting() {
  for prefix in MARIADB MYSQL; do
    eval "value=\${${prefix}_$1:-} file=\${${prefix}_$1_FILE:-}"
    if [ -z "$value" ] && [ -n "$file" ]; then value=$(cat "$file"); fi
    [ -z "$value" ] || break
  done
  printf '%s' "$value"
}
quoted() { printf "'%s'" "$(printf '%s' "$1" | sed "s/[\\\\']/\\\\&/g")"; }

# users and databases, as SQL, whose names are in backquotes
# shellcheck disable=SC2016
accounts() {
  root=$(setting ROOT_PASSWORD) database=$(setting DATABASE) user=$(setting USER)
  printf 'SET @@SESSION.SQL_LOG_BIN = 0; CREATE USER root@"%%" IDENTIFIED BY %s; GRANT ALL ON *.* TO root@"%%" WITH GRANT OPTION;\n' "$(quoted "$root")"
  [ -z "$database" ] || printf 'CREATE DATABASE `%s`;\n' "$database"
  if [ -n "$user" ]; then
    printf 'CREATE USER %s@"%%" IDENTIFIED BY %s;\n' "$(quoted "$user")" "$(quoted "$(setting PASSWORD)")"
    [ -z "$database" ] || printf 'GRANT ALL ON `%s`.* TO %s@"%%";\n' "$database" "$(quoted "$user")"
  fi
  printf 'ALTER USER root@localhost IDENTIFIED BY %s; FLUSH PRIVILEGES;\n' "$(quoted "$root")"
}

initialise() {
  if [ -z "$(setting ROOT_PASSWORD)$(setting ALLOW_EMPTY_ROOT_PASSWORD)$(setting ALLOW_EMPTY_PASSWORD)" ]; then
    echo 'Database is uninitialized and password option is not specified: set MARIADB_ROOT_PASSWORD' >&2
    exit 1
  fi
  mariadb-install-db --datadir="$data" --auth-root-authentication-method=normal --skip-test-db > /dev/null
  # without a network: nobody may take the half-made database for a ready one
  "$@" --datadir="$data" --socket="$socket" --skip-networking &
  until mariadb-admin --socket="$socket" --user=root ping > /dev/null 2>&1; do sleep 0.1; done
  accounts | mariadb --socket="$socket" --user=root
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sql) mariadb --socket="$socket" --user=root --password="$(setting ROOT_PASSWORD)" "$(setting DATABASE)" < "$file" ;;
      *.sh) sh "$file" ;;
    esac
  done
  MYSQL_PWD=$(setting ROOT_PASSWORD) mariadb-admin --socket="$socket" --user=root shutdown
  wait
}

[ -d "$data/mysql" ] || initialise "$@"
exec "$@" --datadir="$data" --socket="$socket" --bind-address=0.0.0.0
