# The new containers made beside the old, the switch, and the way back to the very same old ones.

# except IDS: the lines of standard input that are not among them
except() {
  while IFS= read -r id; do
    case " $1 " in *" $id "*) ;; *) printf '%s\n' "$id" ;; esac
  done
}

# start_infrastructure SERVICE…: as compose does it, in its own order
start_infrastructure() {
  undo_with restore_infrastructure "$@"
  capture within 600 compose_program up --detach --no-build --quiet-pull "$@" || {
    evidence infrastructure
    fail HEALTH "compose could not start $*"
  }
}
# start_alone SERVICE…: without what they depend on, which is there, and which compose would replace by itself
start_alone() { start_infrastructure --no-deps "$@"; }
restore_infrastructure() {
  [ -n "$previous" ] || return 0
  capture compose_before up --detach --no-build --no-deps "$@" || fail BROKEN "infrastructure could not be put back: $*"
}

# create_containers SERVICE=SCALE…: the new ones beside those that run, not started; compose numbers and names them.
# In the background: a migration may run meanwhile.
create_containers() {
  scales=
  names=
  of_services > "$operation/there" || { fail HEALTH 'Docker does not say which containers it has; nothing was touched'; return; }
  for pair; do
    scales="$scales --scale $pair" names="$names ${pair%=*}"
    # whole and on the disk before it counts: what is not in it is taken for ours and removed when this is undone
    { only_of "${pair%=*}" < "$operation/there" > "$operation/old.new" && sync -d "$operation/old.new" && mv -f "$operation/old.new" "$operation/old-${pair%=*}"; } ||
      { fail CONFIG "the list of the containers of ${pair%=*} could not be written in $operation; is the disk full?"; return; }
    undo_with remove_created "${pair%=*}"
  done
  # shellcheck disable=SC2086 # service names hold no blanks
  {
    within 600 compose_program up --no-start --no-deps --no-recreate --no-build --quiet-pull $scales $names
    printf '%s' "$?" > "$operation/create-status"
  } 2>&1 < /dev/null | tail -c 262144 | hide > "$operation/create" &
  creating=$!
}
await_created() {
  wait "$creating"
  cat "$operation/create" >> "$operation/output"
  if [ "$(cat "$operation/create-status")" != 0 ]; then
    cp "$operation/create" "$operation/last"
    evidence create
    fail CONFIG "compose could not create the new containers"
    return
  fi
  of_services > "$operation/there" || { fail HEALTH 'Docker does not say which containers it has; nothing that serves was touched'; return; }
  for service; do
    only_of "$service" < "$operation/there" | except "$(tr '\n' ' ' < "$operation/old-$service")" > "$operation/new-$service"
    [ -s "$operation/new-$service" ] || { fail BUG "compose created no container for $service"; return; }
  done
}
# Everything of the service that was not there before is ours.
remove_created() {
  [ -z "$creating" ] || wait "$creating"
  [ -e "$operation/old-$1" ] || return 0
  # an engine that was ended in the middle of a removal may still be at it when it is back
  for pause in 1 2 4 8 no; do
    of_service "$1" > "$operation/there" || { fail BROKEN "Docker does not say which containers $1 has, so the new ones could not be removed"; return; }
    # shellcheck disable=SC2046
    remove_containers $(except "$(tr '\n' ' ' < "$operation/old-$1")" < "$operation/there") && return
    [ "$pause" = no ] || sleep "$pause"
  done
  fail BROKEN "the new containers of $1 could not be removed"
}

# switch_services [SERVICE ORDER PARALLELISM "OLD IDS THAT RUN" RESTART-POLICY READY-FUNCTION GRACE INTERVAL RETRIES DEADLINE STABLE]… (milliseconds):
# those that do not wait for one another, side by side; done when all of them are ready
switch_services() {
  switch
  undo_with bring_back "$(returns "$@")"
  while [ $# -gt 0 ]; do
    beside "$1" switch_service "$1" "$2" "$3" "$4" "$5" "$6" "$7" "$8" "$9" "${10}" "${11}"
    shift 11
  done
  all_beside
}
returns() {
  while [ $# -gt 0 ]; do
    printf "%s '%s' %s %s " "$1" "$4" "$5" "$2"
    shift 11
  done
}
switch_service() {
  service=$1 order=$2 parallelism=$3 old=$4 policy=$5
  shift 5
  left_new=$(tr '\n' ' ' < "$operation/new-$service") left_old=$old
  new=$left_new gap='' exchanged='' lives=''
  now
  gap_from=$ticks
  # stopped earlier where the data goes back
  if [ -e "$operation/halted-$service" ]; then read -r gap_from < "$operation/halted-$service"; fi
  # where none of the old ones serves meanwhile, there is nothing to wait for
  if [ -z "$old" ] || [ -e "$operation/halted-$service" ]; then parallelism=10000; fi
  while [ -n "${left_new% }" ]; do
    exchange_some "$@" || return
  done
  if [ -n "$left_old" ]; then patiently exchange stop-first "$left_old" "$policy" '' > "$operation/exchange$apart" 2>&1 < /dev/null || { not_exchanged "$?"; return; }; fi
  # its window runs while the next steps do; a step before the commit asks how it went
  [ "$6" = 0 ] || watch_life "$service" "$new" "$6" "$lives"
  [ -z "$old" ] || note gap "$service" "$gap"
}
# exchange_some READY-FUNCTION GRACE INTERVAL RETRIES DEADLINE STABLE: PARALLELISM of the replicas, while the others serve.
# The next ones are not touched before these are ready; and after the first ones not before their window is over, too, so
# that a version that dies a little later takes only those with it.
exchange_some() {
  ! is_pointless || return
  some "$parallelism" "$left_new"
  some_new=$some left_new=$left
  some "$parallelism" "$left_old"
  some_old=$some left_old=$left
  # the whole of it, because an engine that starts again may have brought the old ones back
  patiently exchange "$order" "$some_old" "$policy" "$some_new" > "$operation/exchange$apart" 2>&1 < /dev/null || { not_exchanged "$?"; return; }
  wait_ready "$service" "$some_new" "$1" "$2" "$3" "$4" "$5" 0 || return
  # as long as one of the old ones runs, the service does
  if [ -z "$gap" ] && [ "$order" = stop-first ] && [ -z "$left_old" ]; then gap=$(((ready_at - gap_from) * 10)); fi
  gap=${gap:-0}
  # shellcheck disable=SC2086 # ids hold no blanks
  if [ "$order" = start-first ] && [ -n "$some_old" ]; then capture docker stop $some_old; fi
  # shellcheck disable=SC2086
  [ "$6" = 0 ] && [ -z "$left_new" ] || lives="${lives:+$lives
}$(lives_of $some_new)"
  [ -n "$left_new" ] || return 0
  if [ "$6" != 0 ] && [ -z "$exchanged" ]; then
    watch_life "$service" "$some_new" "$6" "$lives"
    stayed_up "$service" || return
  fi
  exchanged="$exchanged $some_new"
  # shellcheck disable=SC2086
  [ "$(lives_of $exchanged)" = "$lives" ] || not_ready "$(unwell_of $exchanged)" "$service did not stay up while its other replicas were exchanged: $(life_sentence $exchanged)"
}
# some NUMBER "IDS": that many of them in $some, all others in $left
some() {
  some='' left='' number_of_some=0
  for id in $2; do
    if [ "$number_of_some" -lt "$1" ]; then some="${some:+$some }$id"; else left="${left:+$left }$id"; fi
    number_of_some=$((number_of_some + 1))
  done
}
# exchange ORDER "OLD IDS THAT RUN" RESTART-POLICY "NEW IDS": 1 where the old ones could not be stopped, 2 where the new ones
# could not be started
exchange() {
  # shellcheck disable=SC2086 # ids hold no blanks
  if [ "$1" = stop-first ] && [ -n "$2" ]; then docker stop $2 || return 1; fi
  # shellcheck disable=SC2086
  if [ -n "$4" ]; then docker start $4 || return 2; fi
  # a reboot must not bring the old one up beside the new one
  # shellcheck disable=SC2086
  if comes_back "$3" && [ -n "$2" ]; then docker update --restart no $2 || return 2; fi
  return 0
}
# not_exchanged RESULT
not_exchanged() {
  hide < "$operation/exchange$apart" > "$operation/last$apart"
  rm -f "$operation/exchange$apart"
  evidence "$service"
  if [ "$1" = 1 ]; then
    fail HEALTH "$service: the running container could not be stopped"
  else
    fail HEALTH "$service: the new container could not be started: $(tail -n 1 "$operation/last$apart")"
  fi
}

# comes_back RESTART-POLICY: whether an engine that starts again starts containers that were stopped
comes_back() { [ "$1" != no ] && [ "$1" != unless-stopped ]; }

# bring_back [SERVICE "OLD IDS" RESTART-POLICY ORDER]…: the containers that served before, the very same ones, and asked for their health again
bring_back() {
  while [ $# -gt 0 ]; do
    beside "$1" return_service "$1" "$2" "$3" "$4"
    shift 4
  done
  all_beside
}
return_service() {
  service=$1 old=$2 policy=$3 order=$4
  new=$(tr '\n' ' ' < "$operation/new-$service")
  # those that may overlap serve until the old ones do
  if [ "$order" = stop-first ] || [ -z "$old" ]; then leave; fi
  if [ -z "$old" ]; then
    note stopped "$service" ''
    return 0
  fi
  # shellcheck disable=SC2086
  ! comes_back "$policy" || patiently docker update --restart "$policy" $old > /dev/null 2>&1
  # shellcheck disable=SC2086
  capture patiently docker start $old || { evidence "$service"; fail BROKEN "$service: the old container could not be started again"; return; }
  ready_before "$service" "$old" || { code=BROKEN; return 1; }
  [ "$order" = stop-first ] || leave
  note restored "$service" ''
}
leave() {
  # shellcheck disable=SC2086
  patiently docker stop $new > /dev/null 2>&1 || docker kill $new > /dev/null 2>&1
  # nor must an engine that starts again bring the new one up in the place of the old one
  # shellcheck disable=SC2086
  ! comes_back "$policy" || patiently docker update --restart no $new > /dev/null 2>&1
}

# restart_service SERVICE: for a service that is not ours but mounts a file that changed
restart_service() {
  switch
  undo_with restart_again "$1"
  # shellcheck disable=SC2046
  capture docker restart $(of_service "$1") || { evidence "$1"; fail HEALTH "$1 could not be restarted"; }
}
restart_again() {
  # shellcheck disable=SC2046
  capture docker restart $(of_service "$1") || fail BROKEN "$1 could not be restarted"
}
