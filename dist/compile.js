import{n as e}from"./quote.js";import{p as t}from"./transact.js";const n=[`# What the program of a deploy is made of. It runs on the server, in a session of its own, holding the lock
# (file descriptor 9), and writes a durable line at every boundary, so that whoever comes next can finish or
# undo what it left. Used by the generated part below, which sets: directory, project, operation, release, env_file.
set -u
umask 077
LC_ALL=C
export LC_ALL
dot=$directory/.deploy
failed=no switched=no committed=no settling=no undone=yes creating='' updating='' login_config='' login_host='' address_for='' ask_seconds='' time_limit='' code='' sentence=''
`,t,`# What is written down, durably, before the next thing happens; and what commands said.

# Hundredths of a second since boot: never jumps with the wall clock, and costs no process.
now() {
  read -r up _ < /proc/uptime
  ticks=\${up%.*}\${up#*.}
}
# record KIND [TEXT…]: one line that is on the disk before the next thing happens
record() {
  write_down "$@"
  sync -d "$operation/journal"
}
# A line that nobody who settles depends on: it reaches the disk with the next record.
write_down() {
  now
  printf '%s %s\\n' "$ticks" "$*" >> "$operation/journal"
}
# note KIND NAME TEXT: a fact for the report; text of others travels as base64
note() { write_down note "$1" "$2" "$(printf '%s' "$3" | base64 -w0)"; }
fail() {
  code=$1 sentence=$2
  return 1
}

# Runs a command with its output kept, bounded, in $operation/last and in the operation's output.
capture() {
  {
    "$@"
    printf '%s\\n' "$?" > "$operation/status"
  } 2>&1 < /dev/null | tail -c 262144 > "$operation/last"
  { printf '$ %s\\n' "$*"; cat "$operation/last"; } >> "$operation/output"
  read -r result < "$operation/status" || result=1
  return "$result"
}
# within SECONDS COMPOSE-FUNCTION ARGUMENTS…: compose, ended with 124 when it takes longer
within() {
  time_limit=$1
  shift
  "$@"
  set -- "$?"
  time_limit=
  return "$1"
}
evidence() { note evidence "$1" "$(tail -n 40 "$operation/last" | tail -c 16384)"; }
`,`# How a step is run, and how everything is undone: in reverse, by this process or by the next run.

# Written before the effect, run in reverse order when something fails later: by this process, or by the next run.
undo_with() {
  printf '%s\\n' "$*" >> "$operation/undo"
  sync -d "$operation/undo"
}

# step NUMBER FUNCTION ARGUMENTS…
step() {
  number=$1
  shift
  if [ "$failed" = yes ]; then return; fi
  # settling after the commit: only the last step is left to do
  if [ "$settling" = yes ] && [ "$1" != tidy ]; then return; fi
  if [ "$switched" = no ] && [ "$committed" = no ] && client_is_gone; then
    failed=yes
    record fail "$number" "$code" "$(printf '%s' "$sentence" | base64 -w0)"
    return
  fi
  record step "$number"
  if "$@"; then
    record 'done' "$number"
  else
    failed=yes
    record fail "$number" "\${code:-BUG}" "$(printf '%s' "\${sentence:-step $number failed}" | base64 -w0)"
  fi
}
# From here on this program finishes or rolls back alone, whatever becomes of the client.
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
  else
    read -r beat _ 2> /dev/null < "$operation/alive" || return 1
    now
    [ $((ticks / 100 - \${beat%.*})) -gt 40 ] || return 1
    code=CANCELLED sentence='the client fell silent before anything that serves was touched'
  fi
}

undo_all() {
  undone=yes
  [ -e "$operation/undo" ] || return 0
  # what comes back mounts files as it starts, so these are put back before it
  { grep -x restore_files "$operation/undo"; tac "$operation/undo" | grep -vx restore_files; } > "$operation/undo-order"
  while IFS= read -r call <&5; do
    record undo "$(printf '%s' "$call" | base64 -w0)"
    sentence=
    if ! eval "$call"; then
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
    # a rollback is never rolled back: what it left stays to be looked at
    end=broken
  elif undo_all; then
    end=aborted
    if [ "$switched" = yes ]; then end=rolled-back; fi
  else
    end=broken
  fi
  rm -rf "$operation/docker-config"
  serving
  record end "$end"
}
# The next run's first act, when this one was killed: after the commit tidy up, before it go back.
settle() {
  if grep -q '^[0-9]* switch$' "$operation/journal"; then switched=yes; fi
  rm -rf "$operation/docker-config"
  record settle
  if is_committed; then
    committed=yes
    steps
  else
    failed=yes
    await_one_offs
  fi
  finish
}

# The rename is the commit: the line in the journal may have come too late.
is_committed() { [ "$(readlink "$dot/current")" = "releases/$release" ] || grep -q '^[0-9]* committed$' "$operation/journal"; }
# A migration or seed that outlived its program: nothing else touches that data before it has ended.
await_one_offs() {
  for left in $(docker ps --quiet --no-trunc --filter "label=com.docker.compose.project=$project" --filter label=com.docker.compose.oneoff=True --filter "name=-$release\\$"); do
    timeout 900 docker wait "$left" > /dev/null 2>&1
    docker rm --force "$left" > /dev/null 2>&1
  done
}
`,`# The files that a release brings, put in place and put back.

# place_files: what the release brings, whole files by rename; what an earlier release brought and this one does not goes.
place_files() {
  if [ -e "$dot/releases/$release/release.json" ]; then
    fail BUG "there is a release $release already"
    return
  fi
  undo_with forget_release
  # what a rollback that failed may have left under this number
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
  sed 's/^[0-9a-f]*  //' "$dot/current/manifest" 2> /dev/null | while IFS= read -r file; do
    grep -qxF -- "$file" "$operation/brought" || printf '%s\\n' "$file"
  done > "$operation/dropped"
  home=$(realpath -- "$directory") inside=''
  while IFS= read -r file <&6; do
    place_file "$file" || return 1
  done 6< "$operation/brought"
  while IFS= read -r file <&6; do
    keep_before "$file" && rm -f -- "$directory/$file"
  done 6< "$operation/dropped"
  sync "$dot/releases/$release/manifest"
}
place_file() {
  target=$directory/$1
  folder=\${target%/*}
  # once for all files of a folder
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
  # folders and files are readable for the users that containers run as, like a checkout
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
}
`,`# How the server gets the images, with a login that stays nowhere.

# The login lives in a folder of its own for the time of the pull: nothing of it stays.
with_login() {
  if [ -z "$credentials" ]; then
    "$@"
    return
  fi
  mkdir -p "$operation/docker-config"
  printf '%s' "$credentials" | base64 -d > "$operation/docker-config/config.json"
  credentials=
  # a folder of its own knows nothing of the context that says which engine is meant
  login_host=\${DOCKER_HOST:-$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2> /dev/null)}
  login_config=$operation/docker-config
  "$@"
  set -- "$?"
  login_config=
  rm -rf "$operation/docker-config"
  return "$1"
}
# docker pull with the temporary login first, then as the server's own user would
pull() {
  if [ -n "$login_config" ]; then
    if timeout -k 5 900 env DOCKER_CONFIG="$login_config" \${login_host:+"DOCKER_HOST=$login_host"} docker pull --quiet "$1" > "$2" 2>&1; then return; fi
    is_refused "$2" || return 1
    # its own login may be for another registry: what this says matters only where it works
    timeout -k 5 900 docker pull --quiet "$1" > "$2.own" 2>&1
    set -- "$?" "$2"
    rm -f "$2.own"
    return "$1"
  fi
  timeout -k 5 900 docker pull --quiet "$1" > "$2" 2>&1
}
is_refused() { grep -qiE 'unauthorized|denied|no basic auth' "$1"; }
# pull_images REFERENCE…: side by side, each retried where a retry can help
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
    cat "$operation"/pull-* > "$operation/last" 2> /dev/null
    evidence pull
    if is_refused "$operation/last"; then
      fail PULL "the registry refused the server: $(sed -n 1p "$operation/last")"
    else
      fail PULL "the server could not get the image: $(sed -n 1p "$operation/last")"
    fi
  fi
}
pull_image() {
  docker image inspect --format '{{.ID}}' "$1" > /dev/null 2>&1 && return
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
}
`,`# One-off containers: migrations and seeds, once, with a deadline.

# one_off NAME SECONDS COMPOSE-RUN-ARGUMENTS…: with the service's whole environment; gone after its deadline
one_off() {
  container=$project-$1-$release seconds=$2
  shift 2
  capture within "$seconds" compose_program run --rm --no-deps --no-TTY --quiet-pull --name "$container" "$@"
  result=$?
  if [ "$result" = 124 ] || [ "$result" = 137 ]; then docker rm --force "$container" > /dev/null 2>&1; fi
  return "$result"
}
revision_line() { sed -n "s/^deploy-action: $1 //p" "$operation/last" | tail -n 1; }

# migrate_alembic SECONDS COMPOSE-RUN-ARGUMENTS…: asks, upgrades and asks again in one container of the new image
migrate_alembic() {
  seconds=$1
  shift
  if one_off migrate "$seconds" "$@"; then
    note schema before "$(revision_line before)"
    note schema after "$(revision_line after)"
  else
    result=$?
    evidence migrate
    note schema before "$(revision_line before)"
    migration_failed "$result" "$seconds"
  fi
}
migration_failed() {
  case $1 in
    124 | 137) fail MIGRATE "the migration was not done after $2 s and was stopped" ;;
    *) fail MIGRATE "the migration ended with exit code $1" ;;
  esac
}
# migrate_command SECONDS COMPOSE-RUN-ARGUMENTS…
migrate_command() {
  seconds=$1
  shift
  one_off migrate "$seconds" "$@" || { result=$?; evidence migrate; migration_failed "$result" "$seconds"; }
}
# schema before|after SECONDS COMPOSE-RUN-ARGUMENTS…: what the project's own command says of the revision
schema() {
  when=$1
  shift
  if one_off schema "$@"; then note schema "$when" "$(tail -n 3 "$operation/last" | tr '\\n' ' ')"; else note schema "$when" unknown; fi
}

# run_seed NAME HASH SECONDS COMPOSE-RUN-ARGUMENTS…
run_seed() {
  seed=$1 hash=$2 seconds=$3
  shift 3
  if one_off "seed-$seed" "$seconds" "$@"; then
    printf '%s %s %s\\n' "$seed" "$hash" "$release" >> "$dot/seeds"
    sync "$dot/seeds"
  else
    result=$?
    evidence "seed $seed"
    fail SEED "seed $seed ended with exit code $result; its data is not undone"
  fi
}
`,`# The new containers made beside the old, the switch, and the way back to the very same old ones.

# except IDS: the lines of standard input that are not among them
except() {
  while IFS= read -r id; do
    case " $1 " in *" $id "*) ;; *) printf '%s\\n' "$id" ;; esac
  done
}

# start_infrastructure SERVICE…: as compose does it, in its own order
start_infrastructure() {
  undo_with restore_infrastructure "$@"
  capture within 600 compose_program up --detach --no-build --quiet-pull "$@" || {
    evidence infrastructure
    fail HEALTH "compose could not start $*"
  }
}
restore_infrastructure() {
  [ -n "$previous" ] || return 0
  capture compose_before up --detach --no-build --no-deps "$@" || fail BROKEN "infrastructure could not be put back: $*"
}

# create_containers SERVICE=SCALE…: the new ones beside those that run, not started; compose numbers and names them.
# In the background: a migration may run meanwhile.
create_containers() {
  scales=
  names=
  for pair; do
    scales="$scales --scale $pair" names="$names \${pair%=*}"
    # whole and on the disk before it counts: what is not in it is taken for ours and removed when this is undone
    { of_service "\${pair%=*}" > "$operation/old.new" && sync -d "$operation/old.new" && mv -f "$operation/old.new" "$operation/old-\${pair%=*}"; } ||
      { fail HEALTH "Docker does not say which containers \${pair%=*} has; nothing was touched"; return; }
    undo_with remove_created "\${pair%=*}"
  done
  # shellcheck disable=SC2086 # service names hold no blanks
  { within 600 compose_program up --no-start --no-deps --no-recreate --no-build --quiet-pull $scales $names > "$operation/create" 2>&1; printf '%s' "$?" > "$operation/create-status"; } < /dev/null &
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
  listing=
  for service; do
    of_service "$service" | except "$(tr '\\n' ' ' < "$operation/old-$service")" > "$operation/new-$service" &
    listing="$listing $!"
  done
  for list in $listing; do wait "$list"; done
  for service; do
    [ -s "$operation/new-$service" ] || { fail BUG "compose created no container for $service"; return; }
  done
}
# Everything of the service that was not there before is ours.
remove_created() {
  [ -z "$creating" ] || wait "$creating"
  [ -e "$operation/old-$1" ] || return 0
  # shellcheck disable=SC2046
  set -- $(of_service "$1" | except "$(tr '\\n' ' ' < "$operation/old-$1")")
  [ $# = 0 ] || docker rm --force "$@" > /dev/null 2>&1
}

# switch_service SERVICE ORDER "OLD IDS THAT RUN" RESTART-POLICY READY-FUNCTION GRACE INTERVAL RETRIES DEADLINE STABLE (milliseconds)
switch_service() {
  service=$1 order=$2 old=$3 policy=$4
  shift 4
  new=$(tr '\\n' ' ' < "$operation/new-$service")
  switch
  undo_with bring_back "$service" "'$old'" "$policy"
  now
  gap_from=$ticks
  # shellcheck disable=SC2086
  if [ "$order" = stop-first ] && [ -n "$old" ]; then
    capture docker stop $old || { evidence "$service"; fail HEALTH "$service: the running container could not be stopped"; return; }
  fi
  # shellcheck disable=SC2086
  capture docker start $new || { evidence "$service"; fail HEALTH "$service: the new container could not be started: $(tail -n 1 "$operation/last")"; return; }
  # a reboot must not bring the old one up beside the new one
  # shellcheck disable=SC2086
  [ -z "$old" ] || docker update --restart no $old > /dev/null 2>&1 &
  updating=$!
  wait_ready "$service" "$new" "$1" "$2" "$3" "$4" "$5" 0 || return
  # its window runs while the next steps do; a step before the commit asks how it went
  [ "$6" = 0 ] || watch_life "$service" "$new" "$6"
  now
  if [ "$order" = stop-first ]; then
    [ -z "$old" ] || note gap "$service" "$(((ready_at - gap_from) * 10))"
  else
    # shellcheck disable=SC2086
    [ -z "$old" ] || capture docker stop $old
    note gap "$service" 0
  fi
}

# bring_back SERVICE "OLD IDS" RESTART-POLICY: the containers that served before, the very same ones, and asked for their health again
bring_back() {
  service=$1 old=$2 policy=$3
  new=$(tr '\\n' ' ' < "$operation/new-$service")
  # shellcheck disable=SC2086
  docker stop $new > /dev/null 2>&1 || docker kill $new > /dev/null 2>&1
  if [ -z "$old" ]; then
    note stopped "$service" ''
    return 0
  fi
  # the update made at the switch must not come after this one
  [ -z "$updating" ] || wait "$updating"
  # shellcheck disable=SC2086
  docker update --restart "$policy" $old > /dev/null 2>&1
  # shellcheck disable=SC2086
  capture docker start $old || { evidence "$service"; fail BROKEN "$service: the old container could not be started again"; return; }
  ready_before "$service" "$old" || { code=BROKEN; return 1; }
  note restored "$service" ''
}

# restart_service SERVICE: for a service that is not ours but mounts a file that changed
restart_service() {
  switch
  undo_with restart_again "$1"
  # shellcheck disable=SC2046
  capture docker restart $(of_service "$1") || { evidence "$1"; fail HEALTH "$1 could not be restarted"; }
}
restart_again() {
  # shellcheck disable=SC2046
  capture docker restart $(of_service "$1") || fail BROKEN "$1 could not be restarted"
}
`,`# When is a container ready? Asked from outside it, with every change of its answer told.

# wait_ready SERVICE "IDS" READY-FUNCTION GRACE INTERVAL RETRIES DEADLINE STABLE (milliseconds)
# Polls quickly at first where no number of retries was asked for; says every change of the answer it gets.
wait_ready() {
  service=$1 ids=$2 ready=$3 grace=$4 interval=$5 retries=$6 deadline=$7 stable=$8
  now
  began=$ticks attempts=0 counted=0 answers='' pause=5 looked=$((ticks - 25)) patient=yes
  [ "$retries" -ge 10000 ] || pause=$((interval / 10))
  for id in $ids; do
    until answer='' && "$ready" "$id"; do
      attempts=$((attempts + 1))
      add_answer
      now
      passed=$(((ticks - began) * 10))
      [ "$passed" -lt "$grace" ] || counted=$((counted + 1))
      if [ "$passed" -ge $((grace + deadline)) ] || [ "$counted" -ge "$retries" ]; then patient=no; fi
      # a question to the engine, which is busy starting it: not at each of the quick attempts
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
      sleep "$((pause / 100)).$(printf '%02d' $((pause % 100)))"
      if [ "$retries" -ge 10000 ]; then
        [ "$passed" -lt 3000 ] || pause=$((interval / 10))
      fi
    done
    attempts=$((attempts + 1))
    add_answer
  done
  now
  ready_at=$ticks
  note health "$service" "$attempts attempts in $(seconds $(((ticks - began) * 10))) s: \${answers#; }"
  if [ "$stable" -gt 0 ]; then
    watch_life "$service" "$ids" "$stable"
    stayed_up "$service" || return
  fi
}
seconds() { printf '%s.%s' $(($1 / 1000)) $(($1 % 1000 / 100)); }
add_answer() {
  case $answers in *"$answer") ;; *) if [ \${#answers} -lt 2000 ]; then answers="$answers; $answer"; fi ;; esac
}
# still_runs ID: not exited, and not in a restart loop
still_runs() {
  set -- "$(docker inspect --format '{{.State.Status}} {{.RestartCount}} {{.State.ExitCode}} {{.State.OOMKilled}}' "$1" 2> /dev/null)"
  case $1 in
    'running '[012]' '* | 'restarting '[012]' '* | 'created '*) return 0 ;;
    *' true') answer="was killed for its memory (exit code 137, OOMKilled)" ;;
    running* | restarting*) answer="restarts again and again (status, restarts, exit code: \${1% *})" ;;
    '') answer='is gone' ;;
    *) answer="ended (status, restarts, exit code: \${1% *})" ;;
  esac
  return 1
}
not_ready() {
  docker logs --tail 50 "$1" 2>&1 < /dev/null | tail -c 16384 > "$operation/last"
  cp "$operation/last" "$operation/log-$service"
  evidence "$service"
  fail HEALTH "$2"
}
# Ready is not enough: it must stay up, with no restart, for its window. What its life was like when it was ready is kept
# in $operation/life-SERVICE; whether it was the same life all the time is asked when the window is over.
LIFE='{{.State.Status}} {{.RestartCount}} {{.State.StartedAt}}'
# watch_life SERVICE "IDS" STABLE (milliseconds)
watch_life() {
  # shellcheck disable=SC2086
  { printf '%s %s %s\\n' "$ready_at" "$3" "$2"; docker inspect --format "$LIFE" $2 2> /dev/null; } > "$operation/life-$1"
}
# stayed_up SERVICE…: waits for what is left of each window
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
  # shellcheck disable=SC2086
  after=$(docker inspect --format "$LIFE" $ids 2> /dev/null)
  if [ "$before" != "$after" ] || [ -z "$after" ] || printf '%s\\n' "$after" | grep -qv '^running '; then
    # shellcheck disable=SC2086
    not_ready "\${ids%% *}" "$service did not stay up for $(seconds "$stable") s after it was ready: $(docker inspect --format '{{.State.Status}}, {{.RestartCount}} restarts, exit code {{.State.ExitCode}}' $ids | tr '\\n' ' ')"
  fi
}
# Those whose window still runs, without waiting for its end.
all_live() {
  for life in "$operation"/life-*; do
    [ ! -e "$life" ] || same_life "\${life##*/life-}" || return
  done
}

# The ways to ask. Each is given a container id; sets \`answer\`.
address_of() {
  docker inspect --format '{{if eq .HostConfig.NetworkMode "host"}}127.0.0.1{{else}}{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}{{end}}' "$1" 2> /dev/null | cut -d' ' -f1
}
# ask_http ID PORT PATH "STATUSES" CONTAINS [PATTERN…]: from the server to the container's own address; bash's /dev/tcp
# is what every Debian and Ubuntu server has, so neither image nor server need curl.
ask_http() {
  id=$1 port=$2 route=$3 statuses=$4 contains=$5
  shift 5
  if [ "$address_for" != "$id" ]; then address=$(address_of "$id") address_for=$id; fi
  if [ -z "$address" ]; then
    answer='no address' address_for=
    return 1
  fi
  # shellcheck disable=SC2016 # expands in bash
  timeout "\${ask_seconds:-5}" bash -c 'exec 3<> "/dev/tcp/$1/$2" && printf "GET %s HTTP/1.0\\r\\nHost: %s:%s\\r\\nUser-Agent: deploy-action\\r\\nAccept: */*\\r\\n\\r\\n" "$3" "$1" "$2" >&3 && head -c 65536 <&3' bash "$address" "$port" "$route" > "$operation/answer" 2> /dev/null
  status=$(sed -n '1s/^HTTP\\/[0-9.]* \\([0-9][0-9][0-9]\\).*/\\1/p' "$operation/answer")
  if [ -z "$status" ]; then
    answer="no answer on port $port"
    return 1
  fi
  answer="HTTP $status"
  case " $statuses " in *" $status "*) ;; *) answer="$answer $(body | tail -c 200 | tr -d '\\000-\\037')"; return 1 ;; esac
  if [ -n "$contains" ] && ! body | grep -qaF -- "$contains"; then
    answer="HTTP $status without \\"$contains\\""
    return 1
  fi
  for pattern; do
    # a value may end its line
    if ! body | tr '\\n' ' ' | grep -qaE -- "$pattern"; then
      answer="HTTP $status, but the JSON differs: $(body | head -c 200 | tr -d '\\000-\\037')"
      return 1
    fi
  done
}
body() { sed '1,/^\\r*$/d' "$operation/answer"; }
ask_exec() {
  id=$1
  shift
  if timeout -k 2 "\${ask_seconds:-30}" docker exec "$id" "$@" > "$operation/answer" 2>&1 < /dev/null; then
    answer='command succeeded'
  else
    answer="command ended with exit code $?: $(tail -n 1 "$operation/answer" | head -c 200 | tr -d '\\000-\\037')"
    return 1
  fi
}
ask_log() {
  since=$(docker inspect --format '{{.State.StartedAt}}' "$1" 2> /dev/null)
  if docker logs --since "$since" "$1" 2>&1 < /dev/null | head -c 1048576 | grep -qaF -- "$2"; then
    answer="log says \\"$2\\""
  else
    answer="log does not say \\"$2\\" yet"
    return 1
  fi
}
# The container's own health check where it has one, else that it runs.
ask_auto() {
  answer=$(docker inspect --format '{{if .State.Health}}health {{.State.Health.Status}}{{else}}{{.State.Status}}{{end}}' "$1" 2> /dev/null)
  case $answer in 'health healthy' | running) return 0 ;; esac
  return 1
}
# await_running SERVICE READY … : for infrastructure, by its present containers
await_running() {
  service=$1
  shift
  # shellcheck disable=SC2046
  set -- "$service" "$(of_service "$service" | tr '\\n' ' ')" "$@"
  [ -n "\${2% }" ] || { fail HEALTH "$service has no container"; return; }
  wait_ready "$@"
}
`,`# What is looked at once everything runs: smoke tests, digests, the project's own hooks.

# smoke_test NAME SERVICE RETRIES SECONDS READY-FUNCTION
smoke_test() {
  id=$(tr '\\n' ' ' < "$operation/new-$2" 2> /dev/null)
  [ -n "$id" ] || id=$(of_service "$2" | tr '\\n' ' ')
  id=\${id%% *} tries=0 address_for='' ask_seconds=$4
  until answer='' && "$5" "$id"; do
    tries=$((tries + 1))
    if [ "$tries" -gt "$3" ]; then
      ask_seconds=
      # a service that died is the reason, not what a test of it sees
      all_live || return
      docker logs --tail 30 "$id" 2>&1 < /dev/null | tail -c 8192 > "$operation/last"
      evidence "smoke $1"
      fail SMOKE "smoke test $1: $answer"
      return
    fi
    sleep 1
  done
  ask_seconds=
  note smoke "$1" "$answer"
}

# verify_digests SERVICE=DIGEST…: what runs is what was wanted, asked of the engine, not of a tag
verify_digests() {
  # shellcheck disable=SC2046 # ids hold no blanks
  docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}} {{.State.Running}} {{.Image}}' \\
    $(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project" --filter label=com.docker.compose.oneoff=False) > "$operation/verified"
  for pair; do
    images=$(awk -v service="\${pair%%=*}" '$1 == service && $2 == "true" { print $3 }' "$operation/verified")
    [ -n "$images" ] || { all_live && fail HEALTH "no container of \${pair%%=*} runs any more"; return; }
    for image in $images; do
      [ "$image" = "\${pair#*=}" ] && continue
      docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$image" | grep -q "@\${pair#*=}\\$" && continue
      fail HEALTH "\${pair%%=*} runs $image, not the wanted \${pair#*=}"
      return
    done
  done
}

# attended TIMEOUT-COMMAND…: without the lock, and what it started ends with it (timeout makes a process group)
attended() {
  "$@" 9>&- &
  set -- "$!"
  wait "$1"
  set -- "$1" "$?"
  kill -s KILL -- "-$1" 2> /dev/null
  return "$2"
}
# server_hook NAME SECONDS abort|warn DIRECTORY COMMAND…
server_hook() {
  name=$1 seconds=$2 policy=$3 folder=$4
  shift 4
  # what a hook leaves running in the background must not keep the lock, nor make this wait for its output
  (cd -- "$directory/$folder" && capture attended timeout -k 5 "$seconds" "$@") && return
  result=$?
  evidence "hook $name"
  if [ "$policy" = warn ]; then
    note warning "hook $name" "ended with exit code $result"
    return 0
  fi
  if [ "$switched" = yes ]; then fail SMOKE "hook $name ended with exit code $result"; else fail CONFIG "hook $name ended with exit code $result"; fi
}
`,`# The release as a record: the commit by one rename, and what is tidied up after it.

# commit_release: only now does the new release become the current one, by one rename
commit_release() {
  record_file=$dot/releases/$release/release.json
  {
    release_start
    printf '"schema":{"before":"%s","after":"%s"},' "$(schema_revision before)" "$(schema_revision after)"
    printf '"committed":"%s"}' "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
  } | tr -d '\\n' > "$record_file.new"
  { printf '\\n' >> "$record_file.new" && printf '%s\\n' "$fallback" > "$dot/releases/$release/previous" &&
    sync "$record_file.new" "$dot/releases/$release/previous" && mv -f "$record_file.new" "$record_file" &&
    ln -sfn "releases/$release" "$dot/current.new" && mv -fT "$dot/current.new" "$dot/current"; } ||
    { fail CONFIG "the record of the release could not be written in $dot; is the disk full?"; return; }
  committed=yes
  sync "$dot/releases" "$dot"
  record committed
}
# As noted by the migration, made safe for JSON; without one the schema is still that of the release before.
schema_revision() {
  revision=$(sed -n "s/^[0-9]* note schema $1 //p" "$operation/journal" | tail -n 1 | base64 -d | tr -dc 'A-Za-z0-9_.,: ()-' | head -c 200)
  printf '%s' "\${revision:-$known_schema}"
}

# tidy KEEP SERVICE=CONTAINER-NAME…: old containers go, names become plain again, old records are forgotten.
# After the commit, so it never fails a deploy.
tidy() {
  keep=$1
  shift
  for pair; do
    tidy_service "\${pair%%=*}" "\${pair#*=}" &
  done
  wait
  prune_records
  return 0
}
tidy_service() {
  # shellcheck disable=SC2046
  set -- "$1" "$2" $(cat "$operation/old-$1")
  service=$1 wanted=$2 index=0
  shift 2
  [ $# = 0 ] || docker rm --force "$@" > /dev/null 2>&1
  while IFS= read -r id; do
    index=$((index + 1))
    docker rename "$id" "\${wanted:-$project-$service-$index}" > /dev/null 2>&1
  done < "$operation/new-$service"
}
prune_records() {
  kept=" $release $fallback $(cat "$dot/releases/$fallback/previous" 2> /dev/null) "
  for folder in "$dot"/releases/*/; do
    folder=\${folder%/}
    printf '%s\\n' "\${folder##*/}"
  done | sort -rn | tail -n "+$((keep + 1))" | while IFS= read -r id; do
    case $kept in *" $id "*) ;; *) rm -rf "\${dot:?}/releases/$id" ;; esac
  done
  for folder in "$dot"/operations/*/; do
    folder=\${folder%/}
    printf '%s\\n' "\${folder##*/}"
  done | sort -r | tail -n +21 | while IFS= read -r id; do rm -rf "\${dot:?}/operations/$id"; done
}

serving() { note serving all "$(containers 2> /dev/null)"; }
`,`# How the program begins: run by the deploy that made it, or settle by the next run when that one was killed.

main() {
  # only the journal's end ends this: not a hang-up, not the terminal of somebody
  trap '' HUP INT PIPE
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
}
`],r=(t,r)=>[`#!/bin/sh`,`# Operation ${r.operation}: ${t.kind} of release ${t.release.replaceAll(/\s/g,` `)}. Made by deploy-action; kept for its record and for settling.`,i(t,r),...n,r.compose,o(t),...s(t.steps),`release_start() { printf '%s' ${e(a(r.record))}; }`,`steps() {`,...t.steps.map((e,t)=>`  step ${t+1} ${f(e,t+1)}`),`}`,`main "$@"`,``].join(`
`),i=(t,n)=>Object.entries({directory:n.directory,project:n.project,env_file:n.environmentFile,operation:`${n.directory}/.deploy/operations/${n.operation}`,kind:t.kind,release:t.release,previous:t.previous??``,fallback:t.fallback??``,known_schema:n.schema}).map(([t,n])=>`${t}=${e(n)}`).join(`
`),a=e=>`${JSON.stringify(e).slice(0,-1)},`,o=e=>[`compose_program() { compose_over "$directory" "$dot/releases/$release" "" "$@"; }`,`compose_before() ( . "$dot/releases/$previous/compose.sh"; compose_over "$dot/releases/$previous/project" "$dot/releases/$previous" "" "$@" )`,e.previous===null?`# nothing was deployed here before`:`# before: ${JSON.stringify(e.previous)}`].join(`
`),s=t=>{let n=[],r=[];for(let[i,a]of t.entries())a.kind===`switch`&&(n.push(`ready_${i+1}() { ${c(a.readiness.ask)}; }`,`before_${i+1}() { ${c(a.readinessBefore.ask)}; }`),r.push(`    ${e(a.service)}) wait_ready "$1" "$2" before_${i+1} ${l(a.readinessBefore)} ;;`)),a.kind===`await`&&n.push(`ready_${i+1}() { ${c(a.readiness.ask)}; }`),a.kind===`smoke`&&n.push(`ready_${i+1}() { ${c(a.ask)}; }`);return[...n,`ready_before() {`,`  case $1 in`,...r,`    *) return 0 ;;`,`  esac`,`}`]},c=t=>{switch(t.kind){case`http`:return[`ask_http "$1"`,e(String(t.port)),e(t.path),e(t.status.join(` `)),e(t.contains??``),...t.patterns.map(e)].join(` `);case`exec`:return`ask_exec "$1" ${t.argv.map(e).join(` `)}`;case`log`:return`ask_log "$1" ${e(t.text)}`;case`auto`:return`ask_auto "$1"`}},l=({grace:e,interval:t,retries:n,deadline:r,stable:i})=>d([e,t,n,r,i].map(String)),u=e=>String(Math.max(1,Math.ceil(e/1e3))),d=t=>t.map(e).join(` `),f=(t,n)=>{switch(t.kind){case`files`:return`place_files`;case`pull`:return`pull_images ${d(t.references)}`;case`infrastructure`:return`start_infrastructure ${d(t.services)}`;case`await`:return`await_running ${e(t.service)} ready_${n} ${l(t.readiness)}`;case`create`:return`create_containers ${d(t.services.map(({name:e,scale:t})=>`${e}=${t}`))}`;case`await-created`:return`await_created ${d(t.services)}`;case`schema`:return`schema ${t.when} ${u(t.timeout)} ${d(t.run)}`;case`migrate`:return`migrate_${t.tool} ${u(t.timeout)} ${d(t.run)}`;case`switch`:return`switch_service ${e(t.service)} ${t.order} ${e(t.old.join(` `))} ${e(t.policy)} ready_${n} ${l(t.readiness)}`;case`stable`:return`stayed_up ${d(t.services)}`;case`restart`:return`restart_service ${e(t.service)}`;case`seed`:return`run_seed ${e(t.name)} ${t.hash} ${u(t.timeout)} ${d(t.run)}`;case`smoke`:return`smoke_test ${e(t.name)} ${e(t.service)} ${t.retries} ${u(t.timeout)} ready_${n}`;case`verify`:return`verify_digests ${d(Object.entries(t.services).map(([e,t])=>`${e}=${t}`))}`;case`hook`:return`server_hook ${e(t.name)} ${u(t.timeout)} ${t.onFailure} ${e(t.directory)} ${d(t.argv)}`;case`commit`:return`commit_release`;case`tidy`:return`tidy ${t.keep} ${d(Object.entries(t.services).map(([e,t])=>`${e}=${t}`))}`}},p=(t,n,r,i,a,o)=>{let s=e(`${n}/${r}`);return`# How compose is called for this release. FILES: folder of the project's files, PINS: folder of the pins.
compose_over() {
  over_files=$1 over_pins=$2 over_probe=$3
  shift 3
  over_env=
  if [ -e ${s} ]; then over_env=${s}; fi
  isolated docker compose --project-name ${e(t)} --project-directory ${e(n)} \\
    \${over_env:+--env-file} \${over_env:+"$over_env"}${o===`env`?` --env-file "$over_pins/pin.env"`:``} \\
    ${i.map(t=>`--file "$over_files"/${e(t)}`).join(` `)}${o===`override`?` --file "$over_pins/pin.yml"`:``} \\
    \${over_probe:+--file} \${over_probe:+"$over_probe"}${a.map(t=>` --profile ${e(t)}`).join(``)} "$@"
}
`};export{p as n,r as t};