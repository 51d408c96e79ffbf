import{s as e}from"./rolldown-runtime.js";import{a as t,c as n,i as r,n as i,o as a,r as o,s,t as c}from"./server2.js";import{t as l}from"./errors.js";import{t as u}from"./create-context.js";import{u as d}from"./unready.js";import{a as f,t as p}from"./tell.js";import{t as m}from"./images.js";import{n as h,r as g}from"./reference.js";import{i as _}from"./seeds.js";import{r as v,t as y}from"./seed-files.js";import{t as b}from"./dist.js";import{n as x}from"./hosts.js";import{t as S}from"./located.js";import{c as C}from"./deployment.js";import{existsSync as w,readFileSync as T,readdirSync as E}from"node:fs";import{dirname as D,join as O,resolve as k}from"node:path";var A=`set -u
LC_ALL=C
umask 077
[ $# = 3 ] || { echo 'usage: rollback-key PATH PROJECT ENV_FILE' >&2; exit 78; }
path=$1 project=$2 env_file=$3 dot=$1/.deploy nonce='' newline=$'\\n' quote="'" escaped="'\\\\''"
command=\${SSH_ORIGINAL_COMMAND:-}
exec 3<&0 8>&1
refuse() {
  local sentence="this key may only look at $path and roll it back: $1"
  [ -z "$nonce" ] || printf '%s fact gate %s\\n' "$nonce" "$(printf '%s' "$sentence" | base64 -w 0)" >&8
  printf 'deploy-action: %s\\n' "$sentence" | tr -dc '\\n[:print:]' >&2
  exit 77
}
is_known() { grep -qsxF -- "$1" "$dot"/releases/*/rollback-key; }
is_known_text() { is_known "text $(sum_of "$1")"; }
in_record() { case $1 in *"$newline"*) return 1 ;; esac; grep -qsF -- "$1" "$dot"/releases/*/release.json; }
sum_of() { printf '%s' "$1" | sha256sum | cut -d' ' -f1; }
word='[A-Za-z0-9_@%+=:,./-]+'
name='[A-Za-z0-9][A-Za-z0-9_.-]*'
id='[0-9]+-[0-9a-f]{7,64}'
key='(-|[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*)'
times='( [0-9]{1,7}){5}'
string='(null|"([^"\\\\[:cntrl:]]|\\\\["\\\\/bfnrt]|\\\\u[0-9a-fA-F]{4})*")'
asker="\\"actor\\":$string,\\"run\\":$string,\\"reason\\":$string,"
ready='(ready|before)_[0-9]+(_[0-9]+)?'
check_command() {
  local words="(operate|observe|follow) ([0-9a-f]{24}) ($word) ($word) ([0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}) ($word) ([0-9]{1,6}) ($word|'[^'[:cntrl:]]*') ([A-Za-z0-9._-]+|'') $key"
  local whole="^(exec sh -c .*) $words\\$"
  [[ $command =~ $whole ]] || refuse 'that is another command'
  local front=\${BASH_REMATCH[1]}
  verb=\${BASH_REMATCH[2]} nonce=\${BASH_REMATCH[3]} operation=\${BASH_REMATCH[6]} target=\${BASH_REMATCH[10]}
  local its_path=\${BASH_REMATCH[4]} its_project=\${BASH_REMATCH[5]} its_env_file=\${BASH_REMATCH[7]}
  [ "$its_path" = "$path" ] || refuse "not $its_path"
  [ "$its_project $its_env_file" = "$project $env_file" ] || refuse "not the project $its_project with $its_env_file"
  [ -d "$dot/releases" ] || refuse 'nothing was deployed there yet'
  request=$(sed -n "s/^front $(sum_of "$front") //p" "$dot"/releases/*/rollback-key 2> /dev/null | head -n 1)
  [ -n "$request" ] || refuse 'no deploy on record there was made by this version of deploy-action'
  [ "$target" != "''" ] || refuse 'that is no status and no rollback'
  [ "$verb" != follow ] || [ "$(sed -n 's/^kind=//p' "$dot/operations/$operation/program.sh" 2> /dev/null | head -n 1)" = rollback ] ||
    refuse "operation $operation is no rollback"
}
line() {
  IFS= read -r -n "$1" -t 300 REPLY || return
  [ \${#REPLY} -lt "$1" ] || refuse 'a line has no end'
}
body() {
  local lines=0
  body=
  while line 4200; do
    [ "$REPLY" != . ] || return 0
    [[ $REPLY =~ ^[A-Za-z0-9+/=]*$ ]] || refuse 'what it sends is not base64'
    lines=$((lines + 1))
    [ "$lines" -le "$1" ] || refuse 'what it sends has no end'
    body=$body$REPLY$newline
  done
  return 1
}
relay() {
  if [ "$verb" != follow ]; then
    line 66 && body 64 || exit
    base64 -d <<< "$request"
    [ "$verb" = operate ] || exit 0
    line 72 || exit
    [[ $REPLY =~ ^go\\ [0-9a-f]{64}$ ]] || exit
    body 64 || exit
    program=$(base64 -d <<< "$body" 2> /dev/null | gzip -dc 2> /dev/null | head -c 400000 | tr -d '\\0'; printf x)
    program=\${program%x}
    line 16000 || exit
    credentials=$REPLY
    [[ $credentials =~ ^[A-Za-z0-9+/=]*$ ]] || refuse 'its login is not base64'
    login=$(base64 -d <<< "$credentials" 2> /dev/null | tr -d '\\0')
    [[ -z $login || $login =~ ^\\{\\"auths\\":\\{\\"[A-Za-z0-9./:_-]+\\":\\{\\"auth\\":\\"[A-Za-z0-9+/=]*\\"\\}\\}\\}$ ]] || refuse 'its login holds more than a login'
    check_program "$program"
    packed=$(printf '%s' "$program" | gzip -c | base64 -w 4096)
    printf 'go %s\\n%s\\n.\\n%s\\n' "$(base64 -d <<< "$packed" | sha256sum | cut -d' ' -f1)" "$packed" "$credentials"
  fi
  while line 16; do
    case $REPLY in alive | cancel | switch | back) printf '%s\\n' "$REPLY" ;; esac
  done
}
foreign() { refuse "its program holds what no rollback does: \${rest:0:80}"; }
eat() { [[ $rest =~ ^$1 ]] || foreign; rest=\${rest:\${#BASH_REMATCH[0]}}; }
literal() { [ "\${rest:0:\${#1}}" = "$1" ] || foreign; rest=\${rest:\${#1}}; }
until_text() { taken=\${rest%%"$1"*}; [ "$taken" != "$rest" ] || foreign; rest=\${rest:\${#taken}}; }
check_program() {
  rest=$1
  literal "#!/bin/sh$newline# Operation $operation: rollback of release "
  eat "($id)"
  release=\${BASH_REMATCH[1]}
  literal ". Made by deploy-action; kept for its record and for settling.\${newline}directory=$path\${newline}project=$project\${newline}env_file=$env_file\${newline}operation=$dot/operations/$operation\${newline}kind=rollback\${newline}release=$release\${newline}previous="
  eat "($id|'')$newline"
  previous=\${BASH_REMATCH[1]}
  [ "$previous" = "''" ] || [ -e "$dot/releases/$previous/release.json" ] || foreign
  eat "fallback=($id|'')$newline"
  eat "known_schema=($word|'[A-Za-z0-9_.,: ()-]*')$newline"
  eat "repository=$key$newline"
  eat "parts='($key $id($newline$key $id)*)'$newline"
  while read -r part; do
    [ "\${part#* }" = "$release" ] || grep -qsxF -- "$part" "$dot/current/parts" || foreign
  done <<< "\${BASH_REMATCH[1]}"
  if [ "$previous" = "''" ]; then before='# nothing was deployed here before'; else before="# before: \\"$previous\\""; fi
  until_text "$newline$before$newline"
  is_known "rooms $(sum_of "$taken")" || refuse 'its program is of no version of deploy-action that has deployed there, or was changed'
  literal "$newline$before$newline"
  check_questions
  check_record
  check_steps
  literal 'main "$@"'"$newline"
  [ -z "$rest" ] || foreign
}
check_questions() {
  while [[ $rest =~ ^\${ready}\\(\\)\\ \\{\\  ]]; do
    eat "\${ready}\\(\\) \\{ "
    until_text "; }$newline"
    is_known_text "$taken" || refuse "no release there asks a service so: \${taken:0:80}"
    literal "; }$newline"
  done
  literal "ready_before() {$newline  case \\$1 in$newline"
  while [[ $rest =~ ^\\ \\ \\ \\ $name\\)\\ wait ]]; do eat "    $name\\) wait_ready \\"\\\\\\$1\\" \\"\\\\\\$2\\" $ready$times ;;$newline"; done
  literal "    *) return 0 ;;$newline  esac$newline}$newline"
}
check_record() {
  literal "release_start() { printf '%s' '"
  until_text "'; }$newline"
  local after=$rest
  rest=\${taken//"$escaped"/"$quote"}
  case $rest in *"$newline"*) foreign ;; esac
  [ "\${rest//"$quote"/"$escaped"}" = "$taken" ] || foreign
  eat "\\\\{\\"id\\":\\"$release\\",\\"number\\":\${release%%-*},\\"kind\\":\\"rollback\\",\\"of\\":\\"($id)\\","
  of=\${BASH_REMATCH[1]}
  record=$(cat "$dot/releases/$of/release.json" 2> /dev/null)
  local shape="^\\{\\"id\\":\\"$of\\",\\"number\\":[0-9]+,\\"kind\\":\\"[a-z]+\\",\\"of\\":$string,(\\"fallback\\":$string,\\"commit\\":$string,\\"ref\\":$string,\\"repository\\":$string,)$asker\\"operation\\":$string,(.*,)\\"stack\\":\\{.*\\},\\"schema\\":\\{"
  [[ $record =~ $shape ]] ||
    refuse "the record of release $of cannot be read"
  local origin=\${BASH_REMATCH[3]} content=\${BASH_REMATCH[20]}
  for part in project compose.sh pin.yml pin.env executables; do
    [ -e "$dot/operations/$operation/stage/$part" ] || [ -e "$dot/releases/$of/$part" ] || continue
    diff -r "$dot/releases/$of/$part" "$dot/operations/$operation/stage/$part" > /dev/null 2>&1 || refuse "release $of is not the one that was asked for"
  done
  literal "$origin"
  eat "$asker\\"operation\\":\\"$operation\\","
  [ \${#BASH_REMATCH[0]} -le 4000 ] || refuse 'its reason has no end'
  literal "$content\\"stack\\":{"
  while :; do
    eat "\\"$key\\":\\\\{\\"release\\":\\"($id)\\",(\\"commit\\":\\"[0-9a-f]+\\",\\"images\\":\\\\{[^{}]*\\\\}\\\\})"
    [ "\${BASH_REMATCH[3]}" = "$release" ] || [ -e "$dot/releases/\${BASH_REMATCH[3]}/release.json" ] || foreign
    in_record "\${BASH_REMATCH[4]}" || foreign
    [[ $rest == ,* ]] || break
    literal ,
  done
  literal '},'
  [ -z "$rest" ] || foreign
  rest=$after
  literal "'; }$newline"
}
check_steps() {
  local number=0 order=' ' step
  literal "steps() {$newline"
  while [[ $rest == '  step '* ]]; do
    number=$((number + 1))
    literal "  step $number "
    [[ $rest =~ ^([a-z_]+) ]] || foreign
    step=\${BASH_REMATCH[1]} order="$order$step "
    check_step
    literal "$newline"
  done
  literal "}$newline"
  [[ $order =~ ^\\ (pull_images )?(ask_known )?place_files\\ (start_infrastructure (await_running )*)?(create_containers await_created )?(gate )?(restart_service )*(gate )?(switch_services )*(start_alone )?(await_running )*(smoke_test )*verify_digests\\ (stayed_up )?commit_release\\ tidy\\ $ ]] ||
    refuse "its steps are not those of a rollback:$order"
}
check_step() {
  eat "$step"
  case $step in
    place_files | commit_release) ;;
    await_created | stayed_up)
      each service
      ;;
    pull_images)
      each image
      ;;
    ask_known)
      until_text "$newline  step "
      is_known_text "$step$taken" || refuse 'the last deploys did not ask the database so'
      ;;
    start_infrastructure | start_alone | restart_service)
      each infrastructure
      ;;
    await_running)
      eat " $name $ready$times"
      ;;
    create_containers)
      each created
      ;;
    gate)
      eat ' switch'
      ;;
    switch_services)
      while [[ $rest == ' '* ]]; do check_switch; done
      ;;
    smoke_test)
      until_text "$newline"
      [[ $taken =~ \\ ready_[0-9]+$ ]] || foreign
      is_known_text "$step\${taken% *}" || refuse "no release there is tested so:$taken"
      ;;
    verify_digests)
      each digest
      ;;
    tidy)
      eat ' ([0-9]{1,3})'
      is_kept "\${BASH_REMATCH[1]}" || refuse "it would keep \${BASH_REMATCH[1]} releases, fewer than the deploys there"
      each tidied
      ;;
    *) refuse "its program calls $step, which no rollback does" ;;
  esac
  [[ $rest != " $newline"* ]] || rest=\${rest# }
}
each() {
  while [[ $rest =~ ^\\ ($word) ]]; do
    eat " ($word)"
    one=\${BASH_REMATCH[1]}
    "is_$1" "$one" || refuse "$step \${one:0:80}: no release there has that"
  done
}
is_service() { [[ $1 =~ ^$name$ ]] && in_record "\\"$1\\":{\\"image\\":"; }
is_infrastructure() { [[ $1 =~ ^$name$ ]] && grep -qsE -- "\\"infrastructure\\":\\[[^]]*\\"\${1//./\\\\.}\\"" "$dot"/releases/*/release.json; }
is_image() { in_record "\\"reference\\":\\"$1\\"" || { [[ $1 != *+* ]] && grep -qsrxE -- " *image: [\\"']?\${1//./\\\\.}[\\"']?" "$dot"/releases/*/project; }; }
is_created() { is_service "\${1%=*}" && [[ \${1##*=} =~ ^[1-9][0-9]?$ ]]; }
is_digest() {
  local as_recorded="\\"\${1%%=*}\\":\\{\\"image\\":\\"[^\\"]*\\",\\"digest\\":\\"\${1#*=}\\""
  is_service "\${1%%=*}" && [[ \${1#*=} =~ ^sha256:[0-9a-f]{64}$ ]] && [[ $record =~ $as_recorded ]]
}
is_tidied() { is_service "\${1%%=*}" && { [ -z "\${1#*=}" ] || in_record "\\"containerName\\":\\"\${1#*=}\\""; }; }
is_kept() { [ "$1" -ge "$(sed -n 's/^keep \\([0-9]*\\)$/\\1/p' "$dot"/releases/*/rollback-key | sort -n | head -n 1)" ]; }
check_switch() {
  eat " ($name) (stop-first|start-first) [0-9]{1,3} ('[0-9a-f ]*'|[0-9a-f]{64}) (no|always|unless-stopped|on-failure(:[0-9]+)?) $ready$times"
  local service=\${BASH_REMATCH[1]} order=\${BASH_REMATCH[2]} ids=\${BASH_REMATCH[3]//"$quote"/} there as_recorded
  as_recorded="\\"$service\\":\\{\\"image\\":\\"[^\\"]*\\",\\"digest\\":\\"[^\\"]*\\",\\"order\\":\\"$order\\""
  [[ $record =~ $as_recorded ]] || refuse "$service is not switched $order there"
  there=$(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$service")
  for old in $ids; do
    case $there in *"$old"*) [ \${#old} = 64 ] ;; *) false ;; esac || refuse "$old is no container of $service"
  done
}
check_command
exec 4< <(relay <&3)
relay=$!
sh -c "$command" <&4 3<&- 4<&- 8>&-
result=$?
kill "$relay" 2> /dev/null
exit "$result"`;const j=`/usr/local/lib/deploy-action/rollback-key`,M=e=>/^[\w@%+=:,./-]+$/.test(e),N=({user:e,path:t,project:n,environmentFile:r,publicKey:i})=>{let a=`${e===`root`?`/root`:`/home/${e}`}/.ssh/authorized_keys`,o=`restrict,command="${j} ${t} ${n} ${r}" ${i} deploy-action rollback`;return`#!/bin/sh
# For a server that is deployed to, as root. Printed by deploy-action doctor --prepare --rollback-key, which runs nothing.
set -eu

# 1. What stands before the key, where the user who deploys cannot write: src/rollback-key/gate.sh
install -d -m 755 -o root -g root ${j.slice(0,j.lastIndexOf(`/`))}
cat > ${j}.new << 'END OF THE GATE'
#!/bin/bash -p
${A.trim()}
END OF THE GATE
chmod 755 ${j}.new
mv ${j}.new ${j}

# 2. The key. One that is there already without what stands before it would still be let in for everything.
if grep -F '${i}' ${a} | grep -vqxF '${o}'; then
  echo 'this key is in ${a} already, with another right: take a new one, or that line out' >&2
  exit 1
fi
grep -qxF '${o}' ${a} || echo '${o}' >> ${a}
`},P=async(e,t,n)=>{let r=t?.environment().config;if(e.rollbackKey!==void 0)return F(e,N(I(e.rollbackKey,t)));r===void 0&&n.warning(`the config does not say which user and path: /opt/stacks/NAME stands there. Next: deploy-action doctor, which says why`);let i=f({user:r?.user??`deploy`,path:r?.path.replace(/\/+$/,``)??`/opt/stacks/NAME`,environmentFile:r?.env.file??`.env`,publicKey:await L(e)});return{...F(e,i),...e.sshKey===void 0?{hint:`deploy-action doctor --prepare --ssh-key FILE puts the public half of the key in`}:{}}},F=({json:e},t)=>(e||process.stdout.write(t),{outcome:`succeeded`,message:e?t:`nothing was run: read it, then run it on the server as root`}),I=(e,t)=>{if(t===null)throw new l(`CONFIG`,`a key that may only go back is for one stack, and the config that says which cannot be read`,{hint:`deploy-action doctor`});let{user:n,path:r,env:i}=t.environment().config,a={user:n,path:r.replace(/\/+$/,``),project:t.config.project,environmentFile:i.file,publicKey:e.split(/\s/,2).join(` `)},o=[a.path,a.environmentFile].find(e=>!M(e));if(o===void 0)return a;throw new l(`CONFIG`,`${JSON.stringify(o)} cannot stand in a command of authorized_keys`,{hint:`by hand: give the stack a path, and its environment file a name, of letters, digits and @ % + = : , . / - alone`})},L=async({sshKey:t})=>{if(t===void 0)return null;let{default:n}=await import(`./lib3.js`).then(t=>/* @__PURE__ */ e(t.default,1));return d(t,e=>n.utils.parseKey(e)).publicLine},R=async e=>{let{config:o,request:s,commit:c,ports:u}=e,[d]=Object.keys(o.images);if(d===void 0)return[];let{host:f,repository:p}=h(m(o,d,c.repository?.split(`/`)[0]??null,s.registry).actual),_=await i(async()=>{let t=g(e,f),n=await u.openRegistry(f,t),r=await n.manifest(p,`latest`),i=t===null?null:await n.mayPush?.(p)??null;return{isAnonymous:t===null,isThere:r!==null,push:i}});if(_ instanceof l)return[t(`registry`,r(_),_.details.hint??`docker login ${f}`)];let v=_.isThere?`${p}:latest is there`:`${p}:latest is not there yet`;return _.isAnonymous?[n(`registry`,`${f} answers, but no login for it is known here; ${v}`,`docker login ${f}, or DEPLOY_REGISTRY_USERNAME and DEPLOY_REGISTRY_PASSWORD`)]:_.push===!1?[t(`registry`,`the login is taken by ${f}, but may not push ${p}`,`give the token the right to write packages; on GitHub: permissions: { packages: write }`)]:[a(`registry`,`${f} takes the login${_.push===null?`; whether it may push shows at the first push only`:`, which may push`}; ${v}`)]},z=e=>{let n=e.config.seed.flatMap(_);if(n.length===0)return[];let r=v(e);return r.length===0?[a(`seeds`,`${[...new Set(n)].join(`, `)} ${n.length===1?`is`:`are`} here`)]:r.map(({file:n,line:r,column:i,message:a})=>t(`seeds`,`${O(D(e.request.configPath),n)}:${r}:${i}: ${a}`,y))};var B=b();const V=({workflows:e,environments:t,isGhcr:r})=>{let i=Object.entries(e).filter(([,e])=>/uses:\s*\S*deploy-action[\w./-]*@/.test(e));if(i.length===0)return[n(`workflow`,`no workflow uses deploy-action yet`,`deploy-action init`)];let o=i.flatMap(([e,n])=>H(e,n,t,r));return o.length>0?o:[a(`workflow`,`${i.map(([e])=>e).join(`, `)}: rights, history and environment are there`)]},H=(e,r,i,a)=>{let o=(0,B.parseDocument)(r,{logLevel:`silent`}),[s]=o.errors;if(s!==void 0)return[t(`workflow`,`${e}:${s.linePos?.[0].line??1}: ${s.message.split(`
`)[0]}`,`by hand: edit ${e}`)];let c=J(o.toJS());return Object.entries(J(c.jobs)).flatMap(([r,o])=>{let s=J(o),l=Array.isArray(s.steps)?s.steps.map(J):[],u=[q(s.uses??``),...l.map(e=>q(e.uses??``))].filter(e=>e.includes(`deploy-action`)),d=l.filter(e=>q(e.uses??``).includes(`deploy-action`)).map(G);if(u.length===0)return[];let f=s.permissions??c.permissions,p=q(s.uses??``).includes(`pipeline`)||d.some(e=>[`all`,`build`,`publish`].includes(e.name)&&!e.isDry),m=d.some(({name:e})=>[`all`,`deploy`,`rollback`].includes(e)),h=typeof s.environment==`string`?s.environment:J(s.environment).name;return[...a&&p&&!K(f)?[t(`workflow`,`${e}: job ${r} pushes images but its token may not write packages`,`by hand: edit ${e}: permissions: { contents: read, packages: write }`)]:[],...W(q(s.uses??``),f).map(n=>t(`workflow`,`${e}: job ${r} calls the pipeline without ${n}, so GitHub starts nothing of it`,`by hand: edit ${e}: permissions: { ${n} }`)),...f!==void 0&&f!==`write-all`&&f!==`read-all`&&J(f).contents===void 0?[t(`workflow`,`${e}: job ${r} may not read the repository`,`by hand: edit ${e}: permissions: { contents: read }`)]:[],...m&&!l.some(e=>/checkout@/.test(q(e.uses??``)))?[t(`workflow`,`${e}: job ${r} does not check the source out`,`by hand: edit ${e}: uses: actions/checkout with fetch-depth: 0`)]:[],...m&&d.some(({name:e})=>e!==`rollback`)&&l.some(e=>/checkout@/.test(q(e.uses??``))&&q(J(e.with)[`fetch-depth`]??`1`)!==`0`)?[n(`workflow`,`${e}: job ${r} checks out one commit only, so nobody can tell an older commit from a newer one`,`by hand: edit ${e}: fetch-depth: 0`)]:[],...m&&h!==void 0&&!q(h).includes("${{")&&!i.includes(q(h))?[n(`workflow`,`${e}: job ${r} is for the environment ${q(h)}, which the config does not have`,`by hand: edit ${e}, or environments in the config: ${i.join(`, `)}`)]:[]]})},U={packages:`write`,"pull-requests":`write`,"security-events":`write`},W=(e,t)=>!/\/\.github\/workflows\/pipeline\.yml@/.test(e)||t===`write-all`?[]:Object.entries(U).filter(([e,n])=>J(t)[e]!==n).map(([e,t])=>`${e}: ${t}`),G=e=>{let[,t]=/deploy-action\/action\/([\w-]+)@/.exec(q(e.uses))??[],n=J(e.with);return{name:t??q(n.command??`all`),isDry:q(n[`dry-run`]??`false`)===`true`}},K=e=>e===`write-all`||J(e).packages===`write`,q=e=>typeof e==`string`?e:JSON.stringify(e)??``,J=e=>typeof e==`object`&&e&&!Array.isArray(e)?e:{},Y=({project:e,config:t,environmentNames:n,request:r})=>{let i=X(e),a=i===null?[]:E(i).filter(e=>/\.ya?ml$/.test(e));return V({workflows:Object.fromEntries(a.map(e=>[`.github/workflows/${e}`,T(O(i??``,e),`utf8`)])),environments:n,isGhcr:(r.registry??t.registry.host)===`ghcr.io`})},X=e=>{for(let t=k(e);;t=D(t)){let e=O(t,`.github/workflows`);if(w(e))return e;if(w(O(t,`.git`))||D(t)===t)return null}},Z=async({request:e,ports:t,facts:n})=>{let r=[],d=e.prepare===!0?{...e,variables:{SSH_HOST:`HOST`,...e.variables}}:e,f=await i(()=>u(d,t,n));if(e.prepare===!0)return P(e,f instanceof l?null:f,t.log);let m=`CONFIG`;if(f instanceof l)r.push(...o(`config`,f),...[`compose files`,`registry`,`server`].map(e=>s(e,`the config says where it is, and cannot be read`)));else{r.push(a(`config`,`${e.configPath} is read; environment ${f.environment().name}`)),r.push(...Y(f));let t=await i(async()=>C(f));t instanceof l&&r.push(...o(`compose files`,S(t,e.configPath))),r.push(...z(f)),r.push(...await R(f));let n=x(f);for(let{host:e,context:i}of n){let a=await c(i,t instanceof l?null:t);m=a.code??m,r.push(...a.findings.map(t=>n.length===1?t:{...t,check:`${e}: ${t.check}`}))}}n.checks=r;for(let e of r)p(t,e);return Q(r,m)},Q=(e,t)=>{let n=t=>e.filter(e=>e.result===t).length,r=`${n(`pass`)} well, ${n(`warn`)} to look at, ${n(`fail`)} wrong, ${n(`unknown`)} not known`,i=e.find(({result:e})=>e===`fail`);return i===void 0?{outcome:`succeeded`,message:r}:{outcome:`failed`,failureCode:t,message:`${r}; first: ${i.check}: ${i.sentence}`,hint:i.mend??``}};export{Z as run};