# shellcheck shell=bash
# `script/sandbox down`: the way back, which must also work from any half-way state.

# --purge also removes what setup installed and the cache
down() {
  "$SANDBOX_SOURCE/steps/servers" down || true
  remove_containers
  "$SANDBOX_SOURCE/steps/engine" down || true
  "$SANDBOX_SOURCE/steps/registry" down || true
  end_registry_remains || true
  end_engine_remains || true
  unmount_all
  "$SANDBOX_SOURCE/steps/binfmt" down || true
  "$SANDBOX_SOURCE/steps/network" down || true
  remove_interfaces
  restore_machine
  remove_shared_folders
  remove_cgroups
  rm -rf "$STATE" "$RUN"
  rm -f "/run/lock/$NAME.lock"
  [ "${1:-}" != --purge ] || purge
  say "sandbox is down"
}

# by name, because both folders can be chosen from outside and may hold more than ours
purge() {
  rm -rf "${PREFIX:?}"/{bin,browser,crane,engine,host,shells,wheels} \
    "${CACHE:?}"/{apt,borrowed-python,buildkit-*,compose-*,docker-cli-*,engine-*,go-tools,locks,logs,registry-store-*,roots,trivy-*}
  rmdir "$PREFIX" "$CACHE" 2>/dev/null || true
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

# dockerd leaves firewall rules behind. Those that name our bridges are ours; the chains they stand in belong to every
# engine of the machine, so they go only where there were none before and no other engine runs.
restore_machine() {
  local memory=$STATE/machine-before
  [ -e "$memory/complete" ] || return 0
  if grep -q DOCKER "$memory/iptables" || another_engine; then
    remove_our_rules iptables
    remove_our_rules ip6tables
  else
    put_back iptables "$memory/iptables"
    put_back ip6tables "$memory/ip6tables"
    cat "$memory/ip_forward" >/proc/sys/net/ipv4/ip_forward
  fi
}

another_engine() {
  local process
  for process in /proc/[0-9]*; do
    # an engine in another network namespace has a firewall of its own
    [ "$(readlink "$process/ns/net" 2>/dev/null)" = "$(readlink /proc/self/ns/net)" ] || continue
    case $(tr '\0' ' ' <"$process/cmdline" 2>/dev/null) in dockerd* | */dockerd*) return 0 ;; esac
  done
  return 1
}

remove_our_rules() {
  local command=$1 table='' line rule
  while read -r line; do
    case $line in
      '*'*) table=${line#\*} ;;
      -A*"$SERVER_BRIDGE"* | -A*"$BUILD_BRIDGE"*)
        read -ra rule <<<"${line#-A }"
        "$command" -t "$table" -D "${rule[@]}" 2>/dev/null || true
        ;;
    esac
  done < <("$command-save" 2>/dev/null)
}

# exactly the rules of before: what dockerd added goes with its chains
put_back() {
  local command=$1 before=$2 table
  {
    for table in nat filter raw mangle; do
      grep -qx "\*$table" "$before" || ! "$command-save" -t $table 2>/dev/null | grep DOCKER >/dev/null || empty_table "$command" $table
    done
    cat "$before"
  } | "$command-restore" 2>/dev/null || true
}

empty_table() {
  printf '*%s\n' "$2"
  "$1-save" -t "$2" | sed -nE 's/^(:[A-Z]+ )(ACCEPT|DROP) .*/\1ACCEPT [0:0]/p'
  echo COMMIT
}

# what is in them is dead by now, unless another engine of this file system lives, in whatever network
remove_shared_folders() {
  local process folder
  [ -e "$STATE/machine-before/complete" ] || return 0
  for process in /proc/[0-9]*; do
    case $(cat "$process/comm" 2>/dev/null) in dockerd | containerd*) [ ! "$process/root" -ef / ] || return 0 ;; esac
  done
  for folder in "${SHARED_FOLDERS[@]}"; do
    grep -qxF "$folder" "$STATE/machine-before/folders" || rm -rf "$folder"
  done
}

remove_cgroups() {
  local group
  find /sys/fs/cgroup -depth -type d \( -path "*/$NAME" -o -path "*/$NAME/*" \) 2>/dev/null | while read -r group; do
    rmdir "$group" 2>/dev/null || true
  done
}
