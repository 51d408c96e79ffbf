import{a as e,c as t,d as n,i as r,l as i,n as a,o,r as s,s as c,t as l}from"./unready.js";import{n as u,t as d}from"./errors.js";import{n as f,t as p}from"./quote.js";import{t as ee}from"./dist.js";import{m as te}from"./source-tree.js";import{t as ne}from"./archive.js";import{h as re,m as ie}from"./stack.js";import{t as ae}from"./under-way.js";import{r as oe}from"./server.js";import{gzipSync as m}from"node:zlib";import{createHash as se}from"node:crypto";var ce=ee(),le=`set -eu
said() { eval "set -- \\"\\\${$1:-}\\" \\"\\\${$1_FILE:-}\\""; if [ -z "$1" ] && [ -n "$2" ]; then cat "$2"; else printf '%s' "$1"; fi; }
first() { for name; do value=$(said "$name"); [ -z "$value" ] || { printf '%s' "$value"; return; }; done; }
database=\${3:-$(first MYSQL_DATABASE MARIADB_DATABASE)}
own=$(first MYSQL_USER MARIADB_USER)
MYSQL_PWD=$(first MYSQL_ROOT_PASSWORD MARIADB_ROOT_PASSWORD)
user=\${2:-root}
if [ -n "$own" ] && { [ "$user" = "$own" ] || { [ -z "$2" ] && [ -z "$MYSQL_PWD" ]; }; }; then user=$own MYSQL_PWD=$(first MYSQL_PASSWORD MARIADB_PASSWORD); fi
export MYSQL_PWD
proof=deploy_action_proof
of() { command -v "$1" 2> /dev/null || command -v "$2"; }
sql() { "$(of mysql mariadb)" --batch --skip-column-names --user="$user" "$@"; }
drop() { sql --execute "DROP DATABASE IF EXISTS \\\`$1\\\`"; }
rows() {
  sql --execute "SELECT CONCAT('SELECT COUNT(*), ', QUOTE(JSON_QUOTE(table_name)), ' FROM \\\`', REPLACE(table_name, '\\\`', '\\\`\\\`'), '\\\`;') FROM information_schema.tables WHERE table_schema = '$1' AND table_type = 'BASE TABLE' ORDER BY table_name" > /tmp/deploy-action.sql
  sql --raw "$1" < /tmp/deploy-action.sql
  rm -f /tmp/deploy-action.sql
}
revision() {
  for table in alembic_version:version_num django_migrations:"concat(count(*),'-',left(md5(group_concat(app,'.',name order by app,name)),12))" flyway_schema_history:'max(version)' _prisma_migrations:'max(migration_name)'; do
    [ -z "$(sql --execute "SELECT 1 FROM information_schema.tables WHERE table_schema = '$1' AND table_name = '\${table%%:*}'")" ] ||
      sql "$1" --execute "SELECT CONCAT('deploy-action: revision ', COALESCE(\${table#*:}, '')) FROM \${table%%:*}"
  done
}
tell() { rows "$1" | awk -F '\\t' '{ print "deploy-action: table " $1 " " $1 " " $2 }'; revision "$1"; }
fill() {
  like=$(sql --execute "SELECT CONCAT('CHARACTER SET ', default_character_set_name, ' COLLATE ', default_collation_name) FROM information_schema.schemata WHERE schema_name = '$database'")
  sql --execute "DROP DATABASE IF EXISTS \\\`$1\\\`; CREATE DATABASE \\\`$1\\\` $like"
  sql "$1"
}
case $1 in
  size)
    sql --execute "SELECT CONCAT('deploy-action: size ', COALESCE(SUM(data_length + index_length), 0)) FROM information_schema.tables WHERE table_schema = '$database'"
    df -Pk "$(sql --execute 'SELECT @@datadir')" | awk 'NR == 2 { printf "deploy-action: room %.0f\\n", $4 * 1024 }'
    ;;
  save)
    rows "$database" > /tmp/deploy-action.before
    "$(of mysqldump mariadb-dump)" --user="$user" --single-transaction --quick --routines --triggers --events --hex-blob --no-tablespaces "$database"
    rows "$database" | awk -F '\\t' 'FNR == NR { before[$2] = $1; next } { low = ($2 in before) ? before[$2] : $1; high = $1; if (low > high) { high = low; low = $1 } print "deploy-action: table " low " " high " " $2 }' /tmp/deploy-action.before - >&2
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
  swap | unswap) fill "$database" ;;
  finish) ;;
  sever) sql --execute "SELECT CONCAT('KILL ', id, ';') FROM information_schema.processlist WHERE host LIKE '$4:%'" | sql ;;
esac`,ue=`set -eu
said() { eval "set -- \\"\\\${$1:-}\\" \\"\\\${$1_FILE:-}\\""; if [ -z "$1" ] && [ -n "$2" ]; then cat "$2"; else printf '%s' "$1"; fi; }
PGUSER=\${2:-$(said POSTGRES_USER)}
PGUSER=\${PGUSER:-postgres}
PGDATABASE=\${3:-$(said POSTGRES_DB)}
PGDATABASE=\${PGDATABASE:-$PGUSER}
PGPASSWORD=$(said POSTGRES_PASSWORD)
[ -n "$PGPASSWORD" ] || unset PGPASSWORD
export PGUSER PGDATABASE PGPASSWORD PGCONNECT_TIMEOUT=10 PGAPPNAME=deploy-action PGOPTIONS='-c client_min_messages=warning'
proof=deploy_action_proof loaded=deploy_action_restored before=deploy_action_before
sql() { psql --no-psqlrc --quiet --tuples-only --no-align --no-password --set ON_ERROR_STOP=1 "$@"; }
rows="SELECT format(\\$f\\$SELECT 'deploy-action: table ' || count(*) || ' ' || count(*) || %L FROM ONLY %I.%I\\$f\\$, ' ' || to_json(n.nspname || '.' || c.relname), n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1 \\\\gexec"
revisions="SELECT format(\\$f\\$SELECT 'deploy-action: revision ' || coalesce(%s, '') FROM %I.%I\\$f\\$, CASE c.relname WHEN 'alembic_version' THEN 'string_agg(version_num, '','' ORDER BY version_num)'
  WHEN 'flyway_schema_history' THEN '(array_agg(version ORDER BY installed_rank DESC))[1]' WHEN '_prisma_migrations' THEN 'max(migration_name)' ELSE 'count(*) || ''-'' || left(md5(string_agg(app || ''.'' || name, '','' ORDER BY app, name)), 12)' END, n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relname IN ('alembic_version', 'django_migrations', 'flyway_schema_history', '_prisma_migrations') ORDER BY 1 \\\\gexec"
tables="$rows
$revisions"
copy_beside() {
  drop "$1"
  real=" DATABASE $(sql --command 'SELECT quote_ident(current_database())') " copy=" DATABASE $1 "
  export real copy
  pg_dump --no-password --create --schema-only --exclude-schema='*' | awk '(at = index($0, ENVIRON["real"])) && /^(CREATE|ALTER|GRANT|REVOKE) / {
    print substr($0, 1, at - 1) ENVIRON["copy"] substr($0, at + length(ENVIRON["real"])) }' | sql
  pg_restore --no-password --exit-on-error --dbname "$1"
  counted --dbname "$1"
}
counted() { printf '%s\\n' "$tables" | sql "$@"; }
drop() {
  end_sessions "datname = '$1'"
  sql --command "DROP DATABASE IF EXISTS $1"
}
end_sessions() { sql --command "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND $1" > /dev/null; }
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
    df -Pk "$(sql --command 'SHOW data_directory')" | awk 'NR == 2 { printf "deploy-action: room %.0f\\n", $4 * 1024 }'
    ;;
  save)
    sql <<SAVE
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot() AS snapshot \\\\gset
\\\\setenv SNAPSHOT :snapshot
\\\\! pg_dump --no-password --format=custom --snapshot="\\$SNAPSHOT" < /dev/null && echo 'deploy-action: saved' >&2
\\\\o |cat >&2
$tables
SAVE
    ;;
  tables) counted ;;
  revision) printf '%s\\n' "$revisions" | sql ;;
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
esac`,de=`set -eu
file=$3 beside=$3.deploy-action
ask() {
  if command -v sqlite3 > /dev/null; then
    sqlite3 -batch -bail "$1"
  else
    python3 -c 'import sqlite3, sys
cursor = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
for line in sys.stdin:
    for row in cursor.execute(line): print("|".join("" if value is None else str(value) for value in row))' "$1"
  fi
}
names() { echo "SELECT quote(name) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name;" | ask "$1"; }
count() { names "$1" | sed "s/^'\\(.*\\)'\\$/\\1/; s/''/'/g" | while IFS= read -r name; do
  quoted=$(printf '%s' "$name" | sed 's/"/""/g')
  printf '%s %s\\n' "$(echo "SELECT count(*) FROM \\"$quoted\\";" | ask "$1")" "$(printf '%s' "$name" | sed 's/[\\\\"]/\\\\&/g; s/.*/"&"/')"
done; }
revision() { for table in alembic_version:version_num django_migrations:"count(*)||'-'||max(app||'.'||name)" _prisma_migrations:'max(migration_name)'; do
  [ -z "$(echo "SELECT 1 FROM sqlite_master WHERE name = '\${table%%:*}';" | ask "$1")" ] ||
    echo "SELECT 'deploy-action: revision ' || coalesce(\${table#*:}, '') FROM \${table%%:*};" | ask "$1"
done; }
tell() { count "$1" | sed 's/^\\([0-9]*\\) /deploy-action: table \\1 \\1 /'; revision "$1"; }
fetch() {
  cat > "$beside"
  [ "$(echo 'PRAGMA integrity_check;' | ask "$beside")" = ok ]
}
case $1 in
  size)
    if [ -e "$file" ]; then echo "deploy-action: size $(($(wc -c < "$file") * 2))"; else echo 'deploy-action: size none'; fi
    df -Pk "\${file%/*}" | awk 'NR == 2 { printf "deploy-action: room %.0f\\n", $4 * 1024 }'
    ;;
  save)
    rm -f "$beside"
    echo "VACUUM INTO '$beside';" | ask "$file"
    cat "$beside"
    tell "$beside" >&2
    rm -f "$beside"
    echo 'deploy-action: saved' >&2
    ;;
  tables) tell "$file" ;;
  revision) revision "$file" ;;
  prove | load)
    fetch
    tell "$beside"
    [ "$1" = load ] || rm -f "$beside"
    ;;
  unprove | unload) rm -f "$beside" ;;
  swap)
    cp -p "$file" "$file.deploy-before"
    for part in -wal -shm -journal; do if [ -e "$file$part" ]; then mv -f "$file$part" "$file.deploy-before$part"; fi; done
    cat "$beside" > "$file"
    rm -f "$beside"
    ;;
  unswap)
    if [ -e "$file.deploy-before" ]; then
      rm -f "$file-wal" "$file-shm" "$file-journal"
      cat "$file.deploy-before" > "$file"
      for part in -wal -shm -journal; do if [ -e "$file.deploy-before$part" ]; then mv -f "$file.deploy-before$part" "$file$part"; fi; done
      rm -f "$file.deploy-before"
    fi
    ;;
  finish) rm -f "$file.deploy-before" "$file.deploy-before-wal" "$file.deploy-before-shm" "$file.deploy-before-journal" ;;
esac`,fe=`database() {
  timeout -k 10 "$database_limit" docker $database_at -c "$database_tool" deploy-action "$1" "$database_user" "$database_name" "\${2:-}"
}
find_database() {
  if [ "$database_kind" = sqlite ]; then
    id=$(of_service "$database_service" | head -n 1)
    database_at="run --rm -i --network none --volumes-from $id --entrypoint sh $(docker inspect --format '{{.Image}}' "$id" 2> /dev/null)"
  else
    id=$(docker ps --quiet --no-trunc --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$database_service" --filter label=com.docker.compose.oneoff=False | head -n 1)
    database_at="exec -i $id sh"
  fi
  [ -n "$id" ] || fail BACKUP "no container of $database_service runs, so its database cannot be asked"
}
unbacked() {
  of_others=yes
  hide < "$operation/last" | tail -c 262144 > "$operation/shown"
  of_others=''
  mv -f "$operation/shown" "$operation/last"
  evidence backup
  fail BACKUP "$1: $(tail -n 1 "$operation/last" | tr -d '\\000-\\037' | head -c 300)"
}
said_of() { sed -n "s/^deploy-action: $2 *//p" "$1" | tail -n 1; }
backup_database() {
  if [ "$pending" = no ]; then
    note backup "$database_service" 'not made, the release brings no new revision'
    return 0
  fi
  find_database || return
  backup=$dot/backups/\${operation##*/}
  { capture mkdir -p "$dot/backups" && enough_room; } || return
  if [ "$size" = none ]; then
    note backup "$database_service" 'not made, there is no database yet'
    return 0
  fi
  undo_with forget_proof && save_backup || return
  if [ "$database_kind" != command ] && [ "\${asked_schema:-base}" = base ] && ! grep -q '^deploy-action: table' "$operation/saved"; then
    rm -f "$backup.part"
    note backup "$database_service" 'not made, there is nothing in the database yet'
    return 0
  fi
  prove_backup && keep_backup
}
enough_room() {
  capture database size || { unbacked "the database of $database_service does not answer"; return; }
  size=$(said_of "$operation/last" size) room=$(said_of "$operation/last" room)
  [ "$size" != none ] || return 0
  free=$(df -Pk -- "$dot" | awk 'NR == 2 { printf "%.0f", $4 * 1024 }')
  for here in "\${free:-0}" "\${room:-$free}"; do
    [ $((\${size:-0} + 67108864)) -le "$here" ] && continue
    fail BACKUP "there is not enough room for a backup and its proof: the database has $((size / 1048576)) MiB, free are $((here / 1048576)) MiB"
    return
  done
}
save_backup() {
  sum=$({ database save 2> "$operation/saved"; printf '%s\\n' "$?" > "$operation/status"; } < /dev/null | tee "$backup.part" | sha256sum | cut -d' ' -f1)
  tail -c 262144 "$operation/saved" > "$operation/last"
  if [ "$(cat "$operation/status")" != 0 ] || ! grep -qx 'deploy-action: saved' "$operation/saved"; then
    unbacked "the backup of $database_service could not be made"
  elif ! sync "$backup.part" || [ "$(sha256sum < "$backup.part" | cut -d' ' -f1)" != "$sum" ]; then
    fail BACKUP "the backup of $database_service did not arrive whole in $dot/backups; is the disk full?"
  fi
}
prove_backup() {
  database prove < "$backup.part" > "$operation/proved" 2> "$operation/last" || { unbacked 'the backup could not be restored for its proof'; return; }
  differences "$operation/saved" "$operation/proved" > "$operation/last"
  [ ! -s "$operation/last" ] || { unbacked 'what was restored from the backup is not what was saved'; return; }
  revision=$(said_of "$operation/proved" revision | tr -dc 'A-Za-z0-9_.,-' | head -c 200)
  [ -n "$revision$asked_schema" ] || revision=$(schema_revision before | tr -dc 'A-Za-z0-9_.,-' | head -c 200)
  [ "\${asked_schema:-base}" = base ] || [ "$asked_schema" = "$revision" ] ||
    fail BACKUP "the backup is at revision \${revision:-none}, but the migration's database at $asked_schema: backup.database may name another one"
}
differences() {
  awk '$1 != "deploy-action:" { next }
    { rest = $0; sub($2 == "table" ? "^[^ ]+ [^ ]+ [^ ]+ [^ ]+ " : "^[^ ]+ [^ ]+ ?", "", rest) }
    $2 == "table" && FNR == NR { low[rest] = $3; high[rest] = $4 }
    $2 == "table" && FNR != NR { if (!(rest in low)) print rest " was not saved"; else if ($3 < low[rest] || $3 > high[rest]) print rest " has " $3 " rows, not " low[rest]; seen[rest] = 1 }
    $2 == "revision" { if (FNR == NR) there[rest] = 1; else if (rest in there) delete there[rest]; else print "revision " rest " was not saved" }
    END { for (name in low) if (!(name in seen)) print name " is missing"; for (name in there) print "revision " name " is missing" }' "$1" "$2"
}
keep_backup() {
  bytes=$(stat -c %s "$backup.part")
  printf '{"id":"%s","kind":"%s","service":"%s","release":"%s","next":"%s","revision":"%s","bytes":%s,"sha256":"%s","made":"%s","tables":{%s}}\\n' \\
    "\${backup##*/}" "$database_kind" "$database_service" "$previous" "$release" "$revision" "$bytes" "$sum" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \\
    "$(awk '$2 == "table" { rest = $0; sub("^[^ ]+ [^ ]+ [^ ]+ [^ ]+ ", "", rest); printf "%s%s:%s", comma, rest, $3; comma = "," }' "$operation/proved")" > "$backup.new"
  { sed -n '/^deploy-action: /p' "$operation/proved" > "$backup.rows" && mv -f "$backup.part" "$backup.dump" && sync "$backup.dump" "$backup.rows" "$backup.new" && mv -f "$backup.new" "$backup.json" && sync "$dot/backups"; } ||
    { fail BACKUP "the backup could not be kept in $dot/backups"; return; }
  note backup "$database_service" "\${backup##*/}, proven: $((bytes / 1024)) KiB, $(grep -c '^deploy-action: table' "$operation/proved") tables\${revision:+, revision $revision}"
}
forget_proof() {
  left=$dot/backups/\${operation##*/}
  rm -f "$left.part" "$left.new"
  [ -e "$left.json" ] || rm -f "$left.dump" "$left.rows"
  ! find_database || database unprove < /dev/null > /dev/null 2>&1
  return 0
}
sever_sessions() {
  [ -s "$operation/address" ] && find_database || return 0
  while IFS= read -r address <&6; do database sever "$address" < /dev/null > /dev/null 2>&1; done 6< "$operation/address"
  rm -f "$operation/address"
}
prune_backups() {
  nth=0
  (cd "$dot/backups" 2> /dev/null && ls -- *.json 2> /dev/null) | sort -r | while IFS= read -r file; do
    nth=$((nth + 1)) file=$dot/backups/\${file%.json}
    if [ "$nth" = 1 ] || [ "$file" = "$dot/backups/\${operation##*/}" ]; then continue; fi
    if [ "$nth" -gt "$backups_kept" ] || [ $(($(date +%s) - $(stat -c %Y "$file.json"))) -gt "$backups_seconds" ]; then rm -f "$file.json" "$file.dump" "$file.rows"; fi
  done
}`;const h=e=>[fe,...Object.entries(pe(e)).map(([e,t])=>`${e}=${f(t)}`),``].join(`
`),pe=e=>({database_kind:e.kind,database_service:e.service,database_user:e.user??``,database_name:e.file??e.database??``,database_limit:String(Math.ceil(e.timeout/1e3)),backups_kept:String(e.keep),backups_seconds:String(e.days/1e3),database_tool:ge(me(e))}),me=e=>e.kind===`postgres`?ue:e.kind===`mysql`?le:e.kind===`sqlite`?de:he(e),he=({save:e=[],prove:t=[],restore:n=[]})=>`set -eu
case $1 in
  save) ${p(e)}; echo 'deploy-action: saved' >&2 ;;
  prove) ${p(t)} ;;
  swap | unswap) ${p(n)} ;;
esac
`,ge=e=>e.split(`
`).filter(e=>!/^\s*(#.*)?$/.test(e)).join(`
`),_e=(e,t,n,r)=>{let i=Object.create(null),a=[];for(let[o,s]of Object.entries(e.images)){let c=(r[o]?.declared??``).replace(/^docker\.io\//,``),l=s.services??n.filter(e=>e.image!==null&&te(e.image)===c).map(e=>e.name);for(let[e,r]of l.entries())n.some(e=>e.name===r)?i[r]=o:a.push(t([`images`,o,`services`,e],`no compose file has a service ${r}`));l.length===0&&a.push(t([`images`,o],`no service of ${e.compose.files.join(`, `)} runs image ${o} (${c}): write that name as the service's image, or list the service under images.${o}.services`))}return e.compose.pin===`env`&&a.push(...ve(e,n,i)),{services:i,problems:a}},ve=(e,t,n)=>t.flatMap(t=>{let r=e.images[n[t.name]??``]?.variable;return r===void 0||t.image===null||RegExp(`^\\$(${r}|\\{${r}([:?+-].*)?\\})$`).test(t.image)?[]:[{file:t.file,line:t.line,column:t.column,message:`service ${t.name} has the image ${JSON.stringify(t.image)}, so the digest in $${r} would not be used: write image: \${${r}}, or use compose.pin: override`}]}),ye=(e,t,n,r={})=>{let i=[`# Made by deploy-action for this release: which bytes each service runs.`,`services:`];for(let[a,o]of Object.entries(e)){let e=n.find(({name:e})=>e===a);i.push(`  ${JSON.stringify(a)}:`,`    image: ${JSON.stringify(t[o])}`,`    pull_policy: never`),e?.hasBuild&&i.push(`    build: !reset null`);let s=r[a]?.kept;s!==void 0&&s.length===0?i.push(`    volumes: !reset []`):s!==void 0&&i.push(`    volumes: !override`,...s.map(({written:e})=>`      - ${JSON.stringify(e)}`)),e!==void 0&&e.containerName!==null&&i.push(`    container_name: !reset null`)}return`${i.join(`
`)}\n`},be=(e,t)=>Object.entries(e.images).map(([e,n])=>`${n.variable??``}=${t[e]??``}\n`).join(``),xe=(e,{required:t,requiredIf:n},r=[])=>{let i=Object.create(null);i[e]=[`deploy-action.env.: set`,...new Set([...t,...Object.keys(n)].map(e=>`deploy-action.env.${e}: "\${${e}:+set}"`)),...Object.entries(n).map(([e,t])=>{let[n=``,r=``]=t.split(`=`);return`deploy-action.env.-if.${e}: "=${r}=\${${n}:-}="`})];for(let{name:e,containerNameToAsk:t}of r)t!==void 0&&(i[e]=[...i[e]??[],`deploy-action.env.-name: ${JSON.stringify(t)}`]);return`services:\n${Object.entries(i).map(([e,t])=>`  ${JSON.stringify(e)}:\n    labels:\n${t.map(e=>`      ${e}\n`).join(``)}`).join(``)}`};var Se=`set -u
umask 077
LC_ALL=C
export LC_ALL
time_limit=''
verb=$1 nonce=$2 directory=$3 project=$4 operation_id=$5 env_file=$6 wait_seconds=$7 holder=$8 target=$9 repository=\${10:--} own=''
dot=$directory/.deploy
operation=$dot/operations/$operation_id
say() { printf '%s %s\\n' "$nonce" "$*"; }
tell() { base64 -w 32768 | sed "s/^/$nonce more $1 /; \\$s/ more / fact /"; }
leave() {
  say bye "$1"
  exit "$1"
}
receive() {
  while IFS= read -r line; do
    [ "$line" = . ] && return 0
    printf '%s\\n' "$line"
  done
  return 1
}
receive_file() {
  { receive || printf '!'; } | base64 -d > "$2" 2>/dev/null
  [ "$(sha256sum < "$2" | cut -d' ' -f1)" = "$1" ]
}
check_tools() {
  missing=
  for tool in flock setsid base64 sha256sum tar gzip sync timeout stat df tail tac awk sed grep mktemp realpath docker; do
    command -v "$tool" > /dev/null 2>&1 || missing="$missing $tool"
  done
  [ -z "$missing" ] || { say "lacks$missing"; return 1; }
}
enter_directory() {
  if [ "$verb" = observe ] && ! [ -e "$directory" ] && can_be_made "\${directory%/*}"; then return 0; fi
  if [ "$verb" = operate ]; then mkdir -p -- "$directory" 2> /dev/null; fi
  if ! { [ -d "$directory" ] && cd -- "$directory" && { [ "$verb" != operate ] || can_work; }; } 2> /dev/null; then
    { [ -d "$directory" ] && whose_fault || printf missing; } | tell directory
    return 1
  fi
  [ "$verb" != observe ] || may_work || whose_fault | tell directory
}
can_work() {
  mkdir -p .deploy/operations .deploy/releases && true >> .deploy/lock && true >> .deploy/holder && [ -w . ] && [ -w .deploy/operations ] && [ -w .deploy/releases ]
}
may_work() {
  for place in . .deploy .deploy/operations .deploy/releases .deploy/lock; do
    ! [ -e "$place" ] || [ -w "$place" ] || return 1
  done
}
whose_fault() { if [ -w "$directory" ]; then printf foreign; else printf unwritable; fi; }
can_be_made() {
  parent=$1
  while ! [ -e "$parent" ] && [ -n "$parent" ]; do parent=\${parent%/*}; done
  [ -w "\${parent:-/}" ]
}
take_lock() {
  exec 9<> "$dot/lock"
  if ! flock -n 9; then
    tell waiting < "$dot/holder" 2> /dev/null
    if ! flock -w "$wait_seconds" 9; then
      { cat "$dot/holder"; last_step; } 2> /dev/null | tell locked
      return 1
    fi
  fi
  printf '%s\\nsince %s\\noperation %s\\n' "$holder" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$operation_id" > "$dot/holder"
}
last_step() {
  folder=$dot/operations/$(sed -n 's/^operation //p' "$dot/holder")
  at=$(sed -n 's/^[0-9]* step //p' "$folder/journal" | tail -n 1)
  printf 'at step %s: %s\\n' "\${at:-0}" "$(sed -n "s/^  step $at \\([a-z_]* *[^ ]*\\).*/\\1/p" "$folder/program.sh" | tr _ ' ')"
}
unfinished() {
  grep -L '^[0-9]* end ' "$dot"/operations/*/journal 2> /dev/null | sed 's,/journal$,,'
}
settle_once() { sh "$left/program.sh" settle > "$left/settle-output" 2>&1 < /dev/null; }
has_ended() { grep -q '^[0-9]* end ' "$1/journal"; }
settle() {
  unfinished > "$dot/operations/.unfinished"
  while IFS= read -r left <&4; do
    say settling "\${left##*/}"
    settle_once
    has_ended "$left" || settle_once
    { printf '%s\\n' "\${left##*/}"; cat "$left/journal"; } | tell settled
  done 4< "$dot/operations/.unfinished"
  rm -f "$dot/operations/.unfinished"
  for folder in "$dot"/operations/*/; do
    [ -e "$folder/journal" ] || [ "$folder" = "$operation/" ] || rm -rf "$folder"
  done
}
parts() {
  cat "$dot/current/parts" 2> /dev/null && return
  id=$(readlink "$dot/current") && printf '%s %s\\n' "$repository" "\${id##*/}"
}
own_release() {
  parts | awk -v own="$repository" '$1 == own { mine = $2 } { key = $1; only = $2 } END { print mine == "" && NR == 1 && (own == "-" || key == "-") ? only : mine }'
}
incomplete() {
  head -c 262144 /dev/zero > "$work/room" 2> /dev/null || say full
  say incomplete "$1"
}
stage_request() {
  IFS= read -r sum || leave 0
  mkdir -p "$stage"
  if ! receive_file "$sum" "$work/request"; then
    incomplete request
    leave 0
  fi
  tar -xzf "$work/request" -C "$stage" || { incomplete request; leave 0; }
  [ -z "$target" ] || stage_release
}
stage_release() {
  release=$target
  case $target in
    previous) if broken_by_deploy; then release=$own; else release=$(cat "$dot/releases/$own/previous" 2> /dev/null); fi ;;
    current) release=$own ;;
  esac
  release=$(release_named "$release")
  [ -n "$release" ] || return 0
  cp -a "$dot/releases/$release/." "$stage/"
  printf '%s' "$release" | tell target
  rm -f "$stage/release.json" "$stage/previous"
}
broken_by_deploy() { grep -qx 'kind deploy' "$dot/broken" && grep -qxF -- "previous $own" "$dot/broken"; } 2> /dev/null
release_named() {
  for candidate in "$dot"/releases/*/release.json; do
    candidate=\${candidate%/release.json}
    candidate=\${candidate##*/}
    case $1 in
      "$candidate" | "\${candidate%%-*}") ;;
      "\${candidate#*-}"*) ;;
      *) continue ;;
    esac
    if [ -e "$dot/releases/$candidate/release.json" ]; then printf '%s\\n' "$candidate"; fi
  done | sort -n | tail -n 1
}
run_front() {
  check_tools || leave 0
  enter_directory || leave 0
  case $verb in
    operate)
      take_lock || leave 0
      settle
      unfinished | tell unfinished
      stage=$operation/stage work=$operation/work
      mkdir -p "$work"
      ;;
    observe)
      work=$(mktemp -d)
      stage=$work/stage
      trap 'rm -rf "$work"' EXIT
      trap 'exit 1' HUP INT PIPE TERM
      unfinished | tell unfinished
      ;;
    follow)
      mend
      exec 7<&0
      watch_client <&7 &
      follow "$target"
      leave 0
      ;;
  esac
  own=$(own_release)
  stage_request
  observe
  [ "$verb" = operate ] || rm -rf "$work"
  say ready
  [ "$verb" = operate ] || leave 0
  decide
}
decide() {
  read -r word sum || word=
  if [ "$word" = go ] && receive_file "$sum" "$work/program" && gzip -dc < "$work/program" > "$operation/program.sh" && IFS= read -r secrets; then
    rm -rf "$work"
    unfinished | while IFS= read -r left; do [ "$left" = "$operation" ] || printf '0 end broken\\n' >> "$left/journal"; done
    cat /proc/uptime > "$operation/alive"
    printf '%s\\n' "$secrets" | setsid sh "$operation/program.sh" run > "$operation/stray" 2>&1 &
    printf '%s' "$!" > "$operation/pid"
    secrets=
    exec 9>&-
    exec 7<&0
    watch_client <&7 &
    follow 1
  else
    [ "$word" = go ] && incomplete program
    rm -rf "$operation"
  fi
  leave 0
}
watch_client() {
  exec > /dev/null
  while IFS= read -r word; do
    case $word in
      cancel) : > "$operation/cancelled" ;;
      switch | commit | back) : > "$operation/word-$word" ;;
    esac
    cat /proc/uptime > "$operation/alive"
  done
  : > "$operation/lost"
}
follow() {
  if ! [ -e "$operation/pid" ]; then
    say gone
    return
  fi
  while ! [ -e "$operation/journal" ] && runs; do sleep 0.01; done
  [ -e "$operation/journal" ] || { say gone; return; }
  say follow
  if runs; then
    tail -n "+$1" -s 0.1 -f --pid="$(cat "$operation/pid")" -- "$operation/journal" 2> /dev/null
  else
    tail -n "+$1" -- "$operation/journal" 2> /dev/null
  fi | sed -u 's/$/ ;/' # whoever reads a line without the mark knows that it was cut
  has_ended "$operation" || say died
}
mend() {
  [ -e "$operation/journal" ] || return 0
  exec 9<> "$dot/lock"
  until runs || has_ended "$operation"; do
    if flock -w 1 9; then settle > /dev/null && break; fi
  done
  exec 9>&-
}
runs() { is_seen || { sleep 0.1 && is_seen; }; }
is_seen() {
  running=$(cat "$operation/pid")
  case $(tr '\\0' ' ' 2> /dev/null < "/proc/$running/cmdline") in
    *"$operation_id"*) return 0 ;;
    '') grep -q '^State:.[^ZX]' "/proc/$running/status" 2> /dev/null ;;
    *) return 1 ;;
  esac
}`,Ce=`stack() {
  gather listed
  sed -n '/ ""$/!s/^[^ ]* "[^"]*" //p' "$work/listed" > "$work/published"
  sed -n "/^[^ ]* \\"$project\\" /!s/^[^ ]* \\"[^\\"]*\\" \\"\\([^\\"]*\\)\\" .*/\\1/p" "$work/listed" > "$work/other_containers"
  inspect_containers $(sed -n "s/^\\([^ ]*\\) \\"$project\\" .*/\\1/p" "$work/listed") > "$work/containers"
  gather disk
}
listed() { docker ps --all --no-trunc --format '{{.ID}} {{json (.Label "com.docker.compose.project")}} {{json .Names}} {{json .Ports}}'; }
images() {
  sed -n 's/^    image: //p' "$work/resolved" | sort -u > "$work/references"
  sed 's/.*"imageId":"\\([^"]*\\)".*/\\1/' "$work/containers" | sort -u > "$work/running-images"
  docker image inspect --format '{"id":{{json .ID}},"digests":{{json .RepoDigests}}}' $(cat "$work/running-images" "$work/references") > "$work/image_digests" 2> "$work/absent"
  present_images > "$work/present_images"
}
present_images() {
  if ! [ -s "$work/absent" ]; then
    cat "$work/references"
    return
  fi
  while IFS= read -r reference; do
    grep -qF -- "$reference" "$work/absent" ||
      { docker image inspect --format '{{.ID}}' "$reference" > /dev/null 2>&1 && printf '%s\\n' "$reference"; } &
  done < "$work/references"
  wait
}
without_values() {
  awk '
    /^[^ ]/ { section = $1; keep = (section == "name:"); if (keep || section == "services:" || section == "networks:" || section == "volumes:") print; next }
    section == "services:" && /^  [^ ]/ { print; keep = 0; next }
    section == "services:" && /^    [^ -]/ {
      key = $1
      keep = (key ~ /^(image|container_name|restart|ports|depends_on|volumes|network_mode|deploy|mem_limit|cpus|scale|stop_grace_period|platform|privileged|user|build|pid|profiles|configs):$/)
      if (key == "build:") { print "    build: true"; keep = 0; next }
      if (key == "healthcheck:") { print "    healthcheck:"; next }
      if (key == "labels:") next
      inner = 0
      if (keep) print
      next
    }
    section == "services:" && key == "healthcheck:" { if ($1 == "disable:") print; next }
    section == "services:" && key == "labels:" && $1 ~ /^deploy-action\\.env\\.-if\\./ {
      value = $0
      sub(/^[^:]*: */, "", value)
      gsub(/^["\\047]|["\\047]$/, "", value)
      print "    x-" $1 " " (split(value, part, "=") == 4 && part[2] == part[3] ? "met" : "unmet")
      next
    }
    section == "services:" && key == "labels:" { if ($1 ~ /^deploy-action\\.env\\./) { sub(/^ */, ""); print "    x-" $0 } next }
    (section == "networks:" || section == "volumes:") && /^  [^ ]/ { print; next }
    (section == "networks:" || section == "volumes:") && /^    (name|external):/ { print; next }
    section == "services:" && keep && key == "deploy:" && /^      [^ -]/ { inner = ($1 == "labels:") }
    section == "services:" && keep && !(key == "deploy:" && inner) { print }
  '
}
service_hashes() {
  awk -v folder="$work" '
    { print }
    /^[^ ]/ { section = $1; next }
    section == "services:" && /^    labels:$/ { labels = $0; next }
    section == "services:" && /^      deploy-action\\.env\\./ { next }
    section == "services:" && labels != "" { if (/^      /) print labels | command; labels = "" }
    section == "services:" && /^  [^ ]/ {
      if (command) close(command)
      name = $1; sub(/:$/, "", name); gsub(/"/, "", name)
      command = "sha256sum > \\"" folder "/hash-" name "\\""
    }
    section == "services:" && command { print | command }
    END { if (command) close(command) }
  '
}
resolve() {
  [ -e "$stage/compose.sh" ] || return
  . "$stage/compose.sh"
  { compose_over "$stage/project" "$stage" "$stage/probe.yml" config 2> "$work/resolved-error" || : > "$work/unresolved"; } | service_hashes | without_values > "$work/resolved"
  if [ -e "$work/unresolved" ]; then
    : > "$work/resolved"
    rm -f "$work"/hash-*
  fi
  for hash in "$work"/hash-*; do
    [ -e "$hash" ] && printf '%s %s\\n' "\${hash##*/hash-}" "$(cut -d' ' -f1 < "$hash")"
  done > "$work/hashes"
  cp "$work/hashes" "$stage/hashes"
  bind_sources < "$work/resolved" | while IFS= read -r source; do
    stat -c '%u %g %a %F	%n' -- "$source" 2> /dev/null || printf 'missing	%s\\n' "$source"
  done > "$work/binds"
  missing_externals > "$work/missing_externals"
}
externals() {
  awk '
    /^[^ ]/ { kind = $1 == "networks:" ? "network" : $1 == "volumes:" ? "volume" : ""; next }
    kind != "" && /^    name:/ { name = $2; gsub(/"/, "", name) }
    kind != "" && /^    external: true/ { print kind, name }
  ' "$work/resolved"
}
missing_externals() {
  externals | while read -r kind name; do
    docker "$kind" inspect "$name" > /dev/null 2>&1 || printf '%s %s\\n' "$kind" "$name"
  done
}
without_hidden() {
  awk -v file="$directory/$env_file" '
    BEGIN { while ((getline value < file) > 0) { sub(/^[^=]*=/, "", value); gsub(/^[ \\t"\\047]+|[ \\t\\r"\\047]+$/, "", value); if (length(value) > 5) values[value] } }
    { for (value in values) while (at = index($0, value)) $0 = substr($0, 1, at - 1) "***" substr($0, at + length(value)); print }
  '
}
without_lines() { sed 's/in variable name ".*/in a variable name (the line is not shown)/'; }
bind_sources() {
  awk '/^ *- type: / { bind = ($3 == "bind") } bind && /^ *source: / { sub(/^ *source: /, ""); gsub(/^"|"$/, ""); print; bind = 0 }'
}
brought_files() {
  { (cd "$stage/project" && find . -type f) | sed 's,^\\./,,'; sed 's/^[0-9a-f]*  //' "$dot/releases/$own/manifest"; } 2> /dev/null | sort -u |
    sums_of_those_there
}
sums_of_those_there() (
  cd -- "$directory" || return
  set --
  while IFS= read -r file; do if [ -f "$file" ]; then set -- "$@" "$file"; fi; done
  [ $# = 0 ] || sha256sum -- "$@"
)
disk() {
  root=$(sed -n 's/.*"hostname":"\\(\\/[^"]*\\)\\/containers\\/.*/\\1/p' "$work/containers" | head -n 1)
  [ -n "$root" ] || root=$(docker info --format '{{.DockerRootDir}}' 2> /dev/null)
  df -Pk -- "$directory" \${root:+"$root"} 2> /dev/null | tail -n +2
}
gather() {
  "$1" > "$work/$1" 2> "$work/$1.error"
}
engine() { docker version --format '{{.Server.Version}} {{.Server.Os}}/{{.Server.Arch}} {{.Client.Version}}'; }
compose_version() { compose version --short; }
listening() { cat /proc/net/tcp /proc/net/tcp6 2> /dev/null | awk '$4 == "0A" { print $2 }' | sort -u; }
environment_file() { stat -c '%a %U %s' -- "$directory/$env_file"; }
environment_values() {
  blank='[[:space:]]'
  sed -n "s/^$blank*\\(export$blank\\{1,\\}\\)\\{0,1\\}\\([A-Za-z_][A-Za-z0-9_]*\\)$blank*=$blank\\{1,\\}#.*/comment \\2/p" "$directory/$env_file"
  [ -s "$stage/env-checks" ] || return 0
  . "$stage/compose.sh"
  if ! values=$(compose_over "$stage/project" "$stage" '' config --environment); then
    sed 's/^\\([a-z]* [A-Za-z0-9_]*\\).*/\\1 unknown/' "$stage/env-checks"
    return
  fi
  shown=
  if [ -e "$stage/example.env" ]; then
    shown=$(printf 'services: { nothing: { image: none } }\\n' | compose --project-name none --project-directory "$stage" --env-file "$stage/example.env" --file - config --environment)
  fi
  while read -r check name wanted; do
    value=$(value_of "$values" "$name")
    case $check in
      match) printf '%s\\n' "$value" | grep -qE -e "$wanted" ;;
      *) [ "$value" != "$(value_of "$shown" "$name")" ] || [ -z "$value" ] ;;
    esac || printf '%s %s no\\n' "$check" "$name"
  done < "$stage/env-checks"
}
value_of() { printf '%s\\n' "$1" | sed -n "s/^$2=//p" | head -n 1; }
releases() { cat "$dot"/releases/*/release.json; }
current() { printf '%s\\n' "$own"; }
manifest() { cat "$dot/releases/$own/manifest"; }
others_brought() {
  parts | while read -r key id; do
    [ "$id" = "$own" ] || sed "s,^,$key ," "$dot/releases/$id/manifest"
  done
}
broken() { cat "$dot/broken"; }
seeds() { cat "$dot/seeds"; }
user() { id -un; id -Gn; }
shells() { command -v bash; }
recorded_hashes() { cat "$dot/releases/$own/hashes"; }
brought() { (cd "$stage/project" && find . -type f -exec sha256sum -- {} +) | sed 's,  \\./,  ,'; }
looked() {
  [ -e "$stage/look.sh" ] || return
  (. "$stage/look.sh" 2> /dev/null)
}
observe() {
  find_compose
  facts='looked recorded_hashes engine compose_version brought_files listening environment_file environment_values releases current parts others_brought broken manifest seeds user shells brought'
  for fact in $facts; do gather "$fact" & done
  stack &
  : > "$work/resolved"
  : > "$work/binds"
  resolve
  wait
  rm -f "$stage/look.sh"
  if [ -s "$work/containers" ] || [ -s "$work/resolved" ]; then images; fi
  set --
  for fact in $facts published other_containers containers image_digests disk present_images engine.error compose_version.error resolved resolved-error hashes binds missing_externals; do
    [ -s "$work/$fact" ] || continue
    case $fact in *error) without_hidden < "$work/$fact" > "$work/shown" && mv "$work/shown" "$work/$fact" ;; esac
    set -- "$@" "$work/$fact"
  done
  [ $# = 0 ] || awk -v nonce="$nonce" 'FNR == 1 { name = FILENAME; sub(/.*\\//, "", name); print nonce, name } { print }' "$@" | without_lines | tell look
}`;const g=e=>`${_} ${p([e.verb,e.nonce,e.directory,e.project,e.operation,e.environmentFile,String(e.waitSeconds),e.holder,e.target,e.repository])}`,we=[n,Ce,Se,`run_front`].map(e=>e.split(`
`).filter(e=>!/^\s*(#.*)?$/.test(e)).map(e=>e.trimStart()).join(`
`)).join(`
`),_=`exec ${p([`sh`,`-c`,we,`deploy-action`])}`,Te=`look.sh`,Ee=(e,t)=>[`cat "$dot"/backups/*.json 2> /dev/null`,`sed -n '$s/^[^ ]* /deploy-action: left /p' "$dot/schema" 2> /dev/null`,...e===void 0||!t?[]:[h(e),`fail() { return 1; }`,`find_database && database tables < /dev/null && echo "deploy-action: counted"`],``].join(`
`),De=e=>{let t=(e??``).split(`
`),n=e=>t.flatMap(t=>t.startsWith(`deploy-action: ${e} `)?[t.slice(e.length+16)]:[]);return{backups:t.flatMap(ke).toSorted((e,t)=>t.id.localeCompare(e.id)),left:n(`left`).at(-1)?.trim()??null,tables:t.includes(`deploy-action: counted`)?Object.fromEntries(n(`table`).flatMap(Oe)):null,revision:n(`revision`).at(-1)??null}},Oe=e=>{let t=/^(\d+) \d+ (".*")$/.exec(e);try{return t===null?[]:[[String(JSON.parse(t[2]??``)),Number(t[1])]]}catch{return[]}},ke=e=>{if(!e.startsWith(`{`))return[];try{let t=JSON.parse(e);return/^[\w-]+$/.test(t.id)&&typeof t.tables==`object`?[t]:[]}catch{return[]}},v=4096,y=e=>{let t=Buffer.from(e).toString(`base64`),n=[];for(let e=0;e<t.length;e+=v)n.push(t.slice(e,e+v));return`${n.join(`
`)}\n.\n`},b=e=>se(`sha256`).update(e).digest(`hex`),x=e=>{let t=m(ne(e));return`${b(t)}\n${y(t)}`},Ae=(e,t)=>{let n=m(e);return`go ${b(n)}\n${y(n)}${t}\n`},S=8192,C=1e3,w=e=>(t,n)=>e(t)?null:n,T=w(e=>typeof e==`string`&&e.length<=S&&!e.includes(`\0`)),E=e=>w(t=>typeof t==`string`&&t.length<=S&&e.test(t)),D=(...e)=>w(t=>e.includes(t)),O=w(e=>typeof e==`boolean`),k=w(e=>Number.isSafeInteger(e)&&e>=0&&e<=864e5),A=e=>(t,n)=>t===null?null:e(t,n),j=e=>(t,n)=>t===void 0?null:e(t,n),M=e=>(t,n)=>Array.isArray(t)&&t.length<=C?L(t.map((t,r)=>e(t,`${n}[${r}]`))):n,N=(e,t)=>(n,r)=>{let i=F(n)?Object.entries(n):null;return i===null||i.length>C?r:L(i.map(([n,i])=>e.test(n)?t(i,`${r}.${n}`):`${r}.${n.slice(0,60)}`))},P=e=>(t,n)=>F(t)?L(Object.entries(e).map(([e,r])=>r(I(t,e),n===``?e:`${n}.${e}`))):n,F=e=>typeof e==`object`&&!!e&&!Array.isArray(e),I=(e,t)=>Object.hasOwn(e,t)?e[t]:void 0,L=e=>e.find(e=>e!==null)??null,R=/^[A-Za-z0-9][\w.-]{0,127}$/,z=/^[\w.-]{1,128}$/,B=E(/^sha256:[0-9a-f]{64}$/),V=E(/^[a-z0-9][a-z0-9._:/-]*@sha256:[0-9a-f]{64}$/),H={http:P({port:w(e=>Number.isSafeInteger(e)&&e>0&&e<65536),path:E(/^\/[^\r\n]*$/),status:M(w(e=>Number.isSafeInteger(e)&&e>=100&&e<=599)),contains:A(T),patterns:M(T)}),exec:P({argv:M(T)}),log:P({text:T}),auto:()=>null},U=(e,t)=>{let n=F(e)?I(e,`kind`):void 0,r=typeof n==`string`&&Object.hasOwn(H,n)?H[n]:void 0;return r===void 0?`${t}.kind`:r(e,t)},je=P({id:E(z),number:k,kind:j(D(`deploy`,`rollback`)),of:j(A(E(z))),fallback:j(A(E(z))),commit:E(/^[0-9a-f]{7,64}$/),ref:j(A(T)),repository:j(A(T)),actor:j(A(T)),run:j(A(T)),reason:j(A(T)),operation:j(E(z)),images:N(R,P({reference:V,digest:B,platforms:N(/^[a-z0-9]+(\/[a-z0-9]+){1,2}$/,B)})),services:N(R,P({image:E(R),digest:B,order:D(`stop-first`,`start-first`),parallelism:j(w(e=>Number.isSafeInteger(e)&&e>=1)),replicas:j(k),exactly:O,last:j(O),after:M(E(R)),readiness:P({ask:U,grace:k,interval:k,retries:k,deadline:k,stable:k}),containerName:E(/^([A-Za-z0-9][\w.-]*)?$/)})),smoke:M(P({name:T,service:E(R),ask:U,retries:k,timeout:k})),infrastructure:j(M(E(R))),stack:j(N(/^[\w./-]{1,256}$/,P({release:E(z),commit:T,images:N(R,V)}))),schema:P({before:T,after:T}),compatible:j(O),committed:j(T)}),Me=e=>{let t=je(e,``);if(t!==null)return t===``?`it is no object`:`\`${t}\` is not what we write there`;let n=e;return{...n,infrastructure:n.infrastructure??[],stack:n.stack??{}}},Ne=e=>({missingTools:G(e[`missing-tools`]),directory:Pe.find(t=>t===e.directory)??`there`,user:{name:W(e.user)[0]??``,groups:G(W(e.user)[1])},bash:e.shells!==void 0,engine:Re(e),compose:e.compose_version===void 0?{error:Ie(e[`compose_version.error`])}:{version:e.compose_version.trim().replace(/^v/,``)},containers:X(e.containers).map(ze),imageDigests:Object.fromEntries(X(e.image_digests).map(e=>[J(e.id),Le(e.digests)])),present:W(e.present_images),disk:W(e.disk).flatMap(Be),listening:W(e.listening).map(Ve),published:W(e.published).flatMap(He),otherContainers:W(e.other_containers),environmentFile:We(e.environment_file),environmentSet:Ge(e.resolved),environmentNeeded:Ke(e.resolved),environmentComments:W(e.environment_values).flatMap(e=>/^comment ([A-Za-z_]\w*)$/.exec(e)?.[1]??[]),environmentMisses:W(e.environment_values).flatMap(qe),model:Ze(e),hashes:q(e.hashes),recordedHashes:q(e.recorded_hashes),binds:W(e.binds).flatMap(Je),missingBinds:W(e.binds).flatMap(e=>e.startsWith(`missing	`)?[e.slice(8)]:[]),missingExternals:W(e.missing_externals).flatMap(Ye),files:Z(e.brought_files),brought:Z(e.brought),manifest:Object.keys(Z(e.manifest)),...Xe(e.releases),current:Fe(e.current),parts:q(e.parts),othersBrought:K(W(e.others_brought).flatMap(e=>{let[,t=``,n=``,r]=/^(\S+) ([0-9a-f]{64}) {2}(.*)$/.exec(e)??[];return r===void 0?[]:[[r,{repository:t,sum:n}]]})),target:e.target??null,broken:Ue(e.broken),seeds:W(e.seeds).map(e=>({name:G(e)[0]??``,hash:G(e)[1]??``,release:G(e)[2]??``,...G(e)[3]===`started`?{started:!0}:{}})),...e.looked===void 0?{}:{data:De(e.looked)},unfinished:W(e.unfinished).map(e=>e.split(`/`).at(-1)??``)}),Pe=[`missing`,`unwritable`,`foreign`],W=e=>(e??``).split(`
`).filter(e=>e!==``),G=e=>(e??``).split(/\s+/).filter(e=>e!==``),K=e=>Object.assign(Object.create(null),Object.fromEntries(e)),q=e=>K(W(e).map(e=>[G(e)[0]??``,G(e)[1]??``])),Fe=e=>/^[\w.-]+$/.exec(e?.trim()??``)?.[0]??null,Ie=e=>W(e).at(-1)??`no answer`,J=e=>typeof e==`string`?e:``,Le=e=>Array.isArray(e)?e.filter(e=>typeof e==`string`):[],Y=e=>typeof e==`object`&&e&&!Array.isArray(e)?e:{},X=e=>W(e).flatMap(e=>{try{return[Y(JSON.parse(e))]}catch{return[]}}),Re=e=>{let[t,n]=G(e.engine);return t===void 0||n===void 0?{error:Ie(e[`engine.error`])}:{version:t,platform:n}},ze=e=>({id:J(e.id),name:J(e.name).replace(/^\//,``),service:J(e.service),oneOff:e.oneoff===`True`,operation:J(e.operation),image:J(e.image),imageId:J(e.imageId),state:J(e.state),started:J(e.started),restarts:typeof e.restarts==`number`?e.restarts:0,health:typeof e.health==`string`?e.health:null,policy:J(e.policy),anonymousVolumes:Q(e.mounts).flatMap(e=>e.Type===`volume`&&/^[0-9a-f]{64}$/.test(J(e.Name))?[{name:J(e.Name),path:J(e.Destination)}]:[])}),Be=e=>{let t=G(e),n=Number(t[3]);return Number.isFinite(n)&&t[5]!==void 0?[{mount:t.slice(5).join(` `),freeKib:n}]:[]},Ve=e=>{let[t=``,n=``]=e.split(`:`),r=t.match(/../g)?.map(e=>Number.parseInt(e,16))??[];return{address:r.every(e=>e===0)?``:r.length===4?r.toReversed().join(`.`):t,port:Number.parseInt(n,16)}},He=e=>{let t=/^("(?:[^"\\]|\\.)*") ("(?:[^"\\]|\\.)*")$/.exec(e);return t===null?[]:[{name:JSON.parse(t[1]??`""`),ports:JSON.parse(t[2]??`""`)}]},Ue=e=>{if(e===void 0)return null;let t=W(e).map(e=>[e.split(` `)[0]??``,e.slice(e.indexOf(` `)+1)]),n=e=>t.find(([t])=>t===e)?.[1]??`unknown`,r=t.flatMap(([e,t])=>(e===`sentence`||e===`undo`)&&t.trim()!==``?[t.trim()]:[]);return{repository:n(`repository`),operation:n(`operation`),kind:n(`kind`),release:n(`release`),since:n(`since`),sentences:r}},We=e=>{let[t,n]=G(e);return t===void 0||n===void 0?null:{mode:t,owner:n}},Ge=e=>[...(e??``).matchAll(/^ {4}x-deploy-action\.env\.([A-Za-z_]\w*): set$/gm)].map(e=>e[1]??``),Ke=e=>[...(e??``).matchAll(/^ {4}x-deploy-action\.env\.-if\.([A-Za-z_]\w*): met$/gm)].map(e=>e[1]??``),qe=e=>{let[,t,n,r]=/^(match|changed) ([A-Za-z_]\w*) (no|unknown)$/.exec(e)??[];return n===void 0?[]:[{check:t===`match`?`match`:`changed`,name:n,unknown:r===`unknown`}]},Je=e=>{let t=/^(\d+) (\d+) (\d+) ([^\t]*)\t(.*)$/.exec(e);return t===null?[]:[{uid:Number(t[1]),gid:Number(t[2]),mode:t[3]??``,kind:t[4]??``,source:t[5]??``}]},Ye=e=>{let[,t,n]=/^(network|volume) ([\w.-]+)$/.exec(e)??[];return t===void 0||n===void 0?[]:[{kind:t,name:n}]},Z=e=>Object.fromEntries(W(e).flatMap(e=>/^[0-9a-f]{64} {2}/.test(e)?[[e.slice(66),e.slice(0,64)]]:[])),Xe=e=>{let t=X(e).map(e=>({id:J(e.id).slice(0,128),record:Me(e)}));return{releases:t.flatMap(({record:e})=>typeof e==`string`?[]:[e]),unreadable:t.flatMap(({id:e,record:t})=>typeof t==`string`?[{id:e,why:t}]:[])}},Ze=e=>{let t=W(e[`resolved-error`]).slice(-3).join(` `);if(e.resolved===void 0)return{error:t||`compose gave no answer`};try{let t=Y(Y((0,ce.parse)(e.resolved,{maxAliasCount:0,logLevel:`error`})).services);return{services:K(Object.entries(t).map(([e,t])=>[e,Qe(Y(t))]))}}catch(e){return{error:t||`what compose prints is no YAML: ${e instanceof Error?e.message.split(`
`)[0]:``}`}}},Qe=e=>{let t=Y(e.deploy);return{image:J(e.image),containerName:J(e[`x-deploy-action.env.-name`])||J(e.container_name)||null,restart:typeof e.restart==`string`?e.restart:null,replicas:$e(t.replicas??e.scale),ports:Q(e.ports).map(e=>({address:J(e.host_ip),published:Number(e.published??0),target:Number(e.target??0),protocol:J(e.protocol)})),binds:Q(e.volumes).flatMap(e=>e.type===`bind`?[{source:J(e.source),target:J(e.target),readOnly:e.read_only===!0}]:[]),mounted:Q(e.volumes).map(e=>J(e.target)),dependsOn:Object.fromEntries(Object.entries(Y(e.depends_on)).map(([e,t])=>[e,J(Y(t).condition)])),healthcheck:e.healthcheck!==void 0&&Y(e.healthcheck).disable!==!0,limits:e.mem_limit!==void 0||Y(Y(t.resources).limits).memory!==void 0,privileged:e.privileged===!0,networkMode:typeof e.network_mode==`string`?e.network_mode:null,user:e.user===void 0?null:String(e.user)}},Q=e=>Array.isArray(e)?e.map(Y):[],$e=e=>typeof e==`number`&&Number.isSafeInteger(e)&&e>=0?e:1;var et=class{#e=null;#t=`before`;#n=[];take(e,t){e.kind===`step`&&(this.#e=e.step),e.kind===`switch`&&(this.#t=`switched`),e.kind===`committed`&&(this.#t=`committed`),this.#n.push(t.slice(0,120)),this.#n.length>12&&this.#n.shift()}killed(e,t){let n=this.#e===null?`before its first step`:`in step ${this.#e}, ${t(this.#e)}`;return new d(`UNKNOWN`,`the program on ${e.host} was killed ${n}; ${tt[this.#t]}`,{evidence:[`the end of the journal of ${e.operation}:`,...this.#n],hint:`deploy-action status\non the server: journalctl -k | grep -i 'out of memory'\non the server: tail ${e.directory}/.deploy/operations/${e.operation}/stray\nby hand: run it again when you know why; it first settles what was left`,...this.#t===`before`?{serving:`what served before`}:{}})}};const tt={before:`nothing that serves was touched`,switched:`services may be stopped or half switched, and nobody finishes this before the next run`,committed:`the new release was committed and serves; what is left is to tidy up`},nt={silenceMs:12e4,settlingMs:36e5,allInAllMs:72e5};var rt=class{broken=null;#e;#t;#n;#r;#i;#a=!1;constructor(e,t,n){this.#e=e,this.#t=t,this.#n=n;let r=e.allInAllMs+t;this.#r=setTimeout(()=>this.#s(`was not ready after ${r/1e3} s`),r),this.#o(e.silenceMs)}heard(e){e.startsWith(`settling`)?this.#o(this.#e.settlingMs):this.#o(this.#e.silenceMs+(e.includes(` waiting `)?this.#t:0))}over(){this.#a=!0,clearTimeout(this.#i),clearTimeout(this.#r)}#o(e){clearTimeout(this.#i),this.#a||(this.#i=setTimeout(()=>this.#s(`said nothing for ${e/1e3} s before it was ready`),e))}#s(e){this.broken??=e,this.over(),this.#n()}};const it=[500,2e3,5e3,1e4],at=async(e,t,n=nt)=>{let r=await e.connect(e.target),i=new ot(e,t,n);try{return await i.first(r)}finally{r.close()}};var ot=class{#e;#t;#n=0;#r=!1;#i;#a=null;#o;#s=new et;constructor(e,t,n){this.#e=e,this.#t=t,this.#i=n;let{target:r,front:i}=e;this.#o=new c({nonce:i.nonce,host:r.host,user:r.user,directory:i.directory},t.log)}get#c(){return{target:this.#e.target,directory:this.#e.front.directory}}async first(e){let{front:t,files:n}=this.#e,{signal:r}=this.#t.cancellation,i=()=>e.close();r.addEventListener(`abort`,i),this.#a=new rt(this.#i,t.waitSeconds*1e3,i);let a=st(await e.start(g(t)));a.write(x(n));let o=await this.#l(a).finally(()=>this.#a?.over());if(r.removeEventListener(`abort`,i),o.kind===`leave`||r.aborted){if(a.end(),r.aborted)throw l();return{kind:`left`}}return a.write(Ae(o.program,o.credentials)),await this.#p(a,e),this.#r||await this.#_(),{kind:`ended`}}async#l(e){for await(let t of e.lines){let e=this.#u(t);if(e!==null){if(e===`ready`)return this.#a?.over(),this.#e.decide(Ne(this.#o.facts));if(e.startsWith(`bye`))break}}return this.#d(e)}#u(e){let t=this.#o.take(e);return t!==null&&this.#a?.heard(t),t}async#d(t){let{facts:n,incomplete:i}=this.#o;if(this.#t.cancellation.signal.aborted)throw l();if(this.#a?.broken)throw o(this.#a.broken,this.#c,t);if(n.gate!==void 0)throw r(n.gate,this.#c);if(n.locked!==void 0)throw a(n.locked,this.#c);if(i!==null)throw e(i,this.#o,this.#c);if(n[`missing-tools`]||n.directory!==void 0)return this.#e.decide(Ne(n));throw await s(this.#c,t)}#f(){let{target:e,front:t,stepName:n}=this.#e;return this.#s.killed({host:e.host,...t},n??(e=>`number ${e}`))}async#p(t,n){let i=setInterval(()=>t.write(`alive
`),5e3);this.#e.attend?.(e=>t.write(`${e}\n`));let a,o=()=>{t.write(`cancel
`),a=setTimeout(()=>this.#h(n),5500)},{signal:s}=this.#t.cancellation;s.aborted?o():s.addEventListener(`abort`,o,{once:!0});try{let e=!1;for await(let n of t.lines){if(e)this.#g(n);else{let t=this.#u(n);e=t===`follow`,t?.startsWith(`bye`)&&(this.#o.incomplete??=`word to go`)}if(this.#r)break}}finally{clearInterval(i),clearTimeout(a),s.removeEventListener(`abort`,o),this.#r||this.#e.attend?.(null),t.end()}let{gate:c}=this.#o.facts;if(c!==void 0)throw r(c,this.#c);if(this.#o.incomplete!==null)throw e(this.#o.incomplete,this.#o,this.#c);if(this.#m)throw this.#y(`CANCELLED`,`the run was cancelled while the server works`)}#m=!1;#h(e){this.#m=!0,e.close()}#g(e){if(!/^\d+ [a-z]/.test(e))return void this.#u(e);if(!e.endsWith(` ;`)&&!e.endsWith(`…`))return;if(this.#n+=1,this.#n>2e4)throw this.#y(`UNKNOWN`,`the journal which ${this.#e.target.host} tells has no end`);let n=t(e.replace(/ ;$/,``));n!==null&&(this.#s.take(n,e),this.#e.onEvent(n),n.kind===`end`&&(this.#r=!0))}async#_(){let{target:e}=this.#e,t=this.#o.died;for(let n of t?[0,...it]:it){if(this.#t.log.warning(t?`The program on ${e.host} was killed; what it left is settled…`:`The connection to ${e.host} was lost; the server goes on alone. Trying again…`),n>0&&await this.#t.clock.sleep(n),this.#t.cancellation.signal.aborted)throw this.#y(`CANCELLED`,`the run was cancelled while contact was lost`);if(this.#o.died=!1,await this.#v(),this.#r)return;if(this.#o.died)throw this.#f()}throw t?this.#f():this.#y(`UNKNOWN`,`contact with ${e.host} was lost and not regained`)}async#v(){let{target:e,connect:t,front:n}=this.#e,r=await t(e).catch(()=>null);if(r!==null)try{let e=await r.start(g({...n,verb:`follow`,target:String(this.#n+1)}));await this.#p(st(e),r)}finally{r.close()}}#y(e,t){let{front:n}=this.#e;return new d(e,`${t}; operation ${n.operation} finishes or rolls back there alone`,{hint:`by hand: wait a minute, then ask\ndeploy-action status\non the server: tail ${n.directory}/.deploy/operations/${n.operation}/journal`})}};const st=e=>{let t=e.lines[Symbol.asyncIterator]();return{...e,lines:{[Symbol.asyncIterator]:()=>({next:()=>t.next()})}}},ct=4e3;var lt=class{plan=null;imageDigests={};#e;#t=0;#n=0;#r=0;#i=0;#a=[];#o=null;#s=()=>{};#c=null;#l=[];#u=[];#d={before:``,after:``,back:``};constructor(e){this.#e=e}transacted(){return this.plan===null?null:{plan:this.plan,end:this.#o??`broken`,failure:this.#c,evidence:this.#l,stopped:this.#u,schema:this.#d}}close(){this.#s()}take(e){(e.kind===`done`||e.kind===`fail`||e.kind===`end`)&&this.#s(),e.kind===`start`?this.#f(e):e.kind===`step`?this.#p(e):e.kind===`done`?this.#m(e,`succeeded`):e.kind===`fail`?this.#h(e):e.kind===`note`?this.#_(e):e.kind===`undo-failed`?this.#v(e.text):e.kind===`settle`?this.#g():e.kind===`end`?this.#o=e.end:this.#e.ports.log.debug(e.kind===`undo`?`undoing: ${e.text}`:e.kind)}#f({at:e,epoch:t}){this.#t=t,this.#n=e}#p({at:e,step:t}){this.#r=e,this.#i=t,this.#a=[],this.#s(),this.#s=ae(this.#e.ports.log,this.nameOf(t)),this.#e.ports.log.info(`${this.nameOf(t)}: ${this.#b(t)?.cause??``}`)}#m({at:e,step:t},n){let{facts:r}=this.#e,i={name:this.nameOf(t),cause:this.#b(t)?.cause??``,start:this.#y(this.#r),duration:e-this.#r,result:n};r.steps.length>=500||(r.steps=[...r.steps,this.#a.length===0?i:{...i,detail:this.#a.join(`; `)}])}#h(e){let t=Object.hasOwn(u,e.code)?e.code:`BUG`;this.#a.push(e.sentence),this.#c={step:this.nameOf(e.step),code:t,sentence:e.sentence},this.#e.ports.log.info(`${t}: ${e.sentence}`),this.#m(e,`failed`)}#g(){let e=this.nameOf(this.#i);this.#c??={step:e,code:`CANCELLED`,sentence:`the program on the server was killed at "${e}"`},this.#e.ports.log.warning(`the program on the server was killed at "${e}"; what it left is settled`)}#_({topic:e,name:t,text:n}){let{log:r}=this.#e.ports;if(e===`schema`&&(t===`before`||t===`after`||t===`back`)&&(this.#d[t]=n.trim().slice(0,200)),e===`evidence`){for(let e of n.split(`
`).filter(Boolean).slice(-40))this.#l.push(`${t} | ${e.slice(0,ct)}`);this.#l.splice(0,this.#l.length-400)}else e===`serving`?this.#e.facts.serving=[re(this.#e.environment().config.host,X(n).map(ze),this.imageDigests)]:e===`stopped`?this.#u.push(t):e===`warning`?r.warning(`${t}: ${n}`):(this.#a.length<50&&this.#a.push($(e,t,n).slice(0,ct)),r.info(`  ${$(e,t,n)}`))}#v(e){this.#l.push(`going back: ${e}`),this.#e.ports.log.info(`going back failed: ${e}`)}#y(e){return new Date(this.#t*1e3+(e-this.#n)).toISOString()}#b(e){return this.plan?.steps[e-1]}nameOf(e){let t=this.#b(e);return t===void 0?`step ${e}`:ie(t)}};const $=(e,t,n)=>e===`gap`?`${t} did not serve for ${n} ms`:e===`health`?`${t} ready: ${n}`:e===`schema`?`schema ${t}: ${n.trim()}`:e===`restored`?`${t}: the previous container serves again`:[e,t,n].filter(Boolean).join(` `),ut=async(e,t)=>{let{connect:n,front:r,files:a,decide:o,attend:s,onEvent:c}=t,{log:l,clock:u}=e.ports,d=new lt(e),f={connect:n??i(l,u),target:oe(e),front:r,files:a,decide:async e=>{let t=await o(e);return t===null?{kind:`leave`}:(d.plan=t.plan,d.imageDigests=e.imageDigests,{kind:`go`,program:t.program,credentials:t.credentials})},...s===void 0?{}:{attend:s},onEvent:e=>{d.take(e),c?.(e)}};try{await at({...f,stepName:e=>d.nameOf(e)},e.ports)}finally{d.close()}return d.transacted()};export{_ as a,ye as c,Ee as i,xe as l,x as n,_e as o,Te as r,be as s,ut as t,h as u};