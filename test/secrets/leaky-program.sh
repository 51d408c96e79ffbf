# The rooms of the program, one function after the other, on a server where everything prints its secrets:
#   leaky-program.sh PROGRAM-FOLDER FOLDER, where FOLDER holds printed (all forms), stack/.env and container-environment
set -u
program=$1 given=$2 directory=$2/stack
project=shop release=1-abc kind=deploy previous='' fallback='' known_schema='' env_file=.env service=web
operation=$directory/.deploy/operations/op
mkdir -p "$operation"
for room in state docker secrets journal beside steps broken gate files images one-off http-seed containers readiness checks release backup observe; do . "$program/$room.sh"; done

printed() { cat "$given/printed"; }
docker() {
  case $* in
    ps*) echo id1 ;;
    *Config.Env*) cat "$given/container-environment" ;;
    *NetworkSettings*) echo 127.0.0.1 ;;
    inspect* | image* | context* | stop* | rm* | update*) return 1 ;;
    exec*) sed '$d' "$given/printed"; return 3 ;;
    *) printed; return 3 ;;
  esac
}
# what the next step would overwrite stays to be looked at
keep() { kept=$((${kept:-0} + 1)); cp "$operation/last" "$operation/last-$kept"; }
compose_program() { printed; return 3; }
sleep() { :; }
status=503
timeout() {
  while case $1 in -k) shift ;; [0-9]*) ;; *) false ;; esac; do shift; done
  case $1 in
    bash) printf 'HTTP/1.0 %s X\r\n\r\n' "$status"; printed ;;
    env) shift; while case $1 in *=*) ;; *) false ;; esac; do shift; done; "$@" ;;
    *) "$@" ;;
  esac
}
report() { printf '%s: %s\n' "$@"; }

: > "$operation/journal"
: > "$operation/undo"
# our own tools print what the environment file holds; the project's programs, what their containers hold
own() { sed -n '/^own:/s///p' "$given/printed"; }
capture own || :
of_others='' container_environment=''
one_off migrate 5 web || :
cp "$operation/output" "$operation/kept-output"
container_environment=''
server_hook leak 5 warn . cat "$given/printed" || :
printed > "$operation/last"
container_environment=''
evidence anything
rm "$operation/last"
container_environment=''
not_ready id1 'web was not healthy' || :
keep
for status in 503 200; do
  container_environment='' address_for='' answer=''
  ask_http id1 80 /health 204 '' || report answer "$answer"
  container_environment=''
  ask_http id1 80 /health "$status" '' 'no such pattern' || report answer "$answer"
done
container_environment=''
ask_exec id1 leak || report answer "$answer"
container_environment=''
smoke_test leak web 0 5 false || report sentence "$sentence"
keep
pull_all registry.test/web@sha256:0 || report sentence "$sentence"
keep
# a service that takes data refuses it, and its containers were given more meanwhile
status=503
take() {
  upload "$1" POST 80 /load 200 '' text/plain '' '' '' && return
  container_environment=''
  return 1
}
container_environment=''
http_seed leak 0 5 web take || report sentence "$sentence"
keep
printed > "$operation/last"
container_environment=''
unbacked 'no backup' || report sentence "$sentence"
keep
create_containers web=1 || :
wait
printed > "$operation/exchange"
not_exchanged 2 || report sentence "$sentence"
# the look: compose complains, and quotes
nonce=nonce work=$given/work stage=$given/stage
mkdir "$work" "$stage"
gather() { :; }
stack() { :; }
resolve() { printed > "$work/resolved-error"; }
tell() { cat; }
observe > "$given/complaint"
containers() { :; }
rm -f "$operation/undo"
finish
