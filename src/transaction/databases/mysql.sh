# MySQL and MariaDB, asked inside their own container by their own tools: sh -c THIS deploy-action VERB USER DATABASE [ARGUMENT]
# The password is in the container's environment already, and reaches the tools by the environment only.
set -eu
said() { eval "set -- \"\${$1:-}\" \"\${$1_FILE:-}\""; if [ -z "$1" ] && [ -n "$2" ]; then cat "$2"; else printf '%s' "$1"; fi; }
first() { for name; do value=$(said "$name"); [ -z "$value" ] || { printf '%s' "$value"; return; }; done; }
database=${3:-$(first MYSQL_DATABASE MARIADB_DATABASE)}
own=$(first MYSQL_USER MARIADB_USER)
MYSQL_PWD=$(first MYSQL_ROOT_PASSWORD MARIADB_ROOT_PASSWORD)
user=${2:-root}
if [ -n "$own" ] && { [ "$user" = "$own" ] || { [ -z "$2" ] && [ -z "$MYSQL_PWD" ]; }; }; then user=$own MYSQL_PWD=$(first MYSQL_PASSWORD MARIADB_PASSWORD); fi
export MYSQL_PWD
proof=deploy_action_proof
of() { command -v "$1" 2> /dev/null || command -v "$2"; }
sql() { "$(of mysql mariadb)" --batch --skip-column-names --user="$user" "$@"; }
drop() { sql --execute "DROP DATABASE IF EXISTS \`$1\`"; }
# tables DATABASE: rows and JSON name of each
rows() {
  sql --execute "SELECT CONCAT('SELECT COUNT(*), ', QUOTE(JSON_QUOTE(table_name)), ' FROM \`', REPLACE(table_name, '\`', '\`\`'), '\`;') FROM information_schema.tables WHERE table_schema = '$1' AND table_type = 'BASE TABLE' ORDER BY table_name" > /tmp/deploy-action.sql
  sql --raw "$1" < /tmp/deploy-action.sql
  rm -f /tmp/deploy-action.sql
}
revision() {
  for table in alembic_version:version_num django_migrations:"concat(count(*),'-',left(md5(group_concat(app,'.',name order by app,name)),12))" flyway_schema_history:'max(version)' _prisma_migrations:'max(migration_name)'; do
    [ -z "$(sql --execute "SELECT 1 FROM information_schema.tables WHERE table_schema = '$1' AND table_name = '${table%%:*}'")" ] ||
      sql "$1" --execute "SELECT CONCAT('deploy-action: revision ', COALESCE(${table#*:}, '')) FROM ${table%%:*}"
  done
}
tell() { rows "$1" | awk -F '\t' '{ print "deploy-action: table " $1 " " $1 " " $2 }'; revision "$1"; }
# fill DATABASE: emptied, with the character set of the real one, which a dump does not carry, then filled from standard input
fill() {
  like=$(sql --execute "SELECT CONCAT('CHARACTER SET ', default_character_set_name, ' COLLATE ', default_collation_name) FROM information_schema.schemata WHERE schema_name = '$database'")
  sql --execute "DROP DATABASE IF EXISTS \`$1\`; CREATE DATABASE \`$1\` $like"
  sql "$1"
}

case $1 in
  size)
    sql --execute "SELECT CONCAT('deploy-action: size ', COALESCE(SUM(data_length + index_length), 0)) FROM information_schema.tables WHERE table_schema = '$database'"
    df -Pk "$(sql --execute 'SELECT @@datadir')" | awk 'NR == 2 { printf "deploy-action: room %.0f\n", $4 * 1024 }'
    ;;
  # rows are counted before and after, since writing goes on; a table of the copy has to be in between
  save)
    rows "$database" > /tmp/deploy-action.before
    "$(of mysqldump mariadb-dump)" --user="$user" --single-transaction --quick --routines --triggers --events --hex-blob --no-tablespaces "$database"
    rows "$database" | awk -F '\t' 'FNR == NR { before[$2] = $1; next } { low = ($2 in before) ? before[$2] : $1; high = $1; if (low > high) { high = low; low = $1 } print "deploy-action: table " low " " high " " $2 }' /tmp/deploy-action.before - >&2
    revision "$database" >&2
    rm -f /tmp/deploy-action.before
    echo 'deploy-action: saved' >&2
    ;;
  tables) tell "$database" ;;
  revision) revision "$database" ;;
  prove | load)
    fill $proof
    tell $proof
    drop $proof
    ;;
  unprove | unload) drop $proof ;;
  # MySQL cannot rename a database: from the backup on standard input, after a proof
  swap | unswap) fill "$database" ;;
  finish) ;;
  sever) sql --execute "SELECT CONCAT('KILL ', id, ';') FROM information_schema.processlist WHERE host LIKE '$4:%'" | sql ;;
esac
