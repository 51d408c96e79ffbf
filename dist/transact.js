import{i as e}from"./rolldown-runtime.js";import{t}from"./dist.js";import{n,t as r}from"./errors.js";import{n as i,t as a}from"./known-hosts.js";import{t as o}from"./ports.js";import{n as s,t as c}from"./output.js";import{n as l,t as u}from"./quote.js";import{t as d}from"./private-key.js";import{n as f,t as p}from"./git.js";import{t as m}from"./archive.js";import{createHash as h,randomBytes as g}from"node:crypto";import{hostname as _,userInfo as ee}from"node:os";import{setImmediate as te}from"node:timers/promises";import ne from"node:net";import{gzipSync as re}from"node:zlib";const ie=`import os, sys
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
tell("after", revisions())`,ae=(e,t)=>e.flatMap(e=>{let n=le(e,t),r=oe(e,n,t);return r===null?[]:[{kind:`seed`,name:e.name,cause:r,hash:n,timeout:e.timeout,run:v(e.service,e.entrypoint,e.run)}]}),oe=(e,t,n)=>{let r=n.seeds.filter(({name:t,started:n})=>t===e.name&&n!==!0),i=se(e,n);return i===null?e.policy===`always`?`runs at every deploy`:r.length===0?`has not run here yet`:e.policy===`on-change`&&r.at(-1)?.hash!==t?`its content changed`:null:`was cut off in release ${i}`},se=({name:e},t)=>{let n=t.seeds.filter(t=>t.name===e).at(-1);return n?.started===!0?n.release:null},ce=(e,t)=>e.flatMap(e=>{let n=e.interrupted===`refuse`?se(e,t):null;return n===null?[]:[{sentence:`seed ${e.name} was cut off or failed in release ${n}, and may have left half of its data`,hint:`look at the data, then on the server: sed -i '/^${e.name} .* started$/d' .deploy/seeds to run it again, or sed -i 's/^\\(${e.name} .*\\) started$/\\1/' .deploy/seeds where it is whole`}]}),le=(e,t)=>h(`sha256`).update(JSON.stringify([e.service,e.entrypoint??null,e.run,e.files.map(e=>t.brought[e]??null)])).digest(`hex`).slice(0,16),v=(e,t,n)=>t===void 0?[e,...n]:[`--entrypoint`,t[0]??``,e,...t.slice(1),...n],y={first:[],beforeSwitch:[],last:[]},ue=({service:e,config:t},...n)=>v(e,[`python3`,`-c`,ie,t??``,...n],[]),de=e=>({...y,first:[{kind:`known`,cause:`a version that does not know the schema must not come back to it`,timeout:6e4,run:ue(e,`known`)}]}),fe=(e,t,n)=>({...y,beforeSwitch:[...n?[{kind:`backup`,cause:`going down deletes what the newer schema holds`}]:[],{kind:`down`,cause:`release back to revision ${t}, with the image that knows the way`,revision:t,timeout:e.timeout,run:e.preset===`alembic`?ue(e,`down`,t):v(e.service,e.entrypoint,(e.down??[]).map(e=>e.replaceAll(`{revision}`,t)))}]}),pe=({id:e,revision:t,made:n},r)=>({first:[{kind:`backup`,cause:`what is there now can be brought back, too`},{kind:`load`,cause:`as it was at ${n}, beside the database that serves`,backup:e}],beforeSwitch:[{kind:`halt`,cause:`nothing may write while the data goes back`,services:r},{kind:`swap`,cause:`the data of ${n} takes the place of that of now`,backup:e,revision:t}],last:[{kind:`tidy-database`,cause:`what was set aside is in a backup`}]}),me=({backups:e},t)=>t===`latest`?e[0]:e.find(({id:e})=>e===t)??e.find(({id:e})=>e.startsWith(t)),he=({backups:e},t)=>e.find(({revision:e})=>e!==``&&e===t.schema.after),ge=(e,t)=>Object.entries(t).flatMap(([t,n])=>{let r=Object.hasOwn(e.tables,t)?e.tables[t]??0:0;return n>r?[{table:t,now:n,then:r}]:[]}),_e=(e,{tables:t})=>{if(t===null)return`how many rows would be lost is not known, because the database did not answer`;let n=ge(e,t);if(n.length===0)return`no table has more rows now than the backup; what was changed since is lost`;let r=n.reduce((e,{now:t,then:n})=>e+t-n,0),i=n.map(({table:e,now:t,then:n})=>`${e} ${t-n} (${t} now, ${n} in the backup)`);return`${r} ${r===1?`row`:`rows`} written after the backup would be lost: ${i.join(`, `)}; what was changed since is lost, too`},ve=(e,t)=>e.hooks[t].filter(({on:e})=>e===`server`).map(({name:e,run:n,directory:r,timeout:i,onFailure:a})=>({kind:`hook`,cause:`the config asks for it at ${t}`,name:e,argv:n,directory:r??`.`,timeout:i,onFailure:a})),ye=e=>e!==null&&/^[\w.-]+(\/[\w.-]+)*$/.test(e)?e:`-`,b=e=>Object.values(e.parts).flatMap(t=>t===e.current?[]:e.releases.filter(e=>e.id===t)),be=e=>Object.values(e.parts).filter(t=>!e.releases.some(e=>e.id===t)),xe=(e,t)=>new Set(b(e).flatMap(({services:e,infrastructure:t})=>[...Object.keys(e),...t]).filter(e=>t[e]===void 0)),Se=(e,t)=>Object.assign({},...b(e).map(({services:e})=>e),t?.services),Ce=(e,t)=>b(e).filter(({services:e})=>{let n=Object.keys(e);return n.length>0&&n.every(e=>t[e]!==void 0)}),we=(e,t)=>({...e,current:e.current??t[0]?.id??null,parts:Object.fromEntries(Object.entries(e.parts).filter(([,n])=>n===e.current||!t.some(e=>e.id===n)))}),Te=(e,t)=>b(e).flatMap(e=>Object.keys(e.services).filter(e=>t[e]!==void 0).map(t=>({service:t,release:e}))),Ee=({brought:e,othersBrought:t},n)=>Object.entries(e).flatMap(([e,r])=>{let i=t[e];return i===void 0||i.sum===r||n.includes(e)?[]:[{path:e,repository:i.repository}]}),De=(e,t,n)=>({...Object.fromEntries(b(e).map(t=>[x(e,t.id),{release:t.id,commit:t.commit,images:Oe(t.images)}])),[t===`-`&&e.current!==null?x(e,e.current):t]:n}),Oe=e=>Object.fromEntries(Object.entries(e).map(([e,{reference:t}])=>[e,t])),x=({parts:e},t)=>Object.keys(e).find(n=>e[n]===t)??`-`,ke=({stack:e})=>Object.entries(e).map(([e,{release:t}])=>`${e} ${t}`).join(`
`),Ae=({id:e,stack:t})=>Object.keys(t).find(n=>t[n]?.release===e)??`-`,je=e=>b(e).map(({id:t,commit:n})=>`${x(e,t)} stays at release ${t} (commit ${n.slice(0,7)})`).join(`, `),Me=(e,t)=>Object.values(t.services).some(({dependsOn:t})=>t[e]===`service_completed_successfully`),Ne=(e,t,n,r)=>{let i=xe(r,t);return Object.keys(n.services).filter(r=>t[r]===void 0&&!Me(r,n)&&!i.has(r)&&!e.compose.elsewhere.includes(r))},Pe=(e,t,n,r)=>{let{migrate:i}=e;if(i===void 0||!r)return[];let a=n?.services[i.service];if(a!==void 0&&a.digest===t[a.image]?.digest)return[];let o=e.backup===void 0?[]:[{kind:`backup`,cause:`data is never the price: no migration without a proven backup`}],s=n===null?`the first release here`:`${i.service} has a new image`;if(i.preset===`alembic`){let t=v(i.service,[`python3`,`-c`,ie,i.config??``],[]),n=e.backup?.when===`migration`?[{kind:`revisions`,cause:`a backup is made where the image brings new ones`,timeout:6e4,run:[...t,`ask`]}]:[];return i.onStart?o.length===0?[]:[...n,...o]:[...n,...o,{kind:`migrate`,tool:`alembic`,cause:s,timeout:i.timeout,run:t}]}if(i.onStart)return o;let c=(e,t)=>t===void 0?[]:[{kind:`schema`,when:e,cause:`the revision belongs to the release`,timeout:6e4,run:v(i.service,i.entrypoint,t)}];return[...c(`before`,i.current),...i.current===void 0?[]:c(`heads`,i.heads),...o,{kind:`migrate`,tool:`command`,cause:s,timeout:i.timeout,run:v(i.service,i.entrypoint,i.up??Fe[i.preset??`flyway`])},...c(`after`,i.current)]},Fe={django:[`python`,`manage.py`,`migrate`,`--noinput`],prisma:[`npx`,`prisma`,`migrate`,`deploy`],flyway:[`migrate`]},Ie=e=>{let t=e.map(({service:e})=>e),n=e.filter(({order:e,after:n})=>e===`stop-first`&&!n.some(e=>t.includes(e)));return n.length>1?n:[]},Le=e=>{let t=[],n=(r,i)=>{if(!(t.includes(r)||i.includes(r.service))){for(let t of e)r.after.includes(t.service)&&n(t,[...i,r.service]);t.push(r)}};for(let t of e.filter(({exactly:e})=>!e))n(t,[]);for(let t of e)n(t,[]);return[...t.filter(({exactly:e})=>!e),...t.filter(({exactly:e})=>e)]},Re={grace:0,interval:500,retries:1e4,deadline:6e4},ze=({services:e},t)=>Object.hasOwn(e,t)?e[t]:void 0,Be=(e,t)=>{let n=e===void 0?{kind:`auto`}:Ue(e.health),r=n.kind===`auto`&&!(t?.healthcheck??!1),{grace:i,interval:a,retries:o,deadline:s}=e?.health??Re;return{ask:n,grace:i,interval:a,retries:o,deadline:s,stable:e?.stable??(r?1e4:0)}},Ve=e=>({...Re,deadline:12e4,...e===void 0?{}:Be(e,void 0),stable:e?.stable??0,ask:e===void 0?{kind:`auto`}:Ue(e.health)}),He=e=>e.ask.kind===`auto`?e:{...e,stable:0},Ue=e=>e.http===void 0?e.exec===void 0?e.log===void 0?{kind:`auto`}:{kind:`log`,text:e.log}:{kind:`exec`,argv:e.exec}:S(e.http),S=e=>({kind:`http`,port:e.port,path:e.path,status:e.status,contains:e.contains??null,patterns:Object.entries(e.json).map(([e,t])=>We(e,t))}),We=(e,t)=>`${Ge(JSON.stringify(e))}[[:space:]]*:[[:space:]]*${Ge(JSON.stringify(t))}[[:space:]]*[],}]`,Ge=e=>e.replaceAll(/[\\^$.*+?()[\]{}|]/g,`\\$&`),Ke=(e,t,n)=>{let r=C(n),i=Xe(n),a=qe(e,$e(e,t,n,i.changed)),o=a.filter(({cause:e})=>e!==null),s=ct(e,t,n,i.changed),c=e.kind===`deploy`&&e.seeds?ae(e.config.seed,n):[],l=r!==null&&r.commit===e.commit&&e.kind===`deploy`,u=e.number===void 0&&n.broken===null&&o.length===0&&s.start.length===0&&s.restart.length===0&&i.changed.length+i.removed.length===0&&c.length===0,d=e.number??Je(n),f={kind:e.kind,release:`${d}-${e.commit.slice(0,7)}`,previous:n.current,fallback:e.kind===`rollback`?e.record?.fallback??null:n.current};return u&&(e.data?.beforeSwitch??[]).length===0&&(l||e.kind===`rollback`&&(r?.of??r?.id)===e.record?.id)?{...f,steps:[]}:{...f,steps:Ye({target:e,observed:n,current:r,files:i,wanted:a,changing:o,infrastructure:s,seeds:c})}},qe=({data:e},t)=>e?.beforeSwitch.some(({kind:e})=>e===`halt`)===!0?t.map(e=>({...e,cause:e.cause??`stopped while the data goes back`})):t,Je=({releases:e})=>Math.max(0,...e.map(({number:e})=>e))+1,Ye=({target:e,observed:t,current:n,files:r,wanted:i,changing:a,infrastructure:o,seeds:s})=>{let{config:c,kind:l}=e,u=e=>l===`deploy`?ve(c,e):[],d=Le(a),f=d.filter(({exactly:e})=>e),p=l===`deploy`?Pe(c,e.images,n,a.length>0||s.length>0):[],m=[.../* @__PURE__ */ new Set([...i.map(({service:t})=>e.images[e.ownership[t]??``]?.reference??``),...o.images])].filter(e=>e!==``&&!t.present.includes(e)),h=a.map(({service:e,compose:t,containers:n})=>({name:e,scale:n.length+t.replicas})),g=Object.fromEntries(i.map(({service:e,digest:t})=>[e,t])),_=e.data??y;return[...u(`beforeDeploy`),...m.length>0?[{kind:`pull`,cause:`not on the server yet`,references:m}]:[],..._.first,{kind:`files`,cause:Ze(r),changed:r.changed,removed:r.removed},...o.start,...h.length>0?[{kind:`create`,cause:`made beside those that run, so that the gap is short`,services:h}]:[],...p.length===0&&l===`deploy`&&c.backup?.when===`always`?[{kind:`backup`,cause:`the config asks for one at every deploy`}]:[],...p.length>0?[...u(`beforeMigrate`),...p,...u(`afterMigrate`)]:[],...h.length>0?[{kind:`await-created`,cause:`nothing that serves is touched before they are there`,services:h.map(({name:e})=>e)}]:[],...u(`beforeSwitch`),...o.restart,..._.beforeSwitch,...l===`rollback`?nt(Ie(d)):[],...d.filter(({exactly:e})=>!e).map(e=>it(e,n)),...s,...f.map(e=>it(e,n)),...u(`afterSwitch`),...t.broken===null?[]:i.filter(({cause:e})=>e===null).map(at),...st(e),{kind:`verify`,cause:`what runs is compared with what was wanted`,services:g},...ot(a),...u(`afterDeploy`),{kind:`commit`,cause:`healthy: from here on it is the current release`},{kind:`tidy`,cause:`${c.keep} releases are kept`,keep:c.keep,services:Object.fromEntries(a.map(({service:t})=>[t,e.containerNames[t]??``]))},..._.last]},C=e=>e.releases.find(({id:t})=>t===e.current)??null,Xe=e=>({changed:Object.keys(e.brought).filter(t=>e.files[t]!==e.brought[t]&&(e.files[t]===void 0||e.files[t]!==e.othersBrought[t]?.sum)),removed:e.manifest.filter(t=>e.brought[t]===void 0&&e.files[t]!==void 0&&e.othersBrought[t]===void 0)}),Ze=({changed:e,removed:t})=>e.length+t.length===0?`files are as wanted`:[...e.slice(0,5).map(e=>`${e} differs`),...t.slice(0,5).map(e=>`${e} is no longer brought`)].join(`, `)+(e.length+t.length>10?`, …`:``),Qe=(e,t,n)=>n.find(n=>t.binds.some(({source:t})=>t===`${e}/${n}`||`${e}/${n}`.startsWith(`${t.replace(/\/$/,``)}/`))),$e=(e,t,n,r)=>Object.entries(e.ownership).flatMap(([i,a])=>{let o=t.services[i];if(o===void 0||o.replicas===0||Me(i,t))return[];let s=e.images[a]?.digest??``,c=n.containers.filter(e=>e.service===i&&!e.oneOff),l=c.filter(({state:e})=>e===`running`||e===`restarting`),u=ze(e.config,i),d=e.record?.services[i];return[{service:i,compose:o,digest:s,readiness:d===void 0?Be(u,o):He(d.readiness),order:d?.order??u?.order??`stop-first`,exactly:d?.exactly??u?.exactly===1,after:d?.after??[...u?.after??[],...Object.keys(o.dependsOn)],containers:c,running:l,cause:et({service:i,compose:o,digest:s,containers:c,running:l,observed:n,mounted:Qe(e.path,o,r)})}]}),et=({service:e,compose:t,digest:n,containers:r,running:i,observed:a,mounted:o})=>r.length===0?`does not exist yet`:i.length===0?`does not run`:i.some(e=>!tt(e,n,a))?`image changed`:a.recordedHashes[e]===a.hashes[e]?i.length!==t.replicas||r.length!==t.replicas?`${i.length} of ${t.replicas} run`:i.some(({state:e,health:t})=>e===`restarting`||t===`unhealthy`)?`is not healthy`:o===void 0?null:`${o} changed, which it mounts`:`configuration changed`,tt=(e,t,n)=>e.imageId===t||(n.imageDigests[e.imageId]??[]).some(e=>e.endsWith(`@${t}`)),nt=e=>e.length===0?[]:[{kind:`exchange`,cause:`none of them waits for another`,services:e.map(({service:e,running:t})=>({service:e,...rt(t)}))}],rt=e=>({old:e.map(({id:e})=>e),policy:e[0]?.policy||`no`}),it=(e,t)=>({kind:`switch`,cause:e.cause??``,service:e.service,order:e.order,...rt(e.running),readiness:e.readiness,readinessBefore:t?.services[e.service]?.readiness??e.readiness}),at=({service:e,readiness:t})=>({kind:`await`,service:e,readiness:t,cause:`the stack was broken`}),ot=e=>{let t=e.filter(({readiness:e})=>e.stable>0).map(({service:e})=>e);return t.length===0?[]:[{kind:`stable`,cause:`ready is not enough: no restart during the window`,services:t}]},st=({config:e,record:t})=>t===null?e.smoke.map(({name:e,service:t,http:n,run:r,retries:i,timeout:a})=>({kind:`smoke`,cause:`the config asks for it`,name:e,service:t,ask:n===void 0?{kind:`exec`,argv:r??[]}:S(n),retries:i,timeout:a})):t.smoke.map(e=>({kind:`smoke`,cause:`this release was deployed with it`,...e})),ct=(e,t,n,r)=>{let i=Ne(e.config,e.ownership,t,n),a=Object.entries(t.services).filter(([e])=>i.includes(e)),o=a.flatMap(([e,t])=>{let r=lt(e,t,n);return r===null?[]:[{name:e,compose:t,cause:r}]}),s=a.flatMap(([t,n])=>{let i=o.some(e=>e.name===t)?void 0:Qe(e.path,n,r);return i===void 0?[]:[{kind:`restart`,service:t,cause:`${i} changed, which it mounts`}]}),c=[];o.length>0&&c.push({kind:`infrastructure`,services:o.map(({name:e})=>e),cause:o.map(({name:e,cause:t})=>`${e} ${t}`).join(`, `)});for(let{name:t}of o)c.push({kind:`await`,service:t,cause:`what depends on it comes next`,readiness:Ve(ze(e.config,t))});return{start:c,restart:s,images:o.map(({compose:e})=>e.image)}},lt=(e,t,n)=>{let r=n.containers.filter(({service:t,oneOff:n})=>t===e&&!n),i=r.filter(({state:e})=>e===`running`);return r.length===0?`does not exist yet`:i.length<t.replicas?`does not run`:n.recordedHashes[e]===n.hashes[e]?i.some(({health:e})=>e!==null&&e!==`healthy`)?`is not healthy`:null:`configuration changed`};var w=t(),ut=`# MySQL and MariaDB, asked inside their own container by their own tools: sh -c THIS deploy-action VERB USER DATABASE [ARGUMENT]
# The password is in the container's environment already, and reaches the tools by the environment only.
set -eu
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
drop() { sql --execute "DROP DATABASE IF EXISTS $1"; }
# tables DATABASE: rows and JSON name of each
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
  drop "$1"
  sql --execute "CREATE DATABASE $1"
  sql "$1"
}

case $1 in
  size)
    sql --execute "SELECT CONCAT('deploy-action: size ', COALESCE(SUM(data_length + index_length), 0)) FROM information_schema.tables WHERE table_schema = '$database'"
    df -Pk "$(sql --execute 'SELECT @@datadir')" | awk 'NR == 2 { printf "deploy-action: room %.0f\\n", $4 * 1024 }'
    ;;
  # rows are counted before and after, since writing goes on; a table of the copy has to be in between
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
  # MySQL cannot rename a database: from the backup on standard input, after a proof
  swap | unswap) fill "\\\`$database\\\`" ;;
  finish) ;;
  sever) sql --execute "SELECT CONCAT('KILL ', id, ';') FROM information_schema.processlist WHERE host LIKE '$4:%'" | sql ;;
esac
`,dt=`# PostgreSQL, asked inside its own container by its own tools: sh -c THIS deploy-action VERB USER DATABASE [ARGUMENT]
# The password is in the container's environment already, and stays there.
set -eu
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
# What a copy is compared by: rows of every table, and what the tables say in which migration tools keep their revision.
rows="SELECT format(\\$f\\$SELECT 'deploy-action: table ' || count(*) || ' ' || count(*) || %L FROM ONLY %I.%I\\$f\\$, ' ' || to_json(n.nspname || '.' || c.relname), n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1 \\\\gexec"
revisions="SELECT format(\\$f\\$SELECT 'deploy-action: revision ' || coalesce(%s, '') FROM %I.%I\\$f\\$, CASE c.relname WHEN 'alembic_version' THEN 'string_agg(version_num, '','' ORDER BY version_num)'
  WHEN 'flyway_schema_history' THEN '(array_agg(version ORDER BY installed_rank DESC))[1]' WHEN '_prisma_migrations' THEN 'max(migration_name)' ELSE 'count(*) || ''-'' || left(md5(string_agg(app || ''.'' || name, '','' ORDER BY app, name)), 12)' END, n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relname IN ('alembic_version', 'django_migrations', 'flyway_schema_history', '_prisma_migrations') ORDER BY 1 \\\\gexec"
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
counted() { printf '%s\\n' "$tables" | sql "$@"; }
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
    df -Pk "$(sql --command 'SHOW data_directory')" | awk 'NR == 2 { printf "deploy-action: room %.0f\\n", $4 * 1024 }'
    ;;
  # the dump and the counts see the same moment, whatever is written meanwhile
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
`,ft=`# SQLite in a volume, asked beside the container that has it: sh -c THIS deploy-action VERB '' FILE [ARGUMENT]
# By the program sqlite3 where the image has it, else by Python's module of that name.
set -eu
file=$3 beside=$3.deploy-action
# ask FILE: the SQL of standard input
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
  # what is counted is the copy, which is of one moment; the copy that comes back from the backup must say the same
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
  # by rename, with the owner and mode of what was there; the journal beside the old file is of the old file
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
esac
`,pt=`# Backups: made by the database's own tools, proven in a database beside it, kept by count and age.

# database VERB [ARGUMENT]: asks the tool of this kind of database, where find_database found it; no password is in anybody's arguments
database() {
  # shellcheck disable=SC2086 # words without blanks
  timeout -k 10 "$database_limit" docker $database_at -c "$database_tool" deploy-action "$1" "$database_user" "$database_name" "\${2:-}"
}
find_database() {
  if [ "$database_kind" = sqlite ]; then
    # a file in a volume: also where its container does not run
    id=$(of_service "$database_service" | head -n 1)
    database_at="run --rm -i --network none --volumes-from $id --entrypoint sh $(docker inspect --format '{{.Image}}' "$id" 2> /dev/null)"
  else
    id=$(docker ps --quiet --no-trunc --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$database_service" --filter label=com.docker.compose.oneoff=False | head -n 1)
    database_at="exec -i $id sh"
  fi
  [ -n "$id" ] || fail BACKUP "no container of $database_service runs, so its database cannot be asked"
}
# unbacked SENTENCE: with what was seen last
unbacked() {
  of_others=yes
  hide < "$operation/last" | tail -c 262144 > "$operation/shown"
  of_others=''
  mv -f "$operation/shown" "$operation/last"
  evidence backup
  fail BACKUP "$1: $(tail -n 1 "$operation/last" | tr -d '\\000-\\037' | head -c 300)"
}
said_of() { sed -n "s/^deploy-action: $2 *//p" "$1" | tail -n 1; }

# backup_database: a proven backup, or none at all and BACKUP
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
  [ "\${asked_schema:-base}" = base ] || [ "$asked_schema" = "$revision" ] ||
    fail BACKUP "the backup is at revision \${revision:-none}, but the migration's database at $asked_schema: backup.database may name another one"
}
# differences ORIGINAL COPY: where the copy is another; rows of the original may be counted as a range
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
  { grep '^deploy-action: ' "$operation/proved" > "$backup.rows" && mv -f "$backup.part" "$backup.dump" && sync "$backup.dump" "$backup.rows" "$backup.new" && mv -f "$backup.new" "$backup.json" && sync "$dot/backups"; } ||
    { fail BACKUP "the backup could not be kept in $dot/backups"; return; }
  note backup "$database_service" "\${backup##*/}, proven: $((bytes / 1024)) KiB, $(grep -c '^deploy-action: table' "$operation/proved") tables\${revision:+, revision $revision}"
}
# What a proof that was cut off left; undone whatever happened.
forget_proof() {
  left=$dot/backups/\${operation##*/}
  rm -f "$left.part" "$left.new"
  [ -e "$left.json" ] || rm -f "$left.dump" "$left.rows"
  ! find_database || database unprove < /dev/null > /dev/null 2>&1
  return 0
}

# sever_sessions: a server does not notice that a client is gone whose network went with it: its statement would go on, and hold its locks
sever_sessions() {
  [ -s "$operation/address" ] && find_database || return 0
  while IFS= read -r address <&6; do database sever "$address" < /dev/null > /dev/null 2>&1; done 6< "$operation/address"
  rm -f "$operation/address"
}

# The newest is kept, however old and whatever was asked for.
prune_backups() {
  nth=0
  (cd "$dot/backups" 2> /dev/null && ls -- *.json 2> /dev/null) | sort -r | while IFS= read -r file; do
    nth=$((nth + 1)) file=$dot/backups/\${file%.json}
    if [ "$nth" = 1 ]; then continue; fi
    if [ "$nth" -gt "$backups_kept" ] || [ $(($(date +%s) - $(stat -c %Y "$file.json"))) -gt "$backups_seconds" ]; then rm -f "$file.json" "$file.dump" "$file.rows"; fi
  done
}
`;const mt=e=>[pt,...Object.entries(ht(e)).map(([e,t])=>`${e}=${l(t)}`),``].join(`
`),ht=e=>({database_kind:e.kind,database_service:e.service,database_user:e.user??``,database_name:e.file??e.database??``,database_limit:String(Math.ceil(e.timeout/1e3)),backups_kept:String(e.keep),backups_seconds:String(e.days/1e3),database_tool:vt(gt(e))}),gt=e=>e.kind===`postgres`?dt:e.kind===`mysql`?ut:e.kind===`sqlite`?ft:_t(e),_t=({save:e=[],prove:t=[],restore:n=[]})=>`set -eu
case $1 in
  save) ${u(e)}; echo 'deploy-action: saved' >&2 ;;
  prove) ${u(t)} ;;
  swap | unswap) ${u(n)} ;;
esac
`,vt=e=>e.split(`
`).filter(e=>!/^\s*(#.*)?$/.test(e)).join(`
`);var yt=`# How the engine is asked, for the fixed part and for the program alike.

# Only what is named here comes from the environment, so that no variable of a login shell beats the environment file.
# Ended after $time_limit seconds where that is set.
isolated() {
  \${time_limit:+timeout} \${time_limit:+-k} \${time_limit:+10} \${time_limit:+"$time_limit"} \\
    env -i PATH="$PATH" HOME="\${HOME:-/}" LC_ALL=C \\
    \${DOCKER_HOST:+"DOCKER_HOST=$DOCKER_HOST"} \${DOCKER_CONTEXT:+"DOCKER_CONTEXT=$DOCKER_CONTEXT"} \\
    \${DOCKER_CONFIG:+"DOCKER_CONFIG=$DOCKER_CONFIG"} \${XDG_RUNTIME_DIR:+"XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR"} \\
    \${SSL_CERT_FILE:+"SSL_CERT_FILE=$SSL_CERT_FILE"} \${HTTPS_PROXY:+"HTTPS_PROXY=$HTTPS_PROXY"} \${NO_PROXY:+"NO_PROXY=$NO_PROXY"} \\
    "$@"
}

# By way of \`docker compose\` the client starts compose twice, with twice its own start before: four times the cost. So
# compose is started itself where the client would find it: docker/cli, cli-plugins/manager, looks into these folders in
# this order. Where a configuration names others, or nothing is there, the client does it.
compose() {
  if [ "$composer" = docker ]; then isolated docker compose "$@"; else isolated "$composer" "$@"; fi
}
composer=docker
find_compose() {
  configuration=\${DOCKER_CONFIG:-\${HOME:-}/.docker}
  if grep -qs cliPluginsExtraDirs "$configuration/config.json"; then return; fi
  for folder in "$configuration" /usr/local/lib/docker /usr/local/libexec/docker /usr/lib/docker /usr/libexec/docker; do
    if [ -x "$folder/cli-plugins/docker-compose" ]; then
      composer=$folder/cli-plugins/docker-compose
      return
    fi
  done
}

# An engine that died or was restarted in the middle comes back: its supervisor sees to that.
await_engine() {
  for _ in $(seq 120); do
    engine_answers && return
    sleep 0.5
  done
}
engine_answers() { timeout 10 docker version --format '{{.Server.Version}}' > /dev/null 2>&1; }
# Another one after the engine was started again; empty where it is not asked by a socket of this machine.
engine_mark() {
  engine_socket=\${DOCKER_HOST:-unix:///var/run/docker.sock}
  stat -c '%i %Z' "\${engine_socket#unix://}" 2> /dev/null
}
# restarted_since MARK: an engine that is being stopped answers until it is; whoever failed meanwhile tries again
restarted_since() {
  [ -n "$1" ] || return 1
  for _ in $(seq 20); do
    if [ "$(engine_mark)" != "$1" ]; then
      await_engine
      return 0
    fi
    sleep 0.5
  done
  return 1
}
# patiently COMMAND…: once more where it failed because the engine was away
patiently() {
  "$@" && return
  set -- "$?" "$@"
  if engine_answers; then return "$1"; fi
  await_engine
  shift
  "$@"
}

# One JSON object a line for each container of the project, also stopped ones; docker's own json quotes the values.
CONTAINER='{"id":{{json .ID}},"name":{{json .Name}},"service":{{json (index .Config.Labels "com.docker.compose.service")}},"oneoff":{{json (index .Config.Labels "com.docker.compose.oneoff")}},"operation":{{json (index .Config.Labels "deploy-action.operation")}},"image":{{json .Config.Image}},"imageId":{{json .Image}},"state":{{json .State.Status}},"started":{{json .State.StartedAt}},"restarts":{{.RestartCount}},"health":{{if .State.Health}}{{json .State.Health.Status}}{{else}}null{{end}},"policy":{{json .HostConfig.RestartPolicy.Name}},"hostname":{{json .HostnamePath}},"ports":{{json .HostConfig.PortBindings}},"mounts":{{json .Mounts}}}'
containers() {
  # shellcheck disable=SC2046 # ids hold no blanks
  inspect_containers $(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project")
}
inspect_containers() { [ $# = 0 ] || docker inspect --format "$CONTAINER" "$@"; }
# Everything of a service that is not a one-off run, also what is stopped.
of_service() {
  patiently docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project" \\
    --filter "label=com.docker.compose.service=$1" --filter label=com.docker.compose.oneoff=False
}
`;const bt={"ssh-ed25519":[`ssh-ed25519`],"ecdsa-sha2-nistp256":[`ecdsa-sha2-nistp256`],"ecdsa-sha2-nistp384":[`ecdsa-sha2-nistp384`],"ecdsa-sha2-nistp521":[`ecdsa-sha2-nistp521`],"ssh-rsa":[`rsa-sha2-512`,`rsa-sha2-256`]},T=Object.keys(bt),E=e=>`SHA256:${h(`sha256`).update(e).digest(`base64`).replace(/=+$/,``)}`,xt=e=>{let t=e.length<4?0:e.readUInt32BE(0),n=e.subarray(4,4+Math.min(t,64)).toString(`latin1`);return{type:T.includes(n)?n:`unknown`,fingerprint:E(e)}},St=(e,t)=>t.keys.some(t=>Buffer.from(t.blob,`base64`).equals(e))||t.fingerprints.includes(E(e)),Ct=e=>{let t=T.filter(t=>e.keys.some(e=>e.type===t));return e.fingerprints.length>0||t.length===0?T:t},wt=e=>T.filter(t=>!e.has(t)),Tt=e=>e.flatMap(e=>bt[e]??[]),Et=e=>[...e.keys.map(e=>`pinned: ${e.type} ${E(Buffer.from(e.blob,`base64`))}`),...e.fingerprints.map(e=>`pinned: ${e}`)],D=({host:e,port:t})=>{let n=O(e);return n.includes(`:`)?`[${n}]:${t}`:`${n}:${t}`},O=e=>e.replace(/^\[(.*)\]$/,`$1`),Dt={name:({host:e})=>`getent hosts ${O(e)}   (and check \`host\` of the environment in deploy.yml)`,tcp:({host:e,port:t})=>`nc -vz -w 10 ${O(e)} ${t}   (and check on the server: systemctl status ssh, the firewall, \`port\` in deploy.yml)`,banner:({host:e,port:t})=>`ssh -v -p ${t} ${O(e)}   (an overloaded sshd, MaxStartups, fail2ban, or no sshd at all on this port)`,"key exchange":({host:e,port:t})=>`ssh -vv -p ${t} ${O(e)} 2>&1 | grep -i kex   (and on the server: journalctl -u ssh -n 20)`,authentication:()=>`journalctl -u ssh -n 20   (on the server)`},Ot=(e,t,n)=>{let r=D(e);return{stage:t,sentence:{banner:`${r} accepts the connection, then says nothing`,"key exchange":`the key exchange with ${r} does not come to its end`,authentication:`${r} does not answer our authentication within ${n.authenticationTimeoutMs/1e3} s`}[t],detail:``}},kt=(e,t,n)=>{let r=D(e);return{stage:t,sentence:{banner:`${r} accepts the connection and closes it without a word`,"key exchange":`the key exchange with ${r} failed`,authentication:`${r} closed the connection during authentication`}[t],detail:n}},At=(e,t,n)=>{let r=`${e.user}@${D(e)}`;return t===null?`${r} closed the connection`:t.level===`client-timeout`?`no sign of life from ${r} for ${n.keepaliveMs*(n.keepaliveMisses+1)/1e3} s`:`the connection to ${r} broke: ${t.message}`},jt=(e,t)=>{let n=t.at(-1)??{stage:`tcp`,sentence:`was not tried`,detail:``},i=t.map(({sentence:e,detail:t},n)=>`attempt ${n+1}: ${e}${t?` (${t})`:``}`);return new r(`CONNECT`,`${e.user}@${D(e)} is not reached: ${n.sentence}`,{hint:Dt[n.stage](e),evidence:i})},Mt=(e,t)=>{let[n]=t,i=n?`${n.type} ${n.fingerprint}`:`no key`;return new r(`HOSTKEY`,`${D(e)} offers ${i}, which is not pinned`,{hint:Nt(n),evidence:[...t.map(({type:e,fingerprint:t})=>`offered: ${e} ${t}`),...Et(e.pins)]})},Nt=e=>`at the server's own console: ssh-keygen -lf /etc/ssh/ssh_host_${/ed25519|ecdsa|rsa/.exec(e?.type??``)?.[0]??`ed25519`}_key.pub   (the same fingerprint: pin it in \`fingerprint\` or \`knownHosts\`; another one: somebody is in between, do not connect)`,Pt=(e,t,n)=>{let i=`${t.type} ${t.fingerprint}`,a=n.partial?`accepts our key ${i} and asks for more`:`refuses our key ${i}`,o=n.methods?n.methods.join(`, `)||`nothing`:`unknown`,s=n.banner.split(`
`).map(e=>e.trim());return new r(`AUTH`,`${e.user}@${D(e)} ${a}`,{hint:Ft(e,t,n),evidence:[`the server accepts: ${o}`,n.detail,...s].filter(Boolean)})},Ft=({user:e},{publicLine:t},{methods:n,partial:r})=>r?`allow the key alone for ${e}: AuthenticationMethods publickey in the server's sshd_config`:n&&!n.includes(`publickey`)?`PubkeyAuthentication yes in the server's sshd_config`:`on the server: echo '${t} deploy' >> ~${e}/.ssh/authorized_keys   (is it there already: ls -ld ~${e} ~${e}/.ssh ~${e}/.ssh/authorized_keys, none writable by others)`,It=(e,t)=>new r(`CONNECT`,`${e.user}@${D(e)} accepts our key and refuses to run a command`,{hint:`on the server: getent passwd ${e.user}; grep -n 'command=\\|restrict' ~${e.user}/.ssh/authorized_keys; sshd -T | grep -i 'maxsessions\\|forcecommand'`,evidence:[t]}),Lt={connectTimeoutMs:1e4,authenticationTimeoutMs:2e4,backoffMs:[500,2e3],keepaliveMs:5e3,keepaliveMisses:3,maxLineBytes:65536,maxQueuedBytes:1048576,maxStderrBytes:65536};var Rt=class{#e;#t;#n=[];#r=0;#i=0;#a=!1;#o=!1;#s=!1;#c=()=>{};constructor(e,t){this.#e=e,this.#t=t}push(e){if(!(this.#s||e.length===0)){for(let t of e)this.#n.push(t),this.#i+=t.length+64;!this.#a&&this.#i>this.#t&&(this.#a=!0,this.#e.pause()),this.#c()}}end(){this.#o=!0,this.#c()}async*[Symbol.asyncIterator](){try{for(;;){let e=this.#l();if(e!==void 0)yield e;else if(this.#o)return;else await new Promise(e=>this.#c=e)}}finally{this.#u()}}#l(){let e=this.#n[this.#r];if(e!==void 0)return this.#r+=1,this.#i-=e.length+64,(this.#r===this.#n.length||this.#r>=4096)&&(this.#n=this.#n.slice(this.#r),this.#r=0),this.#i<this.#t/2&&this.#d(),e}#u(){this.#s=!0,this.#n=[],this.#r=0,this.#i=0,this.#d()}#d(){this.#a&&(this.#a=!1,this.#e.resume())}};const zt=(e,t,n)=>{let r=new s(n.maxStderrBytes);return e.stderr.on(`data`,e=>r.push(e)),e.on(`error`,()=>{}),{write:t=>{e.writable&&e.write(t)},end:()=>{e.writable&&e.end()},lines:Vt(e,t.socket,n),stderr:()=>r.text(),ended:Ut(e,t)}},Bt=e=>({write:()=>{},end:()=>{},lines:(async function*(){})(),stderr:()=>``,ended:Promise.resolve({kind:`lost`,reason:e})}),Vt=(e,t,n)=>{let r=new c(n.maxLineBytes),i=new Rt(Ht(e,t),n.maxQueuedBytes);return e.on(`data`,e=>i.push(r.push(e))),e.once(`end`,()=>{i.push(r.end()),i.end()}),i},Ht=(e,t)=>(t.on(`data`,()=>{e.isPaused()&&e.readableLength>8388608&&t.pause()}),{pause:()=>e.pause(),resume:()=>{e.resume(),t.isPaused()&&t.resume()}}),Ut=(e,{client:t,whyLost:n})=>new Promise(r=>{let i=null;e.once(`exit`,(e,t)=>{i=e===null?{kind:`signal`,signal:t??`unknown`}:{kind:`exit`,code:e}}),e.once(`close`,()=>r(i??{kind:`lost`,reason:`the server closed the channel without telling how the command ended`})),t.once(`close`,()=>r(i??{kind:`lost`,reason:n()}))}),Wt=(e,t)=>{let n=t(e.reveal()),r=Array.isArray(n)?n[0]:n;if(r instanceof Error)throw k(r.message);if(!r.isPrivateKey())throw k(`it is a public key`);let i=r.getPublicSSH();if(!Gt(r,e.reveal(),i))throw k(`it is damaged: its public and private halves do not belong together`);return{key:qt(r),type:r.type,fingerprint:E(i),publicLine:`${r.type} ${i.toString(`base64`)}`}},Gt=(e,t,n)=>{let r=Kt(t);if(r!==null&&!r.equals(n))return!1;let i=Buffer.from(`the halves of a key`),a=e.type===`ssh-rsa`?`sha512`:void 0;try{let t=e.sign(i,a);return Buffer.isBuffer(t)&&e.verify(i,t,a)===!0}catch{return!1}},Kt=e=>{let[,t]=/^-----BEGIN OPENSSH PRIVATE KEY-----\n([\s\S]+?)\n-----END/.exec(e)??[];if(t===void 0)return null;let n=Buffer.from(t,`base64`),r=15;for(let e=0;e<3;e++)r+=4+n.readUInt32BE(r);return r+=4,n.subarray(r+4,r+4+n.readUInt32BE(r))},qt=e=>{let t=e.sign.bind(e),n=/* @__PURE__ */ Error(`the server asks for an RSA signature with SHA-1`);return e.sign=(e,r)=>r===`sha1`?n:t(e,r),e},k=e=>new r(`CONFIG`,`the SSH key cannot be used: ${e}`,{hint:`give the whole private key file, from -----BEGIN to -----END, without a passphrase; check it with: ssh-keygen -y -f FILE`}),Jt=(e,t)=>{let n=ne.connect({host:O(e.host),port:e.port,noDelay:!0,autoSelectFamilyAttemptTimeout:2500});return n.on(`error`,()=>{}),{socket:n,failure:new Promise(r=>{let i=setTimeout(()=>{r(Yt(e,t)),n.destroy()},t),a=e=>{clearTimeout(i),r(e)};n.once(`connect`,()=>a(null)),n.once(`error`,t=>a(Zt(e,t)))})}},Yt=(e,t)=>({stage:`tcp`,sentence:`${D(e)} does not answer within ${t/1e3} s`,detail:``}),Xt={ECONNREFUSED:`refuses the connection`,ECONNRESET:`resets the connection`,ETIMEDOUT:`does not answer`,EHOSTUNREACH:`has no route to it`,ENETUNREACH:`has no route to it`},Zt=(e,t)=>{let n=Qt(t);return t.syscall===`getaddrinfo`?{stage:`name`,sentence:`the name ${O(e.host)} does not resolve`,detail:n}:{stage:`tcp`,sentence:`${D(e)} ${Xt[t.code??``]??`cannot be connected to`}`,detail:n}},Qt=e=>e instanceof AggregateError?e.errors.map(e=>e.message).join(`; `):e.message,$t=async(e,t,n)=>{let r=performance.now(),{socket:i,failure:a}=Jt(e,n.connectTimeoutMs);try{await te();let[o,s]=await Promise.all([en(),a]);if(s)return{kind:`unreachable`,failure:s};let c=Wt(e.key,o.parseKey),l=Math.max(1,n.connectTimeoutMs-(performance.now()-r));return await new tn(e,c,i,{...n,connectTimeoutMs:l}).run(new o.NodeSSH,t)}catch(e){throw i.destroy(),e}},en=async()=>{let{NodeSSH:t}=await import(`./esm.js`),{default:n}=await import(`./lib2.js`).then(t=>/* @__PURE__ */ e(t.default,1));return{NodeSSH:t,parseKey:n.utils.parseKey}};var tn=class{#e;#t;#n;#r;#i=null;#a=!1;#o=!1;#s=!1;#c=null;#l=!1;#u=``;#d=null;#f;constructor(e,t,n,r){this.#e=e,this.#t=t,this.#n=n,this.#r=r}async run(e,t){this.#_(this.#r.connectTimeoutMs);let n=e.connect(this.#p(t)),r=e.connection;r&&this.#g(r);try{await n}catch(e){return this.#n.destroy(),this.#y(this.#d??e)}finally{clearTimeout(this.#f)}return this.#v(r)}#p(e){return{sock:this.#n,username:this.#e.user,authHandler:this.#h,hostVerifier:e=>this.#m(e),algorithms:{serverHostKey:Tt(e),hmac:[`hmac-sha2-256-etm@openssh.com`,`hmac-sha2-512-etm@openssh.com`,`hmac-sha2-256`,`hmac-sha2-512`],compress:[`none`]},keepaliveInterval:this.#r.keepaliveMs,keepaliveCountMax:this.#r.keepaliveMisses,readyTimeout:0}}#m(e){return this.#i=xt(e),this.#a=St(e,this.#e.pins),this.#a}#h=(e,t,n)=>e===null?n({type:`publickey`,username:this.#e.user,key:this.#t.key}):(this.#c=e,this.#l=t===!0,n(!1));#g(e){e.on(`error`,e=>{this.#d??=e}),e.on(`banner`,e=>{this.#u=`${this.#u}${e}`.slice(0,4096)}),e.once(`handshake`,()=>{this.#o=!0,this.#_(this.#r.authenticationTimeoutMs)})}#_(e){clearTimeout(this.#f),this.#f=setTimeout(()=>{this.#s=!0,this.#n.destroy()},e)}#v(e){this.#d=null;let t=this.#i??{type:`unknown`,fingerprint:``};return{kind:`open`,session:{client:e,socket:this.#n,hostKey:t,whyLost:()=>At(this.#e,this.#d,this.#r)}}}#y(e){if(this.#i&&!this.#a)return{kind:`wrong-host-key`,offered:this.#i};if(e.level===`client-authentication`)return{kind:`refused`,error:this.#b(e)};if(this.#o)return{kind:`lost-in-authentication`,failure:this.#x(`authentication`,e)};if(this.#n.bytesRead===0)return{kind:`unreachable`,failure:this.#x(`banner`,e)};let t=this.#x(`key exchange`,e);return e.level===`handshake`?{kind:`incompatible`,failure:t}:{kind:`unreachable`,failure:t}}#b(e){let t=this.#c===null?e.message:``;return Pt(this.#e,this.#t,{methods:this.#c,partial:this.#l,banner:this.#u,detail:t})}#x(e,t){return this.#s?Ot(this.#e,e,this.#r):kt(this.#e,e,t.message)}};const nn=(e,t,n=Lt)=>async r=>{let i=await rn(r,{log:e,clock:t,limits:n});return e.debug(`connected to ${r.user}@${D(r)}, host key ${i.hostKey.type} ${i.hostKey.fingerprint}`),sn(r,i,n)},rn=async(e,t)=>{let n=[],r=/* @__PURE__ */ new Set;for(let i=Ct(e.pins);;i=wt(r)){let{attempt:a,failures:o}=await on(e,i,t);if(a.kind===`open`)return a.session;if(a.kind===`refused`)throw a.error;a.kind===`wrong-host-key`&&n.push(a.offered);for(let e of a.kind===`wrong-host-key`?[a.offered.type]:i)r.add(e);if(!an(a,e,n,r))throw n.length>0?Mt(e,n):jt(e,o)}},an=(e,{pins:t},n,r)=>wt(r).length===0?!1:e.kind===`wrong-host-key`?t.fingerprints.length>0:e.kind===`incompatible`&&n.length===0,on=async(e,t,{log:n,clock:r,limits:i})=>{let a=[];for(let o=0;;o+=1){let s=await $t(e,t,i);`failure`in s&&a.push(s.failure);let c=i.backoffMs[o];if(s.kind!==`unreachable`||c===void 0)return{attempt:s,failures:a};n.info(`${s.failure.sentence}; next attempt in ${c/1e3} s`),await r.sleep(c)}},sn=(e,t,n)=>{let{client:r,socket:i}=t,a=!1,o=()=>a?`we closed the connection`:t.whyLost(),s=i.destroyed?o():null;return r.once(`close`,()=>{s=o()}),{start:r=>s===null?cn(r,e,{...t,whyLost:o},n):Promise.resolve(Bt(s)),close:()=>{a||s!==null||(a=!0,i.once(`finish`,()=>i.destroy()),r.end(),setTimeout(()=>i.destroy(),1e3).unref())}}},cn=(e,t,n,r)=>new Promise((i,a)=>{let{client:o}=n,s=()=>i(Bt(n.whyLost()));o.once(`close`,s);try{o.exec(e,(e,c)=>{o.off(`close`,s),e?a(It(t,e.message)):i(zt(c,n,r))})}catch{n.socket.destroy()}}),ln=/^\$[A-Za-z_]\w*/,un=/^([A-Za-z_]\w*)(?:(:?[-+?])([\s\S]*))?$/,A=e=>{let t=e.indexOf(`$`);if(t<0)return e;let n=e.slice(t),r=e.slice(0,t);if(n.startsWith(`$$`))return`${r}$${A(n.slice(2))}`;if(n.startsWith("${")){let e=dn(n),[,t,i=``,a=``]=un.exec(n.slice(2,e))??[];if(t!==void 0&&e>0)return`${r}${i.endsWith(`-`)?A(a):``}${A(n.slice(e+1))}`}let[i]=ln.exec(n)??[];return i===void 0?`${r}$${A(n.slice(1))}`:`${r}${A(n.slice(i.length))}`},dn=e=>{let t=0;for(let n=1;n<e.length;n++)if(e[n]===`{`&&e[n-1]===`$`&&(t+=1),e[n]===`}`&&--t,t===0)return n;return-1},fn=e=>{let t=[],n=/* @__PURE__ */ new Map;for(let[r,i]of Object.entries(e)){let e=new w.LineCounter,a=(0,w.parseDocument)(i,{lineCounter:e,merge:!0,logLevel:`silent`});for(let e of a.errors){let n=e.linePos?.[0];t.push({file:r,line:n?.line??1,column:n?.col??1,message:e.message.split(`
`)[0]??``})}if(!(a.errors.length>0))try{t.push(...hn(a,r,e));for(let t of pn(a,r,e))n.set(t.name,_n(n.get(t.name),t))}catch(e){t.push({file:r,line:1,column:1,message:e instanceof Error?e.message:String(e)})}}if(t.length>0)throw new r(`CONFIG`,`a compose file cannot be used: ${t[0]?.message??``}`,{places:t});return[...n.values()]},pn=(e,t,n)=>{let r=e.get(`services`);if(!(0,w.isMap)(r))return[];let i=e.toJS({maxAliasCount:1e3}).services??{};return r.items.flatMap(e=>{let r=(0,w.isScalar)(e.key)?String(e.key.value):``,a=i[r]??{},o=((0,w.isMap)(e.value)?e.value.get(`image`,!0):void 0)?.range??((0,w.isScalar)(e.key)?e.key.range:void 0),s=n.linePos(o?.[0]??0);return[{name:r,file:t,line:s.line,column:s.col,image:typeof a.image==`string`?a.image:null,containerName:typeof a.container_name==`string`?A(a.container_name):null,...mn(a.container_name),hasBuild:a.build!==void 0&&a.build!==null}]})},mn=e=>typeof e==`string`&&e.includes(`$`)?{containerNameToAsk:e}:{},hn=(e,t,n)=>{let r=[],i=(e,i)=>{(0,w.isNode)(i)&&(0,w.visit)(i,{Scalar:(i,{value:a,range:o})=>{if(typeof a!=`string`||!gn.test(a))return;let{line:s,col:c}=n.linePos(o?.[0]??0);r.push({file:t,line:s,column:c,message:`${e}: ${a.slice(0,100)} is not in the project`})}})};i(`include`,e.get(`include`,!0));let a=e.get(`services`);for(let{key:e,value:t}of(0,w.isMap)(a)?a.items:[])(0,w.isMap)(t)&&i(`services.${String(e)}.extends`,t.getIn([`extends`,`file`],!0));return r},gn=/^(?:[a-z][a-z0-9+.-]*:\/\/|git@|github\.com\/|oci:)|\.git(?:[#?]|$)/i,_n=(e,t)=>e===void 0?t:{...t.image===null?{...t,image:e.image,file:e.file,line:e.line,column:e.column}:t,containerName:t.containerName??e.containerName,hasBuild:e.hasBuild||t.hasBuild},vn=e=>{let t=A(e).split(`@`)[0]??``,n=t.lastIndexOf(`/`),r=t.indexOf(`:`,n);return(r<0?t:t.slice(0,r)).replace(/^docker\.io\//,``).replace(/^library\//,``)},yn=(e,t,n,r)=>{let i=Object.create(null),a=[];for(let[o,s]of Object.entries(e.images)){let c=(r[o]?.declared??``).replace(/^docker\.io\//,``),l=s.services??n.filter(e=>e.image!==null&&vn(e.image)===c).map(e=>e.name);for(let e of l)n.some(t=>t.name===e)?i[e]=o:a.push(bn(t,`images.${o}.services names ${e}, which no compose file has`));l.length===0&&a.push(bn(t,`no service of ${e.compose.files.join(`, `)} runs image ${o} (${c}): write that name as the service's image, or list the service under images.${o}.services`))}return e.compose.pin===`env`&&a.push(...xn(e,n,i)),{services:i,problems:a}},bn=(e,t)=>({file:e,line:1,column:1,message:t}),xn=(e,t,n)=>t.flatMap(t=>{let r=e.images[n[t.name]??``]?.variable;return r===void 0||t.image===null||RegExp(`^\\$(${r}|\\{${r}([:?+-].*)?\\})$`).test(t.image)?[]:[{file:t.file,line:t.line,column:t.column,message:`service ${t.name} has the image ${JSON.stringify(t.image)}, so the digest in $${r} would not be used: write image: \${${r}}, or use compose.pin: override`}]}),Sn=(e,t,n)=>{let r=[`# Made by deploy-action for this release: which bytes each service runs.`,`services:`];for(let[i,a]of Object.entries(e)){let e=n.find(({name:e})=>e===i);r.push(`  ${JSON.stringify(i)}:`,`    image: ${JSON.stringify(t[a])}`,`    pull_policy: never`),e?.hasBuild&&r.push(`    build: !reset null`),e!==void 0&&e.containerName!==null&&r.push(`    container_name: !reset null`)}return`${r.join(`
`)}\n`},Cn=(e,t)=>Object.entries(e.images).map(([e,n])=>`${n.variable??``}=${t[e]??``}\n`).join(``),wn=(e,t,n=[])=>{let r=Object.create(null);r[e]=[`deploy-action.env.: set`,...t.map(e=>`deploy-action.env.${e}: "\${${e}:+set}"`)];for(let{name:e,containerNameToAsk:t}of n)t!==void 0&&(r[e]=[...r[e]??[],`deploy-action.env.-name: ${JSON.stringify(t)}`]);return`services:\n${Object.entries(r).map(([e,t])=>`  ${JSON.stringify(e)}:\n    labels:\n${t.map(e=>`      ${e}\n`).join(``)}`).join(``)}`},Tn=e=>{let{name:t,config:n}=e.environment(),{sshKey:i}=e.request,a=[];i===void 0&&a.push(`no SSH key: set the ssh-key input, DEPLOY_SSH_KEY, or --ssh-key FILE`);let s=En(e,a);if(s.keys.length+s.fingerprints.length===0&&a.length<=+(i===void 0)&&a.push(`nothing pins the host key of ${n.host}: set environments.${t}.knownHosts or .fingerprint, or --known-hosts FILE; a key is never learned`),a.length>0||i===void 0)throw new r(`CONFIG`,a.join(`; `),{hint:`on the server, its key is printed by: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`});let c=new o(d(i.reveal()));return{host:n.host.replace(/^\[|\]$/g,``),port:n.port,user:n.user,key:c,pins:s}},En=(e,t)=>{let{config:n}=e.environment(),r=e.request.knownHosts??n.knownHosts,o=a(r??``);for(let{line:e,message:n}of o.problems)t.push(`known hosts line ${e} ${n}`);let{accepted:s}=i(o,n.host,n.port);return r!==void 0&&s.length===0&&o.problems.length===0&&t.push(`the known hosts have no key for ${n.port===22?n.host:`[${n.host}]:${n.port}`}`),{keys:s.map(({keyType:e,key:t})=>({type:e,blob:t.toString(`base64`)})),fingerprints:n.fingerprint??[]}},Dn=e=>`${e.toISOString().replaceAll(/[-:]|\.\d+/g,``)}-${g(3).toString(`hex`)}`,On=(e,t,n=``)=>{let{config:r}=e.environment();return{verb:t,nonce:g(12).toString(`hex`),directory:r.path.replace(/\/+$/,``),project:e.config.project,operation:Dn(e.ports.clock.now()),environmentFile:r.env.file,waitSeconds:Math.ceil(r.lockTimeout/1e3),holder:`${e.request.command} by ${kn(e)}${j(e)===null?``:`, ${j(e)}`}`,target:n,repository:ye(e.commit.repository)}},kn=({ports:{env:e}})=>(e.GITHUB_ACTIONS===`true`&&e.GITHUB_ACTOR?e.GITHUB_ACTOR:`${An()}@${_()}`).replaceAll(/[^\w.@-]/g,`-`),An=()=>{try{return ee().username}catch{return`unknown`}},j=({ports:{env:e}})=>e.GITHUB_RUN_ID===void 0?null:`${e.GITHUB_SERVER_URL??`https://github.com`}/${e.GITHUB_REPOSITORY??``}/actions/runs/${e.GITHUB_RUN_ID}`,jn=(e,t)=>{let[n,r]=[Mn(e),Mn(t)];return n!==null&&r!==null&&n.of===r.of&&n.number<r.number},Mn=e=>{let[,t,n]=/^(.+)\/actions\/runs\/(\d{1,15})$/.exec(e??``)??[];return t===void 0?null:{of:t,number:Number(n)}},Nn=(e,t)=>Object.entries(e).flatMap(([e,{order:n,exactly:r}])=>{let i=t.services[e];if(i===void 0)return[];let a=[],o=i.ports.find(e=>e.published>0);return n===`start-first`&&o!==void 0&&a.push({sentence:`${e} cannot start first: its successor could not have port ${o.published} while it runs`,hint:`take ports out of ${e} and let a proxy reach it by its name, or services.${e}.order: stop-first`}),n===`start-first`&&i.networkMode===`host`&&a.push({sentence:`${e} cannot start first: with network_mode: host both would want the same ports`,hint:`services.${e}.order: stop-first`}),r===1&&i.replicas>1&&a.push({sentence:`${e} may exist once, but its compose file wants ${i.replicas} replicas`,hint:`take deploy.replicas out of ${e}, or services.${e}.exactly`}),a}),Pn=(e,t)=>{let[n,r]=[Fn(e),Fn(t)];for(let[e,t]of r.entries()){let r=n[e]??0;if(r!==t)return r<t}return!1},Fn=e=>(e.match(/\d+/g)??[]).slice(0,3).map(Number),In=524288,Ln=(e,t)=>e.missingTools.length>0?[{sentence:`the server lacks ${e.missingTools.join(`, `)}`,hint:`sudo apt-get install util-linux coreutils tar gzip, and Docker as on docs.docker.com/engine/install`}]:e.directory===`there`?[...Rn(e,t),...zn(e),...Bn(e),...Vn(e,t),...Hn(e,t),...Un(e,t),...Wn(e,t)]:[{sentence:`${t.user} cannot ${e.directory===`missing`?`create`:`write`} ${t.path} on ${t.host}`,hint:`on the server: sudo install -d -o ${t.user} ${t.path}`}],Rn=(e,t)=>{if(`error`in e.engine)return/permission denied/i.test(e.engine.error)?[{sentence:`${t.user} may not use Docker on ${t.host}`,hint:`on the server: sudo usermod -aG docker ${t.user}, then connect again`}]:[{sentence:`Docker does not answer on ${t.host}: ${e.engine.error}`,hint:`on the server: sudo systemctl status docker`}];let n=[];return Pn(e.engine.version,`20.10.24`)&&n.push({sentence:`Docker ${e.engine.version} is older than 20.10.24, the oldest that works`,hint:`upgrade Docker: docs.docker.com/engine/install`}),`error`in e.compose?n.push({sentence:`docker compose does not answer: ${e.compose.error}`,hint:`on the server: sudo apt-get install docker-compose-plugin (the old docker-compose is not enough)`}):Pn(e.compose.version,`2.20.3`)&&n.push({sentence:`docker compose ${e.compose.version} is older than 2.20.3, the oldest that works`,hint:`on the server: sudo apt-get install --only-upgrade docker-compose-plugin`}),n},zn=e=>e.bash?[]:[{sentence:`the server has no bash, which HTTP checks are asked with`,hint:`on the server: sudo apt-get install bash`}],Bn=e=>e.disk.filter(({freeKib:e})=>e<In).map(({mount:e,freeKib:t})=>({sentence:`only ${Math.floor(t/1024)} MiB are free on ${e}`,hint:`on the server: docker system df, then docker image prune -a`})),Vn=(e,t)=>{let n=`platform`in e.engine?e.engine.platform:null;return Object.entries(t.platforms).filter(([,e])=>n!==null&&e.length>0&&!e.includes(n)).map(([e,t])=>({sentence:`image ${e} exists for ${t.join(`, `)}, but the server is ${n}`,hint:`add ${n} to images.${e}.platforms`}))},Hn=(e,t)=>{if(t.required.length===0)return[];let n=`${t.path}/${t.environmentFile}`;if(e.environmentFile===null)return[{sentence:`${n} does not exist on ${t.host}, and ${t.required.join(`, `)} must be set there`,hint:`create it on the server with mode 600: install -m 600 /dev/null ${n}`}];let r=t.required.filter(t=>!e.environmentSet.includes(t));return`error`in e.model?[]:r.map(e=>({sentence:`${e} is missing or empty in ${n}`,hint:`set ${e} in ${n} on ${t.host}`}))},Un=(e,t)=>`error`in e.model&&(e.environmentFile!==null||t.required.length===0)?[{sentence:`compose cannot resolve the project on the server: ${e.model.error}`,hint:`docker compose config, in the deploy directory, shows the same`}]:[],Wn=(e,t)=>{if(`error`in e.model)return[];let n=new Set(e.containers.map(({name:e})=>e.replace(/^\//,``))),r=e.published.filter(({name:e})=>n.has(e)).map(({ports:e})=>e);return Object.entries(e.model.services).flatMap(([i,{ports:a}])=>a.filter(({published:t,address:n,protocol:i})=>t>0&&i!==`udp`&&!r.some(e=>Gn(e,t))&&e.listening.some(e=>e.port===t&&Kn(e.address,n))).map(({published:r})=>{let a=e.published.find(({name:e,ports:t})=>!n.has(e)&&Gn(t,r));return{sentence:`port ${r}, which ${i} publishes, is taken by ${a===void 0?`another program`:`container ${a.name}`} on ${t.host}`,hint:a===void 0?`on the server: sudo ss -ltnp 'sport = :${r}'`:`on the server: docker stop ${a.name}, or publish another port`}}))},Gn=(e,t)=>RegExp(`:${t}->`).test(e),Kn=(e,t)=>qn(e)||qn(t)||e===t,qn=e=>e===``||e===`0.0.0.0`||e===`::`,Jn=(e,t,n)=>{let r=[];`services`in e.model&&r.push(...Xn(e.model,n));for(let{mount:t,freeKib:n}of e.disk)n>=In&&n<2097152&&r.push(`only ${Math.floor(n/1024)} MiB are free on ${t}`);e.environmentFile!==null&&!/00$/.test(e.environmentFile.mode)&&r.push(`${t.environmentFile} has mode ${e.environmentFile.mode}: others on the server can read it; chmod 600 ${t.path}/${t.environmentFile}`);for(let n of e.missingBinds.filter(n=>!Yn(n,e,t.path)))r.push(`${n} does not exist on the server: Docker will create it as a folder that belongs to root`);return r},Yn=(e,{brought:t},n)=>Object.keys(t).some(t=>`${n.replace(/\/+$/,``)}/${t}`===e||`${n.replace(/\/+$/,``)}/${t}`.startsWith(`${e}/`)),Xn=(e,t)=>t.flatMap(t=>{let n=e.services[t];return n===void 0?[]:[...n.restart===null||n.restart===`no`?[`${t} has no restart policy: it stays down after a crash or a reboot; restart: unless-stopped`]:[],...n.limits?[]:[`${t} has no memory limit: it can starve its neighbours; deploy.resources.limits.memory`],...n.privileged?[`${t} is privileged: whoever breaks into it owns the server`]:[],...n.networkMode===`host`?[`${t} shares the network of the server: nothing keeps its ports from anybody`]:[],...n.binds.filter(({source:e})=>e===`/`||/(^|\/)docker\.sock$/.test(e)).map(({source:e})=>`${t} mounts ${e}: whoever breaks into it owns the server`)]}),Zn=e=>`error`in e.model?[]:Object.entries(e.model.services).flatMap(([t,{user:n,binds:r}])=>r.flatMap(({source:r,readOnly:i})=>{let a=e.binds.find(e=>e.source===r),o=Number.parseInt(n??``,10);return a===void 0||i||Number.isNaN(o)||o===0||a.uid===o||/[2367]$/.test(a.mode)?[]:[`${t} runs as user ${o} but ${r} belongs to ${a.uid} (mode ${a.mode}): it cannot write there; sudo chown ${o} ${r}`]})),Qn=(e,t,n={})=>{let r={};for(let e of t.filter(({oneOff:e})=>!e).toSorted($n))r[e.service]??={digest:er(e,n),image:e.image,since:e.state===`running`?e.started:null,state:e.health===null||e.state!==`running`?e.state:`${e.state} (${e.health})`};return{host:e,services:r}},$n=(e,t)=>Number(t.state===`running`)-Number(e.state===`running`),er=({image:e,imageId:t},n)=>/@(sha256:[0-9a-f]{64})$/.exec(e)?.[1]??(n[t]??[]).map(e=>e.split(`@`)[1]).find(e=>e!==void 0)??null,M=e=>{switch(e.kind){case`infrastructure`:return`start ${e.services.join(`, `)}`;case`await`:return`ready ${e.service}`;case`await-created`:return`containers created`;case`create`:return`create containers`;case`stable`:return`stable ${e.services.join(`, `)}`;case`exchange`:return`exchange ${e.services.map(({service:e})=>e).join(`, `)}`;case`schema`:return`schema ${e.when}`;case`switch`:return`switch ${e.service}`;case`known`:return`schema known`;case`down`:return`schema down to ${e.revision}`;case`load`:case`swap`:return`${e.kind} backup`;case`start`:return`start ${e.service}`;case`restart`:return`restart ${e.service}`;case`gate`:return`wait to ${e.gate}`;case`seed`:case`smoke`:case`hook`:return`${e.kind} ${e.name}`;default:return e.kind}},tr=(e,t,n,r)=>e.steps.flatMap(e=>{if(e.kind!==`switch`)return[];let i=n.containers.filter(({id:t})=>e.old.includes(t)).flatMap(({anonymousVolumes:e})=>e),a=t.services[e.service]?.mounted??[];return i.filter(({path:e})=>!a.includes(e)).map(({name:t,path:n})=>({sentence:`${e.service} keeps ${n} in a volume without a name, which its successor would not get`,hint:`name it in the compose file (volumes: ["${e.service}-data:${n}"]) and bring its content over on the server: docker run --rm -v ${t}:/from -v ${r}_${e.service}-data:/to busybox cp -a /from/. /to; or, if nothing in it matters: docker rm --force --volumes the container first`}))}),nr=async({ports:e,project:t,commit:n},r)=>{if(n.sha===r)return`same`;let i=async n=>(await e.programs.run(n,{cwd:t})).code===0;return await i(f(r,n.sha))?`newer`:await i(p(r))?await i(f(n.sha,r))?`older`:`diverged`:`unknown`},rr=(e,t)=>({commit:e.commit.sha,ref:e.commit.ref,repository:e.commit.repository,actor:kn(e),run:j(e),reason:e.request.reason??null,operation:t}),ir=(e,t)=>{let{config:n}=e.environment();e.facts.serving=[Qn(n.host,t.containers,t.imageDigests)],e.facts.release=t.current,e.facts.previousRelease=C(t)?.fallback??null},ar=(e,t,n,i)=>{let{config:a}=e.environment(),o={host:a.host,user:a.user,path:a.path,project:e.config.project,environmentFile:a.env.file,required:a.env.required,platforms:Object.fromEntries(Object.entries(n).map(([e,{platforms:t}])=>[e,Object.keys(t)]))};or(e,t);let s=`error`in t.model?[]:Nn(e.config.services,t.model),c=[...Ln(t,o),...s];if(c.length>0||`error`in t.model)throw new r(`CONFIG`,`${c.map(({sentence:e})=>e).join(`; `)}; nothing was touched`,{hint:c.map(({hint:e})=>e).join(`; `),serving:t.current??`nothing of ours`});for(let n of[...Jn(t,o,i),...Zn(t)])e.ports.log.warning(n);return t.model},or=(e,t)=>{let{host:n,path:i}=e.environment().config,{current:a,releases:o,unreadable:s}=t;for(let{id:t,why:r}of s.filter(e=>e.id!==a))e.ports.log.warning(`the record of release ${JSON.stringify(t)} on ${n} is left out: ${r}`);if(a===null||o.some(({id:e})=>e===a))return;let c=s.find(({id:e})=>e===a)?.why??`it is not there, or no JSON`;throw new r(`CONFIG`,`the record of release ${a}, which is in force on ${n}, cannot be used: ${c}; nothing was touched`,{hint:`on the server: cat ${i}/.deploy/releases/${a}/release.json; put it back from a backup, or go back to another: ls ${i}/.deploy/releases, then ln -sfn releases/OTHER ${i}/.deploy/current`,serving:a})},sr=(e,t)=>{let n=Object.entries(t.ownership).filter(([n,r])=>e.services[n]!==void 0&&e.services[n].image!==t.images[r]?.reference);if(n.length!==0)throw new r(`CONFIG`,n.map(([n,r])=>`${n} would run ${e.services[n]?.image??``}, not ${t.images[r]?.reference??``}`).join(`; `),{hint:`a later compose file or variable decides the image: remove it there, or use compose.pin: override`})},cr=(e,t)=>{let n=e.request.noSeed?[]:ce(e.config.seed,t);if(n.length!==0)throw new r(`CONFIG`,`${n.map(({sentence:e})=>e).join(`; `)}; nothing was touched`,{hint:`${n.map(({hint:e})=>e).join(`; `)}; or deploy with --no-seed`,...t.current===null?{}:{serving:t.current}})},lr=(e,t,n,i)=>{let a=tr(t,n,i,e.config.project);if(a.length!==0)throw new r(`CONFIG`,`${a.map(({sentence:e})=>e).join(`; `)}; nothing was touched`,{hint:a.map(({hint:e})=>e).join(`; `),...i.current===null?{}:{serving:i.current}})},ur=async(e,t)=>{if(t===null||t.repository!==e.commit.repository)return;let n=await nr(e,t.commit),[i,a]=[e.commit.sha.slice(0,7),t.commit.slice(0,7)],o=n===`unknown`&&jn(j(e),t.run);if(n===`unknown`&&!o&&e.ports.log.warning(`this clone does not know ${a}, which serves: whether ${i} is older is not known (fetch-depth: 0)`),n===`older`||o)throw new r(`STALE`,o?`this run of ${i} was started before ${t.run}, whose commit ${a} serves as release ${t.id}`:`${i} is older than ${a}, which serves as release ${t.id}`,{hint:`to go back on purpose: deploy-action rollback ${t.fallback??`RELEASE`}`,serving:t.id})},dr=e=>{let{name:t,config:n}=e.environment(),{ref:i}=e.commit;if(!(n.branch===void 0||i!==null&&fr(n.branch,i)))throw new r(`CONFIG`,`environment ${t} takes ${n.branch} only, and this is ${i??`a commit without a branch`}`,{hint:`change environments.${t}.branch, or deploy from ${n.branch}`})},fr=(e,t)=>{let n=e.split(/(\*\*?)/).map(e=>e===`**`?`.*`:e===`*`?`[^/]*`:e.replaceAll(/[\\^$.+?()[\]{}|]/g,`\\$&`));return RegExp(`^${n.join(``)}$`).test(t)},pr=(e,t)=>{e.facts.steps=[...e.facts.steps,...t.steps.map(e=>({name:M(e),cause:e.cause,start:null,duration:null,result:`planned`}))];for(let n of t.steps)e.ports.log.info(`${M(n)}: ${n.cause}`)};var mr=`# The fixed part of every run on a server, sent as the command of the one exec. It holds no secret.
# It takes the lock, settles what an earlier run left, tells what it sees, and starts the program that the
# client then sends. Everything it says is a line that begins with the client's nonce, so that nothing else
# which writes to this output (a login banner, say) can be mistaken for it.
#
#   front VERB NONCE DIRECTORY PROJECT OPERATION ENV_FILE WAIT_SECONDS HOLDER TARGET REPOSITORY
#
# VERB: operate (lock, settle, observe, then run or abort), observe (look only, write nothing),
#       follow (attach again to OPERATION, from journal line TARGET)
set -u
umask 077
LC_ALL=C
export LC_ALL
time_limit=''
verb=$1 nonce=$2 directory=$3 project=$4 operation_id=$5 env_file=$6 wait_seconds=$7 holder=$8 target=$9 repository=\${10:--} own=''
dot=$directory/.deploy
operation=$dot/operations/$operation_id

say() { printf '%s %s\\n' "$nonce" "$*"; }
# A fact in lines that the client takes whole: all but the last say "more".
tell() { base64 -w 32768 | sed "s/^/$nonce more $1 /; \\$s/ more / fact /"; }
leave() {
  say bye "$1"
  exit "$1"
}

# Lines of base64 up to the marker line "."; the shell's own read takes nothing beyond it, so the rest stays.
receive() {
  while IFS= read -r line; do
    [ "$line" = . ] && return 0
    printf '%s\\n' "$line"
  done
  return 1
}
# Receives one file: a header "SHA256 NAME" was read already; a cut or changed body is never used.
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
  # a look creates nothing: where the directory could be made, it goes on without
  if [ "$verb" = observe ] && ! [ -e "$directory" ] && can_be_made "\${directory%/*}"; then return 0; fi
  if [ "$verb" = operate ]; then mkdir -p -- "$directory" 2> /dev/null; fi
  if ! { [ -d "$directory" ] && cd -- "$directory" && { [ "$verb" != operate ] || can_work; }; } 2> /dev/null; then
    { [ -d "$directory" ] && printf unwritable || printf missing; } | tell directory
    return 1
  fi
}

# Also where somebody else, root perhaps, made .deploy before us.
can_work() {
  mkdir -p .deploy/operations .deploy/releases && true >> .deploy/lock && true >> .deploy/holder && [ -w . ] && [ -w .deploy/operations ] && [ -w .deploy/releases ]
}
can_be_made() {
  parent=$1
  while ! [ -e "$parent" ] && [ -n "$parent" ]; do parent=\${parent%/*}; done
  [ -w "\${parent:-/}" ]
}

# The kernel frees the lock when its last holder dies: nothing is ever left to break by hand.
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
# Where the holder stands: its last step, by what its program calls there.
last_step() {
  folder=$dot/operations/$(sed -n 's/^operation //p' "$dot/holder")
  at=$(sed -n 's/^[0-9]* step //p' "$folder/journal" | tail -n 1)
  printf 'at step %s: %s\\n' "\${at:-0}" "$(sed -n "s/^  step $at \\([a-z_]* *[^ ]*\\).*/\\1/p" "$folder/program.sh" | tr _ ' ')"
}

unfinished() {
  grep -L '^[0-9]* end ' "$dot"/operations/*/journal 2> /dev/null | sed 's,/journal$,,'
}
# What an earlier run left half done is finished or undone by that run's own program, before anything else.
settle() {
  unfinished > "$dot/operations/.unfinished"
  while IFS= read -r left <&4; do
    say settling "\${left##*/}"
    sh "$left/program.sh" settle > "$left/settle-output" 2>&1 < /dev/null
    { printf '%s\\n' "\${left##*/}"; cat "$left/journal"; } | tell settled
  done 4< "$dot/operations/.unfinished"
  rm -f "$dot/operations/.unfinished"
  # folders without a journal never ran: a client that left before it decided
  for folder in "$dot"/operations/*/; do
    [ -e "$folder/journal" ] || [ "$folder" = "$operation/" ] || rm -rf "$folder"
  done
}

# Several repositories may ship into one stack: "REPOSITORY RELEASE" lines, of each what is in force.
parts() {
  cat "$dot/current/parts" 2> /dev/null && return
  id=$(readlink "$dot/current") && printf '%s %s\\n' "$repository" "\${id##*/}"
}
# A repository that nobody named, now or then, is the only one there is.
own_release() {
  parts | awk -v own="$repository" '$1 == own { mine = $2 } { key = $1; only = $2 } END { print mine == "" && NR == 1 && (own == "-" || key == "-") ? only : mine }'
}

# Cut on its way, or was there no room for it?
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
# A rollback brings nothing: its files, pins and images are those that the release was deployed with.
stage_release() {
  release=$target
  case $target in
    # where a deploy left the stack broken, the last good release is the one before that deploy
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
# By its id, its number, or at least seven characters of its commit; of several the newest.
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
      # what even its own program could not settle
      unfinished | tell unfinished
      stage=$operation/stage work=$operation/work
      mkdir -p "$work"
      ;;
    observe)
      work=$(mktemp -d)
      stage=$work/stage
      trap 'rm -rf "$work"' EXIT
      # a shell that a signal ends does not come to that; a client that leaves makes one
      trap 'exit 1' HUP INT PIPE TERM
      unfinished | tell unfinished
      ;;
    follow)
      mend
      # a client that came back may have a word to say
      exec 7<&0
      watch_client <&7 &
      follow "$target"
      leave 0
      ;;
  esac
  own=$(own_release)
  stage_request
  observe
  # after that word the client may leave at any moment
  [ "$verb" = operate ] || rm -rf "$work"
  say ready
  [ "$verb" = operate ] || leave 0
  decide
}

# The client's word: "go SHA256" with the program behind it, or anything else, or its silence, for no.
decide() {
  read -r word sum || word=
  if [ "$word" = go ] && receive_file "$sum" "$work/program" && gzip -dc < "$work/program" > "$operation/program.sh" && IFS= read -r secrets; then
    rm -rf "$work"
    # it goes on from what is there: whoever settled the old one later would undo this
    unfinished | while IFS= read -r left; do [ "$left" = "$operation" ] || printf '0 end broken\\n' >> "$left/journal"; done
    # the first sign of life: a client that falls silent right now is missed too
    cat /proc/uptime > "$operation/alive"
    printf '%s\\n' "$secrets" | setsid sh "$operation/program.sh" run > "$operation/stray" 2>&1 &
    printf '%s' "$!" > "$operation/pid"
    secrets=
    # only the program holds the lock from here on: a client that hangs must not keep it
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

# Signs of life: the program asks for them before the switch, and aborts where they stopped.
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

# The journal as it grows, until the program has ended: a reader that stalls here never stalls the program.
follow() {
  if ! [ -e "$operation/pid" ]; then
    say gone
    return
  fi
  while ! [ -e "$operation/journal" ] && runs; do sleep 0.01; done
  # killed before its first word, which comes before its first act
  [ -e "$operation/journal" ] || { say gone; return; }
  say follow
  # its number may be another program's by now, which would be followed for ever
  if runs; then
    tail -n "+$1" -s 0.1 -f --pid="$(cat "$operation/pid")" -- "$operation/journal" 2> /dev/null
  else
    tail -n "+$1" -- "$operation/journal" 2> /dev/null
  fi | sed -u 's/$/ ;/' # whoever reads a line without the mark knows that it was cut
  # its process is gone, and its last word is not there
  grep -q '^[0-9]* end ' "$operation/journal" || say died
}
# A program that was killed may have left nothing that serves: whoever still asks for it settles it, not the next deploy.
mend() {
  [ -e "$operation/journal" ] || return 0
  exec 9<> "$dot/lock"
  # what it had called may hold the lock for a while; a neighbour may settle it first
  until runs || ended; do
    if flock -w 1 9; then settle > /dev/null && break; fi
  done
  exec 9>&-
}
ended() { grep -q '^[0-9]* end ' "$operation/journal"; }
# The process of a moment ago may still be the shell that becomes the program; while it becomes it, it has no name. So
# one that is not seen is looked for once more.
runs() { is_seen || { sleep 0.1 && is_seen; }; }
is_seen() {
  running=$(cat "$operation/pid")
  case $(tr '\\0' ' ' 2> /dev/null < "/proc/$running/cmdline") in
    *"$operation_id"*) return 0 ;;
    '') grep -q '^State:.[^ZX]' "/proc/$running/status" 2> /dev/null ;;
    *) return 1 ;;
  esac
}
`,hr=`# What the server is like now: named facts, each one base64 blob, gathered side by side.
# Nothing here changes anything, and no value of the environment file leaves the server.

# Each question to the engine costs the server a process of 50 ms: what follows from an answer is not asked again.
stack() {
  gather listed
  sed -n '/ ""$/!s/^[^ ]* "[^"]*" //p' "$work/listed" > "$work/published"
  # shellcheck disable=SC2046 # ids hold no blanks
  inspect_containers $(sed -n "s/^\\([^ ]*\\) \\"$project\\" .*/\\1/p" "$work/listed") > "$work/containers"
  gather disk
}
# All containers of the machine: whose they are, and which ports they hold.
listed() { docker ps --all --no-trunc --format '{{.ID}} {{json (.Label "com.docker.compose.project")}} {{json .Names}} {{json .Ports}}'; }
# The images that run, and of those that compose would run the ones that are here already and need no pull.
images() {
  sed -n 's/^    image: //p' "$work/resolved" | sort -u > "$work/references"
  sed 's/.*"imageId":"\\([^"]*\\)".*/\\1/' "$work/containers" | sort -u > "$work/running-images"
  # shellcheck disable=SC2046 # ids and names hold no blanks
  docker image inspect --format '{"id":{{json .ID}},"digests":{{json .RepoDigests}}}' $(cat "$work/running-images" "$work/references") > "$work/image_digests" 2> "$work/absent"
  present_images > "$work/present_images"
}
present_images() {
  if ! [ -s "$work/absent" ]; then
    cat "$work/references"
    return
  fi
  # what the complaint names is not here; of what it does not name, each is asked for
  while IFS= read -r reference; do
    grep -qF -- "$reference" "$work/absent" ||
      { docker image inspect --format '{{.ID}}' "$reference" > /dev/null 2>&1 && printf '%s\\n' "$reference"; } &
  done < "$work/references"
  wait
}

# The resolved compose model without what may hold secrets: of each service only the keys named here pass.
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
    section == "services:" && key == "labels:" { if ($1 ~ /^deploy-action\\.env\\./) { sub(/^ */, ""); print "    x-" $0 } next }
    (section == "networks:" || section == "volumes:") && /^  [^ ]/ { print; next }
    (section == "networks:" || section == "volumes:") && /^    (name|external):/ { print; next }
    # labels of a deploy may hold what comes from the environment file
    section == "services:" && keep && key == "deploy:" && /^      [^ -]/ { inner = ($1 == "labels:") }
    section == "services:" && keep && !(key == "deploy:" && inner) { print }
  '
}
# A hash of all that compose resolved for each service, its environment included; compose's own \`config --hash\` leaves
# that out. What is hashed goes from pipe to pipe: no value of the environment file is written anywhere.
# Everything goes on to the next pipe; our own labels that ask for the environment are not hashed, nor a list of labels
# that holds no others.
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
  # shellcheck source=/dev/null # made by the client, see compile.ts
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
}
# What is complained about may be a value of the environment file.
without_hidden() {
  awk -v file="$directory/$env_file" '
    BEGIN { while ((getline value < file) > 0) { sub(/^[^=]*=/, "", value); gsub(/^[ \\t"\\047]+|[ \\t\\r"\\047]+$/, "", value); if (length(value) > 5) values[value] } }
    { for (value in values) while (at = index($0, value)) $0 = substr($0, 1, at - 1) "***" substr($0, at + length(value)); print }
  '
}
# What compose complains about may be a whole line of the environment file.
without_lines() { sed 's/in variable name ".*/in a variable name (the line is not shown)/'; }
bind_sources() {
  awk '/^ *- type: / { bind = ($3 == "bind") } bind && /^ *source: / { sub(/^ *source: /, ""); gsub(/^"|"$/, ""); print; bind = 0 }'
}

# What lies in the deploy directory of that which this release or the one before brought.
brought_files() {
  { (cd "$stage/project" && find . -type f) | sed 's,^\\./,,'; sed 's/^[0-9a-f]*  //' "$dot/releases/$own/manifest"; } 2> /dev/null | sort -u |
    sums_of_those_there
}
# One process for all: a deploy of many files would else wait for as many.
sums_of_those_there() (
  cd -- "$directory" || return
  set --
  while IFS= read -r file; do if [ -f "$file" ]; then set -- "$@" "$file"; fi; done
  [ $# = 0 ] || sha256sum -- "$@"
)

# The engine's folder, by where it keeps a container; \`docker info\` starts every plugin of the client to say it.
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
releases() { cat "$dot"/releases/*/release.json; }
current() { printf '%s\\n' "$own"; }
manifest() { cat "$dot/releases/$own/manifest"; }
# What the releases of other repositories brought: "REPOSITORY SHA256  PATH" lines.
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

# What a command asks about the data of the stack, which writes nothing; see looked.ts.
looked() {
  [ -e "$stage/look.sh" ] || return
  # shellcheck source=/dev/null
  (. "$stage/look.sh" 2> /dev/null)
}

observe() {
  find_compose
  facts='looked recorded_hashes engine compose_version brought_files listening environment_file releases current parts others_brought broken manifest seeds user shells brought'
  for fact in $facts; do gather "$fact" & done
  stack &
  : > "$work/resolved"
  : > "$work/binds"
  resolve
  wait
  rm -f "$stage/look.sh"
  if [ -s "$work/containers" ] || [ -s "$work/resolved" ]; then images; fi
  set --
  for fact in $facts published containers image_digests disk present_images engine.error compose_version.error resolved resolved-error hashes binds; do
    [ -s "$work/$fact" ] || continue
    case $fact in *error) without_hidden < "$work/$fact" > "$work/shown" && mv "$work/shown" "$work/$fact" ;; esac
    set -- "$@" "$work/$fact"
  done
  # all in one: each fact alone would cost four processes. No other line begins with the nonce.
  [ $# = 0 ] || awk -v nonce="$nonce" 'FNR == 1 { name = FILENAME; sub(/.*\\//, "", name); print nonce, name } { print }' "$@" | without_lines | tell look
}
`;const gr=e=>`exec ${u([`sh`,`-c`,_r,`deploy-action`,e.verb,e.nonce,e.directory,e.project,e.operation,e.environmentFile,String(e.waitSeconds),e.holder,e.target,e.repository])}`,_r=[yt,hr,mr,`run_front`].map(e=>e.split(`
`).filter(e=>!/^\s*(#.*)?$/.test(e)).map(e=>e.trimStart()).join(`
`)).join(`
`),vr=e=>{let[t=``,n,...r]=e.split(` `);if(!/^\d{1,15}$/.test(t))return null;let i=Number(t)*10;switch(n){case`start`:return{kind:n,at:i,epoch:Number(r[0])};case`step`:case`done`:return{kind:n,at:i,step:Number(r[0])};case`fail`:return{kind:n,at:i,step:Number(r[0]),code:r[1]??``,sentence:yr(r[2])};case`switch`:case`committed`:case`settle`:return{kind:n,at:i};case`note`:return{kind:n,at:i,topic:r[0]??``,name:r.slice(1,-1).join(` `),text:yr(r.at(-1))};case`undo`:case`undo-failed`:return{kind:n,at:i,text:yr(r[0])};case`end`:return br(r[0])?{kind:n,at:i,end:r[0]}:null;default:return null}},yr=e=>Buffer.from(e??``,`base64`).toString(),br=e=>e===`committed`||e===`aborted`||e===`rolled-back`||e===`broken`,xr=`look.sh`,Sr=(e,t)=>[`cat "$dot"/backups/*.json 2> /dev/null`,`sed -n '$s/^[^ ]* /deploy-action: left /p' "$dot/schema" 2> /dev/null`,...e===void 0||!t?[]:[mt(e),`fail() { return 1; }`,`find_database && database tables < /dev/null && echo "deploy-action: counted"`],``].join(`
`),Cr=e=>{let t=(e??``).split(`
`),n=e=>t.flatMap(t=>t.startsWith(`deploy-action: ${e} `)?[t.slice(e.length+16)]:[]);return{backups:t.flatMap(Tr).toSorted((e,t)=>t.id.localeCompare(e.id)),left:n(`left`).at(-1)?.trim()??null,tables:t.includes(`deploy-action: counted`)?Object.fromEntries(n(`table`).flatMap(wr)):null,revision:n(`revision`).at(-1)??null}},wr=e=>{let t=/^(\d+) \d+ (".*")$/.exec(e);try{return t===null?[]:[[String(JSON.parse(t[2]??``)),Number(t[1])]]}catch{return[]}},Tr=e=>{if(!e.startsWith(`{`))return[];try{let t=JSON.parse(e);return/^[\w-]+$/.test(t.id)&&typeof t.tables==`object`?[t]:[]}catch{return[]}},Er=8192,Dr=1e3,N=e=>(t,n)=>e(t)?null:n,P=N(e=>typeof e==`string`&&e.length<=Er&&!e.includes(`\0`)),F=e=>N(t=>typeof t==`string`&&t.length<=Er&&e.test(t)),Or=(...e)=>N(t=>e.includes(t)),kr=N(e=>typeof e==`boolean`),I=N(e=>Number.isSafeInteger(e)&&e>=0&&e<=864e5),L=e=>(t,n)=>t===null?null:e(t,n),R=e=>(t,n)=>t===void 0?null:e(t,n),z=e=>(t,n)=>Array.isArray(t)&&t.length<=Dr?U(t.map((t,r)=>e(t,`${n}[${r}]`))):n,B=(e,t)=>(n,r)=>{let i=H(n)?Object.entries(n):null;return i===null||i.length>Dr?r:U(i.map(([n,i])=>e.test(n)?t(i,`${r}.${n}`):`${r}.${n.slice(0,60)}`))},V=e=>(t,n)=>H(t)?U(Object.entries(e).map(([e,r])=>r(Ar(t,e),n===``?e:`${n}.${e}`))):n,H=e=>typeof e==`object`&&!!e&&!Array.isArray(e),Ar=(e,t)=>Object.hasOwn(e,t)?e[t]:void 0,U=e=>e.find(e=>e!==null)??null,W=/^[A-Za-z0-9][\w.-]{0,127}$/,G=/^[\w.-]{1,128}$/,K=F(/^sha256:[0-9a-f]{64}$/),jr=F(/^[a-z0-9][a-z0-9._:/-]*@sha256:[0-9a-f]{64}$/),Mr={http:V({port:N(e=>Number.isSafeInteger(e)&&e>0&&e<65536),path:F(/^\/[^\r\n]*$/),status:z(N(e=>Number.isSafeInteger(e)&&e>=100&&e<=599)),contains:L(P),patterns:z(P)}),exec:V({argv:z(P)}),log:V({text:P}),auto:()=>null},Nr=(e,t)=>{let n=H(e)?Ar(e,`kind`):void 0,r=typeof n==`string`&&Object.hasOwn(Mr,n)?Mr[n]:void 0;return r===void 0?`${t}.kind`:r(e,t)},Pr=V({id:F(G),number:I,kind:R(Or(`deploy`,`rollback`)),of:R(L(F(G))),fallback:R(L(F(G))),commit:F(/^[0-9a-f]{7,64}$/),ref:R(L(P)),repository:R(L(P)),actor:R(L(P)),run:R(L(P)),reason:R(L(P)),operation:R(F(G)),images:B(W,V({reference:jr,digest:K,platforms:B(/^[a-z0-9]+(\/[a-z0-9]+){1,2}$/,K)})),services:B(W,V({image:F(W),digest:K,order:Or(`stop-first`,`start-first`),exactly:kr,after:z(F(W)),readiness:V({ask:Nr,grace:I,interval:I,retries:I,deadline:I,stable:I}),containerName:F(/^([A-Za-z0-9][\w.-]*)?$/)})),smoke:z(V({name:P,service:F(W),ask:Nr,retries:I,timeout:I})),infrastructure:R(z(F(W))),stack:R(B(/^[\w./-]{1,256}$/,V({release:F(G),commit:P,images:B(W,jr)}))),schema:V({before:P,after:P}),compatible:R(kr),committed:R(P)}),Fr=e=>{let t=Pr(e,``);if(t!==null)return t===``?`it is no object`:`\`${t}\` is not what we write there`;let n=e;return{...n,infrastructure:n.infrastructure??[],stack:n.stack??{}}},Ir=e=>({missingTools:J(e[`missing-tools`]),directory:e.directory===`missing`||e.directory===`unwritable`?e.directory:`there`,user:{name:q(e.user)[0]??``,groups:J(q(e.user)[1])},bash:e.shells!==void 0,engine:Vr(e),compose:e.compose_version===void 0?{error:zr(e[`compose_version.error`])}:{version:e.compose_version.trim().replace(/^v/,``)},containers:Q(e.containers).map(Hr),imageDigests:Object.fromEntries(Q(e.image_digests).map(e=>[X(e.id),Br(e.digests)])),present:q(e.present_images),disk:q(e.disk).flatMap(Ur),listening:q(e.listening).map(Wr),published:q(e.published).flatMap(Gr),environmentFile:qr(e.environment_file),environmentSet:Jr(e.resolved),model:Qr(e),hashes:Lr(e.hashes),recordedHashes:Lr(e.recorded_hashes),binds:q(e.binds).flatMap(Yr),missingBinds:q(e.binds).flatMap(e=>e.startsWith(`missing	`)?[e.slice(8)]:[]),files:Xr(e.brought_files),brought:Xr(e.brought),manifest:Object.keys(Xr(e.manifest)),...Zr(e.releases),current:Rr(e.current),parts:Lr(e.parts),othersBrought:Y(q(e.others_brought).flatMap(e=>{let[,t=``,n=``,r]=/^(\S+) ([0-9a-f]{64}) {2}(.*)$/.exec(e)??[];return r===void 0?[]:[[r,{repository:t,sum:n}]]})),target:e.target??null,broken:Kr(e.broken),seeds:q(e.seeds).map(e=>({name:J(e)[0]??``,hash:J(e)[1]??``,release:J(e)[2]??``,...J(e)[3]===`started`?{started:!0}:{}})),...e.looked===void 0?{}:{data:Cr(e.looked)},unfinished:q(e.unfinished).map(e=>e.split(`/`).at(-1)??``)}),q=e=>(e??``).split(`
`).filter(e=>e!==``),J=e=>(e??``).split(/\s+/).filter(e=>e!==``),Y=e=>Object.assign(Object.create(null),Object.fromEntries(e)),Lr=e=>Y(q(e).map(e=>[J(e)[0]??``,J(e)[1]??``])),Rr=e=>/^[\w.-]+$/.exec(e?.trim()??``)?.[0]??null,zr=e=>q(e).at(-1)??`no answer`,X=e=>typeof e==`string`?e:``,Br=e=>Array.isArray(e)?e.filter(e=>typeof e==`string`):[],Z=e=>typeof e==`object`&&e&&!Array.isArray(e)?e:{},Q=e=>q(e).flatMap(e=>{try{return[Z(JSON.parse(e))]}catch{return[]}}),Vr=e=>{let[t,n]=J(e.engine);return t===void 0||n===void 0?{error:zr(e[`engine.error`])}:{version:t,platform:n}},Hr=e=>({id:X(e.id),name:X(e.name).replace(/^\//,``),service:X(e.service),oneOff:e.oneoff===`True`,operation:X(e.operation),image:X(e.image),imageId:X(e.imageId),state:X(e.state),started:X(e.started),restarts:typeof e.restarts==`number`?e.restarts:0,health:typeof e.health==`string`?e.health:null,policy:X(e.policy),anonymousVolumes:$(e.mounts).flatMap(e=>e.Type===`volume`&&/^[0-9a-f]{64}$/.test(X(e.Name))?[{name:X(e.Name),path:X(e.Destination)}]:[])}),Ur=e=>{let t=J(e),n=Number(t[3]);return Number.isFinite(n)&&t[5]!==void 0?[{mount:t.slice(5).join(` `),freeKib:n}]:[]},Wr=e=>{let[t=``,n=``]=e.split(`:`),r=t.match(/../g)?.map(e=>Number.parseInt(e,16))??[];return{address:r.every(e=>e===0)?``:r.length===4?r.toReversed().join(`.`):t,port:Number.parseInt(n,16)}},Gr=e=>{let t=/^("(?:[^"\\]|\\.)*") ("(?:[^"\\]|\\.)*")$/.exec(e);return t===null?[]:[{name:JSON.parse(t[1]??`""`),ports:JSON.parse(t[2]??`""`)}]},Kr=e=>{if(e===void 0)return null;let t=q(e).map(e=>[e.split(` `)[0]??``,e.slice(e.indexOf(` `)+1)]),n=e=>t.find(([t])=>t===e)?.[1]??`unknown`,r=t.flatMap(([e,t])=>(e===`sentence`||e===`undo`)&&t.trim()!==``?[t.trim()]:[]);return{repository:n(`repository`),operation:n(`operation`),kind:n(`kind`),release:n(`release`),since:n(`since`),sentences:r}},qr=e=>{let[t,n]=J(e);return t===void 0||n===void 0?null:{mode:t,owner:n}},Jr=e=>[...(e??``).matchAll(/^ {4}x-deploy-action\.env\.([A-Za-z_]\w*): set$/gm)].map(e=>e[1]??``),Yr=e=>{let t=/^(\d+) (\d+) (\d+) ([^\t]*)\t(.*)$/.exec(e);return t===null?[]:[{uid:Number(t[1]),gid:Number(t[2]),mode:t[3]??``,kind:t[4]??``,source:t[5]??``}]},Xr=e=>Object.fromEntries(q(e).flatMap(e=>/^[0-9a-f]{64} {2}/.test(e)?[[e.slice(66),e.slice(0,64)]]:[])),Zr=e=>{let t=Q(e).map(e=>({id:X(e.id).slice(0,128),record:Fr(e)}));return{releases:t.flatMap(({record:e})=>typeof e==`string`?[]:[e]),unreadable:t.flatMap(({id:e,record:t})=>typeof t==`string`?[{id:e,why:t}]:[])}},Qr=e=>{let t=q(e[`resolved-error`]).slice(-3).join(` `);if(e.resolved===void 0)return{error:t||`compose gave no answer`};try{let t=Z(Z((0,w.parse)(e.resolved,{maxAliasCount:0,logLevel:`error`})).services);return{services:Y(Object.entries(t).map(([e,t])=>[e,$r(Z(t))]))}}catch(e){return{error:t||`what compose prints is no YAML: ${e instanceof Error?e.message.split(`
`)[0]:``}`}}},$r=e=>{let t=Z(e.deploy);return{image:X(e.image),containerName:X(e[`x-deploy-action.env.-name`])||X(e.container_name)||null,restart:typeof e.restart==`string`?e.restart:null,replicas:ei(t.replicas??e.scale),ports:$(e.ports).map(e=>({address:X(e.host_ip),published:Number(e.published??0),target:Number(e.target??0),protocol:X(e.protocol)})),binds:$(e.volumes).flatMap(e=>e.type===`bind`?[{source:X(e.source),target:X(e.target),readOnly:e.read_only===!0}]:[]),mounted:$(e.volumes).map(e=>X(e.target)),dependsOn:Object.fromEntries(Object.entries(Z(e.depends_on)).map(([e,t])=>[e,X(Z(t).condition)])),healthcheck:e.healthcheck!==void 0&&Z(e.healthcheck).disable!==!0,limits:e.mem_limit!==void 0||Z(Z(t.resources).limits).memory!==void 0,privileged:e.privileged===!0,networkMode:typeof e.network_mode==`string`?e.network_mode:null,user:e.user===void 0?null:String(e.user)}},$=e=>Array.isArray(e)?e.map(Z):[],ei=e=>typeof e==`number`&&Number.isSafeInteger(e)&&e>=0?e:1;var ti=class{#e=null;#t=`before`;#n=[];take(e,t){e.kind===`step`&&(this.#e=e.step),e.kind===`switch`&&(this.#t=`switched`),e.kind===`committed`&&(this.#t=`committed`),this.#n.push(t.slice(0,120)),this.#n.length>12&&this.#n.shift()}killed(e,t){let n=this.#e===null?`before its first step`:`in step ${this.#e}, ${t(this.#e)}`;return new r(`UNKNOWN`,`the program on ${e.host} was killed ${n}; ${ni[this.#t]}`,{evidence:[`the end of the journal of ${e.operation}:`,...this.#n],hint:`the next deploy or rollback first settles what it left; look before: deploy-action status, or on the server: journalctl -k | grep -i 'out of memory'; tail ${e.directory}/.deploy/operations/${e.operation}/stray`,...this.#t===`before`?{serving:`what served before`}:{}})}};const ni={before:`nothing that serves was touched`,switched:`services may be stopped or half switched, and nobody finishes this before the next run`,committed:`the new release was committed and serves; what is left is to tidy up`},ri={silenceMs:12e4,settlingMs:36e5,allInAllMs:72e5};var ii=class{broken=null;#e;#t;#n;#r;#i;#a=!1;constructor(e,t,n){this.#e=e,this.#t=t,this.#n=n;let r=e.allInAllMs+t;this.#r=setTimeout(()=>this.#s(`was not ready after ${r/1e3} s`),r),this.#o(e.silenceMs)}heard(e){e.startsWith(`settling`)?this.#o(this.#e.settlingMs):this.#o(this.#e.silenceMs+(e.includes(` waiting `)?this.#t:0))}over(){this.#a=!0,clearTimeout(this.#i),clearTimeout(this.#r)}#o(e){clearTimeout(this.#i),this.#a||(this.#i=setTimeout(()=>this.#s(`said nothing for ${e/1e3} s before it was ready`),e))}#s(e){this.broken??=e,this.over(),this.#n()}};const ai=4096,oi=e=>{let t=Buffer.from(e).toString(`base64`),n=[];for(let e=0;e<t.length;e+=ai)n.push(t.slice(e,e+ai));return`${n.join(`
`)}\n.\n`},si=e=>h(`sha256`).update(e).digest(`hex`),ci=e=>{let t=re(m(e));return`${si(t)}\n${oi(t)}`},li=(e,t)=>{let n=re(e);return`go ${si(n)}\n${oi(n)}${t}\n`},ui=[500,2e3,5e3,1e4],di=65536,fi=async(e,t,n=ri)=>{let r=await e.connect(e.target),i=new pi(e,t,n);try{return await i.first(r)}finally{r.close()}};var pi=class{#e;#t;#n=Object.create(null);#r=Object.create(null);#i=0;#a=!1;#o=null;#s=!1;#c;#l=null;#u=0;#d=0;#f=!1;#p=new ti;constructor(e,t,n){this.#e=e,this.#t=t,this.#c=n}async first(e){let{front:t,files:n}=this.#e,{signal:r}=this.#t.cancellation,i=()=>e.close();r.addEventListener(`abort`,i),this.#l=new ii(this.#c,t.waitSeconds*1e3,i);let a=mi(await e.start(gr(t)));a.write(ci(n));let o=await this.#m(a).finally(()=>this.#l?.over());if(r.removeEventListener(`abort`,i),o.kind===`leave`||r.aborted){if(a.end(),r.aborted)throw hi();return{kind:`left`}}return a.write(li(o.program,o.credentials)),await this.#C(a,e),this.#a||await this.#D(),{kind:`ended`}}async#m(e){for await(let t of e.lines){let e=this.#h(t);if(e!==null){if(e===`ready`)return this.#l?.over(),this.#e.decide(Ir(this.#n));if(e.startsWith(`bye`))break}}return this.#y(e)}#h(e){let{nonce:t}=this.#e.front;if(!e.startsWith(`${t} `))return this.#g(e),null;let n=e.slice(t.length+1);this.#l?.heard(n);let[,r,i=``,a=``]=/^(fact|more) (\S+) (\S*)$/.exec(n)??[];return r!==void 0&&this.#_(i,a,r===`fact`),n.startsWith(`lacks `)&&(this.#n[`missing-tools`]=n.slice(6)),n.startsWith(`settling`)&&this.#t.log.info(`An earlier operation was left unfinished: ${n.slice(9)}; settling it first`),n.startsWith(`incomplete`)&&(this.#o=n.slice(11)),n===`full`&&(this.#s=!0),n===`died`&&(this.#f=!0),n}#g(e){let t=this.#d;this.#d+=e.length+1,this.#d<=di?this.#t.log.foreign(e):t<=di&&this.#t.log.warning(`${this.#e.target.host} prints more than is shown: its login shell should be silent`)}#_(e,t,n){let i=(this.#r[e]??``)+t;if(this.#u+=t.length+e.length,this.#u>33554432)throw new r(`CONNECT`,`what ${this.#e.target.host} tells, at last of ${e.slice(0,40)}, has no end; nothing was touched`,{hint:`look at the server: ssh ${this.#e.target.user}@${this.#e.target.host} 'ls -l ${this.#e.front.directory}/.deploy'`});n&&this.#v(e,Buffer.from(i,`base64`).toString()),this.#r[e]=n?``:i}#v(e,t){if(e===`look`)return void Object.assign(this.#n,gi(t,this.#e.front.nonce));this.#n[e]=t,e===`waiting`&&this.#t.log.info(`Waiting for the lock, held by ${_i(t)}`),e===`settled`&&this.#t.log.warning(`An earlier operation was settled: ${vi(t)}`)}async#y(e){let{target:t,front:n}=this.#e;if(this.#t.cancellation.signal.aborted)throw hi();if(this.#l?.broken)throw this.#b(this.#l.broken,e);if(this.#n.locked!==void 0)throw new r(`LOCK`,`another operation holds the stack in ${n.directory} on ${t.host}: ${_i(this.#n.locked)}`,{hint:`wait for it, or look: deploy-action status; the lock frees itself when its holder ends`});if(this.#o!==null)throw this.#x(this.#o);if(this.#n[`missing-tools`]||this.#n.directory!==void 0)return this.#e.decide(Ir(this.#n));let i=await e.ended,a=i.kind===`lost`?i.reason:i.kind===`exit`?`it ended with exit code ${i.code}`:`it was ended by ${i.signal}`;throw new r(`CONNECT`,`${t.host} did not answer as a shell does: ${a}; nothing was touched`,{evidence:e.stderr().split(`
`).filter(Boolean).slice(-10),hint:`ssh -p ${t.port} ${t.user}@${t.host} 'sh -c "echo works"'`})}#b(e,t){let{target:n,front:i}=this.#e;return new r(`CONNECT`,`${n.host} runs our command and ${e}; nothing of this run was begun`,{evidence:t.stderr().split(`
`).filter(Boolean).slice(-10),hint:`on the server: timeout 10 docker ps; ps aux | grep deploy-action; tail -n 3 ${i.directory}/.deploy/operations/*/journal`})}#x(e){let{target:t,front:n}=this.#e;return this.#s?new r(`CONFIG`,`${t.host} has no room left for the ${e} in ${n.directory}; nothing was touched`,{hint:`make room on the server: df -h ${n.directory}`}):new r(`CONNECT`,`the ${e} did not arrive whole on ${t.host}; nothing was touched`,{hint:`run it again`})}#S(){let{target:e,front:t,stepName:n}=this.#e;return this.#p.killed({host:e.host,...t},n??(e=>`number ${e}`))}async#C(e,t){let n=setInterval(()=>e.write(`alive
`),5e3);this.#e.attend?.(t=>e.write(`${t}\n`));let r,i=()=>{e.write(`cancel
`),r=setTimeout(()=>this.#T(t),5500)},{signal:a}=this.#t.cancellation;a.aborted?i():a.addEventListener(`abort`,i,{once:!0});try{let t=!1;for await(let n of e.lines){if(t)this.#E(n);else{let e=this.#h(n);t=e===`follow`,e?.startsWith(`bye`)&&(this.#o??=`word to go`)}if(this.#a)break}}finally{clearInterval(n),clearTimeout(r),a.removeEventListener(`abort`,i),this.#a||this.#e.attend?.(null),e.end()}if(this.#o!==null)throw this.#x(this.#o);if(this.#w)throw this.#k(`CANCELLED`,`the run was cancelled while the server works`)}#w=!1;#T(e){this.#w=!0,e.close()}#E(e){if(!/^\d+ [a-z]/.test(e))return void this.#h(e);if(!e.endsWith(` ;`)&&!e.endsWith(`…`))return;if(this.#i+=1,this.#i>2e4)throw this.#k(`UNKNOWN`,`the journal which ${this.#e.target.host} tells has no end`);let t=vr(e.replace(/ ;$/,``));t!==null&&(this.#p.take(t,e),this.#e.onEvent(t),t.kind===`end`&&(this.#a=!0))}async#D(){let{target:e}=this.#e,t=this.#f;for(let n of t?[0,...ui]:ui){if(this.#t.log.warning(t?`The program on ${e.host} was killed; what it left is settled…`:`The connection to ${e.host} was lost; the server goes on alone. Trying again…`),n>0&&await this.#t.clock.sleep(n),this.#t.cancellation.signal.aborted)throw this.#k(`CANCELLED`,`the run was cancelled while contact was lost`);if(this.#f=!1,await this.#O(),this.#a)return;if(this.#f)throw this.#S()}throw t?this.#S():this.#k(`UNKNOWN`,`contact with ${e.host} was lost and not regained`)}async#O(){let{target:e,connect:t,front:n}=this.#e,r=await t(e).catch(()=>null);if(r!==null)try{let e=await r.start(gr({...n,verb:`follow`,target:String(this.#i+1)}));await this.#C(mi(e),r)}finally{r.close()}}#k(e,t){let{front:n}=this.#e;return new r(e,`${t}; operation ${n.operation} finishes or rolls back there alone`,{hint:`ask later: deploy-action status, or on the server: tail ${n.directory}/.deploy/operations/${n.operation}/journal`})}};const mi=e=>{let t=e.lines[Symbol.asyncIterator]();return{...e,lines:{[Symbol.asyncIterator]:()=>({next:()=>t.next()})}}},hi=()=>new r(`CANCELLED`,`the run was cancelled before anything was touched`,{hint:`run it again`}),gi=(e,t)=>Object.fromEntries(`\n${e}`.split(`\n${t} `).slice(1).map(e=>[e.slice(0,e.indexOf(`
`)),`${e.slice(e.indexOf(`
`)+1).trimEnd()}\n`])),_i=e=>e.trim().split(`
`).join(`, `),vi=e=>{let t=e.trim().split(`
`),n=t.toReversed().map(vr).find(e=>e?.kind===`end`);return`${t[0]??`unknown`} ${n?.kind===`end`?`ended as ${n.end}`:`could not be settled`}`},yi=4e3;var bi=class{plan=null;imageDigests={};#e;#t=0;#n=0;#r=0;#i=0;#a=[];#o=null;#s=null;#c=[];#l=[];#u={before:``,after:``};constructor(e){this.#e=e}transacted(){return this.plan===null?null:{plan:this.plan,end:this.#o??`broken`,failure:this.#s,evidence:this.#c,stopped:this.#l,schema:this.#u}}take(e){e.kind===`start`?this.#d(e):e.kind===`step`?this.#f(e):e.kind===`done`?this.#p(e,`succeeded`):e.kind===`fail`?this.#m(e):e.kind===`note`?this.#g(e):e.kind===`undo-failed`?this.#_(e.text):e.kind===`settle`?this.#h():e.kind===`end`?this.#o=e.end:this.#e.ports.log.debug(e.kind===`undo`?`undoing: ${e.text}`:e.kind)}#d({at:e,epoch:t}){this.#t=t,this.#n=e}#f({at:e,step:t}){this.#r=e,this.#i=t,this.#a=[],this.#e.ports.log.info(`${this.nameOf(t)}: ${this.#y(t)?.cause??``}`)}#p({at:e,step:t},n){let{facts:r}=this.#e,i={name:this.nameOf(t),cause:this.#y(t)?.cause??``,start:this.#v(this.#r),duration:e-this.#r,result:n};r.steps.length>=500||(r.steps=[...r.steps,this.#a.length===0?i:{...i,detail:this.#a.join(`; `)}])}#m(e){let t=Object.hasOwn(n,e.code)?e.code:`BUG`;this.#a.push(e.sentence),this.#s={step:this.nameOf(e.step),code:t,sentence:e.sentence},this.#e.ports.log.info(`${t}: ${e.sentence}`),this.#p(e,`failed`)}#h(){let e=this.nameOf(this.#i);this.#s??={step:e,code:`CANCELLED`,sentence:`the program on the server was killed at "${e}"`},this.#e.ports.log.warning(`the program on the server was killed at "${e}"; what it left is settled`)}#g({topic:e,name:t,text:n}){let{log:r}=this.#e.ports;if(e===`schema`&&(t===`before`||t===`after`)&&(this.#u[t]=n.trim().slice(0,200)),e===`evidence`){for(let e of n.split(`
`).filter(Boolean).slice(-40))this.#c.push(`${t} | ${e.slice(0,yi)}`);this.#c.splice(0,this.#c.length-400)}else e===`serving`?this.#e.facts.serving=[Qn(this.#e.environment().config.host,Q(n).map(Hr),this.imageDigests)]:e===`stopped`?this.#l.push(t):e===`warning`?r.warning(`${t}: ${n}`):(this.#a.length<50&&this.#a.push(xi(e,t,n).slice(0,yi)),r.info(`  ${xi(e,t,n)}`))}#_(e){this.#c.push(`going back: ${e}`),this.#e.ports.log.info(`going back failed: ${e}`)}#v(e){return new Date(this.#t*1e3+(e-this.#n)).toISOString()}#y(e){return this.plan?.steps[e-1]}nameOf(e){let t=this.#y(e);return t===void 0?`step ${e}`:M(t)}};const xi=(e,t,n)=>e===`gap`?`${t} did not serve for ${n} ms`:e===`health`?`${t} ready: ${n}`:e===`schema`?`schema ${t}: ${n.trim()}`:e===`restored`?`${t}: the previous container serves again`:[e,t,n].filter(Boolean).join(` `),Si=async(e,t)=>{let{connect:n,front:r,files:i,decide:a,attend:o,onEvent:s}=t,{log:c,clock:l}=e.ports,u=new bi(e),d={connect:n??nn(c,l),target:Tn(e),front:r,files:i,decide:async e=>{let t=await a(e);return t===null?{kind:`leave`}:(u.plan=t.plan,u.imageDigests=e.imageDigests,{kind:`go`,program:t.program,credentials:t.credentials})},...o===void 0?{}:{attend:o},onEvent:e=>{u.take(e),s?.(e)}};return await fi({...d,stepName:e=>u.nameOf(e)},e.ports),u.transacted()};export{Le as A,De as B,C,ze as D,tt as E,Ae as F,y as G,Ce as H,ye as I,pe as J,me as K,ke as L,Te as M,Ee as N,S as O,b as P,Oe as R,mt as S,Ke as T,be as U,je as V,we as W,de as X,fe as Y,_e as Z,Sn as _,ir as a,nn as b,cr as c,sr as d,ur as f,Cn as g,yn as h,pr as i,Ne as j,Be as k,lr as l,Tn as m,xr as n,rr as o,On as p,he as q,Sr as r,ar as s,Si as t,dr as u,wn as v,Je as w,yt as x,fn as y,Se as z};