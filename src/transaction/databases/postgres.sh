# PostgreSQL, asked inside its own container by its own tools: sh -c THIS deploy-action VERB USER DATABASE [ARGUMENT]
# The password is in the container's environment already, and stays there.
set -eu
said() { eval "set -- \"\${$1:-}\" \"\${$1_FILE:-}\""; if [ -z "$1" ] && [ -n "$2" ]; then cat "$2"; else printf '%s' "$1"; fi; }
PGUSER=${2:-$(said POSTGRES_USER)}
PGUSER=${PGUSER:-postgres}
PGDATABASE=${3:-$(said POSTGRES_DB)}
PGDATABASE=${PGDATABASE:-$PGUSER}
PGPASSWORD=$(said POSTGRES_PASSWORD)
[ -n "$PGPASSWORD" ] || unset PGPASSWORD
export PGUSER PGDATABASE PGPASSWORD PGCONNECT_TIMEOUT=10 PGAPPNAME=deploy-action PGOPTIONS='-c client_min_messages=warning'
proof=deploy_action_proof loaded=deploy_action_restored before=deploy_action_before

sql() { psql --no-psqlrc --quiet --tuples-only --no-align --no-password --set ON_ERROR_STOP=1 "$@"; }
# What a copy is compared by: rows of every table, and what the tables say in which migration tools keep their revision.
rows="SELECT format(\$f\$SELECT 'deploy-action: table ' || count(*) || ' ' || count(*) || %L FROM ONLY %I.%I\$f\$, ' ' || to_json(n.nspname || '.' || c.relname), n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1 \\gexec"
revisions="SELECT format(\$f\$SELECT 'deploy-action: revision ' || coalesce(%s, '') FROM %I.%I\$f\$, CASE c.relname WHEN 'alembic_version' THEN 'string_agg(version_num, '','' ORDER BY version_num)'
  WHEN 'flyway_schema_history' THEN '(array_agg(version ORDER BY installed_rank DESC))[1]' WHEN '_prisma_migrations' THEN 'max(migration_name)' ELSE 'count(*) || ''-'' || left(md5(string_agg(app || ''.'' || name, '','' ORDER BY app, name)), 12)' END, n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relname IN ('alembic_version', 'django_migrations', 'flyway_schema_history', '_prisma_migrations') ORDER BY 1 \\gexec"
tables="$rows
$revisions"

# copy_beside NAME: an empty database like the real one, with its locale, owner, settings and rights, filled from standard input
copy_beside() {
  drop "$1"
  real=" DATABASE $(sql --command 'SELECT quote_ident(current_database())') " copy=" DATABASE $1 "
  export real copy
  pg_dump --no-password --create --schema-only --exclude-schema='*' | awk '(at = index($0, ENVIRON["real"])) && /^(CREATE|ALTER|GRANT|REVOKE) / {
    print substr($0, 1, at - 1) ENVIRON["copy"] substr($0, at + length(ENVIRON["real"])) }' | sql
  pg_restore --no-password --exit-on-error --dbname "$1"
  counted --dbname "$1"
}
counted() { printf '%s\n' "$tables" | sql "$@"; }
# what still holds it open is ended first
drop() {
  end_sessions "datname = '$1'"
  sql --command "DROP DATABASE IF EXISTS $1"
}
end_sessions() { sql --command "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND $1" > /dev/null; }
# swap FROM TO: FROM takes the real name, what had it is called TO; both or neither
swap() {
  real=$(sql --command 'SELECT quote_ident(current_database())')
  end_sessions "datname IN (current_database(), '$1')"
  sql --dbname template1 <<SWAP
BEGIN; ALTER DATABASE $real RENAME TO $2; ALTER DATABASE $1 RENAME TO $real; COMMIT;
SWAP
}
exists() { [ -n "$(sql --dbname template1 --command "SELECT 1 FROM pg_database WHERE datname = '$1'")" ]; }

case $1 in
  size)
    sql --command "SELECT 'deploy-action: size ' || pg_database_size(current_database())"
    df -Pk "$(sql --command 'SHOW data_directory')" | awk 'NR == 2 { printf "deploy-action: room %.0f\n", $4 * 1024 }'
    ;;
  # the dump and the counts see the same moment, whatever is written meanwhile
  save)
    sql <<SAVE
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot() AS snapshot \\gset
\\setenv SNAPSHOT :snapshot
\\! pg_dump --no-password --format=custom --snapshot="\$SNAPSHOT" < /dev/null && echo 'deploy-action: saved' >&2
\\o |cat >&2
$tables
SAVE
    ;;
  tables) counted ;;
  revision) printf '%s\n' "$revisions" | sql ;;
  # not joined by &&: a failure inside must end this
  prove)
    copy_beside $proof
    drop $proof
    ;;
  unprove) drop $proof ;;
  load) copy_beside $loaded ;;
  unload) drop $loaded ;;
  swap)
    drop $before
    swap $loaded $before
    ;;
  unswap) if exists $before; then swap $before $loaded; fi ;;
  finish) drop $before ;;
  sever) end_sessions "client_addr = '$4'" ;;
esac
