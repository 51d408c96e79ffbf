# What is looked at once everything runs: smoke tests, digests, the project's own hooks.

# smoke_test NAME SERVICE RETRIES SECONDS READY-FUNCTION
smoke_test() {
  id=$(serving_container "$2") tries=0 address_for='' ask_seconds=$4
  until answer='' && "$5" "$id"; do
    tries=$((tries + 1))
    if [ "$tries" -gt "$3" ]; then
      ask_seconds=
      # a service that died is the reason, not what a test of it sees
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

# serving_container SERVICE: one of those that serve it now
serving_container() {
  { cat "$operation/new-$1" 2> /dev/null || of_service "$1"; } | head -n 1
}

# verify_digests SERVICE=DIGEST…: what runs is what was wanted, asked of the engine, not of a tag; of new ones each runs
verify_digests() {
  containers > "$operation/serving" 2> /dev/null && listed=yes
  sed -n 's/.*"service":"\([^"]*\)","oneoff":"False".*"imageId":"\([^"]*\)","state":"running".*/\1 \2/p' "$operation/serving" > "$operation/verified"
  for pair; do
    images=$(awk -v service="${pair%%=*}" '$1 == service { print $2 }' "$operation/verified")
    [ -n "$images" ] || { all_live && fail HEALTH "no container of ${pair%%=*} runs any more"; return; }
    running=$(printf '%s\n' "$images" | wc -l)
    wanted=$(grep -c . "$operation/new-${pair%%=*}" 2> /dev/null) || wanted=0
    [ "$running" -ge "$wanted" ] || { all_live && fail HEALTH "$running of $wanted replicas of ${pair%%=*} run"; return; }
    for image in $images; do
      [ "$image" = "${pair#*=}" ] && continue
      docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$image" | grep -q "@${pair#*=}\$" && continue
      fail HEALTH "${pair%%=*} runs $image, not the wanted ${pair#*=}"
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
  (cd -- "$directory/$folder" && of_others=yes && capture attended timeout -k 5 "$seconds" "$@") && return
  result=$?
  evidence "hook $name"
  if [ "$policy" = warn ]; then
    note warning "hook $name" "ended with exit code $result"
    return 0
  fi
  if [ "$switched" = yes ]; then fail SMOKE "hook $name ended with exit code $result"; else fail CONFIG "hook $name ended with exit code $result"; fi
}
