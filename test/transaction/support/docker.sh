# A stand-in for docker: keeps containers as folders in $state, records its arguments, and fails as it is told to.
# It answers what the front and the program ask, by the very formats they ask with; an unknown question is an error.
set -u
tab=$(printf '\t')
line=
for argument; do line="$line$argument$tab"; done
newline='
'
# a call is a line; programs are started only where they are needed, because this runs a thousand times
case $line in *"$newline"*) line=$(printf '%s' "$line" | tr '\n' ' ') ;; esac
printf '%s\n' "$line" >> "$state/calls"

# kill-at holds a piece of a command line, a blank before its first word: the program dies without a word as this is asked
if [ -e "$state/kill-at" ] && printf ' %s' "$line" | grep -qF -- "$(cat "$state/kill-at")"; then
  rm "$state/kill-at"
  kill -9 "$(cat "$(ls "$state"/../stack*/.deploy/operations/*/pid | tail -n 1)")"
  exit 1
fi
# fail-at holds a piece of a command line that fails as long as the file is there
if [ -e "$state/fail-at" ] && printf '%s' "$line" | grep -qF -- "$(cat "$state/fail-at")"; then
  echo 'Error response from daemon: told to fail' >&2
  exit 1
fi
if [ -e "$state/secret" ] && cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\0' '\n' | grep -qFf "$state/secret"; then
  echo "in the arguments of a process during: $line" >> "$state/leaks"
fi

# each of them is one line, or none
of() {
  [ -r "$state/containers/$1/$2" ] || return
  IFS= read -r value < "$state/containers/$1/$2" || :
  printf '%s' "$value"
}
image_id() { case $1 in sha256:*) printf '%s' "$1" ;; *@*) printf '%s' "${1#*@}" ;; *) printf 'sha256:%s' "$(printf '%s' "$1" | sha256sum | cut -d' ' -f1)" ;; esac; }
is_sick() { [ -e "$state/sick" ] && grep -qxF -- "$1" "$state/sick" 2> /dev/null; }

list() { # FILTERS…
  wanted_service='' wanted_oneoff='' wanted_name='' only_running=yes with_service=no
  while [ $# -gt 0 ]; do
    case $1 in
      --all) only_running=no ;;
      --filter)
        shift
        case $1 in
          label=com.docker.compose.service=*) wanted_service=${1##*=} ;;
          label=com.docker.compose.oneoff=*) wanted_oneoff=${1##*=} ;;
          name=*) wanted_name=${1#name=} ;;
        esac
        ;;
      --format)
        case $2 in
          *working_dir*) cat "$state/stacks" 2> /dev/null; return ;;
          '{{.Label "com.docker.compose.service"}} {{.ID}}') with_service=yes; shift 2; continue ;;
        esac
        for id in $(ls "$state/containers"); do printf '%s "%s" "%s" ""\n' "$id" "$(of "$id" project)" "$(of "$id" name)"; done
        return
        ;;
    esac
    shift
  done
  for id in $(ls -tr "$state/containers"); do
    [ -z "$wanted_service" ] || [ "$(of "$id" service)" = "$wanted_service" ] || continue
    [ -z "$wanted_oneoff" ] || [ "$(of "$id" oneoff)" = "$wanted_oneoff" ] || continue
    [ -z "$wanted_name" ] || of "$id" name | grep -q -- "$wanted_name" || continue
    [ "$only_running" = no ] || [ "$(of "$id" state)" = running ] || continue
    [ "$with_service" = no ] || printf '%s ' "$(of "$id" service)"
    printf '%s\n' "$id"
  done
}

inspect() { # --format FORMAT ID…
  format=$2 found=0
  shift 2
  for id; do
    if ! [ -d "$state/containers/$id" ]; then
      echo "Error: No such object: $id" >&2
      found=1
      continue
    fi
    status=$(of "$id" state)
    case $format in
      '{"id"'*)
        printf '{"id":"%s","name":"/%s","service":"%s","oneoff":"%s","operation":"%s","image":"%s","imageId":"%s","state":"%s","started":"%s","restarts":0,"health":null,"policy":"%s","ports":{}}\n' \
          "$id" "$(of "$id" name)" "$(of "$id" service)" "$(of "$id" oneoff)" "$(of "$id" operation)" "$(of "$id" image)" "$(image_id "$(of "$id" image)")" "$status" "$(of "$id" started)" "$(of "$id" policy)"
        ;;
      '{{.Image}}') printf '%s\n' "$(image_id "$(of "$id" image)")" ;;
      '{{.State.Status}} {{.RestartCount}} {{.State.ExitCode}} {{.State.OOMKilled}}') echo "$status 0 $(of "$id" code) false" ;;
      '{{.State.Status}}, '*) echo "$status, 0 restarts, exit code $(of "$id" code)" ;;
      '{{.State.Status}}') echo "$status" ;;
      '{{range .Config.Env}}'*) cat "$state/container-environment" 2> /dev/null; echo ;;
      '{{.State.StartedAt}}') echo "$(of "$id" started)" ;;
      '{{.State.Status}} {{.RestartCount}} {{.State.StartedAt}}') echo "$status 0 $(of "$id" started)" ;;
      '{{if .State.Health}}'*) if is_sick "$(of "$id" image)"; then echo 'health unhealthy'; else echo "$status"; fi ;;
      '{{if eq .HostConfig.NetworkMode'*) echo '127.0.0.1 ' ;;
      *) echo "the stand-in does not know the format $format" >&2; exit 64 ;;
    esac
  done
  return "$found"
}

# SERVICE IMAGE ONEOFF NAME: a new container, not started
create() {
  folder=$(mktemp -d "$state/containers/XXXXXXXXXX")
  printf '%s' "$1" > "$folder/service"
  printf '%s' "$2" > "$folder/image"
  printf '%s' "$3" > "$folder/oneoff"
  printf '%s' "$4" > "$folder/name"
  printf '%s' "$project" > "$folder/project"
  printf created > "$folder/state"
  printf 0 > "$folder/code"
  printf unless-stopped > "$folder/policy"
  basename "$folder"
}
start() {
  for id; do
    [ -d "$state/containers/$id" ] || { echo "Error: No such container: $id" >&2; return 1; }
    date +%s%N > "$state/containers/$id/started"
    # what the project's file held as this container mounted it
    cat "$(ls -d "$state"/../stack*)/conf/app.conf" > "$state/containers/$id/mounted" 2> /dev/null
    if [ -e "$state/dies" ] && grep -qxF -- "$(of "$id" image)" "$state/dies"; then
      printf exited > "$state/containers/$id/state"
      printf 3 > "$state/containers/$id/code"
    else
      printf running > "$state/containers/$id/state"
    fi
  done
  bots=0
  for id in $(ls "$state/containers"); do
    if [ "$(of "$id" service) $(of "$id" state)" = 'bot running' ]; then bots=$((bots + 1)); fi
  done
  [ "$bots" -le 1 ] || echo "two bots ran at the same time" >> "$state/violations"
}

# --- compose ---------------------------------------------------------------------------------------------------------
declared_image() { awk -v name="$1:" '/^  [^ ]/ { here = ($1 == name) } here && /^    image: / { print $2; exit }' "$state/config"; }
image_of() {
  pinned=
  if [ -n "$pins" ]; then pinned=$(awk -v name="\"$1\":" '/^  [^ ]/ { here = ($1 == name) } here && /^    image: / { gsub(/"/, "", $2); print $2; exit }' "$pins"); fi
  printf '%s' "${pinned:-$(declared_image "$1")}"
}
# What a probe asks of the environment file, as compose shows it: JSON, with each $ twice.
labels_asked() {
  variable=$(sed -n 's/.*"${\(.*\)}"$/\1/p' "$probe")
  printf '{\n "services": {"%s": {"labels": {"deploy-action.bearer": "%s"}}}\n}\n' "$(sed -n 's/^  "\(.*\)":$/\1/p' "$probe")" \
    "$(sed -n "s/^$variable=//p" "$(ls -d "$state"/../stack*)/.env" | sed 's/["\\]/\\&/g; s/\$/$$/g')"
}
resolved() {
  [ ! -e "$state/unresolvable" ] || { cat "$state/unresolvable" >&2; return 1; }
  while IFS= read -r text; do
    case $text in
      '  '[a-z]*:) name=${text#  } name=${name%:} ;;
      '    image: '*) text="    image: $(image_of "$name")" ;;
    esac
    printf '%s\n' "$text"
  done < "$state/config"
}
up() {
  starts=yes scales=
  while [ $# -gt 0 ]; do
    case $1 in
      --no-start) starts=no ;;
      --scale) shift; scales="$scales $1" ;;
      --*) ;;
      *) break ;;
    esac
    shift
  done
  for service; do
    count=0
    for id in $(ls "$state/containers"); do
      if [ "$(of "$id" service) $(of "$id" oneoff)" = "$service False" ]; then count=$((count + 1)); fi
    done
    wanted=1
    for pair in $scales; do [ "${pair%=*}" != "$service" ] || wanted=${pair#*=}; done
    while [ "$count" -lt "$wanted" ]; do
      count=$((count + 1))
      create "$service" "$(image_of "$service")" False "$project-$service-$count" > /dev/null
    done
    if [ "$starts" = yes ]; then
      for id in $(ls "$state/containers"); do [ "$(of "$id" service)" != "$service" ] || start "$id"; done
    fi
  done
}
run_once() {
  by=
  while [ $# -gt 0 ]; do
    case $1 in
      --name) shift; name=$1 ;;
      --label=deploy-action.operation=*) by=${1##*=} ;;
      --entrypoint) shift ;;
      --*) ;;
      *) break ;;
    esac
    shift
  done
  kind=${name#"$project"-}
  kind=${kind%-[0-9]*-*}
  if [ -n "$(list --all --filter "name=^$name\$")" ]; then echo "Conflict. The container name \"/$name\" is already in use" >&2; return 1; fi
  id=$(create "$1" "$(image_of "$1")" True "$name")
  printf running > "$state/containers/$id/state"
  printf '%s' "$by" > "$state/containers/$id/operation"
  printf '%s\n' "$kind $(image_of "$1")" >> "$state/ran"
  if [ -e "$state/one-off/$kind" ]; then sh "$state/one-off/$kind"; else printf 'deploy-action: before a1\ndeploy-action: after b2\n'; fi
  code=$?
  rm -rf "$state/containers/$id"
  return "$code"
}
compose() {
  project='' pins=
  while :; do
    case $1 in
      --project-name) project=$2; shift 2 ;;
      --file)
        case $2 in */pin.yml) pins=$2 ;; */bearer.yml) probe=$2 ;; esac
        shift 2
        ;;
      --project-directory | --env-file | --profile) shift 2 ;;
      *) break ;;
    esac
  done
  verb=$1
  shift
  case $verb in
    version) echo 2.40.0 ;;
    config) case " $* " in *' --format json '*) labels_asked ;; *) resolved ;; esac ;;
    up) up "$@" ;;
    run) run_once "$@" ;;
    *) echo "the stand-in does not know compose $verb" >&2; exit 64 ;;
  esac
}

verb=$1
shift
case $verb in
  ps) list "$@" ;;
  inspect) inspect "$@" ;;
  image)
    if [ "$1" = rm ]; then
      shift
      printf '%s\n' "$@" >> "$state/removed-images"
      exit
    fi
    shift 3
    found=0
    for reference; do
      case $reference in
        sha256:*) ;;
        *) grep -qxF -- "$reference" "$state/present" || { echo "Error response from daemon: No such image: $reference" >&2; found=1; continue; } ;;
      esac
      printf '{"id":"%s","digests":["ghcr.io/acme/x@%s"]}\n' "$(image_id "$reference")" "$(image_id "$reference")"
    done
    exit "$found"
    ;;
  pull)
    shift
    if [ -n "${DOCKER_CONFIG:-}" ]; then cp "$DOCKER_CONFIG/config.json" "$state/seen-login"; fi
    printf '%s %s\n' "${DOCKER_CONFIG:+with login, }${DOCKER_HOST:-no host}" "$1" >> "$state/pulled"
    # deny-login and deny-own hold what the registry says to a pull with our login, and without
    denied=$state/deny-${DOCKER_CONFIG:+login}
    [ -n "${DOCKER_CONFIG:-}" ] || denied=${denied}own
    if [ -e "$denied" ]; then cat "$denied" >&2; exit 1; fi
    printf '%s\n' "$1" >> "$state/present"
    ;;
  start) start "$@" ;;
  restart) start "$@" ;;
  stop | kill) for id; do printf exited > "$state/containers/$id/state"; done ;;
  update) shift; policy=$1; shift; for id; do printf '%s' "$policy" > "$state/containers/$id/policy"; done ;;
  rename) printf '%s' "$2" > "$state/containers/$1/name" ;;
  rm) shift; for id; do rm -rf "$state/containers/$id"; done ;;
  wait) while [ -d "$state/containers/$1" ]; do sleep 0.02; done ;;
  logs) if [ -e "$state/log" ]; then cat "$state/log"; else echo 'log of the container'; fi ;;
  exec)
    [ "$1" != -i ] || shift
    shift
    "$@"
    ;;
  # a shell beside a container's volumes, which are this machine's folders
  run)
    while [ "$1" != --entrypoint ]; do shift; done
    program=$2
    shift 3
    "$program" "$@"
    ;;
  info) echo / ;;
  events) ;;
  version) echo '28.5.2 linux/amd64 28.5.2' ;;
  context) echo 'unix:///run/user/1000/docker.sock' ;;
  compose) compose "$@" ;;
  *) echo "the stand-in does not know $verb" >&2; exit 64 ;;
esac
