# A service that the release has no more: nothing takes its place.

# retire SERVICE "IDS" "IDS THAT RUN" RESTART-POLICY: stopped before anything that may be its successor starts; `tidy` removes it
retire() {
  service=$1 all=$2 old=$3 policy=$4
  switch
  # shellcheck disable=SC2086 # ids hold no blanks
  { printf '%s\n' $all > "$operation/old.new" && sync -d "$operation/old.new" && mv -f "$operation/old.new" "$operation/old-$service" && : > "$operation/new-$service"; } ||
    { fail CONFIG "the list of the containers of $service could not be written in $operation; is the disk full?"; return; }
  undo_with return_retired "$service" "'$old'" "$policy"
  [ -z "$old" ] || patiently exchange stop-first "$old" "$policy" '' > "$operation/exchange$apart" 2>&1 < /dev/null || not_exchanged "$?"
}
# return_retired SERVICE "IDS THAT RAN" RESTART-POLICY
return_retired() {
  service=$1 old=$2 policy=$3
  [ -n "$old" ] || return 0
  # shellcheck disable=SC2086
  ! comes_back "$policy" || patiently docker update --restart "$policy" $old > /dev/null 2>&1
  # shellcheck disable=SC2086
  capture patiently docker start $old || { evidence "$service"; fail BROKEN "$service: the old container could not be started again"; return; }
  ready_before "$service" "$old" || { code=BROKEN; return 1; }
  note restored "$service" ''
}
