import{n as e}from"./quote.js";import{D as t,w as n}from"./server.js";import{u as r}from"./transact.js";import{d as i}from"./unready.js";import{t as a}from"./secrets.js";var o=`restore_infrastructure() {
  before=
  for service; do
    case $service in --no-deps) continue ;; esac
    case $(added "$service") in
      no) before="$before $service" ;;
      new)
        of_service "$service" > "$operation/there" || { fail BROKEN "Docker does not say which containers $service has, so what is new could not be removed"; return; }
        remove_containers $(cat "$operation/there") || { fail BROKEN "$service, which is new, could not be removed"; return; }
        ;;
      there) ;;
    esac
  done
  [ -z "$before" ] || capture compose_before up --detach --no-build --no-deps $before || fail BROKEN "infrastructure could not be put back:$before"
}`,s=`await_set_up() {
  await_listener "$1" "$(($3 + $6))"
  await_first_start "$@"
}
await_listener() {
  service=$1 patience=$2
  now
  began=$ticks
  for id in $(of_service "$service"); do
    until is_listening "$id"; do
      now
      [ $(((ticks - began) * 10)) -lt "$patience" ] || return 0
      [ "$(docker inspect --format '{{.RestartCount}} {{.State.Running}}' "$id")" = '0 true' ] || return 0
      sleep 0.2
    done
  done
}
is_listening() {
  sockets=$(timeout -k 2 10 docker exec "$1" cat /proc/net/tcp /proc/net/tcp6 2> /dev/null < /dev/null)
  [ -n "$sockets" ] || return 0
  printf '%s\\n' "$sockets" | awk '$4 == "0A" && $2 !~ /^0B00007F:/ { found = 1 } END { exit !found }'
}`,c=`http_seed() {
  seed=$1 hash=$2 seconds=$3 service=$4 upload=$5
  shift 5
  begin_seed || return
  now
  know_once
  began=$ticks id=$(serving_container "$service")
  seed_until=$((began + seconds * 100))
  if "$upload" "$id" && { [ $# = 0 ] || await_job "$@"; }; then
    token=
    now
    note seed "$seed" "$answer in $(seconds $(((ticks - began) * 10))) s"
    end_seed
    return
  fi
  token=
  know_containers
  { body | head -c 4096; echo; docker logs --tail 30 "$id" 2>&1 < /dev/null | tail -c 8192; } 2> /dev/null | hide > "$operation/last"
  evidence "seed $seed"
  fail SEED "seed $seed: $answer; its data is not undone"
}
upload() {
  id=$1 method=$2 port=$3 route=$4 statuses=$5 variable=$6 type=$7 file=$8 field=$9 name=\${10}
  address=$(address_of "$id") boundary=deploy-action-$hash content_type=$type
  [ -z "$field" ] || content_type="multipart/form-data; boundary=$boundary"
  [ -n "$address" ] || { answer="$service has no address"; return 1; }
  find_token || return
  length=$(message | wc -c)
  {
    request_head
    printf 'Content-Type: %s\\r\\nContent-Length: %s\\r\\n\\r\\n' "$content_type" "$((length))"
    message
  } | converse "$(((seed_until - ticks) / 100 + 1))"
  status=$(answer_status)
  [ -n "$status" ] || { answer="no answer on port $port"; return 1; }
  answer="HTTP $status"
  case " $statuses " in *" $status "*) ;; *) answer="$answer $(said)"; return 1 ;; esac
}
message() {
  [ -z "$field" ] || printf '%s%s\\r\\nContent-Disposition: form-data; name="%s"; filename="%s"\\r\\nContent-Type: %s\\r\\n\\r\\n' -- "$boundary" "$field" "$name" "$type"
  [ -z "$file" ] || cat -- "$directory/$file"
  [ -z "$field" ] || printf '\\r\\n%s%s%s\\r\\n' -- "$boundary" --
}
request_head() {
  printf '%s %s HTTP/1.0\\r\\nHost: %s:%s\\r\\nUser-Agent: deploy-action\\r\\nAccept: */*\\r\\n' "$method" "$route" "$address" "$port"
  [ -z "$token" ] || printf 'Authorization: Bearer %s\\r\\n' "$token"
}
converse() {
  timeout -k 2 "$1" bash -c 'exec 3<> "/dev/tcp/$1/$2" && { cat >&3; head -c 65536 <&3; }' bash "$address" "$port" > "$operation/answer$apart" 2> /dev/null
}
find_token() {
  token=
  [ -n "$variable" ] || return 0
  printf 'services:\\n  "%s":\\n    labels:\\n      deploy-action.bearer: "\${%s}"\\n' "$service" "$variable" > "$operation/bearer.yml"
  token=$(compose_over "$directory" "$dot/releases/$release" "$operation/bearer.yml" config --format json 2> /dev/null | json_value "services.$service.labels.deploy-action.bearer" | sed 's/\\$\\$/$/g')
  case $token in '' | *[[:cntrl:]]*) answer="$variable in $directory/$env_file is empty, or no token"; return 1 ;; esac
}
await_job() {
  interval=$1 where=$2 good=$3 bad=$4
  shift 4
  job_route "$@" || return
  method=GET told=$answer
  while :; do
    { request_head; printf '\\r\\n'; } | converse 10
    status=$(answer_status)
    case $status in
      '') answer="no answer on port $port"; still_runs "$id" || return ;;
      2*)
        state=$(body | json_value "$where") || state=
        answer="$where is \\"$state\\""
        case " $good " in *" \${state:-?} "*) answer="$told, $answer"; return 0 ;; esac
        case " $bad " in *" \${state:-?} "*) answer="$answer: $(said)"; return 1 ;; esac
        ;;
      *) answer="HTTP $status $(said)" ;;
    esac
    now
    [ "$ticks" -lt "$seed_until" ] || { answer="not done after $seconds s: $route says $answer"; return 1; }
    sleep "$((interval / 1000)).$(printf '%03d' $((interval % 1000)))"
  done
}
job_route() {
  route=$1
  shift
  while [ $# -gt 0 ]; do
    value=$(body | json_value "$1") || value=
    case $value in '' | *[!A-Za-z0-9._~-]*) answer="$answer, but its answer has no \\"$1\\" that a path can hold: $(said)"; return 1 ;; esac
    route=$route$value$2
    shift 2
  done
}
said() { body | head -c 2000 | hide | head -c 200 | tr -d '\\000-\\037'; }
json_value() { wanted=.$1 awk "$JSON_VALUE"; }
JSON_VALUE='
{
  line = $0
  while (match(line, /"([^"\\\\]|\\\\.)*"|[][{},:]|[^][{},:" \\t\\r]+/)) {
    token[++count] = substr(line, RSTART, RLENGTH)
    line = substr(line, RSTART + RLENGTH)
  }
}
END {
  at = 1
  value("")
  exit !found
}
function value(path, key, place) {
  if (token[at] == "{") {
    for (at++; at <= count && token[at] != "}"; ) {
      key = plain(token[at])
      at += 2
      value(path "." key)
      if (token[at] == ",") at++
    }
  } else if (token[at] == "[") {
    for (at++; at <= count && token[at] != "]"; ) {
      value(path "." place++)
      if (token[at] == ",") at++
    }
  } else if (!found && path == ENVIRON["wanted"]) {
    found = 1
    print plain(token[at])
  }
  at++
}
function plain(text, done, escape, letter) {
  if (text !~ /^"/) return text
  text = substr(text, 2, length(text) - 2)
  done = ""
  while ((escape = index(text, "\\\\")) > 0) {
    letter = substr(text, escape + 1, 1)
    done = done substr(text, 1, escape - 1)
    text = substr(text, escape + 2)
    if (letter == "u") {
      done = done (text ~ /^00[0-7]/ ? sprintf("%c", 16 * substr(text, 3, 1) + index("123456789abcdef", tolower(substr(text, 4, 1)))) : "\\\\u" substr(text, 1, 4))
      text = substr(text, 5)
    } else done = done (letter == "n" ? "\\n" : letter == "t" ? "\\t" : letter == "r" ? "\\r" : letter)
  }
  return done text
}
'`,l=`load_backup() {
  loading=$dot/backups/$1
  find_database || return
  if [ "$(sha256sum < "$loading.dump" | cut -d' ' -f1)" != "$(sed -n 's/.*"sha256":"\\([0-9a-f]*\\)".*/\\1/p' "$loading.json")" ]; then
    fail BACKUP "the backup $1 is not what it was when it was proven: its checksum differs"
    return
  fi
  undo_with unload_backup
  database load < "$loading.dump" > "$operation/loaded" 2> "$operation/last" || { unbacked "the backup $1 could not be restored"; return; }
  differences "$loading.rows" "$operation/loaded" > "$operation/last"
  [ ! -s "$operation/last" ] || { unbacked "what was restored from the backup $1 is not what was saved"; return; }
}
unload_backup() {
  ! find_database || database unload < /dev/null > /dev/null 2>&1
  return 0
}
halt() {
  now
  all=
  while [ $# -gt 0 ]; do
    undo_with start_again "$1" "'$2'"
    printf '%s\\n' "$ticks" > "$operation/halted-$1"
    all="$all $2"
    shift 2
  done
  printf '%s\\n' "$all" > "$operation/halted"
  [ -z "$all" ] || capture docker stop $all || { evidence halt; fail HEALTH 'what writes into the database could not be stopped'; }
}
start_again() {
  capture docker start $2 || { evidence "$1"; fail BROKEN "$1 could not be started again"; return; }
  ready_before "$1" "$2" || { code=BROKEN; return 1; }
  note restored "$1" ''
}
swap_database() {
  undo_with unswap_database
  find_database || return
  database swap < "$dot/backups/$1.dump" > "$operation/last" 2>&1 || { unbacked 'the restored database could not be put in the place of the other'; return; }
  where_before > "$operation/data-before"
  tail -n 1 "$dot/schema" > "$operation/schema-was" 2> /dev/null
  note schema after "\${2:-unknown}"
  schema_left "\${2:-unknown}"
  [ "$kind" != restore ] || switch
}
unswap_database() {
  read -r all < "$operation/halted"
  [ -z "$all" ] || docker stop $all > /dev/null 2>&1
  made=$dot/backups/\${operation##*/}.dump
  case $database_kind in postgres | sqlite) [ -e "$made" ] || made=/dev/null ;; esac
  { find_database && [ -e "$made" ] && capture_from "$made" database unswap; } || { evidence database; fail BROKEN "the data of before could not be put back; $(where_before)"; return; }
  if [ -e "$operation/schema-was" ]; then cat "$operation/schema-was" >> "$dot/schema"; fi
}
where_before() {
  kept=''
  case $database_kind in
    postgres) kept="the database deploy_action_before of $database_service" ;;
    sqlite) kept="$database_name.deploy-before beside the real file in $database_service" ;;
  esac
  [ ! -e "$dot/backups/\${operation##*/}.json" ] || kept="\${kept:+$kept, and }the backup \${operation##*/} (deploy-action restore \${operation##*/})"
  if [ -n "$kept" ]; then printf 'the data of before is kept as %s\\n' "$kept"; else printf 'where the data of before is, is not known\\n'; fi
}
capture_from() {
  given=$1
  shift
  "$@" < "$given" > "$operation/last" 2>&1
}
start_halted() {
  service=$1 ids=$2
  shift 2
  capture docker start $ids || { evidence "$service"; fail HEALTH "$service could not be started: $(tail -n 1 "$operation/last")"; return; }
  wait_ready "$service" "$ids" "$@" || return
  read -r gap_from < "$operation/halted-$service"
  note gap "$service" "$(((ready_at - gap_from) * 10))"
}
commit_restore() {
  committed=yes
  record committed
}
tidy_database() {
  ! find_database || database finish < /dev/null > /dev/null 2>&1
  return 0
}`,u=`retire() {
  service=$1 all=$2 old=$3 policy=$4
  switch
  { printf '%s\\n' $all > "$operation/old.new" && sync -d "$operation/old.new" && mv -f "$operation/old.new" "$operation/old-$service" && : > "$operation/new-$service"; } ||
    { fail CONFIG "the list of the containers of $service could not be written in $operation; is the disk full?"; return; }
  undo_with return_retired "$service" "'$old'" "$policy"
  [ -z "$old" ] || patiently exchange stop-first "$old" "$policy" '' > "$operation/exchange$apart" 2>&1 < /dev/null || not_exchanged "$?"
}
return_retired() {
  service=$1 old=$2 policy=$3
  [ -n "$old" ] || return 0
  ! comes_back "$policy" || patiently docker update --restart "$policy" $old > /dev/null 2>&1
  capture patiently docker start $old || { evidence "$service"; fail BROKEN "$service: the old container could not be started again"; return; }
  ready_before "$service" "$old" || { code=BROKEN; return 1; }
  note restored "$service" ''
}`;const d=[`set -u
umask 077
LC_ALL=C
export LC_ALL
dot=$directory/.deploy
failed=no switched=no committed=no settling=no undone=yes creating='' login_config='' login_host='' address_for='' ask_seconds='' time_limit='' code='' sentence=''
apart='' processes='' listed=no
pending='' asked_schema='' backups_kept='' database_kind='' container_environment='' of_others=''`,i,a,`now() {
  read -r up _ < /proc/uptime
  ticks=\${up%.*}\${up#*.}
}
record() {
  write_down "$@"
  sync -d "$operation/journal"
}
write_down() {
  now
  if [ -z "$apart" ]; then
    printf '%s %s\\n' "$ticks" "$*" >> "$operation/journal"
  else
    printf '%s %s\\n' "$ticks" "$*" > "$operation/line$apart" && cat "$operation/line$apart" >> "$operation/journal"
  fi
}
note() { write_down note "$1" "$2" "$(printf '%s' "$3" | base64 -w0)"; }
fail() {
  code=$1 sentence=$2
  return 1
}
capture() {
  {
    "$@"
    printf '%s\\n' "$?" > "$operation/status$apart"
  } 2>&1 < /dev/null | tail -c 262144 | hide > "$operation/last$apart"
  { printf '$ %s\\n' "$*"; cat "$operation/last$apart"; } >> "$operation/output"
  read -r result < "$operation/status$apart" || result=1
  return "$result"
}
within() {
  time_limit=$1
  shift
  "$@"
  set -- "$?"
  time_limit=
  return "$1"
}
evidence() {
  know_once
  note evidence "$1" "$(tail -n 40 "$operation/last$apart" | tail -c 16384 | hide)"
}`,`beside() {
  alone "$@" &
  processes="$processes $!"
}
alone() {
  apart=-$1
  shift
  "$@" && exit
  printf '%s\\n%s\\n' "$code" "$sentence" > "$operation/failed$apart"
  ln "$operation/failed$apart" "$operation/failed" 2> /dev/null
  exit 1
}
all_beside() {
  unwell=no
  for process in $processes; do wait "$process" || unwell=yes; done
  processes=''
  [ "$unwell" = yes ] || return 0
  code='' sentence=''
  { IFS= read -r code; IFS= read -r sentence; } 2> /dev/null < "$operation/failed"
  rm -f "$operation"/failed*
  [ -n "$sentence" ] || fail BUG 'a process of the program ended without saying why'
  return 1
}
is_pointless() {
  [ -n "$apart" ] || return 1
  read -r _ _ _ parent _ < /proc/self/stat
  [ "$parent" != "$$" ] || { [ "$failed" = no ] && [ -e "$operation/failed" ]; }
}`,`undo_with() {
  printf '%s\\n' "$*" >> "$operation/undo"
  sync -d "$operation/undo"
}
step() {
  number=$1
  shift
  if [ "$failed" = yes ]; then return; fi
  if [ "$settling" = yes ]; then
    case $committed-$1 in no-* | yes-tidy*) ;; *) return ;; esac
    if grep -q "^[0-9]* done $number\\$" "$operation/journal"; then return; fi
  fi
  if [ "$switched" = no ] && [ "$committed" = no ] && client_is_gone; then
    failed=yes
    record fail "$number" "$code" "$(printf '%s' "$sentence" | base64 -w0)"
    return
  fi
  record step "$number"
  case $1 in verify_digests | commit_release | tidy) ;; *) listed=no ;; esac
  if "$@"; then
    write_down 'done' "$number"
  else
    failed=yes
    sentence=\${sentence:-step $number failed}
    if [ "$kind" = rollback ] && [ "$switched" = yes ] && [ -e "$operation/data-before" ]; then sentence="$sentence; $(cat "$operation/data-before")"; fi
    record fail "$number" "\${code:-BUG}" "$(printf '%s' "$sentence" | base64 -w0)"
  fi
}
switch() {
  if [ "$switched" = no ]; then
    switched=yes
    record switch
  fi
}
client_is_gone() {
  if [ -e "$operation/cancelled" ]; then
    code=CANCELLED sentence='the run was cancelled before anything that serves was touched'
  elif [ -e "$operation/lost" ]; then
    code=CANCELLED sentence='the client left before anything that serves was touched'
  elif [ -e "$operation/word-back" ]; then
    code=CANCELLED sentence='another server of this deploy could not go on'
  else
    read -r beat _ 2> /dev/null < "$operation/alive" || return 1
    now
    [ $((ticks / 100 - \${beat%.*})) -gt 40 ] || return 1
    code=CANCELLED sentence='the client fell silent before anything that serves was touched'
  fi
}
undo_all() {
  undone=yes listed=no
  [ -e "$operation/undo" ] || return 0
  { grep -x restore_files "$operation/undo"; grep '^schema_back ' "$operation/undo"; tac "$operation/undo" | grep -vx -e restore_files -e 'schema_back .*'; } > "$operation/undo-order"
  while IFS= read -r call <&5; do
    record undo "$(printf '%s' "$call" | base64 -w0)"
    sentence=
    mark=$(engine_mark)
    if ! patiently eval "$call" && ! { restarted_since "$mark" && eval "$call"; }; then
      undone=no
      record undo-failed "$(printf '%s' "$sentence" | base64 -w0)"
    fi
  done 5< "$operation/undo-order"
  [ "$undone" = yes ]
}
finish() {
  if [ "$committed" = yes ]; then
    end=committed
  elif [ "$kind" = rollback ] && [ "$switched" = yes ]; then
    end=broken
  elif undo_all; then
    end=aborted
    if [ "$switched" = yes ] || [ -e "$operation/halted" ]; then end=rolled-back; fi
  else
    end=broken
  fi
  rm -rf "$operation/docker-config" "$operation"/answer*
  if [ "$end" = committed ] && [ "$kind" != restore ]; then heal; fi
  if [ "$end" = broken ]; then mark_broken; fi
  serving
  record end "$end"
}
settle() {
  if grep -q '^[0-9]* switch$' "$operation/journal"; then switched=yes; fi
  rm -rf "$operation/docker-config" "$operation"/failed*
  record settle
  if is_committed; then
    committed=yes
    steps
  elif [ "$kind" = rollback ] && [ "$switched" = yes ] && ! grep -q '^[0-9]* fail ' "$operation/journal"; then
    await_engine
    steps
  else
    failed=yes
    await_one_offs
  fi
  finish
}
is_committed() { [ "$(readlink "$dot/current")" = "releases/$release" ] || grep -q '^[0-9]* committed$' "$operation/journal"; }
await_one_offs() {
  for left in $(docker ps --quiet --no-trunc --filter "label=com.docker.compose.project=$project" --filter label=com.docker.compose.oneoff=True --filter "name=-$release\\$"); do
    timeout 900 docker wait "$left" > /dev/null 2>&1
    docker rm --force "$left" > /dev/null 2>&1
    [ -z "$database_kind" ] || sever_sessions
  done
}`,`mark_broken() {
  failure=$(sed -n 's/^[0-9]* fail //p' "$operation/journal" | tail -n 1)
  {
    printf 'repository %s\\noperation %s\\nkind %s\\nrelease %s\\nprevious %s\\nsince %s\\n' \\
      "$repository" "\${operation##*/}" "$kind" "$release" "$previous" "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
    printf '%s\\n' "$failure" | { read -r _ known said && printf 'code %s\\nsentence %s\\n' "$known" "$(printf '%s' "$said" | base64 -d | tr '\\n' ' ')"; }
    sed -n 's/^[0-9]* undo-failed //p' "$operation/journal" | while IFS= read -r said; do
      printf 'undo %s\\n' "$(printf '%s' "$said" | base64 -d | tr '\\n' ' ')"
    done
  } > "$dot/broken.new"
  sync "$dot/broken.new" && mv -f "$dot/broken.new" "$dot/broken" && sync "$dot"
}
heal() {
  [ -e "$dot/broken" ] || return 0
  whose=$(sed -n 's/^repository //p' "$dot/broken")
  if [ "$whose" = "$repository" ] || ! printf '%s\\n' "$parts" | grep -qF -- "$whose "; then rm -f "$dot/broken"; fi
}`,`gate() {
  note gate "$1" ''
  until [ -e "$operation/word-$1" ]; do
    if [ -e "$operation/word-back" ]; then
      fail CANCELLED 'another server of this deploy could not go on'
      return
    fi
    if [ "$switched" = no ]; then client_is_gone && return 1; else client_gave_up && return 1; fi
    sleep 0.1
  done
}
client_gave_up() {
  if [ -e "$operation/cancelled" ]; then
    fail CANCELLED 'the run was cancelled before all servers were switched'
    return 0
  fi
  read -r beat _ 2> /dev/null < "$operation/alive" || return 1
  now
  [ $((ticks / 100 - \${beat%.*})) -gt 60 ] || return 1
  fail CANCELLED 'the client was silent for 60 s and never said that all servers are well'
  return 0
}`,`place_files() {
  if [ -e "$dot/releases/$release/release.json" ]; then
    fail BUG "there is a release $release already"
    return
  fi
  undo_with forget_release
  rm -rf "\${dot:?}/releases/$release"
  if ! { mkdir -p "$dot/releases/$release" && capture cp -a "$operation/stage/." "$dot/releases/$release/"; }; then
    evidence files
    fail CONFIG "the files of the release could not be kept in $dot/releases"
    return
  fi
  (cd "$operation/stage/project" && find . -type f -exec sha256sum -- {} +) | sed 's,  \\./,  ,' | sort -k 2 > "$dot/releases/$release/manifest"
  mkdir -p "$operation/before"
  undo_with restore_files
  sed 's/^[0-9a-f]*  //' "$dot/releases/$release/manifest" > "$operation/brought"
  { cat "$operation/brought"; brought_by_others; } > "$operation/kept"
  sed 's/^[0-9a-f]*  //' "$dot/releases/$previous/manifest" 2> /dev/null | grep -vxF -f "$operation/kept" > "$operation/dropped"
  as_wanted > "$operation/as-wanted"
  grep -vxF -f "$operation/as-wanted" "$operation/brought" > "$operation/to-place"
  home=$(realpath -- "$directory") inside=''
  while IFS= read -r file <&6; do
    place_file "$file" || return 1
  done 6< "$operation/to-place"
  while IFS= read -r file <&6; do
    keep_before "$file" && rm -f -- "$directory/$file"
  done 6< "$operation/dropped"
  sync "$dot/releases/$release/manifest"
}
brought_by_others() {
  printf '%s\\n' "$parts" | while read -r _ id; do
    [ "$id" = "$release" ] || sed 's/^[0-9a-f]*  //' "$dot/releases/$id/manifest" 2> /dev/null
  done
}
as_wanted() {
  awk -v executables="$operation/stage/executables" 'BEGIN { while ((getline file < executables) > 0) is[file] = 1 } { print (($0 in is) ? 755 : 644), $0 }' "$operation/brought" > "$operation/modes"
  (
    cd -- "$directory" || return
    set --
    sha256sum -c "$dot/releases/$release/manifest" 2> /dev/null | sed -n 's/: OK$//p' > "$operation/same"
    while IFS= read -r file; do set -- "$@" "$file"; done < "$operation/same"
    [ $# = 0 ] || stat -c '%a %n' -- "$@" | grep -xF -f "$operation/modes" | sed 's/^[0-7]* //'
  )
}
place_file() {
  target=$directory/$1
  folder=\${target%/*}
  if [ "$folder" != "$inside" ]; then
    case $(realpath -m -- "$folder")/ in
      "$home"/*) inside=$folder ;;
      *) fail CONFIG "$1 would be written outside $directory: a folder on its way is a link"; return ;;
    esac
  fi
  mode=644
  if grep -qxF -- "$1" "$operation/stage/executables" 2> /dev/null; then mode=755; fi
  cmp -s -- "$operation/stage/project/$1" "$target" && [ "$(stat -c %a -- "$target")" = "$mode" ] && return
  if [ -d "$target" ] && ! [ -L "$target" ]; then
    fail CONFIG "$target is a folder, but the project brings a file of that name; Docker makes such a folder where a mounted file is missing: remove it on the server"
    return
  fi
  { capture keep_before "$1" && (umask 022 && capture mkdir -p -- "$folder") &&
    capture cp -- "$operation/stage/project/$1" "$target.deploy-new" && chmod "$mode" -- "$target.deploy-new" && mv -fT -- "$target.deploy-new" "$target"; } ||
    { rm -f -- "$target.deploy-new"; evidence "$1"; fail CONFIG "$target could not be written: $(tail -n 1 "$operation/last")"; }
}
keep_before() {
  if ! [ -e "$directory/$1" ] && ! [ -L "$directory/$1" ]; then
    printf '%s\\n' "$1" >> "$operation/created"
    return
  fi
  [ -e "$operation/before/$1" ] || {
    mkdir -p -- "$operation/before/$(dirname -- "$1")" && cp -a -- "$directory/$1" "$operation/before/$1"
  }
}
restore_files() {
  if [ -e "$operation/created" ]; then
    while IFS= read -r file <&6; do rm -f -- "$directory/$file"; done 6< "$operation/created"
  fi
  (cd "$operation/before" && find . ! -type d) > "$operation/put-back"
  while IFS= read -r file <&6; do
    { cp -a -- "$operation/before/$file" "$directory/$file.deploy-old" && mv -fT -- "$directory/$file.deploy-old" "$directory/$file"; } ||
      { fail BROKEN "$directory/$file could not be put back; it is kept as $operation/before/$file"; return; }
  done 6< "$operation/put-back"
}
forget_release() {
  rm -rf "\${dot:?}/releases/$release"
}`,`with_login() {
  if [ -z "$credentials" ]; then
    "$@"
    return
  fi
  mkdir -p "$operation/docker-config"
  printf '%s' "$credentials" | base64 -d > "$operation/docker-config/config.json"
  credentials=
  login_host=\${DOCKER_HOST:-$(context_host)}
  login_config=$operation/docker-config
  "$@"
  set -- "$?"
  login_config=
  rm -rf "$operation/docker-config"
  return "$1"
}
context_host() {
  if [ -n "\${DOCKER_CONTEXT:-}" ] || grep -qs currentContext "\${DOCKER_CONFIG:-\${HOME:-}/.docker}/config.json"; then
    docker context inspect --format '{{.Endpoints.docker.Host}}' 2> /dev/null
  fi
}
pull() {
  if [ -n "$login_config" ]; then
    if timeout -k 5 900 env DOCKER_CONFIG="$login_config" \${login_host:+"DOCKER_HOST=$login_host"} docker pull --quiet "$1" > "$2" 2>&1; then return; fi
    is_refused "$2" || return 1
    timeout -k 5 900 docker pull --quiet "$1" > "$2.own" 2>&1
    set -- "$?" "$2"
    rm -f "$2.own"
    return "$1"
  fi
  timeout -k 5 900 docker pull --quiet "$1" > "$2" 2>&1
}
is_refused() { grep -qiE 'unauthorized|denied|no basic auth' "$1"; }
pull_images() { with_login pull_all "$@"; }
pull_all() {
  pulls=
  for reference; do
    pull_image "$reference" &
    pulls="$pulls $!"
  done
  for pull in $pulls; do
    wait "$pull" || pull_failed=yes
  done
  if [ "\${pull_failed:-no}" = yes ]; then
    cat "$operation"/pull-* 2> /dev/null | hide > "$operation/last"
    rm -f "$operation"/pull-*
    evidence pull
    if is_refused "$operation/last"; then
      fail PULL "the registry refused the server: $(sed -n 1p "$operation/last")"
    else
      fail PULL "the server could not get the image: $(sed -n 1p "$operation/last")"
    fi
  fi
}
pull_image() {
  if [ "$settling" = yes ] && docker image inspect --format '{{.ID}}' "$1" > /dev/null 2>&1; then return; fi
  answer=$operation/pull-$(printf '%s' "$1" | sha256sum | cut -c1-12)
  for pause in 1 3 no; do
    if pull "$1" "$answer"; then
      rm -f "$answer"
      return
    fi
    [ -s "$answer" ] || printf '%s: no end within 900 s\\n' "$1" > "$answer"
    if is_refused "$answer" || grep -qE 'not found|manifest unknown' "$answer"; then return 1; fi
    [ "$pause" = no ] || sleep "$pause"
  done
  return 1
}`,`one_off() {
  container=$project-$1-$release seconds=$2
  shift 2
  of_others=yes
  if [ -n "$database_kind" ]; then
    note_address "$container" 9>&- &
    noting=$!
  fi
  capture within "$seconds" "\${composed:-compose_program}" run --rm --no-deps --no-TTY --quiet-pull --name "$container" --label="deploy-action.operation=\${operation##*/}" "$@"
  result=$? of_others=''
  if [ -n "$database_kind" ]; then kill "$noting" 2> /dev/null; fi
  if [ "$result" = 124 ] || [ "$result" = 137 ]; then
    docker rm --force "$container" > /dev/null 2>&1
    [ -z "$database_kind" ] || sever_sessions
  fi
  rm -f "$operation/address"
  return "$result"
}
note_address() {
  attempts=0
  until docker inspect --format '{{range .NetworkSettings.Networks}}{{println .IPAddress}}{{end}}' "$1" 2> /dev/null | grep . > "$operation/address"; do
    attempts=$((attempts + 1))
    [ "$attempts" -lt 200 ] || return
    sleep 0.3
  done
}
revision_line() { sed -n "s/^deploy-action: $1 //p" "$operation/last" | tail -n 1; }
ask_revisions() {
  seconds=$1
  shift
  if one_off revisions "$seconds" "$@"; then
    pending=$(revision_line pending)
    known_schema=$(revision_line before) asked_schema=$known_schema
  else
    result=$?
    evidence revisions
    migration_failed "$result" "$seconds"
  fi
}
migrate_alembic() {
  seconds=$1
  shift
  if [ "$pending" = no ]; then
    note schema before "$known_schema"
    note schema after "$known_schema"
    return 0
  fi
  if one_off migrate "$seconds" "$@"; then
    note schema before "$(revision_line before)"
    note schema after "$(revision_line after)"
    schema_left
  else
    result=$?
    evidence migrate
    note schema before "$(revision_line before)"
    schema_left unknown
    migration_failed "$result" "$seconds"
  fi
}
schema_left() {
  printf '%s %s\\n' "$release" "\${1:-$(schema_revision after)}" >> "$dot/schema"
  sync "$dot/schema"
}
ask_known() {
  seconds=$1
  shift
  composed=compose_stage
  one_off known "$seconds" "$@"
  result=$? composed=
  live=$(revision_line before)
  if [ "$result" != 0 ]; then
    evidence known
    fail CONFIG "the image of that release could not say whether it knows the schema of the database (exit code $result)"
  elif [ -n "$(revision_line unknown)" ]; then
    fail CONFIG "the database is at revision $live, which that release does not know"
  elif [ "$(revision_line needs)" != "$live" ]; then
    fail CONFIG "the database is at revision $live, but that release needs $(revision_line needs)"
  fi
}
migrate_down() {
  reached=$1 seconds=$2
  shift 2
  schema_left unknown
  composed=compose_before
  one_off down "$seconds" "$@"
  result=$? composed=
  if [ "$result" != 0 ]; then
    evidence down
    migration_failed "$result" "$seconds"
    return
  fi
  note schema after "$reached"
  schema_left
}
prepare_way_back() {
  revision=$(schema_revision before | sed 's/ *$//')
  revision=\${asked_schema:-$revision}
  case $revision in
    '' | base | unknown) return 0 ;;
    *[!A-Za-z0-9_.-]*)
      note warning 'schema' "stays where it is should this release go back: $revision is not one revision"
      return 0
      ;;
  esac
  [ "$pending" = no ] || undo_with schema_back "$1" "$revision"
}
schema_back() {
  for service in "$operation"/new-*; do
    if [ -e "$service" ]; then patiently docker stop $(cat "$service") > /dev/null 2>&1; fi
  done
  schema_left unknown
  composed=compose_stage
  "$1" "$2"
  result=$? composed=
  if [ "$result" != 0 ]; then
    evidence down
    fail BROKEN "the schema could not be taken back to revision $2 (exit code $result)"
    return
  fi
  note schema back "$2"
  schema_left "$2"
}
migration_failed() {
  case $1 in
    124 | 137) fail MIGRATE "the migration was not done after $2 s and was stopped" ;;
    *) fail MIGRATE "the migration ended with exit code $1" ;;
  esac
}
migrate_command() {
  seconds=$1
  shift
  [ "$pending" != no ] || return 0
  [ -e "$operation/schema-before" ] || note_revision before
  schema_left unknown
  one_off migrate "$seconds" "$@" || { result=$?; evidence migrate; migration_failed "$result" "$seconds"; return; }
  if ! [ -e "$operation/schema-before" ] && note_revision after; then schema_left; fi
}
note_revision() {
  [ -n "$database_kind" ] && find_database && capture database revision || return
  reached=$(said_of "$operation/last" revision)
  [ -n "$reached" ] && note schema "$1" "$reached"
}
schema() {
  when=$1
  shift
  if [ "$when" = heads ]; then
    if one_off schema "$@"; then cmp -s "$operation/last" "$operation/schema-before" && pending=no; fi
    return 0
  fi
  if one_off schema "$@"; then cp "$operation/last" "$operation/schema-$when"; note schema "$when" "$(tail -n 3 "$operation/last" | tr '\\n' ' ')"; [ "$when" = before ] || schema_left; else note schema "$when" unknown; fi
}
run_seed() {
  seed=$1 hash=$2 seconds=$3
  shift 3
  begin_seed || return
  if one_off "seed-$seed" "$seconds" "$@"; then
    end_seed
  else
    result=$?
    evidence "seed $seed"
    fail SEED "seed $seed ended with exit code $result; its data is not undone"
  fi
}
begin_seed() {
  { printf '%s %s %s started\\n' "$seed" "$hash" "$release" >> "$dot/seeds" && sync "$dot/seeds"; } || fail SEED "seed $seed was not begun, because $dot/seeds cannot be written"
}
end_seed() {
  printf '%s %s %s\\n' "$seed" "$hash" "$release" >> "$dot/seeds"
  sync "$dot/seeds"
}`,`except() {
  while IFS= read -r id; do
    case " $1 " in *" $id "*) ;; *) printf '%s\\n' "$id" ;; esac
  done
}
start_infrastructure() {
  undo_with restore_infrastructure "$@"
  capture within 600 compose_program up --detach --no-build --quiet-pull "$@" || {
    evidence infrastructure
    fail HEALTH "compose could not start $*"
  }
}
start_alone() { start_infrastructure --no-deps "$@"; }
restore_infrastructure() {
  [ -n "$previous" ] || return 0
  capture compose_before up --detach --no-build --no-deps "$@" || fail BROKEN "infrastructure could not be put back: $*"
}
create_containers() {
  scales=
  names=
  of_services > "$operation/there" || { fail HEALTH 'Docker does not say which containers it has; nothing was touched'; return; }
  for pair; do
    scales="$scales --scale $pair" names="$names \${pair%=*}"
    { only_of "\${pair%=*}" < "$operation/there" > "$operation/old.new" && sync -d "$operation/old.new" && mv -f "$operation/old.new" "$operation/old-\${pair%=*}"; } ||
      { fail CONFIG "the list of the containers of \${pair%=*} could not be written in $operation; is the disk full?"; return; }
    undo_with remove_created "\${pair%=*}"
  done
  {
    within 600 compose_program up --no-start --no-deps --no-recreate --no-build --quiet-pull $scales $names
    printf '%s' "$?" > "$operation/create-status"
  } 2>&1 < /dev/null | tail -c 262144 | hide > "$operation/create" &
  creating=$!
}
await_created() {
  wait "$creating"
  cat "$operation/create" >> "$operation/output"
  if [ "$(cat "$operation/create-status")" != 0 ]; then
    cp "$operation/create" "$operation/last"
    evidence create
    fail CONFIG "compose could not create the new containers"
    return
  fi
  of_services > "$operation/there" || { fail HEALTH 'Docker does not say which containers it has; nothing that serves was touched'; return; }
  for service; do
    only_of "$service" < "$operation/there" | except "$(tr '\\n' ' ' < "$operation/old-$service")" > "$operation/new-$service"
    [ -s "$operation/new-$service" ] || { fail BUG "compose created no container for $service"; return; }
  done
}
remove_created() {
  [ -z "$creating" ] || wait "$creating"
  [ -e "$operation/old-$1" ] || return 0
  for pause in 1 2 4 8 no; do
    of_service "$1" > "$operation/there" || { fail BROKEN "Docker does not say which containers $1 has, so the new ones could not be removed"; return; }
    remove_containers $(except "$(tr '\\n' ' ' < "$operation/old-$1")" < "$operation/there") && return
    [ "$pause" = no ] || sleep "$pause"
  done
  fail BROKEN "the new containers of $1 could not be removed"
}
switch_services() {
  switch
  undo_with bring_back "$(returns "$@")"
  while [ $# -gt 0 ]; do
    beside "$1" switch_service "$1" "$2" "$3" "$4" "$5" "$6" "$7" "$8" "$9" "\${10}" "\${11}"
    shift 11
  done
  all_beside
}
returns() {
  while [ $# -gt 0 ]; do
    printf "%s '%s' %s %s " "$1" "$4" "$5" "$2"
    shift 11
  done
}
switch_service() {
  service=$1 order=$2 parallelism=$3 old=$4 policy=$5
  shift 5
  left_new=$(tr '\\n' ' ' < "$operation/new-$service") left_old=$old
  new=$left_new gap='' exchanged='' lives=''
  now
  gap_from=$ticks
  if [ -e "$operation/halted-$service" ]; then read -r gap_from < "$operation/halted-$service"; fi
  if [ -z "$old" ] || [ -e "$operation/halted-$service" ]; then parallelism=10000; fi
  while [ -n "\${left_new% }" ]; do
    exchange_some "$@" || return
  done
  if [ -n "$left_old" ]; then patiently exchange stop-first "$left_old" "$policy" '' > "$operation/exchange$apart" 2>&1 < /dev/null || { not_exchanged "$?"; return; }; fi
  [ "$6" = 0 ] || watch_life "$service" "$new" "$6" "$lives"
  [ -z "$old" ] || note gap "$service" "$gap"
}
exchange_some() {
  ! is_pointless || return
  some "$parallelism" "$left_new"
  some_new=$some left_new=$left
  some "$parallelism" "$left_old"
  some_old=$some left_old=$left
  patiently exchange "$order" "$some_old" "$policy" "$some_new" > "$operation/exchange$apart" 2>&1 < /dev/null || { not_exchanged "$?"; return; }
  wait_ready "$service" "$some_new" "$1" "$2" "$3" "$4" "$5" 0 || return
  if [ -z "$gap" ] && [ "$order" = stop-first ] && [ -z "$left_old" ]; then gap=$(((ready_at - gap_from) * 10)); fi
  gap=\${gap:-0}
  if [ "$order" = start-first ] && [ -n "$some_old" ]; then capture docker stop $some_old; fi
  [ "$6" = 0 ] && [ -z "$left_new" ] || lives="\${lives:+$lives
}$(lives_of $some_new)"
  [ -n "$left_new" ] || return 0
  if [ "$6" != 0 ] && [ -z "$exchanged" ]; then
    watch_life "$service" "$some_new" "$6" "$lives"
    stayed_up "$service" || return
  fi
  exchanged="$exchanged $some_new"
  [ "$(lives_of $exchanged)" = "$lives" ] || not_ready "$(unwell_of $exchanged)" "$service did not stay up while its other replicas were exchanged: $(life_sentence $exchanged)"
}
some() {
  some='' left='' number_of_some=0
  for id in $2; do
    if [ "$number_of_some" -lt "$1" ]; then some="\${some:+$some }$id"; else left="\${left:+$left }$id"; fi
    number_of_some=$((number_of_some + 1))
  done
}
exchange() {
  if [ "$1" = stop-first ] && [ -n "$2" ]; then docker stop $2 || return 1; fi
  if [ -n "$4" ]; then docker start $4 || return 2; fi
  if comes_back "$3" && [ -n "$2" ]; then docker update --restart no $2 || return 2; fi
  return 0
}
not_exchanged() {
  hide < "$operation/exchange$apart" > "$operation/last$apart"
  rm -f "$operation/exchange$apart"
  evidence "$service"
  if [ "$1" = 1 ]; then
    fail HEALTH "$service: the running container could not be stopped"
  else
    fail HEALTH "$service: the new container could not be started: $(tail -n 1 "$operation/last$apart")"
  fi
}
comes_back() { [ "$1" != no ] && [ "$1" != unless-stopped ]; }
bring_back() {
  while [ $# -gt 0 ]; do
    beside "$1" return_service "$1" "$2" "$3" "$4"
    shift 4
  done
  all_beside
}
return_service() {
  service=$1 old=$2 policy=$3 order=$4
  new=$(tr '\\n' ' ' < "$operation/new-$service")
  if [ "$order" = stop-first ] || [ -z "$old" ]; then leave; fi
  if [ -z "$old" ]; then
    note stopped "$service" ''
    return 0
  fi
  ! comes_back "$policy" || patiently docker update --restart "$policy" $old > /dev/null 2>&1
  capture patiently docker start $old || { evidence "$service"; fail BROKEN "$service: the old container could not be started again"; return; }
  ready_before "$service" "$old" || { code=BROKEN; return 1; }
  [ "$order" = stop-first ] || leave
  note restored "$service" ''
}
leave() {
  patiently docker stop $new > /dev/null 2>&1 || docker kill $new > /dev/null 2>&1
  ! comes_back "$policy" || patiently docker update --restart no $new > /dev/null 2>&1
}
restart_service() {
  switch
  undo_with restart_again "$1"
  capture docker restart $(of_service "$1") || { evidence "$1"; fail HEALTH "$1 could not be restarted"; }
}
restart_again() {
  capture docker restart $(of_service "$1") || fail BROKEN "$1 could not be restarted"
}`,`wait_ready() {
  service=$1 ids=$2 ready=$3 grace=$4 interval=$5 retries=$6 deadline=$7 stable=$8
  now
  began=$ticks asked=$ticks attempts=0 counted=0 answers='' pause=5 looked=$((ticks - 25)) patient=yes
  [ "$retries" -ge 10000 ] || pause=$((interval / 10))
  for id in $ids; do
    until answer='' && "$ready" "$id"; do
      attempts=$((attempts + 1))
      add_answer
      now
      passed=$(((ticks - began) * 10))
      [ "$passed" -lt "$grace" ] || counted=$((counted + 1))
      if [ "$passed" -ge $((grace + deadline)) ] || [ "$counted" -ge "$retries" ]; then patient=no; fi
      if [ "$patient" = no ] || [ $((ticks - looked)) -ge 25 ]; then
        looked=$ticks
        if ! still_runs "$id"; then
          not_ready "$id" "$service $answer"
          return
        fi
      fi
      if [ "$patient" = no ]; then
        not_ready "$id" "$service was not healthy after $(seconds "$passed") s and $attempts attempts: $answer"
        return
      fi
      ! is_pointless || return
      if [ "$retries" -ge 10000 ]; then
        now
        pause=$((ticks - asked))
        [ "$pause" -ge 5 ] || pause=5
        [ "$passed" -lt 3000 ] && [ "$pause" -le $((interval / 10)) ] || pause=$((interval / 10))
      fi
      sleep "$((pause / 100)).$(printf '%02d' $((pause % 100)))"
      now
      asked=$ticks
    done
    attempts=$((attempts + 1))
    add_answer
  done
  now
  ready_at=$ticks
  note health "$service" "$attempts attempts in $(seconds $(((ticks - began) * 10))) s: \${answers#; }"
  if [ "$stable" -gt 0 ]; then
    watch_life "$service" "$ids" "$stable" "$(lives_of $ids)"
    stayed_up "$service" || return
  fi
}
seconds() { printf '%s.%s' $(($1 / 1000)) $(($1 % 1000 / 100)); }
add_answer() {
  case $answers in *"$answer") ;; *) if [ \${#answers} -lt 2000 ]; then answers="$answers; $answer"; fi ;; esac
}
still_runs() {
  id=$1
  set -- "$(life_of "$id" || { await_engine && life_of "$id"; })"
  case $1 in
    'running '[012]' '* | 'restarting '[012]' '*' false' | 'created '*) return 0 ;;
    *' true') answer="was killed for its memory (exit code 137, OOMKilled)" ;;
    running* | restarting*)
      ends=$(ends_of "$id" | sed -n 's/^die //p' | tail -n 1)
      set -- "\${1% *}"
      answer="restarts again and again (status, restarts, exit code: \${1% *} \${ends:-\${1##* }})"
      ;;
    '') answer='is gone' ;;
    *) answer="ended (status, restarts, exit code: \${1% *})" ;;
  esac
  return 1
}
life_of() { docker inspect --format '{{.State.Status}} {{.RestartCount}} {{.State.ExitCode}} {{.State.OOMKilled}}' "$1" 2> /dev/null; }
ends_of() {
  docker events --since 2h --until "$(date +%s.%N)" --filter "container=$1" --filter event=die --filter event=oom \\
    --format '{{.Action}} {{index .Actor.Attributes "exitCode"}}' 2> /dev/null < /dev/null
}
not_ready() {
  case $2 in
    *OOMKilled*) ;;
    *) if ends_of "$1" | grep -q '^oom'; then set -- "$1" "$2; killed for its memory (OOMKilled)"; fi ;;
  esac
  know_containers
  docker logs --tail 50 "$1" 2>&1 < /dev/null | tail -c 16384 | hide > "$operation/last$apart"
  cp "$operation/last$apart" "$operation/log-$service"
  evidence "$service"
  fail HEALTH "$2"
}
LIFE='{{.State.Status}} {{.RestartCount}} {{.State.StartedAt}}'
lives_of() { docker inspect --format "$LIFE" "$@" 2> /dev/null; }
life_sentence() { docker inspect --format '{{.State.Status}}, {{.RestartCount}} restarts, exit code {{.State.ExitCode}}' "$@" 2> /dev/null | tr '\\n' ' '; }
unwell_of() {
  for one_of; do
    case $(lives_of "$one_of") in 'running 0 '*) ;; *) break ;; esac
  done
  printf '%s' "$one_of"
}
watch_life() { printf '%s %s %s\\n%s\\n' "$ready_at" "$3" "$2" "$4" > "$operation/life-$1"; }
stayed_up() {
  for service; do
    read -r ready_at stable ids < "$operation/life-$service"
    now
    rest=$((stable / 10 - (ticks - ready_at)))
    [ "$rest" -le 0 ] || sleep "$((rest / 100)).$(printf '%02d' $((rest % 100)))"
    same_life "$service" || return
  done
}
same_life() {
  service=$1
  { read -r ready_at stable ids && before=$(cat); } < "$operation/life-$service"
  after=$(lives_of $ids)
  if [ "$before" != "$after" ] || [ -z "$after" ] || printf '%s\\n' "$after" | grep -qv '^running '; then
    not_ready "$(unwell_of $ids)" "$service did not stay up for $(seconds "$stable") s after it was ready: $(life_sentence $ids)"
  fi
}
all_live() {
  for life in "$operation"/life-*; do
    [ ! -e "$life" ] || same_life "\${life##*/life-}" || return
  done
}
address_of() {
  docker inspect --format '{{if eq .HostConfig.NetworkMode "host"}}127.0.0.1{{else}}{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}{{end}}' "$1" 2> /dev/null | cut -d' ' -f1
}
ask_http() {
  id=$1 port=$2 route=$3 statuses=$4 contains=$5
  shift 5
  if [ "$address_for" != "$id" ]; then address=$(address_of "$id") address_for=$id; fi
  if [ -z "$address" ]; then
    answer='no address' address_for=
    return 1
  fi
  timeout "\${ask_seconds:-5}" bash -c 'exec 3<> "/dev/tcp/$1/$2" && printf "GET %s HTTP/1.0\\r\\nHost: %s:%s\\r\\nUser-Agent: deploy-action\\r\\nAccept: */*\\r\\n\\r\\n" "$3" "$1" "$2" >&3 && head -c 65536 <&3' bash "$address" "$port" "$route" > "$operation/answer$apart" 2> /dev/null
  status=$(answer_status)
  if [ -z "$status" ]; then
    answer="no answer on port $port"
    return 1
  fi
  answer="HTTP $status"
  case " $statuses " in *" $status "*) ;; *) know_once; answer="$answer $(body | tail -c 2000 | hide | tail -c 200 | tr -d '\\000-\\037')"; return 1 ;; esac
  if [ -n "$contains" ] && ! body | grep -qaF -- "$contains"; then
    answer="HTTP $status without \\"$contains\\""
    return 1
  fi
  for pattern; do
    if ! body | tr '\\n' ' ' | grep -qaE -- "$pattern"; then
      know_once
      answer="HTTP $status, but the JSON differs: $(body | head -c 2000 | hide | head -c 200 | tr -d '\\000-\\037')"
      return 1
    fi
  done
}
answer_status() { sed -n '1s/^HTTP\\/[0-9.]* \\([0-9][0-9][0-9]\\).*/\\1/p' "$operation/answer$apart"; }
body() { sed '1,/^\\r*$/d' "$operation/answer$apart"; }
ask_exec() {
  id=$1
  shift
  {
    timeout -k 2 "\${ask_seconds:-30}" docker exec "$id" "$@"
    printf '%s\\n' "$?" > "$operation/answer-status$apart"
  } 2>&1 < /dev/null | tail -c 65536 > "$operation/answer$apart"
  read -r result < "$operation/answer-status$apart" || result=1
  if [ "$result" = 0 ]; then
    answer='command succeeded'
  else
    know_once
    answer="command ended with exit code $result: $(tail -n 1 "$operation/answer$apart" | head -c 2000 | hide | head -c 200 | tr -d '\\000-\\037')"
    return 1
  fi
}
ask_log() {
  if log_says "$1" "$2" && log_says "$1" "$2" --since "$(docker inspect --format '{{.State.StartedAt}}' "$1" 2> /dev/null)"; then
    answer="log says \\"$2\\""
  else
    answer="log does not say \\"$2\\" yet"
    return 1
  fi
}
log_says() {
  id=$1 text=$2
  shift 2
  docker logs "$@" "$id" 2>&1 < /dev/null | head -c 1048576 | grep -qaF -- "$text"
}
ask_auto() {
  answer=$(docker inspect --format '{{if .State.Health}}health {{.State.Health.Status}}{{else}}{{.State.Status}}{{end}}' "$1" 2> /dev/null)
  case $answer in 'health healthy' | running) return 0 ;; esac
  return 1
}
await_running() {
  service=$1
  shift
  set -- "$service" "$(of_service "$service" | tr '\\n' ' ')" "$@"
  [ -n "\${2% }" ] || { fail HEALTH "$service has no container"; return; }
  wait_ready "$@"
}
await_first_start() {
  await_running "$@" || return
  restarts=$(docker inspect --format '{{.RestartCount}}' $(of_service "$1") | sort -n | tail -n 1)
  [ "\${restarts:-0}" -gt 0 ] || return 0
  id=$(of_service "$1" | head -n 1)
  volumes=$(docker inspect --format '{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}} {{end}}{{end}}' "$id")
  not_ready "$id" "$1 answers, but its first start failed ($restarts restarts), so it may be set up by half; once that is mended, and where no data is in it yet, on the server: docker rm --force $(docker inspect --format '{{.Name}}' "$id" | cut -c2-) && docker volume rm \${volumes% }"
}`,`smoke_test() {
  id=$(serving_container "$2") tries=0 address_for='' ask_seconds=$4
  until answer='' && "$5" "$id"; do
    tries=$((tries + 1))
    if [ "$tries" -gt "$3" ]; then
      ask_seconds=
      all_live || return
      know_containers
      docker logs --tail 30 "$id" 2>&1 < /dev/null | tail -c 8192 | hide > "$operation/last"
      evidence "smoke $1"
      fail SMOKE "smoke test $1: $answer"
      return
    fi
    sleep 1
  done
  ask_seconds=
  note smoke "$1" "$answer"
}
serving_container() {
  { cat "$operation/new-$1" 2> /dev/null || of_service "$1"; } | head -n 1
}
verify_digests() {
  containers > "$operation/serving" 2> /dev/null && listed=yes
  sed -n 's/.*"service":"\\([^"]*\\)","oneoff":"False".*"imageId":"\\([^"]*\\)","state":"running".*/\\1 \\2/p' "$operation/serving" > "$operation/verified"
  for pair; do
    images=$(awk -v service="\${pair%%=*}" '$1 == service { print $2 }' "$operation/verified")
    [ -n "$images" ] || { all_live && fail HEALTH "no container of \${pair%%=*} runs any more"; return; }
    running=$(printf '%s\\n' "$images" | wc -l)
    wanted=$(grep -c . "$operation/new-\${pair%%=*}" 2> /dev/null) || wanted=0
    [ "$running" -ge "$wanted" ] || { all_live && fail HEALTH "$running of $wanted replicas of \${pair%%=*} run"; return; }
    for image in $images; do
      [ "$image" = "\${pair#*=}" ] && continue
      docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$image" | grep -q "@\${pair#*=}\\$" && continue
      fail HEALTH "\${pair%%=*} runs $image, not the wanted \${pair#*=}"
      return
    done
  done
}
attended() {
  "$@" 9>&- &
  set -- "$!"
  wait "$1"
  set -- "$1" "$?"
  kill -s KILL -- "-$1" 2> /dev/null
  return "$2"
}
server_hook() {
  name=$1 seconds=$2 policy=$3 folder=$4
  shift 4
  (cd -- "$directory/$folder" && of_others=yes && capture attended timeout -k 5 "$seconds" "$@") && return
  result=$?
  evidence "hook $name"
  if [ "$policy" = warn ]; then
    note warning "hook $name" "ended with exit code $result"
    return 0
  fi
  if [ "$switched" = yes ]; then fail SMOKE "hook $name ended with exit code $result"; else fail CONFIG "hook $name ended with exit code $result"; fi
}`,`commit_release() {
  record_file=$dot/releases/$release/release.json
  {
    release_start
    printf '"schema":{"before":"%s","after":"%s"},' "$(schema_revision before)" "$(schema_revision after)"
    printf '"committed":"%s"}' "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
  } | tr -d '\\n' > "$record_file.new"
  { printf '\\n' >> "$record_file.new" && printf '%s\\n' "$fallback" > "$dot/releases/$release/previous" &&
    printf '%s\\n' "$parts" > "$dot/releases/$release/parts" &&
    sync "$record_file.new" "$dot/releases/$release/previous" "$dot/releases/$release/parts" && mv -f "$record_file.new" "$record_file" &&
    ln -sfn "releases/$release" "$dot/current.new" && mv -fT "$dot/current.new" "$dot/current"; } ||
    { fail CONFIG "the record of the release could not be written in $dot; is the disk full?"; return; }
  committed=yes
  sync "$dot/releases" "$dot"
  record committed
}
schema_revision() {
  revision=$(sed -n "s/^[0-9]* note schema $1 //p" "$operation/journal" | tail -n 1 | base64 -d | tr -dc 'A-Za-z0-9_.,: ()-' | head -c 200)
  printf '%s' "\${revision:-$known_schema}"
}
tidy() {
  keep=$1
  shift
  [ $# = 0 ] || listed=no
  if [ "$listed" = no ]; then containers > "$operation/serving" 2> /dev/null & fi
  listed=yes
  remove_containers $(for pair; do cat "$operation/old-\${pair%%=*}"; done)
  for pair; do
    rename_new "\${pair%%=*}" "\${pair#*=}" &
  done
  wait
  prune_records
  [ -z "$backups_kept" ] || prune_backups
  return 0
}
rename_new() {
  service=$1 wanted=$2 index=0
  while IFS= read -r id; do
    index=$((index + 1))
    patiently docker rename "$id" "\${wanted:-$project-$service-$index}" > /dev/null 2>&1
  done < "$operation/new-$service"
}
prune_records() {
  kept=" $release $fallback $(cat "$dot/releases/$fallback/previous" 2> /dev/null) $(sed -n 's/.*"of":"\\([^"]*\\)".*/\\1/p' "$dot/releases/$release/release.json") "
  for folder in "$dot"/releases/*/; do
    folder=\${folder%/}
    if is_ours "$folder"; then printf '%s\\n' "\${folder##*/}"; fi
  done | sort -rn | tail -n "+$((keep + 1))" | while IFS= read -r id; do
    case $kept in *" $id "*) ;; *) forget "$id" ;; esac
  done
  prune_images
  for folder in "$dot"/operations/*/; do
    folder=\${folder%/}
    [ "$folder" = "$operation" ] || printf '%s\\n' "\${folder##*/}"
  done | sort -r | tail -n +20 | while IFS= read -r id; do rm -rf "\${dot:?}/operations/$id"; done
}
forget() {
  grep -o '"reference":"[^"]*"' "$dot/releases/$1/release.json" | cut -d'"' -f4 >> "$operation/forgotten"
  rm -rf "\${dot:?}/releases/$1"
}
prune_images() {
  [ -s "$operation/forgotten" ] || return 0
  docker ps --all --format '{{.Label "com.docker.compose.project.working_dir"}}' | sort -u > "$operation/stacks" || return 0
  printf '%s\\n' "$directory" >> "$operation/stacks"
  while IFS= read -r stack <&6; do
    [ -n "$stack" ] || continue
    [ -r "$stack" ] || return 0
    if [ -e "$stack/.deploy" ] && ! [ -r "$stack/.deploy/releases" ]; then return 0; fi
    cat "$stack"/.deploy/releases/*/release.json 2> /dev/null
  done 6< "$operation/stacks" > "$operation/needed"
  set --
  while IFS= read -r reference <&6; do
    grep -qF -- "\${reference#*@}" "$operation/needed" || set -- "$@" "$reference"
  done 6< "$operation/forgotten"
  [ $# = 0 ] || capture docker image rm "$@"
  return 0
}
is_ours() { ! [ -e "$1/parts" ] || grep -qxF -- "$repository \${1##*/}" "$1/parts"; }
serving() {
  [ "$listed" = yes ] || containers > "$operation/serving" 2> /dev/null
  note serving all "$(cat "$operation/serving")"
}`,`main() {
  trap '' HUP INT PIPE
  find_compose
  case $1 in
    run)
      IFS= read -r credentials || credentials=
      exec < /dev/null
      : > "$operation/undo"
      record start "$(date +%s)"
      steps
      finish
      ;;
    settle)
      settling=yes
      settle
      ;;
  esac
}`],f=(t,n)=>[`#!/bin/sh`,`# Operation ${n.operation}: ${t.kind} of release ${t.release.replaceAll(/\s/g,` `)}. Made by deploy-action; kept for its record and for settling.`,p(t,n),...d,...n.database===void 0?[]:[r(n.database)],...t.steps.some(e=>e.kind===`infrastructure`&&e.added!==void 0)?[o,_(t.steps)]:[],...t.steps.some(({kind:e})=>e===`swap`)?[l]:[],...t.steps.some(({kind:e})=>e===`retire`)?[u]:[],...t.steps.some(({kind:e})=>e===`http-seed`)?[c]:[],...t.steps.some(e=>e.kind===`await`&&e.first===!0)?[s]:[],n.compose,h(t),...g(t.steps),...t.steps.flatMap((e,t)=>e.kind===`http-seed`?[w(e,t+1)]:[]),...v(t.steps),`release_start() { printf '%s' ${e(m(n.record))}; }`,`steps() {`,...t.steps.map((e,t)=>`  step ${t+1} ${C(e,t+1)}`),`}`,`main "$@"`,``].join(`
`),p=(r,i)=>Object.entries({directory:i.directory,project:i.project,env_file:i.environmentFile,operation:`${i.directory}/.deploy/operations/${i.operation}`,kind:r.kind,release:r.release,previous:r.previous??``,fallback:r.fallback??``,known_schema:i.schema,repository:n(i.record),parts:t(i.record)}).map(([t,n])=>`${t}=${e(n)}`).join(`
`),m=e=>`${JSON.stringify(e).slice(0,-1)},`,h=e=>[`compose_program() { compose_over "$directory" "$dot/releases/$release" "" "$@"; }`,`compose_stage() { compose_over "$operation/stage/project" "$operation/stage" "" "$@"; }`,`compose_before() ( . "$dot/releases/$previous/compose.sh"; compose_over "$dot/releases/$previous/project" "$dot/releases/$previous" "" "$@" )`,e.previous===null?`# nothing was deployed here before`:`# before: ${JSON.stringify(e.previous)}`].join(`
`),g=t=>{let n=[],r=[];for(let[i,a]of t.entries()){if(a.kind===`switch`)for(let[t,{service:o,readiness:s,readinessBefore:c}]of a.services.entries()){let a=`${i+1}_${t+1}`;n.push(`ready_${a}() { ${y(s.ask)}; }`,`before_${a}() { ${y(c.ask)}; }`),r.push(`    ${e(o)}) wait_ready "$1" "$2" before_${a} ${b(c)} ;;`)}a.kind===`retire`&&(n.push(`before_${i+1}() { ${y(a.readinessBefore.ask)}; }`),r.push(`    ${e(a.service)}) wait_ready "$1" "$2" before_${i+1} ${b(a.readinessBefore)} ;;`)),a.kind===`start`&&(n.push(`ready_${i+1}() { ${y(a.readiness.ask)}; }`),r.push(`    ${e(a.service)}) wait_ready "$1" "$2" ready_${i+1} ${b(a.readiness)} ;;`)),a.kind===`await`&&n.push(`ready_${i+1}() { ${y(a.readiness.ask)}; }`),a.kind===`smoke`&&n.push(`ready_${i+1}() { ${y(a.ask)}; }`)}return[...n,`ready_before() {`,`  case $1 in`,...r,`    *) return 0 ;;`,`  esac`,`}`]},_=t=>[`added() {`,`  case $1 in`,...t.flatMap(e=>e.kind===`infrastructure`?Object.entries(e.added??{}):[]).map(([t,n])=>`    ${e(t)}) echo ${n} ;;`),`    *) echo no ;;`,`  esac`,`}`].join(`
`),v=t=>t.flatMap((t,n)=>t.kind===`way-back`?[`way_back_${n+1}() { one_off down ${x(t.timeout)} ${t.run.map(t=>t.split(`{revision}`).map(e).join(`"$1"`)).join(` `)}; }`]:[]),y=t=>{switch(t.kind){case`http`:return[`ask_http "$1"`,e(String(t.port)),e(t.path),e(t.status.join(` `)),e(t.contains??``),...t.patterns.map(e)].join(` `);case`exec`:return`ask_exec "$1" ${t.argv.map(e).join(` `)}`;case`log`:return`ask_log "$1" ${e(t.text)}`;case`auto`:return`ask_auto "$1"`}},b=({grace:e,interval:t,retries:n,deadline:r,stable:i})=>S([e,t,n,r,i].map(String)),x=e=>String(Math.max(1,Math.ceil(e/1e3))),S=t=>t.map(e).join(` `),C=(t,n)=>{switch(t.kind){case`files`:return`place_files`;case`pull`:return`pull_images ${S(t.references)}`;case`infrastructure`:return`${t.alone===!0?`start_alone`:`start_infrastructure`} ${S(t.services)}`;case`await`:return`${t.first===!0?`await_set_up`:`await_running`} ${e(t.service)} ready_${n} ${b(t.readiness)}`;case`create`:return`create_containers ${S(t.services.map(({name:e,scale:t})=>`${e}=${t}`))}`;case`await-created`:return`await_created ${S(t.services)}`;case`revisions`:return`ask_revisions ${x(t.timeout)} ${S(t.run)}`;case`backup`:return`backup_database`;case`known`:return`ask_known ${x(t.timeout)} ${S(t.run)}`;case`down`:return`migrate_down ${e(t.revision)} ${x(t.timeout)} ${S(t.run)}`;case`way-back`:return`prepare_way_back way_back_${n}`;case`load`:return`load_backup ${e(t.backup)}`;case`halt`:return`halt ${S(t.services.flatMap(({service:e,ids:t})=>[e,t.join(` `)]))}`;case`swap`:return`swap_database ${e(t.backup)} ${e(t.revision)}`;case`start`:return`start_halted ${e(t.service)} ${e(t.ids.join(` `))} ready_${n} ${b(t.readiness)}`;case`commit-restore`:return`commit_restore`;case`tidy-database`:return`tidy_database`;case`schema`:return`schema ${t.when} ${x(t.timeout)} ${S(t.run)}`;case`migrate`:return`migrate_${t.tool} ${x(t.timeout)} ${S(t.run)}`;case`retire`:return`retire ${S([t.service,t.ids.join(` `),t.running.join(` `),t.policy])}`;case`switch`:return`switch_services ${t.services.map((e,t)=>E(e,`ready_${n}_${t+1}`)).join(` `)}`;case`stable`:return`stayed_up ${S(t.services)}`;case`restart`:return`restart_service ${e(t.service)}`;case`seed`:return`run_seed ${e(t.name)} ${t.hash} ${x(t.timeout)} ${S(t.run)}`;case`http-seed`:return`http_seed ${S([t.name,t.hash,x(t.timeout),t.service,`upload_${n}`])}${T(t)}`;case`smoke`:return`smoke_test ${e(t.name)} ${e(t.service)} ${t.retries} ${x(t.timeout)} ready_${n}`;case`verify`:return`verify_digests ${S(Object.entries(t.services).map(([e,t])=>`${e}=${t}`))}`;case`hook`:return`server_hook ${e(t.name)} ${x(t.timeout)} ${t.onFailure} ${e(t.directory)} ${S(t.argv)}`;case`gate`:return`gate ${t.gate}`;case`commit`:return`commit_release`;case`tidy`:return`tidy ${t.keep} ${S(Object.entries(t.services).map(([e,t])=>`${e}=${t}`))}`}},w=({request:e},t)=>{let{method:n,port:r,path:i,status:a,bearer:o=``,type:s,file:c=``,field:l=``}=e,u=(c.split(`/`).at(-1)??``).replaceAll(`"`,`%22`);return`upload_${t}() { upload "$1" ${S([n,String(r),i,a.join(` `),o,s,c,l,u])}; }`},T=({request:{poll:e}})=>{if(e===void 0)return``;let t=e.path.split(/\{([^}]*)\}/);return` ${S([String(e.interval),e.field,e.succeeded.join(` `),e.failed.join(` `),...t])}`},E=({service:t,order:n,parallelism:r,old:i,policy:a,readiness:o},s)=>`${e(t)} ${n} ${r} ${e(i.join(` `))} ${e(a)} ${s} ${b(o)}`;export{d as i,C as n,f as r,y as t};