# The first start of a database: while it sets itself up, it answers whoever asks by its socket, and nobody else yet.

# await_set_up SERVICE READY-FUNCTION GRACE INTERVAL RETRIES DEADLINE STABLE (milliseconds)
await_set_up() {
  await_listener "$1" "$(($3 + $6))"
  await_first_start "$@"
}
# await_listener SERVICE MILLISECONDS: until somebody in its container takes connections, or it was started again, or its
# time is over, or nobody can tell; whoever judges that comes afterwards.
await_listener() {
  service=$1 patience=$2
  now
  began=$ticks
  for id in $(of_service "$service"); do
    until is_listening "$id"; do
      now
      [ $(((ticks - began) * 10)) -lt "$patience" ] || return 0
      [ "$(docker inspect --format '{{.RestartCount}} {{.State.Running}}' "$id")" = '0 true' ] || return 0
      sleep 0.2
    done
  done
}
# By the kernel's table (0A: it listens); the engine's own name service, at 127.0.0.11, is in every container. An image
# without `cat` does not tell.
is_listening() {
  sockets=$(timeout -k 2 10 docker exec "$1" cat /proc/net/tcp /proc/net/tcp6 2> /dev/null < /dev/null)
  [ -n "$sockets" ] || return 0
  printf '%s\n' "$sockets" | awk '$4 == "0A" && $2 !~ /^0B00007F:/ { found = 1 } END { exit !found }'
}
