# shellcheck shell=bash
# What stands before a key that is only for looking and for going back. sshd runs it instead of what the client asks for:
#
#   restrict,command="/usr/local/lib/deploy-action/rollback-key PATH PROJECT ENV_FILE" ssh-ed25519 AAAA…
#
# It lets through the look (status, plan) and the rollback of one stack. Every byte that a shell would run is one that a deploy
# key brought there before: the front and the rooms of the program by their sums, and what asks services for their health,
# tests them and asks the database too, from the file `rollback-key` of each release. The rest of a program is numbers, ids
# and names, which are compared with the records. Whatever it does not know it refuses, before a byte of it runs.
#
# bash -p: nothing of the environment is a function or a start file.
set -u
LC_ALL=C
umask 077
[ $# = 3 ] || { echo 'usage: rollback-key PATH PROJECT ENV_FILE' >&2; exit 78; }
path=$1 project=$2 env_file=$3 dot=$1/.deploy nonce='' newline=$'\n' quote="'" escaped="'\\''"
command=${SSH_ORIGINAL_COMMAND:-}
exec 3<&0 8>&1

refuse() {
  local sentence="this key may only look at $path and roll it back: $1"
  [ -z "$nonce" ] || printf '%s fact gate %s\n' "$nonce" "$(printf '%s' "$sentence" | base64 -w 0)" >&8
  printf 'deploy-action: %s\n' "$sentence" | tr -dc '\n[:print:]' >&2
  exit 77
}

# is_known LINE: one of those that a deploy wrote for this key
is_known() { grep -qsxF -- "$1" "$dot"/releases/*/rollback-key; }
is_known_text() { is_known "text $(sum_of "$1")"; }
# in_record TEXT, without a newline: each would be one more pattern
in_record() { case $1 in *"$newline"*) return 1 ;; esac; grep -qsF -- "$1" "$dot"/releases/*/release.json; }
sum_of() { printf '%s' "$1" | sha256sum | cut -d' ' -f1; }

word='[A-Za-z0-9_@%+=:,./-]+'
name='[A-Za-z0-9][A-Za-z0-9_.-]*'
id='[0-9]+-[0-9a-f]{7,64}'
key='(-|[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*)'
times='( [0-9]{1,7}){5}'
string='(null|"([^"\\[:cntrl:]]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*")'
asker="\"actor\":$string,\"run\":$string,\"reason\":$string,"
ready='(ready|before)_[0-9]+(_[0-9]+)?'

# The command: the front of a version that has deployed here, and ten words.
check_command() {
  local words="(operate|observe|follow) ([0-9a-f]{24}) ($word) ($word) ([0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}) ($word) ([0-9]{1,6}) ($word|'[^'[:cntrl:]]*') ([A-Za-z0-9._-]+|'') $key"
  local whole="^(exec sh -c .*) $words\$"
  [[ $command =~ $whole ]] || refuse 'that is another command'
  local front=${BASH_REMATCH[1]}
  verb=${BASH_REMATCH[2]} nonce=${BASH_REMATCH[3]} operation=${BASH_REMATCH[6]} target=${BASH_REMATCH[10]}
  local its_path=${BASH_REMATCH[4]} its_project=${BASH_REMATCH[5]} its_env_file=${BASH_REMATCH[7]}
  [ "$its_path" = "$path" ] || refuse "not $its_path"
  [ "$its_project $its_env_file" = "$project $env_file" ] || refuse "not the project $its_project with $its_env_file"
  [ -d "$dot/releases" ] || refuse 'nothing was deployed there yet'
  request=$(sed -n "s/^front $(sum_of "$front") //p" "$dot"/releases/*/rollback-key 2> /dev/null | head -n 1)
  [ -n "$request" ] || refuse 'no deploy on record there was made by this version of deploy-action'
  [ "$target" != "''" ] || refuse 'that is no status and no rollback'
  # whoever follows can also cancel, and by going ends what is not switched yet
  [ "$verb" != follow ] || [ "$(sed -n 's/^kind=//p' "$dot/operations/$operation/program.sh" 2> /dev/null | head -n 1)" = rollback ] ||
    refuse "operation $operation is no rollback"
}

# line MOST: a bounded line, within five minutes, because who waits for it holds the lock; a longer one is not read to its end
line() {
  IFS= read -r -n "$1" -t 300 REPLY || return
  [ ${#REPLY} -lt "$1" ] || refuse 'a line has no end'
}
# body MOST: base64 lines up to the line "."
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
# Between the client and the front. The request is never the client's: a look needs none, and files of a release are there.
relay() {
  if [ "$verb" != follow ]; then
    line 66 && body 64 || exit
    base64 -d <<< "$request"
    [ "$verb" = operate ] || exit 0
    line 72 || exit
    [[ $REPLY =~ ^go\ [0-9a-f]{64}$ ]] || exit
    body 64 || exit
    # NUL is no byte of a program; the x keeps the newlines at its end
    program=$(base64 -d <<< "$body" 2> /dev/null | gzip -dc 2> /dev/null | head -c 400000 | tr -d '\0'; printf x)
    program=${program%x}
    line 16000 || exit
    credentials=$REPLY
    [[ $credentials =~ ^[A-Za-z0-9+/=]*$ ]] || refuse 'its login is not base64'
    login=$(base64 -d <<< "$credentials" 2> /dev/null | tr -d '\0')
    [[ -z $login || $login =~ ^\{\"auths\":\{\"[A-Za-z0-9./:_-]+\":\{\"auth\":\"[A-Za-z0-9+/=]*\"\}\}\}$ ]] || refuse 'its login holds more than a login'
    check_program "$program"
    packed=$(printf '%s' "$program" | gzip -c | base64 -w 4096)
    printf 'go %s\n%s\n.\n%s\n' "$(base64 -d <<< "$packed" | sha256sum | cut -d' ' -f1)" "$packed" "$credentials"
  fi
  while line 16; do
    case $REPLY in alive | cancel | switch | back) printf '%s\n' "$REPLY" ;; esac
  done
}

# What stands next in the program, or nothing of it runs.
foreign() { refuse "its program holds what no rollback does: ${rest:0:80}"; }
eat() { [[ $rest =~ ^$1 ]] || foreign; rest=${rest:${#BASH_REMATCH[0]}}; }
literal() { [ "${rest:0:${#1}}" = "$1" ] || foreign; rest=${rest:${#1}}; }
# until TEXT: all before it in $taken
until_text() { taken=${rest%%"$1"*}; [ "$taken" != "$rest" ] || foreign; rest=${rest:${#taken}}; }

check_program() {
  rest=$1
  literal "#!/bin/sh$newline# Operation $operation: rollback of release "
  eat "($id)"
  release=${BASH_REMATCH[1]}
  literal ". Made by deploy-action; kept for its record and for settling.${newline}directory=$path${newline}project=$project${newline}env_file=$env_file${newline}operation=$dot/operations/$operation${newline}kind=rollback${newline}release=$release${newline}previous="
  eat "($id|'')$newline"
  previous=${BASH_REMATCH[1]}
  [ "$previous" = "''" ] || [ -e "$dot/releases/$previous/release.json" ] || foreign
  eat "fallback=($id|'')$newline"
  eat "known_schema=($word|'[A-Za-z0-9_.,: ()-]*')$newline"
  eat "repository=$key$newline"
  eat "parts='($key $id($newline$key $id)*)'$newline"
  # of others what is in force now
  while read -r part; do
    [ "${part#* }" = "$release" ] || grep -qsxF -- "$part" "$dot/current/parts" || foreign
  done <<< "${BASH_REMATCH[1]}"
  if [ "$previous" = "''" ]; then before='# nothing was deployed here before'; else before="# before: \"$previous\""; fi
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
  while [[ $rest =~ ^${ready}\(\)\ \{\  ]]; do
    eat "${ready}\(\) \{ "
    until_text "; }$newline"
    is_known_text "$taken" || refuse "no release there asks a service so: ${taken:0:80}"
    literal "; }$newline"
  done
  literal "ready_before() {$newline  case \$1 in$newline"
  while [[ $rest =~ ^\ \ \ \ $name\)\ wait ]]; do eat "    $name\) wait_ready \"\\\$1\" \"\\\$2\" $ready$times ;;$newline"; done
  literal "    *) return 0 ;;$newline  esac$newline}$newline"
}
# The record that is written is that of the release which comes back, but for who asked for it, when and why.
check_record() {
  literal "release_start() { printf '%s' '"
  until_text "'; }$newline"
  local after=$rest
  rest=${taken//"$escaped"/"$quote"}
  case $rest in *"$newline"*) foreign ;; esac
  [ "${rest//"$quote"/"$escaped"}" = "$taken" ] || foreign
  eat "\\{\"id\":\"$release\",\"number\":${release%%-*},\"kind\":\"rollback\",\"of\":\"($id)\","
  of=${BASH_REMATCH[1]}
  record=$(cat "$dot/releases/$of/release.json" 2> /dev/null)
  local shape="^\{\"id\":\"$of\",\"number\":[0-9]+,\"kind\":\"[a-z]+\",\"of\":$string,(\"fallback\":$string,\"commit\":$string,\"ref\":$string,\"repository\":$string,)$asker\"operation\":$string,(.*,)\"stack\":\{.*\},\"schema\":\{"
  [[ $record =~ $shape ]] ||
    refuse "the record of release $of cannot be read"
  local origin=${BASH_REMATCH[3]} content=${BASH_REMATCH[20]}
  # what it brings is that release's, to the byte
  for part in project compose.sh pin.yml pin.env executables; do
    [ -e "$dot/operations/$operation/stage/$part" ] || [ -e "$dot/releases/$of/$part" ] || continue
    diff -r "$dot/releases/$of/$part" "$dot/operations/$operation/stage/$part" > /dev/null 2>&1 || refuse "release $of is not the one that was asked for"
  done
  literal "$origin"
  eat "$asker\"operation\":\"$operation\","
  [ ${#BASH_REMATCH[0]} -le 4000 ] || refuse 'its reason has no end'
  literal "$content\"stack\":{"
  while :; do
    eat "\"$key\":\\{\"release\":\"($id)\",(\"commit\":\"[0-9a-f]+\",\"images\":\\{[^{}]*\\}\\})"
    [ "${BASH_REMATCH[3]}" = "$release" ] || [ -e "$dot/releases/${BASH_REMATCH[3]}/release.json" ] || foreign
    in_record "${BASH_REMATCH[4]}" || foreign
    [[ $rest == ,* ]] || break
    literal ,
  done
  literal '},'
  [ -z "$rest" ] || foreign
  rest=$after
  literal "'; }$newline"
}

# Its calls: what a rollback does, in the order in which it does it.
check_steps() {
  local number=0 order=' ' step
  literal "steps() {$newline"
  while [[ $rest == '  step '* ]]; do
    number=$((number + 1))
    literal "  step $number "
    [[ $rest =~ ^([a-z_]+) ]] || foreign
    step=${BASH_REMATCH[1]} order="$order$step "
    check_step
    literal "$newline"
  done
  literal "}$newline"
  [[ $order =~ ^\ (pull_images )?(ask_known )?place_files\ (start_infrastructure (await_running )*)?(create_containers await_created )?(gate )?(restart_service )*(gate )?(switch_services )*(start_alone )?(await_running )*(smoke_test )*verify_digests\ (stayed_up )?commit_release\ tidy\ $ ]] ||
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
      [[ $taken =~ \ ready_[0-9]+$ ]] || foreign
      is_known_text "$step${taken% *}" || refuse "no release there is tested so:$taken"
      ;;
    verify_digests)
      each digest
      ;;
    tidy)
      eat ' ([0-9]{1,3})'
      is_kept "${BASH_REMATCH[1]}" || refuse "it would keep ${BASH_REMATCH[1]} releases, fewer than the deploys there"
      each tidied
      ;;
    *) refuse "its program calls $step, which no rollback does" ;;
  esac
  # words of which there are none
  [[ $rest != " $newline"* ]] || rest=${rest# }
}
# each KIND: words as long as there are any, each of which must be one of those
each() {
  while [[ $rest =~ ^\ ($word) ]]; do
    eat " ($word)"
    one=${BASH_REMATCH[1]}
    "is_$1" "$one" || refuse "$step ${one:0:80}: no release there has that"
  done
}
# a service that runs an image of ours; what is made beside a database would write into its files
is_service() { [[ $1 =~ ^$name$ ]] && in_record "\"$1\":{\"image\":"; }
is_infrastructure() { [[ $1 =~ ^$name$ ]] && grep -qsE -- "\"infrastructure\":\[[^]]*\"${1//./\\.}\"" "$dot"/releases/*/release.json; }
is_image() { in_record "\"reference\":\"$1\"" || { [[ $1 != *+* ]] && grep -qsrxE -- " *image: [\"']?${1//./\\.}[\"']?" "$dot"/releases/*/project; }; }
is_created() { is_service "${1%=*}" && [[ ${1##*=} =~ ^[1-9][0-9]?$ ]]; }
is_digest() {
  local as_recorded="\"${1%%=*}\":\{\"image\":\"[^\"]*\",\"digest\":\"${1#*=}\""
  is_service "${1%%=*}" && [[ ${1#*=} =~ ^sha256:[0-9a-f]{64}$ ]] && [[ $record =~ $as_recorded ]]
}
is_tidied() { is_service "${1%%=*}" && { [ -z "${1#*=}" ] || in_record "\"containerName\":\"${1#*=}\""; }; }
is_kept() { [ "$1" -ge "$(sed -n 's/^keep \([0-9]*\)$/\1/p' "$dot"/releases/*/rollback-key | sort -n | head -n 1)" ]; }
# SERVICE ORDER PARALLELISM 'IDS' POLICY READY TIMES: as its release says, and of that service's containers
check_switch() {
  eat " ($name) (stop-first|start-first) [0-9]{1,3} ('[0-9a-f ]*'|[0-9a-f]{64}) (no|always|unless-stopped|on-failure(:[0-9]+)?) $ready$times"
  local service=${BASH_REMATCH[1]} order=${BASH_REMATCH[2]} ids=${BASH_REMATCH[3]//"$quote"/} there as_recorded
  as_recorded="\"$service\":\{\"image\":\"[^\"]*\",\"digest\":\"[^\"]*\",\"order\":\"$order\""
  [[ $record =~ $as_recorded ]] || refuse "$service is not switched $order there"
  there=$(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$service")
  for old in $ids; do
    case $there in *"$old"*) [ ${#old} = 64 ] ;; *) false ;; esac || refuse "$old is no container of $service"
  done
}

check_command
exec 4< <(relay <&3)
relay=$!
sh -c "$command" <&4 3<&- 4<&- 8>&-
result=$?
# one that still waits for the client
kill "$relay" 2> /dev/null
exit "$result"
