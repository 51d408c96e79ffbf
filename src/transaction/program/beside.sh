# Several things at the same time: each in a process of its own, which keeps its words, its answers and its failure apart.

# beside NAME COMMAND…
beside() {
  alone "$@" &
  processes="$processes $!"
}
# Of a process of its own only: it ends it.
alone() {
  apart=-$1
  shift
  "$@" && exit
  printf '%s\n%s\n' "$code" "$sentence" > "$operation/failed$apart"
  # of several the first one is the reason
  ln "$operation/failed$apart" "$operation/failed" 2> /dev/null
  exit 1
}
# all_beside: waits for every one of them; fails as the first that failed
all_beside() {
  unwell=no
  for process in $processes; do wait "$process" || unwell=yes; done
  processes=''
  [ "$unwell" = yes ] || return 0
  # what was killed, or had no room to write, says nothing
  code='' sentence=''
  { IFS= read -r code; IFS= read -r sentence; } 2> /dev/null < "$operation/failed"
  rm -f "$operation"/failed*
  [ -n "$sentence" ] || fail BUG 'a process of the program ended without saying why'
  return 1
}
# Whoever waits for its service need not go on once another one has failed, or once the program that waits for it is gone:
# whoever settles that one waits for the lock. What comes back is never given up for another.
is_pointless() {
  [ -n "$apart" ] || return 1
  # comm of a shell holds no blanks
  read -r _ _ _ parent _ < /proc/self/stat
  [ "$parent" != "$$" ] || { [ "$failed" = no ] && [ -e "$operation/failed" ]; }
}
