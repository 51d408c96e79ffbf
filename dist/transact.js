import{t as e}from"./dist.js";import{n as t,t as n}from"./errors.js";import{t as r}from"./under-way.js";import{n as i,t as a}from"./git.js";import{n as o,t as s}from"./quote.js";import{n as c,r as l,t as u}from"./seeds.js";import{f as d,i as f,l as p,r as ee,t as m}from"./server.js";import{a as te,c as ne,i as re,o as ie,r as ae,s as oe,t as se}from"./ssh.js";import{i as ce,l as le,n as ue}from"./source-tree.js";import{t as de}from"./journal.js";import{t as fe}from"./archive.js";import{createHash as pe}from"node:crypto";import{gzipSync as me}from"node:zlib";const he=e=>({changed:Object.keys(e.brought).filter(t=>e.files[t]!==e.brought[t]&&(e.files[t]===void 0||e.files[t]!==e.othersBrought[t]?.sum)),removed:e.manifest.filter(t=>e.brought[t]===void 0&&e.files[t]!==void 0&&e.othersBrought[t]===void 0)}),ge=({changed:e,removed:t})=>e.length+t.length===0?`files are as wanted`:[...e.slice(0,5).map(e=>`${e} differs`),...t.slice(0,5).map(e=>`${e} is no longer brought`)].join(`, `)+(e.length+t.length>10?`, …`:``),_e=(e,t,n)=>n.find(n=>t.binds.some(({source:t})=>t===`${e}/${n}`||`${e}/${n}`.startsWith(`${t.replace(/\/$/,``)}/`))),ve=`import os, sys
from alembic import command
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
config = Config(sys.argv[1] or os.environ.get("ALEMBIC_CONFIG") or "alembic.ini")
script = ScriptDirectory.from_config(config)
def revisions():
    found = []
    def look(revision, context):
        found.extend([revision] if isinstance(revision, str) else revision)
        return []
    with EnvironmentContext(config, script, fn=look, dont_mutate=True):
        script.run_env()
    return found
def tell(when, found):
    print("deploy-action: " + when + " " + (",".join(sorted(found)) or "base"), flush=True)
before = revisions()
tell("before", before)
pending = set(before) != set(script.get_heads())
asked = (sys.argv[2:] or ["up"])[0]
if asked == "ask":
    sys.exit(print("deploy-action: pending " + ("yes" if pending else "no"), flush=True))
if asked == "known":
    for revision in before:
        try:
            script.get_revision(revision)
        except Exception:
            print("deploy-action: unknown " + revision, flush=True)
    sys.exit(tell("needs", script.get_heads()))
if asked == "down":
    command.downgrade(config, sys.argv[3])
elif pending:
    command.upgrade(config, "head")
tell("after", revisions())`,h={first:[],beforeSwitch:[],last:[]},ye=({service:e,config:t},...n)=>u(e,[`python3`,`-c`,ve,t??``,...n],[]),be=e=>({...h,first:[{kind:`known`,cause:`a version that does not know the schema must not come back to it`,timeout:6e4,run:ye(e,`known`)}]}),xe=e=>e.preset===`alembic`?ye(e,`down`,`{revision}`):u(e.service,e.entrypoint,e.down??[]),Se=(e,t,n)=>({...h,beforeSwitch:[...n?[{kind:`backup`,cause:`going down deletes what the newer schema holds`}]:[],{kind:`down`,cause:`release back to revision ${t}, with the image that knows the way`,revision:t,timeout:e.timeout,run:xe(e).map(e=>e.replaceAll(`{revision}`,t))}]}),Ce=({id:e,revision:t,made:n},r)=>({first:[{kind:`backup`,cause:`what is there now can be brought back, too`},{kind:`load`,cause:`as it was at ${n}, beside the database that serves`,backup:e}],beforeSwitch:[{kind:`halt`,cause:`nothing may write while the data goes back`,services:r},{kind:`swap`,cause:`the data of ${n} takes the place of that of now`,backup:e,revision:t}],last:[{kind:`tidy-database`,cause:`what was set aside is in a backup`}]}),we=({backups:e},t)=>t===`latest`?e[0]:e.find(({id:e})=>e===t)??e.find(({id:e})=>e.startsWith(t)),Te=({backups:e},t)=>e.find(({revision:e})=>e!==``&&e===t.schema.after),Ee=(e,t)=>Object.entries(t).flatMap(([t,n])=>{let r=Object.hasOwn(e.tables,t)?e.tables[t]??0:0;return n>r?[{table:t,now:n,then:r}]:[]}),De=(e,{tables:t})=>{if(t===null)return`how many rows would be lost is not known, because the database did not answer`;let n=Ee(e,t);if(n.length===0)return`no table has more rows now than the backup; what was changed since is lost`;let r=n.reduce((e,{now:t,then:n})=>e+t-n,0),i=n.map(({table:e,now:t,then:n})=>`${e} ${t-n} (${t} now, ${n} in the backup)`);return`${r} ${r===1?`row`:`rows`} written after the backup would be lost: ${i.join(`, `)}; what was changed since is lost, too`},Oe=(e,t)=>e.hooks[t].filter(({on:e})=>e===`server`).map(({name:e,run:n,directory:r,timeout:i,onFailure:a})=>({kind:`hook`,cause:`the config asks for it at ${t}`,name:e,argv:n,directory:r??`.`,timeout:i,onFailure:a})),ke=(e,t)=>Object.values(t.services).some(({dependsOn:t})=>t[e]===`service_completed_successfully`),g=(e,t,n,r)=>{let i=d(r,t);return Object.keys(n.services).filter(r=>t[r]===void 0&&!ke(r,n)&&!i.has(r)&&!e.compose.elsewhere.includes(r))},Ae=(e,t,n,r)=>{let i=g(e.config,e.ownership,t,n),a=Object.entries(t.services).filter(([e])=>i.includes(e)),o=a.flatMap(([e,t])=>{let r=je(e,t,n);return r===null?[]:[{name:e,compose:t,cause:r}]}),s=a.flatMap(([t,n])=>{let i=o.some(e=>e.name===t)?void 0:_e(e.path,n,r);return i===void 0?[]:[{kind:`restart`,service:t,cause:`${i} changed, which it mounts`}]}),c=[];o.length>0&&c.push({kind:`infrastructure`,services:o.map(({name:e})=>e),cause:o.map(({name:e,cause:t})=>`${e} ${t}`).join(`, `)});for(let{name:t,compose:r}of o)c.push({kind:`await`,service:t,cause:`what depends on it comes next`,readiness:ie(re(e.config,t),r),...t===e.config.backup?.service&&!n.containers.some(({service:e})=>e===t)?{first:!0}:{}});return{start:c,restart:s,images:o.map(({compose:e})=>e.image)}},je=(e,t,n)=>{let r=n.containers.filter(({service:t,oneOff:n})=>t===e&&!n),i=r.filter(({state:e})=>e===`running`);return r.length===0?`does not exist yet`:i.length<t.replicas?`does not run`:n.recordedHashes[e]===n.hashes[e]?i.some(({health:e})=>e!==null&&e!==`healthy`)?`is not healthy`:null:`configuration changed`},Me=(e,t,n,r)=>{let{migrate:i}=e;if(i===void 0||!r)return[];let a=n?.services[i.service];if(a!==void 0&&a.digest===t[a.image]?.digest)return[];let o=e.backup===void 0?[]:[{kind:`backup`,cause:`data is never the price: no migration without a proven backup`}],s=i.undo!==`down`||n===null?[]:[{kind:`way-back`,cause:`what comes back does not know the newer schema`,timeout:i.timeout,run:xe(i)}],c=n===null?`the first release here`:`${i.service} has a new image`;if(i.preset===`alembic`){let t=u(i.service,[`python3`,`-c`,ve,i.config??``],[]),n=e.backup?.when!==`migration`&&s.length===0?[]:[{kind:`revisions`,cause:`a backup is made where the image brings new ones`,timeout:6e4,run:[...t,`ask`]}];return i.onStart?o.length===0?[]:[...n,...o,...s]:[...n,...o,...s,{kind:`migrate`,tool:`alembic`,cause:c,timeout:i.timeout,run:t}]}let l=(e,t)=>t===void 0?[]:[{kind:`schema`,when:e,cause:`the revision belongs to the release`,timeout:6e4,run:u(i.service,i.entrypoint,t)}];return i.onStart?s.length===0?o:[...l(`before`,i.current),...o,...s]:[...l(`before`,i.current),...i.current===void 0?[]:l(`heads`,i.heads),...o,...s,{kind:`migrate`,tool:`command`,cause:c,timeout:i.timeout,run:u(i.service,i.entrypoint,i.up??Pe[i.preset??`flyway`])},...l(`after`,i.current)]},Ne=({migrate:e},{previous:t,steps:n})=>e?.onStart===!0&&e.undo===`keep`&&!e.compatible&&t!==null&&n.some(e=>e.kind===`switch`&&e.services.length>0)?`the image migrates when it starts: where it brings a revision and is not healthy, what served before may not start on the newer schema; migrate.undo: down takes the schema back first, and migrate.compatible: true says that it need not`:null,Pe={django:[`python`,`manage.py`,`migrate`,`--noinput`],prisma:[`npx`,`prisma`,`migrate`,`deploy`],flyway:[`migrate`]},_=e=>{let t=(e,t)=>e.after.includes(t.service)&&(e.exactly||!t.last),n=(e,n)=>t(e,n)||e.last&&!n.last&&!t(n,e),r=/* @__PURE__ */ new Map,i=(t,a=[])=>{let o=e.filter(e=>e!==t&&!a.includes(e)&&n(t,e)),s=r.get(t)??Math.max(0,...o.map(e=>1+i(e,[...a,t])));return r.set(t,s),s};return[...Map.groupBy(e,e=>i(e))].toSorted(([e],[t])=>e-t).map(([,e])=>e)},v=e=>e?.exactly===1&&e.after===void 0,y=(e,t)=>_(e).map(e=>({kind:`switch`,cause:Fe(e),services:e.map(e=>Ie(e,t))})),Fe=e=>{let t=[...new Set(e.map(b))];return t.length===1?t.join():e.map(e=>`${e.service}: ${b(e)}`).join(`, `)},b=({cause:e,compose:t,parallelism:n,running:r})=>t.replicas>n&&r.length>0?`${e??``}; its ${t.replicas} replicas ${n} at a time`:e??``,Ie=({service:e,order:t,parallelism:n,running:r,readiness:i},a)=>({service:e,order:t,parallelism:n,old:r.map(({id:e})=>e),policy:r[0]?.policy||`no`,readiness:i,readinessBefore:a?.services[e]?.readiness??i}),Le=(e,t,n,r)=>Object.entries(e.ownership).flatMap(([i,a])=>{let o=t.services[i];if(o===void 0||o.replicas===0||ke(i,t))return[];let s=e.images[a]?.digest??``,c=n.containers.filter(e=>e.service===i&&!e.oneOff),l=c.filter(({state:e})=>e===`running`||e===`restarting`),u=re(e.config,i),d=e.record?.services[i];return[{service:i,compose:o,digest:s,readiness:d===void 0?ne(u,o):oe(d.readiness),order:d?.order??u?.order??`stop-first`,parallelism:d?.parallelism??u?.parallelism??1,exactly:d?.exactly??u?.exactly===1,after:d?.after??[...u?.after??[],...Object.keys(o.dependsOn)],last:d===void 0?v(u):d.last===!0,containers:c,running:l,cause:Re({service:i,compose:o,digest:s,containers:c,running:l,observed:n,mounted:_e(e.path,o,r)})}]}),Re=({service:e,compose:t,digest:n,containers:r,running:i,observed:a,mounted:o})=>r.length===0?`does not exist yet`:i.length===0?`does not run`:i.some(e=>!x(e,n,a))?`image changed`:a.recordedHashes[e]===a.hashes[e]?i.length!==t.replicas||r.length!==t.replicas?`${i.length} of ${t.replicas} run`:i.some(({state:e,health:t})=>e===`restarting`||t===`unhealthy`)?`is not healthy`:o===void 0?null:`${o} changed, which it mounts`:`configuration changed`,x=(e,t,n)=>e.imageId===t||(n.imageDigests[e.imageId]??[]).some(e=>e.endsWith(`@${t}`)),ze=(e,t,n)=>{let r=C(n),i=he(n),a=Be(e,Le(e,t,n,i.changed)),o=a.filter(({cause:e})=>e!==null),s=Ae(e,t,n,i.changed),l=e.kind===`deploy`&&e.seeds?c(e.config.seed,e.contents??{},n):[],u=r!==null&&r.commit===e.commit&&e.kind===`deploy`,d=e.number===void 0&&n.broken===null&&o.length===0&&s.start.length===0&&s.restart.length===0&&i.changed.length+i.removed.length===0&&l.length===0,f=e.number??S(n),p={kind:e.kind,release:`${f}-${e.commit.slice(0,7)}`,previous:n.current,fallback:e.kind===`rollback`?e.record?.fallback??null:n.current};return d&&(e.data?.beforeSwitch??[]).length===0&&(u||e.kind===`rollback`&&(r?.of??r?.id)===e.record?.id)?{...p,steps:[]}:{...p,steps:Ve({target:e,observed:n,current:r,files:i,wanted:a,changing:o,infrastructure:s,seeds:l})}},Be=({data:e},t)=>e?.beforeSwitch.some(({kind:e})=>e===`halt`)===!0?t.map(e=>({...e,cause:e.cause??`stopped while the data goes back`})):t,S=({releases:e})=>Math.max(0,...e.map(({number:e})=>e))+1,Ve=({target:e,observed:t,current:n,files:r,wanted:i,changing:a,infrastructure:o,seeds:s})=>{let{config:c,kind:l}=e,u=e=>l===`deploy`?Oe(c,e):[],d=l===`deploy`?Me(c,e.images,n,a.length>0||s.length>0):[],f=[.../* @__PURE__ */ new Set([...i.map(({service:t})=>e.images[e.ownership[t]??``]?.reference??``),...o.images])].filter(e=>e!==``&&!t.present.includes(e)),p=a.map(({service:e,compose:t,containers:n})=>({name:e,scale:n.length+t.replicas})),ee=Object.fromEntries(i.map(({service:e,digest:t})=>[e,t])),m=e.data??h;return[...f.length>0?[{kind:`pull`,cause:`not on the server yet`,references:f}]:[],...m.first,{kind:`files`,cause:[ge(r),...e.without??[]].join(`; `),changed:r.changed,removed:r.removed},...u(`beforeDeploy`),...o.start,...p.length>0?[{kind:`create`,cause:`made beside those that run, so that the gap is short`,services:p}]:[],...d.length===0&&l===`deploy`&&c.backup?.when===`always`?[{kind:`backup`,cause:`the config asks for one at every deploy`}]:[],...d.length>0?[...u(`beforeMigrate`),...d,...u(`afterMigrate`)]:[],...p.length>0?[{kind:`await-created`,cause:`nothing that serves is touched before they are there`,services:p.map(({name:e})=>e)}]:[],...u(`beforeSwitch`),...o.restart,...m.beforeSwitch,...s.length===0?y(a,n):[...y(a.filter(({exactly:e})=>!e),n),...s,...y(a.filter(({exactly:e})=>e),n)],...u(`afterSwitch`),...t.broken===null?[]:i.filter(({cause:e})=>e===null).map(He),...We(e),{kind:`verify`,cause:`what runs is compared with what was wanted`,services:ee},...Ue(a),...u(`afterDeploy`),{kind:`commit`,cause:`healthy: from here on it is the current release`},{kind:`tidy`,cause:`${c.keep} releases are kept`,keep:c.keep,services:Object.fromEntries(a.map(({service:t})=>[t,e.containerNames[t]??``]))},...m.last]},C=e=>e.releases.find(({id:t})=>t===e.current)??null,He=({service:e,readiness:t})=>({kind:`await`,service:e,readiness:t,cause:`the stack was broken`}),Ue=e=>{let t=e.filter(({readiness:e})=>e.stable>0).map(({service:e})=>e);return t.length===0?[]:[{kind:`stable`,cause:`ready is not enough: no restart during the window`,services:t}]},We=({config:e,record:t})=>t===null?e.smoke.map(({name:e,service:t,http:n,run:r,retries:i,timeout:a})=>({kind:`smoke`,cause:`the config asks for it`,name:e,service:t,ask:n===void 0?{kind:`exec`,argv:r??[]}:te(n),retries:i,timeout:a})):t.smoke.map(e=>({kind:`smoke`,cause:`this release was deployed with it`,...e}));var Ge=e(),Ke=`set -eu
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
esac`,qe=`set -eu
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
esac`,Je=`set -eu
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
esac`,Ye=`database() {
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
}`;const w=e=>[Ye,...Object.entries(Xe(e)).map(([e,t])=>`${e}=${o(t)}`),``].join(`
`),Xe=e=>({database_kind:e.kind,database_service:e.service,database_user:e.user??``,database_name:e.file??e.database??``,database_limit:String(Math.ceil(e.timeout/1e3)),backups_kept:String(e.keep),backups_seconds:String(e.days/1e3),database_tool:$e(Ze(e))}),Ze=e=>e.kind===`postgres`?qe:e.kind===`mysql`?Ke:e.kind===`sqlite`?Je:Qe(e),Qe=({save:e=[],prove:t=[],restore:n=[]})=>`set -eu
case $1 in
  save) ${s(e)}; echo 'deploy-action: saved' >&2 ;;
  prove) ${s(t)} ;;
  swap | unswap) ${s(n)} ;;
esac
`,$e=e=>e.split(`
`).filter(e=>!/^\s*(#.*)?$/.test(e)).join(`
`),et=(e,t,n,r)=>{let i=Object.create(null),a=[];for(let[o,s]of Object.entries(e.images)){let c=(r[o]?.declared??``).replace(/^docker\.io\//,``),l=s.services??n.filter(e=>e.image!==null&&ce(e.image)===c).map(e=>e.name);for(let e of l)n.some(t=>t.name===e)?i[e]=o:a.push(T(t,`images.${o}.services names ${e}, which no compose file has`));l.length===0&&a.push(T(t,`no service of ${e.compose.files.join(`, `)} runs image ${o} (${c}): write that name as the service's image, or list the service under images.${o}.services`))}return e.compose.pin===`env`&&a.push(...tt(e,n,i)),{services:i,problems:a}},T=(e,t)=>({file:e,line:1,column:1,message:t}),tt=(e,t,n)=>t.flatMap(t=>{let r=e.images[n[t.name]??``]?.variable;return r===void 0||t.image===null||RegExp(`^\\$(${r}|\\{${r}([:?+-].*)?\\})$`).test(t.image)?[]:[{file:t.file,line:t.line,column:t.column,message:`service ${t.name} has the image ${JSON.stringify(t.image)}, so the digest in $${r} would not be used: write image: \${${r}}, or use compose.pin: override`}]}),nt=(e,t,n,r={})=>{let i=[`# Made by deploy-action for this release: which bytes each service runs.`,`services:`];for(let[a,o]of Object.entries(e)){let e=n.find(({name:e})=>e===a);i.push(`  ${JSON.stringify(a)}:`,`    image: ${JSON.stringify(t[o])}`,`    pull_policy: never`),e?.hasBuild&&i.push(`    build: !reset null`);let s=r[a]?.kept;s!==void 0&&s.length===0?i.push(`    volumes: !reset []`):s!==void 0&&i.push(`    volumes: !override`,...s.map(({written:e})=>`      - ${JSON.stringify(e)}`)),e!==void 0&&e.containerName!==null&&i.push(`    container_name: !reset null`)}return`${i.join(`
`)}\n`},rt=(e,t)=>Object.entries(e.images).map(([e,n])=>`${n.variable??``}=${t[e]??``}\n`).join(``),it=(e,{required:t,requiredIf:n},r=[])=>{let i=Object.create(null);i[e]=[`deploy-action.env.: set`,...new Set([...t,...Object.keys(n)].map(e=>`deploy-action.env.${e}: "\${${e}:+set}"`)),...Object.entries(n).map(([e,t])=>{let[n=``,r=``]=t.split(`=`);return`deploy-action.env.-if.${e}: "=${r}=\${${n}:-}="`})];for(let{name:e,containerNameToAsk:t}of r)t!==void 0&&(i[e]=[...i[e]??[],`deploy-action.env.-name: ${JSON.stringify(t)}`]);return`services:\n${Object.entries(i).map(([e,t])=>`  ${JSON.stringify(e)}:\n    labels:\n${t.map(e=>`      ${e}\n`).join(``)}`).join(``)}`},at=(e,t)=>{let[n,r]=[E(e),E(t)];return n!==null&&r!==null&&n.of===r.of&&n.number<r.number},E=e=>{let[,t,n]=/^(.+)\/actions\/runs\/(\d{1,15})$/.exec(e??``)??[];return t===void 0?null:{of:t,number:Number(n)}},ot=(e,t)=>Object.entries(e).flatMap(([e,{order:n,exactly:r}])=>{let i=t.services[e];if(i===void 0)return[];let a=[],o=i.ports.find(e=>e.published>0);return n===`start-first`&&o!==void 0&&a.push({sentence:`${e} cannot start first: its successor could not have port ${o.published} while it runs`,hint:`by hand: take ports out of ${e} and let a proxy reach it by its name, or services.${e}.order: stop-first`}),n===`start-first`&&i.containerName!==null&&a.push({sentence:`${e} cannot start first: its successor could not be called ${i.containerName} while it runs, and whoever asks for that name would meet nobody in between`,hint:`by hand: take container_name out of ${e} and reach it by its service name, or services.${e}.order: stop-first`}),n===`start-first`&&i.networkMode===`host`&&a.push({sentence:`${e} cannot start first: with network_mode: host both would want the same ports`,hint:`by hand: services.${e}.order: stop-first`}),r===1&&i.replicas>1&&a.push({sentence:`${e} may exist once, but its compose file wants ${i.replicas} replicas`,hint:`by hand: take deploy.replicas out of ${e}, or services.${e}.exactly`}),i.containerName!==null&&i.replicas>1&&a.push({sentence:`${e} has ${i.replicas} replicas, which cannot all be called ${i.containerName}`,hint:`by hand: take container_name out of ${e}`}),a}),D=(e,t)=>{let[n,r]=[st(e),st(t)];for(let[e,t]of r.entries()){let r=n[e]??0;if(r!==t)return r<t}return!1},st=e=>(e.match(/\d+/g)??[]).slice(0,3).map(Number),ct=524288,lt=(e,t)=>e.missingTools.length>0?[{sentence:`the server lacks ${e.missingTools.join(`, `)}`,hint:e.missingTools.includes(`docker`)?`by hand: deploy-action doctor --prepare prints the commands that make a server ready; run them there as root`:`on the server: sudo apt-get install --yes bash util-linux coreutils tar gzip gawk grep sed`}]:e.directory===`there`?[...dt(e,t),...ft(e),...pt(e),...mt(e,t),...ht(e,t),...vt(e,t),...yt(e,t),...bt(e,t),...xt(e,t)]:[{sentence:`${t.user} cannot ${e.directory===`missing`?`create`:`write`} ${t.path}${e.directory===`foreign`?`/.deploy`:``} on ${t.host}`,hint:e.directory===`foreign`?`on the server: sudo chown -R ${t.user} ${t.path}/.deploy`:`on the server: sudo install -d -o ${t.user} ${t.path}`}],ut=(e,t)=>({engine:[...dt(e,t),...ft(e)],disk:pt(e),architecture:mt(e,t),environment:ht(e,t),"compose files":[...vt(e,t),...yt(e,t),...bt(e,t)],ports:xt(e,t)}),dt=(e,t)=>{if(`error`in e.engine)return/permission denied/i.test(e.engine.error)?[{sentence:`${t.user} may not use Docker on ${t.host}`,hint:`on the server: sudo usermod -aG docker ${t.user}`}]:[{sentence:`Docker does not answer on ${t.host}: ${e.engine.error}`,hint:`on the server: sudo systemctl start docker`}];let n=[];return D(e.engine.version,`20.10.24`)&&n.push({sentence:`Docker ${e.engine.version} is older than 20.10.24, the oldest that works`,hint:`by hand: upgrade Docker as docs.docker.com/engine/install says`}),`error`in e.compose?n.push({sentence:`docker compose does not answer: ${e.compose.error}`,hint:`by hand: install compose v2 on the server from where its Docker came: docs.docker.com/compose/install/linux (the old docker-compose is not enough)`}):D(e.compose.version,`2.20.3`)&&n.push({sentence:`docker compose ${e.compose.version} is older than 2.20.3, the oldest that works`,hint:`by hand: upgrade compose on the server from where its Docker came: docs.docker.com/compose/install/linux`}),n},ft=e=>e.bash?[]:[{sentence:`the server has no bash, which HTTP checks are asked with`,hint:`on the server: sudo apt-get install --yes bash`}],pt=e=>e.disk.filter(({freeKib:e})=>e<ct).map(({mount:e,freeKib:t})=>({sentence:`only ${Math.floor(t/1024)} MiB are free on ${e}`,hint:`by hand: make room there; docker system df says what Docker takes, docker image prune --all removes images that no container uses`})),mt=(e,t)=>{let n=`platform`in e.engine?e.engine.platform:null;return Object.entries(t.platforms).filter(([,e])=>n!==null&&e.length>0&&!e.includes(n)).map(([e,t])=>({sentence:`image ${e} exists for ${t.join(`, `)}, but the server is ${n}`,hint:`by hand: add ${n} to images.${e}.platforms, and build again`}))},ht=(e,t)=>[..._t(e,t),...e.environmentFile===null||`error`in e.model?[]:gt(e,t)],gt=({environmentMisses:e},t)=>{let n=`${t.path}/${t.environmentFile}`;return e.map(({check:e,name:r,unknown:i})=>i?{sentence:`whether ${r} in ${n} is as it has to be cannot be told by this docker compose`,hint:"by hand: upgrade compose on the server from where its Docker came; env.match and env.changed need its `docker compose config --environment`"}:e===`match`?{sentence:`${r} in ${n} is not as env.match wants it`,hint:`by hand: mend ${r} in ${n} on ${t.host}`}:{sentence:`${r} in ${n} is still what the example says`,hint:`by hand: give ${r} in ${n} on ${t.host} a value of its own`})},_t=(e,t)=>{if(t.required.length+Object.keys(t.requiredIf).length===0)return[];let n=`${t.path}/${t.environmentFile}`;if(e.environmentFile===null&&t.required.length===0)return[];if(e.environmentFile===null)return[{sentence:`${n} does not exist on ${t.host}, and ${t.required.join(`, `)} must be set there`,hint:`on the server: install -D -m 600 /dev/null ${n}`}];let r=t=>!e.environmentSet.includes(t),i=t.required.filter(r),a=Object.keys(t.requiredIf).filter(t=>e.environmentNeeded.includes(t)&&r(t));if(`error`in e.model)return[];let o=t.required.filter(t=>!i.includes(t)&&e.environmentComments.includes(t));return[...i.map(e=>({sentence:`${e} is missing or empty in ${n}`,hint:`by hand: set ${e} in ${n} on ${t.host}`})),...a.map(e=>({sentence:`${e} is missing or empty in ${n}, where ${t.requiredIf[e]} needs it`,hint:`by hand: set ${e} in ${n} on ${t.host}`})),...o.map(e=>({sentence:`${e} has only a comment behind it in ${n}, which docker compose takes for its value`,hint:`by hand: set ${e} in ${n} on ${t.host}, and write the comment on a line of its own`}))]},vt=(e,t)=>`error`in e.model&&!(`error`in e.compose)&&(e.environmentFile!==null||t.required.length===0)?[{sentence:`compose cannot resolve the project on the server: ${e.model.error}`,hint:`by hand: mend the compose file, or set what it asks for in the environment file`}]:[],yt=(e,t)=>`error`in e.engine?[]:e.missingExternals.map(({kind:e,name:n})=>({sentence:`${e} ${n}, which the compose file takes as external, does not exist on ${t.host}`,hint:`on the server: docker ${e} create ${n}`})),bt=(e,t)=>`error`in e.model?[]:Object.entries(e.model.services).flatMap(([n,{containerName:r}])=>{let i=r??t.containerNames[n];return i!==void 0&&e.otherContainers.includes(i)?[{sentence:`the name ${i}, which ${n} asks for, belongs to a container on ${t.host} that is not of project ${t.project}`,hint:`on the server: docker stop ${i} && docker rename ${i} ${i}-before\nby hand: or give ${n} another container_name`}]:[]}),xt=(e,t)=>{if(`error`in e.model)return[];let n=new Set(e.containers.map(({name:e})=>e.replace(/^\//,``))),r=e.published.filter(({name:e})=>n.has(e)).map(({ports:e})=>e);return Object.entries(e.model.services).flatMap(([i,{ports:a}])=>a.filter(({published:t,address:n,protocol:i})=>t>0&&i!==`udp`&&!r.some(e=>St(e,t))&&e.listening.some(e=>e.port===t&&Ct(e.address,n))).map(({published:r})=>{let a=e.published.find(({name:e,ports:t})=>!n.has(e)&&St(t,r));return{sentence:`port ${r}, which ${i} publishes, is taken by ${a===void 0?`another program`:`container ${a.name}`} on ${t.host}`,hint:a===void 0?`by hand: stop it, or publish another port; which program it is, says on the server: sudo ss -ltnp 'sport = :${r}'`:`on the server: docker stop ${a.name}\nby hand: or publish another port`}}))},St=(e,t)=>RegExp(`:${t}->`).test(e),Ct=(e,t)=>wt(e)||wt(t)||e===t,wt=e=>e===``||e===`0.0.0.0`||e===`::`,Tt=(e,t,n)=>{let r=[];`services`in e.model&&r.push(...Ot(e.model,n));for(let{mount:t,freeKib:n}of e.disk)n>=ct&&n<2097152&&r.push(`only ${Math.floor(n/1024)} MiB are free on ${t}`);e.environmentFile!==null&&!/00$/.test(e.environmentFile.mode)&&r.push(`${t.environmentFile} has mode ${e.environmentFile.mode}: others on the server can read it; on the server: chmod 600 ${t.path}/${t.environmentFile}`);for(let n of Et(e,t.path))r.push(`${n} does not exist on the server: Docker will create it as a folder that belongs to root`);return r},Et=(e,t)=>e.missingBinds.filter(n=>!Dt(n,e,t)),Dt=(e,{brought:t},n)=>Object.keys(t).some(t=>`${n.replace(/\/+$/,``)}/${t}`===e||`${n.replace(/\/+$/,``)}/${t}`.startsWith(`${e}/`)),Ot=(e,t)=>t.flatMap(t=>{let n=e.services[t];return n===void 0?[]:[...n.restart===null||n.restart===`no`?[`${t} has no restart policy: it stays down after a crash or a reboot; restart: unless-stopped`]:[],...n.limits?[]:[`${t} has no memory limit: it can starve its neighbours; deploy.resources.limits.memory`],...n.privileged?[`${t} is privileged: whoever breaks into it owns the server`]:[],...n.networkMode===`host`?[`${t} shares the network of the server: nothing keeps its ports from anybody`]:[],...n.binds.filter(({source:e})=>e===`/`||/(^|\/)docker\.sock$/.test(e)).map(({source:e})=>`${t} mounts ${e}: whoever breaks into it owns the server`)]}),kt=e=>`error`in e.model?[]:Object.entries(e.model.services).flatMap(([t,{user:n,binds:r}])=>r.flatMap(({source:r,readOnly:i})=>{let a=e.binds.find(e=>e.source===r),o=Number.parseInt(n??``,10);return a===void 0||i||Number.isNaN(o)||o===0||a.uid===o||/[2367]$/.test(a.mode)?[]:[`${t} runs as user ${o} but ${r} belongs to ${a.uid} (mode ${a.mode}): it cannot write there; on the server: sudo chown ${o} ${r}`]})),At=(e,t,n={})=>{let r={};for(let e of t.filter(({oneOff:e})=>!e).toSorted(jt))r[e.service]??={digest:Mt(e,n),image:e.image,since:e.state===`running`?e.started:null,state:e.health===null||e.state!==`running`?e.state:`${e.state} (${e.health})`};return{host:e,services:r}},jt=(e,t)=>Number(t.state===`running`)-Number(e.state===`running`),Mt=({image:e,imageId:t},n)=>/@(sha256:[0-9a-f]{64})$/.exec(e)?.[1]??(n[t]??[]).map(e=>e.split(`@`)[1]).find(e=>e!==void 0)??null,O=e=>{switch(e.kind){case`infrastructure`:return`start ${e.services.join(`, `)}`;case`await`:return`ready ${e.service}`;case`await-created`:return`containers created`;case`create`:return`create containers`;case`stable`:return`stable ${e.services.join(`, `)}`;case`schema`:return`schema ${e.when}`;case`switch`:return`switch ${e.services.map(({service:e})=>e).join(`, `)}`;case`known`:return`schema known`;case`down`:return`schema down to ${e.revision}`;case`way-back`:return`schema way back`;case`load`:case`swap`:return`${e.kind} backup`;case`start`:return`start ${e.service}`;case`restart`:return`restart ${e.service}`;case`gate`:return`wait to ${e.gate}`;case`http-seed`:return`seed ${e.name}`;case`seed`:case`smoke`:case`hook`:return`${e.kind} ${e.name}`;default:return e.kind}},Nt=(e,t,n,r)=>e.steps.flatMap(e=>e.kind===`switch`?e.services:[]).flatMap(e=>Pt(e,t,n,r)),Pt=({service:e,old:t},n,r,i)=>{let a=r.containers.filter(({id:e})=>t.includes(e)).flatMap(({anonymousVolumes:e})=>e),o=n.services[e]?.mounted??[];return a.filter(({path:e})=>!o.includes(e)).map(({name:t,path:n})=>({sentence:`${e} keeps ${n} in a volume without a name, which its successor would not get`,hint:`name it in the compose file (volumes: ["${e}-data:${n}"]) and bring its content over on the server: docker run --rm -v ${t}:/from -v ${i}_${e}-data:/to busybox cp -a /from/. /to; or, if nothing in it matters: docker rm --force --volumes the container first`}))},Ft=async({ports:e,project:t,commit:n},r)=>{if(n.sha===r)return`same`;let o=async n=>(await e.programs.run(n,{cwd:t})).code===0;return await o(i(r,n.sha))?`newer`:await o(a(r))?await o(i(n.sha,r))?`older`:`diverged`:`unknown`},It=(e,t)=>({commit:e.commit.sha,ref:e.commit.ref,repository:e.commit.repository,actor:m(e),run:f(e),reason:e.request.reason??null,operation:t}),Lt=(e,t)=>{let{config:n}=e.environment();e.facts.serving=[At(n.host,t.containers,t.imageDigests)],e.facts.release=t.current,e.facts.previousRelease=C(t)?.fallback??null,t.broken!==null&&(e.facts.wasBroken=!0),Rt(e,t)},Rt=({noted:e,commit:t},{releases:n,current:r})=>{let i=p(t.repository),a=n.filter(({repository:e})=>p(e)===i).toSorted((e,t)=>e.number-t.number);Object.assign(e,{looked:!0,current:r,releases:a.map(({id:e,commit:t})=>({id:e,commit:t}))})},zt=(e,t,{images:r,ownership:i,containerNames:a},o={required:[],requiredIf:{}})=>{let{config:s}=e.environment(),c={host:s.host,user:s.user,path:s.path,project:e.config.project,environmentFile:s.env.file,...o,containerNames:a,platforms:Object.fromEntries(Object.entries(r).map(([e,{platforms:t}])=>[e,Object.keys(t)]))};Bt(e,t);let l=`error`in t.model?[]:ot(e.config.services,t.model),u=[...lt(t,c),...l];if(u.length>0||`error`in t.model)throw new n(`CONFIG`,`${u.map(({sentence:e})=>e).join(`; `)}; nothing was touched`,{hint:u.map(({hint:e})=>e).join(`
`),serving:t.current??`nothing of ours`});for(let n of[...Tt(t,c,Object.keys(i)),...kt(t)])e.ports.log.warning(n);return t.model},Bt=(e,t)=>{let{host:r,path:i}=e.environment().config,{current:a,releases:o,unreadable:s}=t;for(let{id:t,why:n}of s.filter(e=>e.id!==a))e.ports.log.warning(`the record of release ${JSON.stringify(t)} on ${r} is left out: ${n}`);if(a===null||o.some(({id:e})=>e===a))return;let c=s.find(({id:e})=>e===a)?.why??`it is not there, or no JSON`;throw new n(`CONFIG`,`the record of release ${a}, which is in force on ${r}, cannot be used: ${c}; nothing was touched`,{hint:`by hand: look at it on the server: cat ${i}/.deploy/releases/${a}/release.json; put it back from a backup, or go back to another: ls ${i}/.deploy/releases, then ln -sfn releases/OTHER ${i}/.deploy/current`,serving:a})},Vt=(e,t)=>{let r=Object.entries(t.ownership).filter(([n,r])=>e.services[n]!==void 0&&e.services[n].image!==t.images[r]?.reference);if(r.length!==0)throw new n(`CONFIG`,r.map(([n,r])=>`${n} would run ${e.services[n]?.image??``}, not ${t.images[r]?.reference??``}`).join(`; `),{hint:`by hand: a later compose file or variable decides the image: remove it there, or use compose.pin: override`})},Ht=(e,t)=>{let r=e.request.noSeed?[]:l(e.config.seed,t);if(r.length!==0)throw new n(`CONFIG`,`${r.map(({sentence:e})=>e).join(`; `)}; nothing was touched`,{hint:`${r.map(({hint:e})=>e).join(`; `)}; or deploy with --no-seed`,...t.current===null?{}:{serving:t.current}})},Ut=(e,t,{ownership:r},i)=>{let{images:a,compose:o}=e.config,s=le(t,{path:e.environment().config.path.replace(/\/+$/,``),ownership:r,contexts:Object.fromEntries(Object.entries(a).map(([e,t])=>[e,t.context])),brought:[...o.files,...o.sync],dropped:o.dropBinds,files:()=>ue(e.project)});if(s.length!==0)throw new n(`CONFIG`,`${s.map(({sentence:e})=>e).join(`; `)}; nothing was touched`,{hint:[...new Set(s.map(({hint:e})=>e))].join(`
`),...i.current===null?{}:{serving:i.current}})},Wt=(e,t,r,i)=>{let a=Nt(t,r,i,e.config.project);if(a.length!==0)throw new n(`CONFIG`,`${a.map(({sentence:e})=>e).join(`; `)}; nothing was touched`,{hint:a.map(({hint:e})=>e).join(`; `),...i.current===null?{}:{serving:i.current}})},Gt=async(e,t)=>{if(t===null||t.repository!==e.commit.repository)return;let r=await Ft(e,t.commit),[i,a]=[e.commit.sha.slice(0,7),t.commit.slice(0,7)],o=r===`unknown`&&at(f(e),t.run);if(r===`unknown`&&!o&&e.ports.log.warning(`this clone does not know ${a}, which serves: whether ${i} is older is not known (fetch-depth: 0)`),r===`older`||o)throw new n(`STALE`,o?`this run of ${i} was started before ${t.run}, whose commit ${a} serves as release ${t.id}`:`${i} is older than ${a}, which serves as release ${t.id}`,{hint:`deploy-action rollback ${t.fallback??`RELEASE`}`,serving:t.id})},Kt=e=>{let{name:t,config:r}=e.environment(),{ref:i}=e.commit;if(!(r.branch===void 0||i!==null&&qt(r.branch,i)))throw new n(`CONFIG`,`environment ${t} takes ${r.branch} only, and this is ${i??`a commit without a branch`}`,{hint:`by hand: change environments.${t}.branch, or deploy from ${r.branch}`})},qt=(e,t)=>{let n=e.split(/(\*\*?)/).map(e=>e===`**`?`.*`:e===`*`?`[^/]*`:e.replaceAll(/[\\^$.+?()[\]{}|]/g,`\\$&`));return RegExp(`^${n.join(``)}$`).test(t)},Jt=(e,t)=>{e.facts.steps=[...e.facts.steps,...t.steps.map(e=>({name:O(e),cause:e.cause,start:null,duration:null,result:`planned`}))];for(let n of t.steps)e.ports.log.info(`${O(n)}: ${n.cause}`)};var Yt=`set -u
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
settle() {
  unfinished > "$dot/operations/.unfinished"
  while IFS= read -r left <&4; do
    say settling "\${left##*/}"
    sh "$left/program.sh" settle > "$left/settle-output" 2>&1 < /dev/null
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
  grep -q '^[0-9]* end ' "$operation/journal" || say died
}
mend() {
  [ -e "$operation/journal" ] || return 0
  exec 9<> "$dot/lock"
  until runs || ended; do
    if flock -w 1 9; then settle > /dev/null && break; fi
  done
  exec 9>&-
}
ended() { grep -q '^[0-9]* end ' "$operation/journal"; }
runs() { is_seen || { sleep 0.1 && is_seen; }; }
is_seen() {
  running=$(cat "$operation/pid")
  case $(tr '\\0' ' ' 2> /dev/null < "/proc/$running/cmdline") in
    *"$operation_id"*) return 0 ;;
    '') grep -q '^State:.[^ZX]' "/proc/$running/status" 2> /dev/null ;;
    *) return 1 ;;
  esac
}`,Xt=`stack() {
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
}`;const Zt=e=>`exec ${s([`sh`,`-c`,Qt,`deploy-action`,e.verb,e.nonce,e.directory,e.project,e.operation,e.environmentFile,String(e.waitSeconds),e.holder,e.target,e.repository])}`,Qt=[ae,Xt,Yt,`run_front`].map(e=>e.split(`
`).filter(e=>!/^\s*(#.*)?$/.test(e)).map(e=>e.trimStart()).join(`
`)).join(`
`),$t=`look.sh`,en=(e,t)=>[`cat "$dot"/backups/*.json 2> /dev/null`,`sed -n '$s/^[^ ]* /deploy-action: left /p' "$dot/schema" 2> /dev/null`,...e===void 0||!t?[]:[w(e),`fail() { return 1; }`,`find_database && database tables < /dev/null && echo "deploy-action: counted"`],``].join(`
`),tn=e=>{let t=(e??``).split(`
`),n=e=>t.flatMap(t=>t.startsWith(`deploy-action: ${e} `)?[t.slice(e.length+16)]:[]);return{backups:t.flatMap(rn).toSorted((e,t)=>t.id.localeCompare(e.id)),left:n(`left`).at(-1)?.trim()??null,tables:t.includes(`deploy-action: counted`)?Object.fromEntries(n(`table`).flatMap(nn)):null,revision:n(`revision`).at(-1)??null}},nn=e=>{let t=/^(\d+) \d+ (".*")$/.exec(e);try{return t===null?[]:[[String(JSON.parse(t[2]??``)),Number(t[1])]]}catch{return[]}},rn=e=>{if(!e.startsWith(`{`))return[];try{let t=JSON.parse(e);return/^[\w-]+$/.test(t.id)&&typeof t.tables==`object`?[t]:[]}catch{return[]}},an=8192,on=1e3,k=e=>(t,n)=>e(t)?null:n,A=k(e=>typeof e==`string`&&e.length<=an&&!e.includes(`\0`)),j=e=>k(t=>typeof t==`string`&&t.length<=an&&e.test(t)),sn=(...e)=>k(t=>e.includes(t)),M=k(e=>typeof e==`boolean`),N=k(e=>Number.isSafeInteger(e)&&e>=0&&e<=864e5),P=e=>(t,n)=>t===null?null:e(t,n),F=e=>(t,n)=>t===void 0?null:e(t,n),I=e=>(t,n)=>Array.isArray(t)&&t.length<=on?B(t.map((t,r)=>e(t,`${n}[${r}]`))):n,L=(e,t)=>(n,r)=>{let i=z(n)?Object.entries(n):null;return i===null||i.length>on?r:B(i.map(([n,i])=>e.test(n)?t(i,`${r}.${n}`):`${r}.${n.slice(0,60)}`))},R=e=>(t,n)=>z(t)?B(Object.entries(e).map(([e,r])=>r(cn(t,e),n===``?e:`${n}.${e}`))):n,z=e=>typeof e==`object`&&!!e&&!Array.isArray(e),cn=(e,t)=>Object.hasOwn(e,t)?e[t]:void 0,B=e=>e.find(e=>e!==null)??null,V=/^[A-Za-z0-9][\w.-]{0,127}$/,H=/^[\w.-]{1,128}$/,U=j(/^sha256:[0-9a-f]{64}$/),ln=j(/^[a-z0-9][a-z0-9._:/-]*@sha256:[0-9a-f]{64}$/),un={http:R({port:k(e=>Number.isSafeInteger(e)&&e>0&&e<65536),path:j(/^\/[^\r\n]*$/),status:I(k(e=>Number.isSafeInteger(e)&&e>=100&&e<=599)),contains:P(A),patterns:I(A)}),exec:R({argv:I(A)}),log:R({text:A}),auto:()=>null},dn=(e,t)=>{let n=z(e)?cn(e,`kind`):void 0,r=typeof n==`string`&&Object.hasOwn(un,n)?un[n]:void 0;return r===void 0?`${t}.kind`:r(e,t)},fn=R({id:j(H),number:N,kind:F(sn(`deploy`,`rollback`)),of:F(P(j(H))),fallback:F(P(j(H))),commit:j(/^[0-9a-f]{7,64}$/),ref:F(P(A)),repository:F(P(A)),actor:F(P(A)),run:F(P(A)),reason:F(P(A)),operation:F(j(H)),images:L(V,R({reference:ln,digest:U,platforms:L(/^[a-z0-9]+(\/[a-z0-9]+){1,2}$/,U)})),services:L(V,R({image:j(V),digest:U,order:sn(`stop-first`,`start-first`),parallelism:F(k(e=>Number.isSafeInteger(e)&&e>=1)),replicas:F(N),exactly:M,last:F(M),after:I(j(V)),readiness:R({ask:dn,grace:N,interval:N,retries:N,deadline:N,stable:N}),containerName:j(/^([A-Za-z0-9][\w.-]*)?$/)})),smoke:I(R({name:A,service:j(V),ask:dn,retries:N,timeout:N})),infrastructure:F(I(j(V))),stack:F(L(/^[\w./-]{1,256}$/,R({release:j(H),commit:A,images:L(V,ln)}))),schema:R({before:A,after:A}),compatible:F(M),committed:F(A)}),pn=e=>{let t=fn(e,``);if(t!==null)return t===``?`it is no object`:`\`${t}\` is not what we write there`;let n=e;return{...n,infrastructure:n.infrastructure??[],stack:n.stack??{}}},mn=e=>({missingTools:G(e[`missing-tools`]),directory:hn.find(t=>t===e.directory)??`there`,user:{name:W(e.user)[0]??``,groups:G(W(e.user)[1])},bash:e.shells!==void 0,engine:yn(e),compose:e.compose_version===void 0?{error:_n(e[`compose_version.error`])}:{version:e.compose_version.trim().replace(/^v/,``)},containers:X(e.containers).map(bn),imageDigests:Object.fromEntries(X(e.image_digests).map(e=>[J(e.id),vn(e.digests)])),present:W(e.present_images),disk:W(e.disk).flatMap(xn),listening:W(e.listening).map(Sn),published:W(e.published).flatMap(Cn),otherContainers:W(e.other_containers),environmentFile:Tn(e.environment_file),environmentSet:En(e.resolved),environmentNeeded:Dn(e.resolved),environmentComments:W(e.environment_values).flatMap(e=>/^comment ([A-Za-z_]\w*)$/.exec(e)?.[1]??[]),environmentMisses:W(e.environment_values).flatMap(On),model:Mn(e),hashes:q(e.hashes),recordedHashes:q(e.recorded_hashes),binds:W(e.binds).flatMap(kn),missingBinds:W(e.binds).flatMap(e=>e.startsWith(`missing	`)?[e.slice(8)]:[]),missingExternals:W(e.missing_externals).flatMap(An),files:Z(e.brought_files),brought:Z(e.brought),manifest:Object.keys(Z(e.manifest)),...jn(e.releases),current:gn(e.current),parts:q(e.parts),othersBrought:K(W(e.others_brought).flatMap(e=>{let[,t=``,n=``,r]=/^(\S+) ([0-9a-f]{64}) {2}(.*)$/.exec(e)??[];return r===void 0?[]:[[r,{repository:t,sum:n}]]})),target:e.target??null,broken:wn(e.broken),seeds:W(e.seeds).map(e=>({name:G(e)[0]??``,hash:G(e)[1]??``,release:G(e)[2]??``,...G(e)[3]===`started`?{started:!0}:{}})),...e.looked===void 0?{}:{data:tn(e.looked)},unfinished:W(e.unfinished).map(e=>e.split(`/`).at(-1)??``)}),hn=[`missing`,`unwritable`,`foreign`],W=e=>(e??``).split(`
`).filter(e=>e!==``),G=e=>(e??``).split(/\s+/).filter(e=>e!==``),K=e=>Object.assign(Object.create(null),Object.fromEntries(e)),q=e=>K(W(e).map(e=>[G(e)[0]??``,G(e)[1]??``])),gn=e=>/^[\w.-]+$/.exec(e?.trim()??``)?.[0]??null,_n=e=>W(e).at(-1)??`no answer`,J=e=>typeof e==`string`?e:``,vn=e=>Array.isArray(e)?e.filter(e=>typeof e==`string`):[],Y=e=>typeof e==`object`&&e&&!Array.isArray(e)?e:{},X=e=>W(e).flatMap(e=>{try{return[Y(JSON.parse(e))]}catch{return[]}}),yn=e=>{let[t,n]=G(e.engine);return t===void 0||n===void 0?{error:_n(e[`engine.error`])}:{version:t,platform:n}},bn=e=>({id:J(e.id),name:J(e.name).replace(/^\//,``),service:J(e.service),oneOff:e.oneoff===`True`,operation:J(e.operation),image:J(e.image),imageId:J(e.imageId),state:J(e.state),started:J(e.started),restarts:typeof e.restarts==`number`?e.restarts:0,health:typeof e.health==`string`?e.health:null,policy:J(e.policy),anonymousVolumes:Q(e.mounts).flatMap(e=>e.Type===`volume`&&/^[0-9a-f]{64}$/.test(J(e.Name))?[{name:J(e.Name),path:J(e.Destination)}]:[])}),xn=e=>{let t=G(e),n=Number(t[3]);return Number.isFinite(n)&&t[5]!==void 0?[{mount:t.slice(5).join(` `),freeKib:n}]:[]},Sn=e=>{let[t=``,n=``]=e.split(`:`),r=t.match(/../g)?.map(e=>Number.parseInt(e,16))??[];return{address:r.every(e=>e===0)?``:r.length===4?r.toReversed().join(`.`):t,port:Number.parseInt(n,16)}},Cn=e=>{let t=/^("(?:[^"\\]|\\.)*") ("(?:[^"\\]|\\.)*")$/.exec(e);return t===null?[]:[{name:JSON.parse(t[1]??`""`),ports:JSON.parse(t[2]??`""`)}]},wn=e=>{if(e===void 0)return null;let t=W(e).map(e=>[e.split(` `)[0]??``,e.slice(e.indexOf(` `)+1)]),n=e=>t.find(([t])=>t===e)?.[1]??`unknown`,r=t.flatMap(([e,t])=>(e===`sentence`||e===`undo`)&&t.trim()!==``?[t.trim()]:[]);return{repository:n(`repository`),operation:n(`operation`),kind:n(`kind`),release:n(`release`),since:n(`since`),sentences:r}},Tn=e=>{let[t,n]=G(e);return t===void 0||n===void 0?null:{mode:t,owner:n}},En=e=>[...(e??``).matchAll(/^ {4}x-deploy-action\.env\.([A-Za-z_]\w*): set$/gm)].map(e=>e[1]??``),Dn=e=>[...(e??``).matchAll(/^ {4}x-deploy-action\.env\.-if\.([A-Za-z_]\w*): met$/gm)].map(e=>e[1]??``),On=e=>{let[,t,n,r]=/^(match|changed) ([A-Za-z_]\w*) (no|unknown)$/.exec(e)??[];return n===void 0?[]:[{check:t===`match`?`match`:`changed`,name:n,unknown:r===`unknown`}]},kn=e=>{let t=/^(\d+) (\d+) (\d+) ([^\t]*)\t(.*)$/.exec(e);return t===null?[]:[{uid:Number(t[1]),gid:Number(t[2]),mode:t[3]??``,kind:t[4]??``,source:t[5]??``}]},An=e=>{let[,t,n]=/^(network|volume) ([\w.-]+)$/.exec(e)??[];return t===void 0||n===void 0?[]:[{kind:t,name:n}]},Z=e=>Object.fromEntries(W(e).flatMap(e=>/^[0-9a-f]{64} {2}/.test(e)?[[e.slice(66),e.slice(0,64)]]:[])),jn=e=>{let t=X(e).map(e=>({id:J(e.id).slice(0,128),record:pn(e)}));return{releases:t.flatMap(({record:e})=>typeof e==`string`?[]:[e]),unreadable:t.flatMap(({id:e,record:t})=>typeof t==`string`?[{id:e,why:t}]:[])}},Mn=e=>{let t=W(e[`resolved-error`]).slice(-3).join(` `);if(e.resolved===void 0)return{error:t||`compose gave no answer`};try{let t=Y(Y((0,Ge.parse)(e.resolved,{maxAliasCount:0,logLevel:`error`})).services);return{services:K(Object.entries(t).map(([e,t])=>[e,Nn(Y(t))]))}}catch(e){return{error:t||`what compose prints is no YAML: ${e instanceof Error?e.message.split(`
`)[0]:``}`}}},Nn=e=>{let t=Y(e.deploy);return{image:J(e.image),containerName:J(e[`x-deploy-action.env.-name`])||J(e.container_name)||null,restart:typeof e.restart==`string`?e.restart:null,replicas:Pn(t.replicas??e.scale),ports:Q(e.ports).map(e=>({address:J(e.host_ip),published:Number(e.published??0),target:Number(e.target??0),protocol:J(e.protocol)})),binds:Q(e.volumes).flatMap(e=>e.type===`bind`?[{source:J(e.source),target:J(e.target),readOnly:e.read_only===!0}]:[]),mounted:Q(e.volumes).map(e=>J(e.target)),dependsOn:Object.fromEntries(Object.entries(Y(e.depends_on)).map(([e,t])=>[e,J(Y(t).condition)])),healthcheck:e.healthcheck!==void 0&&Y(e.healthcheck).disable!==!0,limits:e.mem_limit!==void 0||Y(Y(t.resources).limits).memory!==void 0,privileged:e.privileged===!0,networkMode:typeof e.network_mode==`string`?e.network_mode:null,user:e.user===void 0?null:String(e.user)}},Q=e=>Array.isArray(e)?e.map(Y):[],Pn=e=>typeof e==`number`&&Number.isSafeInteger(e)&&e>=0?e:1;var Fn=class{#e=null;#t=`before`;#n=[];take(e,t){e.kind===`step`&&(this.#e=e.step),e.kind===`switch`&&(this.#t=`switched`),e.kind===`committed`&&(this.#t=`committed`),this.#n.push(t.slice(0,120)),this.#n.length>12&&this.#n.shift()}killed(e,t){let r=this.#e===null?`before its first step`:`in step ${this.#e}, ${t(this.#e)}`;return new n(`UNKNOWN`,`the program on ${e.host} was killed ${r}; ${In[this.#t]}`,{evidence:[`the end of the journal of ${e.operation}:`,...this.#n],hint:`the next deploy or rollback first settles what it left; look before: deploy-action status, or on the server: journalctl -k | grep -i 'out of memory'; tail ${e.directory}/.deploy/operations/${e.operation}/stray`,...this.#t===`before`?{serving:`what served before`}:{}})}};const In={before:`nothing that serves was touched`,switched:`services may be stopped or half switched, and nobody finishes this before the next run`,committed:`the new release was committed and serves; what is left is to tidy up`},Ln={silenceMs:12e4,settlingMs:36e5,allInAllMs:72e5};var Rn=class{broken=null;#e;#t;#n;#r;#i;#a=!1;constructor(e,t,n){this.#e=e,this.#t=t,this.#n=n;let r=e.allInAllMs+t;this.#r=setTimeout(()=>this.#s(`was not ready after ${r/1e3} s`),r),this.#o(e.silenceMs)}heard(e){e.startsWith(`settling`)?this.#o(this.#e.settlingMs):this.#o(this.#e.silenceMs+(e.includes(` waiting `)?this.#t:0))}over(){this.#a=!0,clearTimeout(this.#i),clearTimeout(this.#r)}#o(e){clearTimeout(this.#i),this.#a||(this.#i=setTimeout(()=>this.#s(`said nothing for ${e/1e3} s before it was ready`),e))}#s(e){this.broken??=e,this.over(),this.#n()}};const zn=65536;var Bn=class{facts=Object.create(null);incomplete=null;isFull=!1;died=!1;#e=Object.create(null);#t;#n;#r=0;#i=0;constructor(e,t){this.#t=e,this.#n=t}take(e){let{nonce:t}=this.#t;if(!e.startsWith(`${t} `))return this.#a(e),null;let n=e.slice(t.length+1),[,r,i=``,a=``]=/^(fact|more) (\S+) (\S*)$/.exec(n)??[];return r!==void 0&&this.#o(i,a,r===`fact`),n.startsWith(`lacks `)&&(this.facts[`missing-tools`]=n.slice(6)),n.startsWith(`settling`)&&this.#n.info(`An earlier operation was left unfinished: ${n.slice(9)}; settling it first`),n.startsWith(`incomplete`)&&(this.incomplete=n.slice(11)),n===`full`&&(this.isFull=!0),n===`died`&&(this.died=!0),n}#a(e){let t=this.#i;this.#i+=e.length+1,this.#i<=zn?this.#n.foreign(e):t<=zn&&this.#n.warning(`${this.#t.host} prints more than is shown: its login shell should be silent`)}#o(e,t,r){let i=(this.#e[e]??``)+t;this.#r+=t.length+e.length;let{host:a,user:o,directory:s}=this.#t;if(this.#r>33554432)throw new n(`CONNECT`,`what ${a} tells, at last of ${e.slice(0,40)}, has no end; nothing was touched`,{hint:`by hand: look at the server: ssh ${o}@${a} 'ls -l ${s}/.deploy'`});r&&this.#s(e,Buffer.from(i,`base64`).toString()),this.#e[e]=r?``:i}#s(e,t){if(e===`look`)return void Object.assign(this.facts,Vn(t,this.#t.nonce));this.facts[e]=t,e===`waiting`&&this.#n.info(`Waiting for the lock, held by ${Hn(t)}`),e===`settled`&&this.#n.warning(`An earlier operation was settled: ${Un(t)}`)}};const Vn=(e,t)=>Object.fromEntries(`\n${e}`.split(`\n${t} `).slice(1).map(e=>[e.slice(0,e.indexOf(`
`)),`${e.slice(e.indexOf(`
`)+1).trimEnd()}\n`])),Hn=e=>e.trim().split(`
`).join(`, `),Un=e=>{let t=e.trim().split(`
`),n=t.toReversed().map(de).find(e=>e?.kind===`end`);return`${t[0]??`unknown`} ${n?.kind===`end`?`ended as ${n.end}`:`could not be settled`}`},Wn=(e,{target:t,directory:r})=>new n(`LOCK`,`another operation holds the stack in ${r} on ${t.host}: ${Hn(e)}`,{hint:`by hand: wait for it, then run this again (deploy-action status shows it); the lock frees itself when its holder ends`}),Gn=(e,{target:t,directory:r},i)=>new n(`CONNECT`,`${t.host} runs our command and ${e}; nothing of this run was begun`,{evidence:Yn(i),hint:`by hand: look on the server: timeout 10 docker ps; ps aux | grep deploy-action; tail -n 3 ${r}/.deploy/operations/*/journal`}),Kn=(e,{isFull:t},{target:r,directory:i})=>t?new n(`CONFIG`,`${r.host} has no room left for the ${e} in ${i}; nothing was touched`,{hint:`by hand: make room on the server: df -h ${i}`}):new n(`CONNECT`,`the ${e} did not arrive whole on ${r.host}; nothing was touched`,{hint:`by hand: run it again`}),qn=async({target:e},t)=>{let r=await t.ended,i=r.kind===`lost`?r.reason:r.kind===`exit`?`it ended with exit code ${r.code}`:`it was ended by ${r.signal}`;return new n(`CONNECT`,`${e.host} did not answer as a shell does: ${i}; nothing was touched`,{evidence:Yn(t),hint:`by hand: its login shell must be a POSIX shell; try ssh -p ${e.port} ${e.user}@${e.host} 'sh -c "echo works"'`})},Jn=()=>new n(`CANCELLED`,`the run was cancelled before anything was touched`,{hint:`by hand: run it again`}),Yn=e=>e.stderr().split(`
`).filter(Boolean).slice(-10),$=4096,Xn=e=>{let t=Buffer.from(e).toString(`base64`),n=[];for(let e=0;e<t.length;e+=$)n.push(t.slice(e,e+$));return`${n.join(`
`)}\n.\n`},Zn=e=>pe(`sha256`).update(e).digest(`hex`),Qn=e=>{let t=me(fe(e));return`${Zn(t)}\n${Xn(t)}`},$n=(e,t)=>{let n=me(e);return`go ${Zn(n)}\n${Xn(n)}${t}\n`},er=[500,2e3,5e3,1e4],tr=async(e,t,n=Ln)=>{let r=await e.connect(e.target),i=new nr(e,t,n);try{return await i.first(r)}finally{r.close()}};var nr=class{#e;#t;#n=0;#r=!1;#i;#a=null;#o;#s=new Fn;constructor(e,t,n){this.#e=e,this.#t=t,this.#i=n;let{target:r,front:i}=e;this.#o=new Bn({nonce:i.nonce,host:r.host,user:r.user,directory:i.directory},t.log)}get#c(){return{target:this.#e.target,directory:this.#e.front.directory}}async first(e){let{front:t,files:n}=this.#e,{signal:r}=this.#t.cancellation,i=()=>e.close();r.addEventListener(`abort`,i),this.#a=new Rn(this.#i,t.waitSeconds*1e3,i);let a=rr(await e.start(Zt(t)));a.write(Qn(n));let o=await this.#l(a).finally(()=>this.#a?.over());if(r.removeEventListener(`abort`,i),o.kind===`leave`||r.aborted){if(a.end(),r.aborted)throw Jn();return{kind:`left`}}return a.write($n(o.program,o.credentials)),await this.#p(a,e),this.#r||await this.#_(),{kind:`ended`}}async#l(e){for await(let t of e.lines){let e=this.#u(t);if(e!==null){if(e===`ready`)return this.#a?.over(),this.#e.decide(mn(this.#o.facts));if(e.startsWith(`bye`))break}}return this.#d(e)}#u(e){let t=this.#o.take(e);return t!==null&&this.#a?.heard(t),t}async#d(e){let{facts:t,incomplete:n}=this.#o;if(this.#t.cancellation.signal.aborted)throw Jn();if(this.#a?.broken)throw Gn(this.#a.broken,this.#c,e);if(t.locked!==void 0)throw Wn(t.locked,this.#c);if(n!==null)throw Kn(n,this.#o,this.#c);if(t[`missing-tools`]||t.directory!==void 0)return this.#e.decide(mn(t));throw await qn(this.#c,e)}#f(){let{target:e,front:t,stepName:n}=this.#e;return this.#s.killed({host:e.host,...t},n??(e=>`number ${e}`))}async#p(e,t){let n=setInterval(()=>e.write(`alive
`),5e3);this.#e.attend?.(t=>e.write(`${t}\n`));let r,i=()=>{e.write(`cancel
`),r=setTimeout(()=>this.#h(t),5500)},{signal:a}=this.#t.cancellation;a.aborted?i():a.addEventListener(`abort`,i,{once:!0});try{let t=!1;for await(let n of e.lines){if(t)this.#g(n);else{let e=this.#u(n);t=e===`follow`,e?.startsWith(`bye`)&&(this.#o.incomplete??=`word to go`)}if(this.#r)break}}finally{clearInterval(n),clearTimeout(r),a.removeEventListener(`abort`,i),this.#r||this.#e.attend?.(null),e.end()}if(this.#o.incomplete!==null)throw Kn(this.#o.incomplete,this.#o,this.#c);if(this.#m)throw this.#y(`CANCELLED`,`the run was cancelled while the server works`)}#m=!1;#h(e){this.#m=!0,e.close()}#g(e){if(!/^\d+ [a-z]/.test(e))return void this.#u(e);if(!e.endsWith(` ;`)&&!e.endsWith(`…`))return;if(this.#n+=1,this.#n>2e4)throw this.#y(`UNKNOWN`,`the journal which ${this.#e.target.host} tells has no end`);let t=de(e.replace(/ ;$/,``));t!==null&&(this.#s.take(t,e),this.#e.onEvent(t),t.kind===`end`&&(this.#r=!0))}async#_(){let{target:e}=this.#e,t=this.#o.died;for(let n of t?[0,...er]:er){if(this.#t.log.warning(t?`The program on ${e.host} was killed; what it left is settled…`:`The connection to ${e.host} was lost; the server goes on alone. Trying again…`),n>0&&await this.#t.clock.sleep(n),this.#t.cancellation.signal.aborted)throw this.#y(`CANCELLED`,`the run was cancelled while contact was lost`);if(this.#o.died=!1,await this.#v(),this.#r)return;if(this.#o.died)throw this.#f()}throw t?this.#f():this.#y(`UNKNOWN`,`contact with ${e.host} was lost and not regained`)}async#v(){let{target:e,connect:t,front:n}=this.#e,r=await t(e).catch(()=>null);if(r!==null)try{let e=await r.start(Zt({...n,verb:`follow`,target:String(this.#n+1)}));await this.#p(rr(e),r)}finally{r.close()}}#y(e,t){let{front:r}=this.#e;return new n(e,`${t}; operation ${r.operation} finishes or rolls back there alone`,{hint:`ask later: deploy-action status, or on the server: tail ${r.directory}/.deploy/operations/${r.operation}/journal`})}};const rr=e=>{let t=e.lines[Symbol.asyncIterator]();return{...e,lines:{[Symbol.asyncIterator]:()=>({next:()=>t.next()})}}},ir=4e3;var ar=class{plan=null;imageDigests={};#e;#t=0;#n=0;#r=0;#i=0;#a=[];#o=null;#s=()=>{};#c=null;#l=[];#u=[];#d={before:``,after:``,back:``};constructor(e){this.#e=e}transacted(){return this.plan===null?null:{plan:this.plan,end:this.#o??`broken`,failure:this.#c,evidence:this.#l,stopped:this.#u,schema:this.#d}}close(){this.#s()}take(e){(e.kind===`done`||e.kind===`fail`||e.kind===`end`)&&this.#s(),e.kind===`start`?this.#f(e):e.kind===`step`?this.#p(e):e.kind===`done`?this.#m(e,`succeeded`):e.kind===`fail`?this.#h(e):e.kind===`note`?this.#_(e):e.kind===`undo-failed`?this.#v(e.text):e.kind===`settle`?this.#g():e.kind===`end`?this.#o=e.end:this.#e.ports.log.debug(e.kind===`undo`?`undoing: ${e.text}`:e.kind)}#f({at:e,epoch:t}){this.#t=t,this.#n=e}#p({at:e,step:t}){this.#r=e,this.#i=t,this.#a=[],this.#s(),this.#s=r(this.#e.ports.log,this.nameOf(t)),this.#e.ports.log.info(`${this.nameOf(t)}: ${this.#b(t)?.cause??``}`)}#m({at:e,step:t},n){let{facts:r}=this.#e,i={name:this.nameOf(t),cause:this.#b(t)?.cause??``,start:this.#y(this.#r),duration:e-this.#r,result:n};r.steps.length>=500||(r.steps=[...r.steps,this.#a.length===0?i:{...i,detail:this.#a.join(`; `)}])}#h(e){let n=Object.hasOwn(t,e.code)?e.code:`BUG`;this.#a.push(e.sentence),this.#c={step:this.nameOf(e.step),code:n,sentence:e.sentence},this.#e.ports.log.info(`${n}: ${e.sentence}`),this.#m(e,`failed`)}#g(){let e=this.nameOf(this.#i);this.#c??={step:e,code:`CANCELLED`,sentence:`the program on the server was killed at "${e}"`},this.#e.ports.log.warning(`the program on the server was killed at "${e}"; what it left is settled`)}#_({topic:e,name:t,text:n}){let{log:r}=this.#e.ports;if(e===`schema`&&(t===`before`||t===`after`||t===`back`)&&(this.#d[t]=n.trim().slice(0,200)),e===`evidence`){for(let e of n.split(`
`).filter(Boolean).slice(-40))this.#l.push(`${t} | ${e.slice(0,ir)}`);this.#l.splice(0,this.#l.length-400)}else e===`serving`?this.#e.facts.serving=[At(this.#e.environment().config.host,X(n).map(bn),this.imageDigests)]:e===`stopped`?this.#u.push(t):e===`warning`?r.warning(`${t}: ${n}`):(this.#a.length<50&&this.#a.push(or(e,t,n).slice(0,ir)),r.info(`  ${or(e,t,n)}`))}#v(e){this.#l.push(`going back: ${e}`),this.#e.ports.log.info(`going back failed: ${e}`)}#y(e){return new Date(this.#t*1e3+(e-this.#n)).toISOString()}#b(e){return this.plan?.steps[e-1]}nameOf(e){let t=this.#b(e);return t===void 0?`step ${e}`:O(t)}};const or=(e,t,n)=>e===`gap`?`${t} did not serve for ${n} ms`:e===`health`?`${t} ready: ${n}`:e===`schema`?`schema ${t}: ${n.trim()}`:e===`restored`?`${t}: the previous container serves again`:[e,t,n].filter(Boolean).join(` `),sr=async(e,t)=>{let{connect:n,front:r,files:i,decide:a,attend:o,onEvent:s}=t,{log:c,clock:l}=e.ports,u=new ar(e),d={connect:n??se(c,l),target:ee(e),front:r,files:i,decide:async e=>{let t=await a(e);return t===null?{kind:`leave`}:(u.plan=t.plan,u.imageDigests=e.imageDigests,{kind:`go`,program:t.program,credentials:t.credentials})},...o===void 0?{}:{attend:o},onEvent:e=>{u.take(e),s?.(e)}};try{await tr({...d,stepName:e=>u.nameOf(e)},e.ports)}finally{u.close()}return u.transacted()};export{g as A,C,v as D,x as E,Se as F,be as I,De as L,we as M,Te as N,_ as O,Ce as P,w as S,ze as T,Tt as _,Lt as a,nt as b,Ut as c,Kt as d,Vt as f,Et as g,ut as h,Jt as i,h as j,Ne as k,Ht as l,kt as m,$t as n,It as o,Gt as p,en as r,zt as s,sr as t,Wt as u,et as v,S as w,it as x,rt as y};