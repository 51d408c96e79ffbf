# The last lines of a service, without the values that stay on the server: docker.sh and secrets.sh stand before this.
#   logs NONCE DIRECTORY ENVIRONMENT_FILE PROJECT SERVICE LINES RELEASE
# SERVICE: empty for all. RELEASE: what its operation printed instead, "current" for the one in force.
set -u
umask 077
LC_ALL=C
export LC_ALL
nonce=$1 directory=$2 env_file=$3 project=$4 service=$5 lines=$6 release=$7
dot=$directory/.deploy operation=$nonce-mark container_environment='' of_others='' time_limit=''
say() { printf '%s %s\n' "$nonce" "$*"; }
told() { tail -c 1048576 | hide | sed "s/^/$nonce line /"; }
named() {
  for record in "$dot"/releases/*/release.json; do
    id=${record%/release.json}
    id=${id##*/}
    case $1 in
      "$id" | "${id%%-*}") printf '%s\n' "$id" ;;
      *) case ${id#*-} in "$1"*) [ "${#1}" -lt 7 ] || printf '%s\n' "$id" ;; esac ;;
    esac
  done | sort -n | tail -n 1
}
of_release() {
  id=$(named "$release")
  [ -n "$id" ] || { say missing; return; }
  made=$(sed -n 's/.*"operation":"\([A-Za-z0-9-]*\)".*/\1/p' "$dot/releases/$id/release.json" | head -n 1)
  say container "release $id"
  if [ -r "$dot/operations/$made/output" ]; then
    tail -n "$lines" "$dot/operations/$made/output" | told
  else
    say gone "$made"
  fi
}
of_containers() {
  docker ps --all --no-trunc --filter "label=com.docker.compose.project=$project" ${service:+--filter "label=com.docker.compose.service=$service"} \
    --format '{{.ID}} {{.Names}}' > /dev/null 2>&1 || { say silent; return; }
  docker ps --all --no-trunc --filter "label=com.docker.compose.project=$project" ${service:+--filter "label=com.docker.compose.service=$service"} \
    --format '{{.ID}} {{.Names}} ({{.Status}})' | sort -k 2 | while read -r id name; do
    say container "$name"
    docker logs --timestamps --tail "$lines" "$id" 2>&1 < /dev/null | told
  done
}
know_containers
if [ -n "$release" ]; then of_release; else of_containers; fi
say end
