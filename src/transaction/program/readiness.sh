# When is a container ready? Asked from outside it, with every change of its answer told.

# wait_ready SERVICE "IDS" READY-FUNCTION GRACE INTERVAL RETRIES DEADLINE STABLE (milliseconds)
# Polls quickly at first where no number of retries was asked for, but never more than half of the time: what a question
# costs is missing to the service that starts. Says every change of the answer it gets.
wait_ready() {
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
  note health "$service" "$attempts attempts in $(seconds $(((ticks - began) * 10))) s: ${answers#; }"
  if [ "$stable" -gt 0 ]; then
    # shellcheck disable=SC2086 # ids hold no blanks
    watch_life "$service" "$ids" "$stable" "$(lives_of $ids)"
    stayed_up "$service" || return
  fi
}
seconds() { printf '%s.%s' $(($1 / 1000)) $(($1 % 1000 / 100)); }
add_answer() {
  case $answers in *"$answer") ;; *) if [ ${#answers} -lt 2000 ]; then answers="$answers; $answer"; fi ;; esac
}
# still_runs ID: not exited, and not in a restart loop
still_runs() {
  id=$1
  set -- "$(life_of "$id" || { await_engine && life_of "$id"; })"
  case $1 in
    'running '[012]' '* | 'restarting '[012]' '*' false' | 'created '*) return 0 ;;
    # also where its policy starts it again: it would only die again
    *' true') answer="was killed for its memory (exit code 137, OOMKilled)" ;;
    running* | restarting*)
      ends=$(ends_of "$id" | sed -n 's/^die //p' | tail -n 1)
      set -- "${1% *}"
      answer="restarts again and again (status, restarts, exit code: ${1% *} ${ends:-${1##* }})"
      ;;
    '') answer='is gone' ;;
    *) answer="ended (status, restarts, exit code: ${1% *})" ;;
  esac
  return 1
}
life_of() { docker inspect --format '{{.State.Status}} {{.RestartCount}} {{.State.ExitCode}} {{.State.OOMKilled}}' "$1" 2> /dev/null; }
# ends_of ID: "die CODE" and "oom", a line each. What runs again has forgotten how its last life ended; the engine has not.
ends_of() {
  docker events --since 2h --until "$(date +%s.%N)" --filter "container=$1" --filter event=die --filter event=oom \
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
# Ready is not enough: it must stay up, with no restart, for its window. What its life was like when it was ready is kept
# in $operation/life-SERVICE; whether it was the same life all the time is asked when the window is over.
LIFE='{{.State.Status}} {{.RestartCount}} {{.State.StartedAt}}'
lives_of() { docker inspect --format "$LIFE" "$@" 2> /dev/null; }
life_sentence() { docker inspect --format '{{.State.Status}}, {{.RestartCount}} restarts, exit code {{.State.ExitCode}}' "$@" 2> /dev/null | tr '\n' ' '; }
# the first of them that does not run, or has been started again; the last where none is seen to
unwell_of() {
  for one_of; do
    case $(lives_of "$one_of") in 'running 0 '*) ;; *) break ;; esac
  done
  printf '%s' "$one_of"
}
# watch_life SERVICE "IDS" STABLE (milliseconds) LIVES
watch_life() { printf '%s %s %s\n%s\n' "$ready_at" "$3" "$2" "$4" > "$operation/life-$1"; }
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
  after=$(lives_of $ids)
  if [ "$before" != "$after" ] || [ -z "$after" ] || printf '%s\n' "$after" | grep -qv '^running '; then
    # shellcheck disable=SC2086
    not_ready "$(unwell_of $ids)" "$service did not stay up for $(seconds "$stable") s after it was ready: $(life_sentence $ids)"
  fi
}
# Those whose window still runs, without waiting for its end.
all_live() {
  for life in "$operation"/life-*; do
    [ ! -e "$life" ] || same_life "${life##*/life-}" || return
  done
}

# The ways to ask. Each is given a container id; sets `answer`.
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
  timeout "${ask_seconds:-5}" bash -c 'exec 3<> "/dev/tcp/$1/$2" && printf "GET %s HTTP/1.0\r\nHost: %s:%s\r\nUser-Agent: deploy-action\r\nAccept: */*\r\n\r\n" "$3" "$1" "$2" >&3 && head -c 65536 <&3' bash "$address" "$port" "$route" > "$operation/answer$apart" 2> /dev/null
  status=$(answer_status)
  if [ -z "$status" ]; then
    answer="no answer on port $port"
    return 1
  fi
  answer="HTTP $status"
  case " $statuses " in *" $status "*) ;; *) know_once; answer="$answer $(body | tail -c 2000 | hide | tail -c 200 | tr -d '\000-\037')"; return 1 ;; esac
  if [ -n "$contains" ] && ! body | grep -qaF -- "$contains"; then
    answer="HTTP $status without \"$contains\""
    return 1
  fi
  for pattern; do
    # a value may end its line
    if ! body | tr '\n' ' ' | grep -qaE -- "$pattern"; then
      know_once
      answer="HTTP $status, but the JSON differs: $(body | head -c 2000 | hide | head -c 200 | tr -d '\000-\037')"
      return 1
    fi
  done
}
answer_status() { sed -n '1s/^HTTP\/[0-9.]* \([0-9][0-9][0-9]\).*/\1/p' "$operation/answer$apart"; }
body() { sed '1,/^\r*$/d' "$operation/answer$apart"; }
ask_exec() {
  id=$1
  shift
  {
    timeout -k 2 "${ask_seconds:-30}" docker exec "$id" "$@"
    printf '%s\n' "$?" > "$operation/answer-status$apart"
  } 2>&1 < /dev/null | tail -c 65536 > "$operation/answer$apart"
  read -r result < "$operation/answer-status$apart" || result=1
  if [ "$result" = 0 ]; then
    answer='command succeeded'
  else
    know_once
    answer="command ended with exit code $result: $(tail -n 1 "$operation/answer$apart" | head -c 2000 | hide | head -c 200 | tr -d '\000-\037')"
    return 1
  fi
}
# Of the log only what its present life wrote counts, which is asked once the text is there at all.
ask_log() {
  if log_says "$1" "$2" && log_says "$1" "$2" --since "$(docker inspect --format '{{.State.StartedAt}}' "$1" 2> /dev/null)"; then
    answer="log says \"$2\""
  else
    answer="log does not say \"$2\" yet"
    return 1
  fi
}
# log_says ID TEXT OPTION…
log_says() {
  id=$1 text=$2
  shift 2
  docker logs "$@" "$id" 2>&1 < /dev/null | head -c 1048576 | grep -qaF -- "$text"
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
  set -- "$service" "$(of_service "$service" | tr '\n' ' ')" "$@"
  [ -n "${2% }" ] || { fail HEALTH "$service has no container"; return; }
  wait_ready "$@"
}
# await_first_start SERVICE READY…: a database sets itself up once, and takes what an attempt that failed left for the whole
await_first_start() {
  await_running "$@" || return
  # shellcheck disable=SC2046
  restarts=$(docker inspect --format '{{.RestartCount}}' $(of_service "$1") | sort -n | tail -n 1)
  [ "${restarts:-0}" -gt 0 ] || return 0
  id=$(of_service "$1" | head -n 1)
  volumes=$(docker inspect --format '{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}} {{end}}{{end}}' "$id")
  not_ready "$id" "$1 answers, but its first start failed ($restarts restarts), so it may be set up by half; once that is mended, and where no data is in it yet, on the server: docker rm --force $(docker inspect --format '{{.Name}}' "$id" | cut -c2-) && docker volume rm ${volumes% }"
}
