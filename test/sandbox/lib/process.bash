# shellcheck shell=bash
# Background programs of the sandbox: one pid file each, and never a foreign process taken for ours.

# running NAME PROGRAM : the pid file's process lives and is that program (pids are reused)
running() {
  local pid
  pid=$(cat "$RUN/$1.pid" 2>/dev/null) && [ -n "$pid" ] && grep -qa -- "$2" "/proc/$pid/cmdline" 2>/dev/null &&
    ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null
}

# start NAME LOG COMMAND… : detached from the terminal and from the locks of whoever starts it
start() {
  local name=$1 log=$2
  shift 2
  mkdir -p "$RUN"
  setsid nohup "$@" >>"$log" 2>&1 </dev/null 9>&- 8>&- &
  echo $! >"$RUN/$name.pid"
}

# stop NAME PROGRAM : asks, waits ten seconds, then insists
stop() {
  local pid
  running "$1" "$2" || { rm -f "$RUN/$1.pid"; return 0; }
  pid=$(cat "$RUN/$1.pid")
  kill "$pid" 2>/dev/null || true
  await 10 not running "$1" "$2" 2>/dev/null || kill -9 "$pid" 2>/dev/null || true
  rm -f "$RUN/$1.pid"
}

not() { ! "$@"; }

# end_engine_remains : container shims of an engine that was killed, known by our folders in their command line, and
# what ran in its containers, known by the cgroup: killing a shim does not end them
# shellcheck disable=SC2153 # NAME is set in settings.bash
end_engine_remains() { await 20 none_left "$RUN/docker|$STATE/docker/" ":/$NAME(/|\$)"; }

end_registry_remains() { await 20 none_left "$STATE/registry/" 'no cgroup'; }

# kills until nothing is left: a program that is being killed still holds its sockets and databases for a moment
none_left() { # COMMAND-LINE CGROUP
  local process left=()
  for process in /proc/[0-9]*; do
    grep -q '^State:.Z' "$process/status" 2>/dev/null && continue
    { grep -qaE -- "$1" "$process/cmdline" || grep -qE -- "$2" "$process/cgroup"; } 2>/dev/null && left+=("${process#/proc/}")
  done
  [ ${#left[@]} = 0 ] || { kill -9 "${left[@]}" 2>/dev/null; return 1; }
}
