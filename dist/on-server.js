import{r as e,t}from"./ssh.js";import{t as n}from"./quote.js";import{t as r}from"./errors.js";import{t as i}from"./secrets.js";import{r as a}from"./server.js";import{randomBytes as o}from"node:crypto";var s=`set -u
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
say end`,c=`set -u
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
say end`;const l=({directory:t,environmentFile:n,project:r,service:a,lines:o,release:s})=>l=>d(`${e}\n${i}\n${c}`,[l,t,n,r,a,String(o),s]),u=e=>t=>d(s,[t,e]),d=(e,t)=>`exec ${n([`sh`,`-c`,f(e),`deploy-action`,...t])}`,f=e=>e.split(`
`).filter(e=>!/^\s*(#.*)?$/.test(e)).join(`
`),p=async(e,t,n,i)=>{let a=o(12).toString(`hex`),s=await e.start(t(a));s.end();let c=[];if(await Promise.race([(async()=>{for await(let e of s.lines){if(e===`${a} end`)return!0;e.startsWith(`${a} `)&&c.length<2e4&&c.push(e.slice(a.length+1))}return!1})(),i.sleep(6e4).then(()=>!1)]))return c;throw new r(`CONNECT`,`${n} did not tell to its end what it was asked`,{evidence:s.stderr().split(`
`).filter(Boolean).slice(-5),hint:`deploy-action doctor`})},m=async(e,n)=>{let{log:r,clock:i}=e.ports,o=a(e),s=await t(r,i)(o);try{return await p(s,n,o.host,i)}finally{s.close()}};export{u as n,l as r,m as t};