# shellcheck shell=bash
# How steps speak: one line each with its time; on failure the last lines of the log and what to do next.

say() { printf '%s\n' "$*" >&2; }

seconds_since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%6.1f s", b - a }'; }

# die WHAT HOW-TO-GO-ON
die() {
  say "sandbox: $1"
  [ -z "${2:-}" ] || say "  next: $2"
  exit 1
}

# step NAME COMMAND… : output goes to a log; the terminal gets one line
step() {
  local name=$1 log started=$EPOCHREALTIME
  shift
  log=$LOGS/${name//[^A-Za-z0-9]/-}.log
  mkdir -p "$LOGS"
  if "$@" >"$log" 2>&1 </dev/null; then
    say "$(seconds_since "$started")  $name"
  else
    say "FAILED after $(seconds_since "$started"): $name"
    say "  command: $*"
    tail -n 20 "$log" | sed 's/^/  | /' >&2
    say "  whole log: $log"
    say "  next: mend what the log names, then run script/sandbox up again: it goes on from here"
    exit 1
  fi
}

# await SECONDS COMMAND… : until the command succeeds; fails with its name when it never does
await() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || { say "waited in vain for: $*"; "$@" >&2 || true; return 1; }
    sleep 0.05
  done
}

# alone LOCK COMMAND… : two runs at once must not unpack or compile into the same folder
alone() {
  local lock=$CACHE/locks/$1
  shift
  mkdir -p "${lock%/*}"
  (
    flock -n 9 || { say "waiting for another run that is busy with: ${lock##*/}"; flock 9; }
    "$@"
  ) 9>"$lock"
}

# progress NAME COMMAND… : for compilations: what is being done and that it is still alive, every 15 s
progress() {
  local name=$1 log started=$SECONDS job
  shift
  log=$CACHE/logs/${name//[^A-Za-z0-9]/-}.log
  mkdir -p "${log%/*}"
  say "$name (once per machine; log: $log)"
  "$@" >"$log" 2>&1 </dev/null &
  job=$!
  while kill -0 "$job" 2>/dev/null; do
    read -rt 15 <> <(:) || true # a pause that needs no child process
    kill -0 "$job" 2>/dev/null && say "  $name: $((SECONDS - started)) s … $(tail -n 1 "$log" | cut -c1-100)"
  done
  wait "$job" || { tail -n 20 "$log" | sed 's/^/  | /' >&2; say "FAILED: $name"; return 1; }
  say "  $name: done in $((SECONDS - started)) s"
}
