import{d as e,i as t,l as n}from"./unready.js";import{t as r}from"./quote.js";import{t as i}from"./errors.js";import{t as a}from"./secrets.js";import{r as o}from"./server.js";import{randomBytes as s}from"node:crypto";var c=`set -u
LC_ALL=C
export LC_ALL
nonce=$1 dot=$2/.deploy
say() { printf '%s %s\\n' "$nonce" "$*"; }
if [ -d "$dot" ] && ! [ -r "$dot/operations" ]; then say unreadable; fi
for folder in "$dot"/operations/*/; do
  [ -r "$folder/journal" ] || continue
  id=\${folder%/}
  say operation "\${id##*/}"
  say head "$(sed -n '2p' "$folder/program.sh" 2> /dev/null)"
  say record "$(sed -n 's/^release_start() { printf .%s. //p' "$folder/program.sh" 2> /dev/null | head -n 1 | base64 -w 0)"
  grep -E '^[0-9]* (start|fail|switch|end) ' "$folder/journal" | tail -n 12 | sed "s/^/$nonce journal /"
  sed -n '$p' "$folder/journal" | sed "s/^/$nonce last /"
done
for record in "$dot"/releases/*/release.json; do
  [ -r "$record" ] || continue
  id=\${record%/release.json}
  say release "\${id##*/} $(base64 -w 0 < "$record")"
done
say end`,l=`set -u
umask 077
LC_ALL=C
export LC_ALL
nonce=$1 directory=$2 env_file=$3 project=$4 service=$5 lines=$6 release=$7
dot=$directory/.deploy operation=$nonce-mark container_environment='' of_others='' time_limit=''
say() { printf '%s %s\\n' "$nonce" "$*"; }
told() { tail -c 1048576 | hide | sed "s/^/$nonce line /"; }
named() {
  for record in "$dot"/releases/*/release.json; do
    id=\${record%/release.json}
    id=\${id##*/}
    case $1 in
      "$id" | "\${id%%-*}") printf '%s\\n' "$id" ;;
      *) case \${id#*-} in "$1"*) [ "\${#1}" -lt 7 ] || printf '%s\\n' "$id" ;; esac ;;
    esac
  done | sort -n | tail -n 1
}
of_release() {
  id=$(named "$release")
  [ -n "$id" ] || { say missing; return; }
  made=$(sed -n 's/.*"operation":"\\([A-Za-z0-9-]*\\)".*/\\1/p' "$dot/releases/$id/release.json" | head -n 1)
  say container "release $id"
  if [ -r "$dot/operations/$made/output" ]; then
    tail -n "$lines" "$dot/operations/$made/output" | told
  else
    say gone "$made"
  fi
}
of_containers() {
  docker ps --all --no-trunc --filter "label=com.docker.compose.project=$project" \${service:+--filter "label=com.docker.compose.service=$service"} \\
    --format '{{.ID}} {{.Names}}' > /dev/null 2>&1 || { say silent; return; }
  docker ps --all --no-trunc --filter "label=com.docker.compose.project=$project" \${service:+--filter "label=com.docker.compose.service=$service"} \\
    --format '{{.ID}} {{.Names}} ({{.Status}})' | sort -k 2 | while read -r id name; do
    say container "$name"
    docker logs --timestamps --tail "$lines" "$id" 2>&1 < /dev/null | told
  done
}
know_containers
if [ -n "$release" ]; then of_release; else of_containers; fi
say end`;const u=({directory:t,environmentFile:n,project:r,service:i,lines:o,release:s})=>c=>f(`${e}\n${a}\n${l}`,[c,t,n,r,i,String(o),s]),d=e=>t=>f(c,[t,e]),f=(e,t)=>`exec ${r([`sh`,`-c`,p(e),`deploy-action`,...t])}`,p=e=>e.split(`
`).filter(e=>!/^\s*(#.*)?$/.test(e)).join(`
`),m=async(e,n,r,a)=>{let o=s(12).toString(`hex`),c=await e.start(n(o));c.end();let l=[],u=(async()=>{for await(let e of c.lines){if(e===`${o} end`)return!0;e.startsWith(`${o} `)&&l.length<2e4&&l.push(e.slice(o.length+1))}return!1})().then(async e=>e||await c.ended.then(()=>!1));if(await Promise.race([u,a.sleep(6e4).then(()=>!1)]))return l;let d=c.stderr().split(`
`).filter(Boolean).slice(-5),[f]=d.flatMap(e=>/^deploy-action: (this key may only .*)/.exec(e)?.[1]??[]);throw f===void 0?new i(`CONNECT`,`${r.target.host} did not tell to its end what it was asked`,{evidence:d,hint:`deploy-action doctor`}):t(f,r)},h=async(e,t)=>{let{log:r,clock:i}=e.ports,a=o(e),s=await n(r,i)(a);try{return await m(s,t,{target:a,directory:e.environment().config.path},i)}finally{s.close()}};export{d as n,u as r,h as t};