# How a step is run, and how everything is undone: in reverse, by this process or by the next run.

# Written before the effect, run in reverse order when something fails later: by this process, or by the next run.
undo_with() {
  printf '%s\n' "$*" >> "$operation/undo"
  sync -d "$operation/undo"
}

# step NUMBER FUNCTION ARGUMENTS…
step() {
  number=$1
  shift
  if [ "$failed" = yes ]; then return; fi
  # settling after the commit: only what tidies is left to do; before it, in a rollback: what was not done yet
  if [ "$settling" = yes ]; then
    case $committed-$1 in no-* | yes-tidy*) ;; *) return ;; esac
    if grep -q "^[0-9]* done $number\$" "$operation/journal"; then return; fi
  fi
  if [ "$switched" = no ] && [ "$committed" = no ] && client_is_gone; then
    failed=yes
    record fail "$number" "$code" "$(printf '%s' "$sentence" | base64 -w0)"
    return
  fi
  record step "$number"
  # who serves, as seen by the comparison of digests, stays true as long as nothing happens
  case $1 in verify_digests | commit_release | tidy) ;; *) listed=no ;; esac
  if "$@"; then
    # on the disk with the next step's line, before that step does anything
    write_down 'done' "$number"
  else
    failed=yes
    sentence=${sentence:-step $number failed}
    # never undone from here on: whoever wants the data of before needs to know where it is
    if [ "$kind" = rollback ] && [ "$switched" = yes ] && [ -e "$operation/data-before" ]; then sentence="$sentence; $(cat "$operation/data-before")"; fi
    record fail "$number" "${code:-BUG}" "$(printf '%s' "$sentence" | base64 -w0)"
  fi
}
# From here on this program finishes or rolls back alone, whatever becomes of the client.
switch() {
  if [ "$switched" = no ]; then
    switched=yes
    record switch
  fi
}
client_is_gone() {
  if [ -e "$operation/cancelled" ]; then
    code=CANCELLED sentence='the run was cancelled before anything that serves was touched'
  elif [ -e "$operation/lost" ]; then
    code=CANCELLED sentence='the client left before anything that serves was touched'
  elif [ -e "$operation/word-back" ]; then
    code=CANCELLED sentence='another server of this deploy could not go on'
  else
    read -r beat _ 2> /dev/null < "$operation/alive" || return 1
    now
    [ $((ticks / 100 - ${beat%.*})) -gt 40 ] || return 1
    code=CANCELLED sentence='the client fell silent before anything that serves was touched'
  fi
}

undo_all() {
  undone=yes listed=no
  [ -e "$operation/undo" ] || return 0
  # what comes back mounts files as it starts, and may look at the schema: both are put back before it
  { grep -x restore_files "$operation/undo"; grep '^schema_back ' "$operation/undo"; tac "$operation/undo" | grep -vx -e restore_files -e 'schema_back .*'; } > "$operation/undo-order"
  while IFS= read -r call <&5; do
    record undo "$(printf '%s' "$call" | base64 -w0)"
    sentence=
    mark=$(engine_mark)
    if ! patiently eval "$call" && ! { restarted_since "$mark" && eval "$call"; }; then
      undone=no
      record undo-failed "$(printf '%s' "$sentence" | base64 -w0)"
    fi
  done 5< "$operation/undo-order"
  [ "$undone" = yes ]
}

finish() {
  if [ "$committed" = yes ]; then
    end=committed
  elif [ "$kind" = rollback ] && [ "$switched" = yes ]; then
    # a rollback is never rolled back: what it left stays to be looked at
    end=broken
  elif undo_all; then
    end=aborted
    if [ "$switched" = yes ] || [ -e "$operation/halted" ]; then end=rolled-back; fi
  else
    end=broken
  fi
  rm -rf "$operation/docker-config" "$operation"/answer*
  # data that came back says nothing of what else is broken
  if [ "$end" = committed ] && [ "$kind" != restore ]; then heal; fi
  if [ "$end" = broken ]; then mark_broken; fi
  serving
  record end "$end"
}
# The first act of whoever comes next, when this one was killed: after the commit tidy up, before it go back.
settle() {
  if grep -q '^[0-9]* switch$' "$operation/journal"; then switched=yes; fi
  rm -rf "$operation/docker-config" "$operation"/failed*
  record settle
  if is_committed; then
    committed=yes
    steps
  elif [ "$kind" = rollback ] && [ "$switched" = yes ] && ! grep -q '^[0-9]* fail ' "$operation/journal"; then
    # a rollback is never rolled back: one that was killed goes on where it stood; what it had exchanged, it may not have
    await_engine
    steps
  else
    failed=yes
    await_one_offs
  fi
  finish
}

# The rename is the commit: the line in the journal may have come too late.
is_committed() { [ "$(readlink "$dot/current")" = "releases/$release" ] || grep -q '^[0-9]* committed$' "$operation/journal"; }
# A migration or seed that outlived its program: nothing else touches that data before it has ended.
await_one_offs() {
  for left in $(docker ps --quiet --no-trunc --filter "label=com.docker.compose.project=$project" --filter label=com.docker.compose.oneoff=True --filter "name=-$release\$"); do
    timeout 900 docker wait "$left" > /dev/null 2>&1
    docker rm --force "$left" > /dev/null 2>&1
    [ -z "$database_kind" ] || sever_sessions
  done
}
