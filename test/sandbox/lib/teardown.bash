# shellcheck shell=bash
# `script/sandbox down`: the way back, which must also work from any half-way state.

# --purge also removes what setup installed and the cache
down() {
  "$SANDBOX_SOURCE/steps/servers" down || true
  remove_containers
  "$SANDBOX_SOURCE/steps/engine" down || true
  "$SANDBOX_SOURCE/steps/registry" down || true
  stop_leftovers
  unmount_all
  "$SANDBOX_SOURCE/steps/binfmt" down || true
  "$SANDBOX_SOURCE/steps/network" down || true
  remove_interfaces
  restore_machine
  remove_cgroups
  rm -rf "$STATE" "$RUN"
  rm -f "/run/lock/$NAME.lock"
  [ "${1:-}" != --purge ] || rm -rf "$PREFIX" "$CACHE"
  say "sandbox is down"
}

# builders and whatever tests left
remove_containers() {
  local left
  left=$(timeout 20 docker ps -aq 2>/dev/null) || return 0
  # shellcheck disable=SC2086
  [ -z "$left" ] || timeout 60 docker rm -fv $left >/dev/null 2>&1 || true
  timeout 20 docker network prune -f >/dev/null 2>&1 || true
  timeout 20 docker network rm "$NETWORK" >/dev/null 2>&1 || true
}

# processes whose command line names our folders: container shims of an engine that was killed
ours() {
  local process
  for process in /proc/[0-9]*; do
    [ "${process#/proc/}" != $$ ] && grep -qaE -- "$RUN/docker|$STATE/(docker|registry)/" "$process/cmdline" 2>/dev/null && echo "${process#/proc/}"
  done
  return 0
}

stop_leftovers() {
  local pids
  pids=$(ours)
  # shellcheck disable=SC2086
  [ -z "$pids" ] || kill -9 $pids 2>/dev/null || true
}

unmount_all() {
  local target
  # deepest first; lazily, as a killed process can hold one for another moment
  awk -v state="$STATE/" -v run="$RUN/" 'index($5, state) == 1 || index($5, run) == 1 { print $5 }' /proc/self/mountinfo | sort -r | while read -r target; do
    umount -l "$target" 2>/dev/null || true
  done
}

remove_interfaces() {
  local bridge
  for bridge in "$SERVER_BRIDGE" "$BUILD_BRIDGE"; do ip link delete "$bridge" 2>/dev/null || true; done
}

# dockerd leaves its firewall chains behind. Where there were none before, they are ours to remove.
restore_machine() {
  local memory=$STATE/machine-before
  [ -e "$memory/complete" ] || return 0
  restore_firewall iptables "$memory/iptables"
  restore_firewall ip6tables "$memory/ip6tables"
  cat "$memory/ip_forward" >/proc/sys/net/ipv4/ip_forward
}

restore_firewall() {
  local command=$1 before=$2
  # another engine's rules may have changed since: only a machine without one is put back as it was
  grep -q DOCKER "$before" && return 0
  { printf '*nat\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\nCOMMIT\n*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\nCOMMIT\n*raw\n:PREROUTING ACCEPT\n:OUTPUT ACCEPT\nCOMMIT\n'
    cat "$before"; } | "$command-restore" 2>/dev/null || true
}

remove_cgroups() {
  local group
  find /sys/fs/cgroup -depth -type d -path "*/$NAME*" 2>/dev/null | while read -r group; do rmdir "$group" 2>/dev/null || true; done
}
