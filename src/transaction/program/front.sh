# The fixed part of every run on a server, sent as the command of the one exec. It holds no secret.
# It takes the lock, settles what an earlier run left, tells what it sees, and starts the program that the
# client then sends. Everything it says is a line that begins with the client's nonce, so that nothing else
# which writes to this output (a login banner, say) can be mistaken for it.
#
#   front VERB NONCE DIRECTORY PROJECT OPERATION ENV_FILE WAIT_SECONDS HOLDER TARGET REPOSITORY
#
# VERB: operate (lock, settle, observe, then run or abort), observe (look only, write nothing),
#       follow (attach again to OPERATION, from journal line TARGET)
set -u
umask 077
LC_ALL=C
export LC_ALL
time_limit=''
verb=$1 nonce=$2 directory=$3 project=$4 operation_id=$5 env_file=$6 wait_seconds=$7 holder=$8 target=$9 repository=${10:--} own=''
dot=$directory/.deploy
operation=$dot/operations/$operation_id

say() { printf '%s %s\n' "$nonce" "$*"; }
# A fact in lines that the client takes whole: all but the last say "more".
tell() { base64 -w 32768 | sed "s/^/$nonce more $1 /; \$s/ more / fact /"; }
leave() {
  say bye "$1"
  exit "$1"
}

# Lines of base64 up to the marker line "."; the shell's own read takes nothing beyond it, so the rest stays.
receive() {
  while IFS= read -r line; do
    [ "$line" = . ] && return 0
    printf '%s\n' "$line"
  done
  return 1
}
# Receives one file: a header "SHA256 NAME" was read already; a cut or changed body is never used.
receive_file() {
  { receive || printf '!'; } | base64 -d > "$2" 2>/dev/null
  [ "$(sha256sum < "$2" | cut -d' ' -f1)" = "$1" ]
}

check_tools() {
  missing=
  for tool in flock setsid base64 sha256sum tar gzip sync timeout stat df tail tac awk sed grep mktemp realpath docker; do
    command -v "$tool" > /dev/null 2>&1 || missing="$missing $tool"
  done
  [ -z "$missing" ] || { say "lacks$missing"; return 1; }
}

enter_directory() {
  # a look creates nothing: where the directory could be made, it goes on without
  if [ "$verb" = observe ] && ! [ -e "$directory" ] && can_be_made "${directory%/*}"; then return 0; fi
  if [ "$verb" = operate ]; then mkdir -p -- "$directory" 2> /dev/null; fi
  if ! { [ -d "$directory" ] && cd -- "$directory" && { [ "$verb" != operate ] || can_work; }; } 2> /dev/null; then
    { [ -d "$directory" ] && whose_fault || printf missing; } | tell directory
    return 1
  fi
  # a look goes on all the same: what is there can be told
  [ "$verb" != observe ] || may_work || whose_fault | tell directory
}

# Also where somebody else, root perhaps, made .deploy before us.
can_work() {
  mkdir -p .deploy/operations .deploy/releases && true >> .deploy/lock && true >> .deploy/holder && [ -w . ] && [ -w .deploy/operations ] && [ -w .deploy/releases ]
}
may_work() {
  for place in . .deploy .deploy/operations .deploy/releases .deploy/lock; do
    ! [ -e "$place" ] || [ -w "$place" ] || return 1
  done
}
whose_fault() { if [ -w "$directory" ]; then printf foreign; else printf unwritable; fi; }
can_be_made() {
  parent=$1
  while ! [ -e "$parent" ] && [ -n "$parent" ]; do parent=${parent%/*}; done
  [ -w "${parent:-/}" ]
}

# The kernel frees the lock when its last holder dies: nothing is ever left to break by hand.
take_lock() {
  exec 9<> "$dot/lock"
  if ! flock -n 9; then
    tell waiting < "$dot/holder" 2> /dev/null
    if ! flock -w "$wait_seconds" 9; then
      { cat "$dot/holder"; last_step; } 2> /dev/null | tell locked
      return 1
    fi
  fi
  printf '%s\nsince %s\noperation %s\n' "$holder" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$operation_id" > "$dot/holder"
}
# Where the holder stands: its last step, by what its program calls there.
last_step() {
  folder=$dot/operations/$(sed -n 's/^operation //p' "$dot/holder")
  at=$(sed -n 's/^[0-9]* step //p' "$folder/journal" | tail -n 1)
  printf 'at step %s: %s\n' "${at:-0}" "$(sed -n "s/^  step $at \([a-z_]* *[^ ]*\).*/\1/p" "$folder/program.sh" | tr _ ' ')"
}

unfinished() {
  grep -L '^[0-9]* end ' "$dot"/operations/*/journal 2> /dev/null | sed 's,/journal$,,'
}
settle_once() { sh "$left/program.sh" settle > "$left/settle-output" 2>&1 < /dev/null; }
has_ended() { grep -q '^[0-9]* end ' "$1/journal"; }
# What an earlier run left half done is finished or undone by that run's own program, before anything else.
settle() {
  unfinished > "$dot/operations/.unfinished"
  while IFS= read -r left <&4; do
    say settling "${left##*/}"
    settle_once
    # killed at it, for its memory perhaps: what it did is in its journal, and it goes on from there
    has_ended "$left" || settle_once
    { printf '%s\n' "${left##*/}"; cat "$left/journal"; } | tell settled
  done 4< "$dot/operations/.unfinished"
  rm -f "$dot/operations/.unfinished"
  # folders without a journal never ran: a client that left before it decided
  for folder in "$dot"/operations/*/; do
    [ -e "$folder/journal" ] || [ "$folder" = "$operation/" ] || rm -rf "$folder"
  done
}

# Several repositories may ship into one stack: "REPOSITORY RELEASE" lines, of each what is in force.
parts() {
  cat "$dot/current/parts" 2> /dev/null && return
  id=$(readlink "$dot/current") && printf '%s %s\n' "$repository" "${id##*/}"
}
# A repository that nobody named, now or then, is the only one there is.
own_release() {
  parts | awk -v own="$repository" '$1 == own { mine = $2 } { key = $1; only = $2 } END { print mine == "" && NR == 1 && (own == "-" || key == "-") ? only : mine }'
}

# Cut on its way, or was there no room for it?
incomplete() {
  head -c 262144 /dev/zero > "$work/room" 2> /dev/null || say full
  say incomplete "$1"
}
stage_request() {
  IFS= read -r sum || leave 0
  mkdir -p "$stage"
  if ! receive_file "$sum" "$work/request"; then
    incomplete request
    leave 0
  fi
  tar -xzf "$work/request" -C "$stage" || { incomplete request; leave 0; }
  [ -z "$target" ] || stage_release
}
# A rollback brings nothing: its files, pins and images are those that the release was deployed with.
stage_release() {
  release=$target
  case $target in
    # where a deploy left the stack broken, the last good release is the one before that deploy
    previous) if broken_by_deploy; then release=$own; else release=$(cat "$dot/releases/$own/previous" 2> /dev/null); fi ;;
    current) release=$own ;;
  esac
  release=$(release_named "$release")
  [ -n "$release" ] || return 0
  cp -a "$dot/releases/$release/." "$stage/"
  printf '%s' "$release" | tell target
  rm -f "$stage/release.json" "$stage/previous"
}
broken_by_deploy() { grep -qx 'kind deploy' "$dot/broken" && grep -qxF -- "previous $own" "$dot/broken"; } 2> /dev/null
# By its id, its number, or at least seven characters of its commit; of several the newest.
release_named() {
  for candidate in "$dot"/releases/*/release.json; do
    candidate=${candidate%/release.json}
    candidate=${candidate##*/}
    case $1 in
      "$candidate" | "${candidate%%-*}") ;;
      "${candidate#*-}"*) ;;
      *) continue ;;
    esac
    if [ -e "$dot/releases/$candidate/release.json" ]; then printf '%s\n' "$candidate"; fi
  done | sort -n | tail -n 1
}

run_front() {
  check_tools || leave 0
  enter_directory || leave 0
  case $verb in
    operate)
      take_lock || leave 0
      settle
      # what even its own program could not settle
      unfinished | tell unfinished
      stage=$operation/stage work=$operation/work
      mkdir -p "$work"
      ;;
    observe)
      work=$(mktemp -d)
      stage=$work/stage
      trap 'rm -rf "$work"' EXIT
      # a shell that a signal ends does not come to that; a client that leaves makes one
      trap 'exit 1' HUP INT PIPE TERM
      unfinished | tell unfinished
      ;;
    follow)
      mend
      # a client that came back may have a word to say
      exec 7<&0
      watch_client <&7 &
      follow "$target"
      leave 0
      ;;
  esac
  own=$(own_release)
  stage_request
  observe
  # after that word the client may leave at any moment
  [ "$verb" = operate ] || rm -rf "$work"
  say ready
  [ "$verb" = operate ] || leave 0
  decide
}

# The client's word: "go SHA256" with the program behind it, or anything else, or its silence, for no.
decide() {
  read -r word sum || word=
  if [ "$word" = go ] && receive_file "$sum" "$work/program" && gzip -dc < "$work/program" > "$operation/program.sh" && IFS= read -r secrets; then
    rm -rf "$work"
    # it goes on from what is there: whoever settled the old one later would undo this
    unfinished | while IFS= read -r left; do [ "$left" = "$operation" ] || printf '0 end broken\n' >> "$left/journal"; done
    # the first sign of life: a client that falls silent right now is missed too
    cat /proc/uptime > "$operation/alive"
    printf '%s\n' "$secrets" | setsid sh "$operation/program.sh" run > "$operation/stray" 2>&1 &
    printf '%s' "$!" > "$operation/pid"
    secrets=
    # only the program holds the lock from here on: a client that hangs must not keep it
    exec 9>&-
    exec 7<&0
    watch_client <&7 &
    follow 1
  else
    [ "$word" = go ] && incomplete program
    rm -rf "$operation"
  fi
  leave 0
}

# Signs of life: the program asks for them before the switch, and aborts where they stopped.
watch_client() {
  exec > /dev/null
  while IFS= read -r word; do
    case $word in
      cancel) : > "$operation/cancelled" ;;
      switch | commit | back) : > "$operation/word-$word" ;;
    esac
    cat /proc/uptime > "$operation/alive"
  done
  : > "$operation/lost"
}

# The journal as it grows, until the program has ended: a reader that stalls here never stalls the program.
follow() {
  if ! [ -e "$operation/pid" ]; then
    say gone
    return
  fi
  while ! [ -e "$operation/journal" ] && runs; do sleep 0.01; done
  # killed before its first word, which comes before its first act
  [ -e "$operation/journal" ] || { say gone; return; }
  say follow
  # its number may be another program's by now, which would be followed for ever
  if runs; then
    tail -n "+$1" -s 0.1 -f --pid="$(cat "$operation/pid")" -- "$operation/journal" 2> /dev/null
  else
    tail -n "+$1" -- "$operation/journal" 2> /dev/null
  fi | sed -u 's/$/ ;/' # whoever reads a line without the mark knows that it was cut
  # its process is gone, and its last word is not there
  has_ended "$operation" || say died
}
# A program that was killed may have left nothing that serves: whoever still asks for it settles it, not the next deploy.
mend() {
  [ -e "$operation/journal" ] || return 0
  exec 9<> "$dot/lock"
  # what it had called may hold the lock for a while; a neighbour may settle it first
  until runs || has_ended "$operation"; do
    if flock -w 1 9; then settle > /dev/null && break; fi
  done
  exec 9>&-
}
# The process of a moment ago may still be the shell that becomes the program; while it becomes it, it has no name. So
# one that is not seen is looked for once more.
runs() { is_seen || { sleep 0.1 && is_seen; }; }
is_seen() {
  running=$(cat "$operation/pid")
  case $(tr '\0' ' ' 2> /dev/null < "/proc/$running/cmdline") in
    *"$operation_id"*) return 0 ;;
    '') grep -q '^State:.[^ZX]' "/proc/$running/status" 2> /dev/null ;;
    *) return 1 ;;
  esac
}
