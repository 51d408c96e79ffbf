# Several servers act as one: at two points each waits, holding the lock, for the word of the client that sees them all.

# gate switch|commit: before the switch a client that left ends it; after it, nobody's word within 60 s means going back
gate() {
  note gate "$1" ''
  until [ -e "$operation/word-$1" ]; do
    if [ -e "$operation/word-back" ]; then
      fail CANCELLED 'another server of this deploy could not go on'
      return
    fi
    if [ "$switched" = no ]; then client_is_gone && return 1; else client_gave_up && return 1; fi
    sleep 0.1
  done
}
client_gave_up() {
  if [ -e "$operation/cancelled" ]; then
    fail CANCELLED 'the run was cancelled before all servers were switched'
    return 0
  fi
  read -r beat _ 2> /dev/null < "$operation/alive" || return 1
  now
  [ $((ticks / 100 - ${beat%.*})) -gt 60 ] || return 1
  fail CANCELLED 'the client was silent for 60 s and never said that all servers are well'
  return 0
}
