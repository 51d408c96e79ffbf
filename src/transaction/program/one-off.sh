# One-off containers: migrations and seeds, once, with a deadline.

# one_off NAME SECONDS COMPOSE-RUN-ARGUMENTS…: with the service's whole environment; gone after its deadline
one_off() {
  container=$project-$1-$release seconds=$2
  shift 2
  of_others=yes
  # where its database is ours to ask: which address its sessions come from
  if [ -n "$database_kind" ]; then
    note_address "$container" 9>&- &
    noting=$!
  fi
  capture within "$seconds" "${composed:-compose_program}" run --rm --no-deps --no-TTY --quiet-pull --name "$container" --label="deploy-action.operation=${operation##*/}" "$@"
  result=$? of_others=''
  if [ -n "$database_kind" ]; then kill "$noting" 2> /dev/null; fi
  if [ "$result" = 124 ] || [ "$result" = 137 ]; then
    docker rm --force "$container" > /dev/null 2>&1
    [ -z "$database_kind" ] || sever_sessions
  fi
  # another container may get that address now
  rm -f "$operation/address"
  return "$result"
}
note_address() {
  attempts=0
  until docker inspect --format '{{range .NetworkSettings.Networks}}{{println .IPAddress}}{{end}}' "$1" 2> /dev/null | grep . > "$operation/address"; do
    attempts=$((attempts + 1))
    [ "$attempts" -lt 200 ] || return
    sleep 0.3
  done
}
revision_line() { sed -n "s/^deploy-action: $1 //p" "$operation/last" | tail -n 1; }

# ask_revisions SECONDS COMPOSE-RUN-ARGUMENTS…: whether the new image brings revisions that the database has not
ask_revisions() {
  seconds=$1
  shift
  if one_off revisions "$seconds" "$@"; then
    pending=$(revision_line pending)
    known_schema=$(revision_line before) asked_schema=$known_schema
  else
    result=$?
    evidence revisions
    migration_failed "$result" "$seconds"
  fi
}
# migrate_alembic SECONDS COMPOSE-RUN-ARGUMENTS…: asks, upgrades and asks again in one container of the new image
migrate_alembic() {
  seconds=$1
  shift
  if [ "$pending" = no ]; then
    note schema before "$known_schema"
    note schema after "$known_schema"
    return 0
  fi
  if one_off migrate "$seconds" "$@"; then
    note schema before "$(revision_line before)"
    note schema after "$(revision_line after)"
    schema_left
  else
    result=$?
    evidence migrate
    note schema before "$(revision_line before)"
    schema_left unknown
    migration_failed "$result" "$seconds"
  fi
}
# schema_left [REVISION]: where the database is now, also when nothing else of this release stays; as noted where it is not said
schema_left() {
  printf '%s %s\n' "$release" "${1:-$(schema_revision after)}" >> "$dot/schema"
  sync "$dot/schema"
}

# ask_known SECONDS COMPOSE-RUN-ARGUMENTS…: whether the image that is to come back knows the revision the database is at; nothing was touched yet
ask_known() {
  seconds=$1
  shift
  composed=compose_stage
  one_off known "$seconds" "$@"
  result=$? composed=
  live=$(revision_line before)
  if [ "$result" != 0 ]; then
    evidence known
    fail CONFIG "the image of that release could not say whether it knows the schema of the database (exit code $result)"
  elif [ -n "$(revision_line unknown)" ]; then
    fail CONFIG "the database is at revision $live, which that release does not know"
  elif [ "$(revision_line needs)" != "$live" ]; then
    fail CONFIG "the database is at revision $live, but that release needs $(revision_line needs)"
  fi
}
# migrate_down REVISION SECONDS COMPOSE-RUN-ARGUMENTS…: with the image that serves, which alone knows the way
migrate_down() {
  reached=$1 seconds=$2
  shift 2
  schema_left unknown
  composed=compose_before
  one_off down "$seconds" "$@"
  result=$? composed=
  if [ "$result" != 0 ]; then
    evidence down
    migration_failed "$result" "$seconds"
    return
  fi
  note schema after "$reached"
  schema_left
}
# prepare_way_back FUNCTION: from here on, going back takes the schema back to where it is now; not where nothing is new or was there
prepare_way_back() {
  revision=$(schema_revision before | sed 's/ *$//')
  revision=${asked_schema:-$revision}
  case $revision in
    '' | base | unknown) return 0 ;;
    *[!A-Za-z0-9_.-]*)
      note warning 'schema' "stays where it is should this release go back: $revision is not one revision"
      return 0
      ;;
  esac
  [ "$pending" = no ] || undo_with schema_back "$1" "$revision"
}
# schema_back FUNCTION REVISION: by the new image, which alone knows the way, once nothing else of it runs that could go up again
schema_back() {
  for service in "$operation"/new-*; do
    # shellcheck disable=SC2046 # ids hold no blanks
    if [ -e "$service" ]; then patiently docker stop $(cat "$service") > /dev/null 2>&1; fi
  done
  schema_left unknown
  composed=compose_stage
  "$1" "$2"
  result=$? composed=
  if [ "$result" != 0 ]; then
    evidence down
    fail BROKEN "the schema could not be taken back to revision $2 (exit code $result)"
    return
  fi
  note schema back "$2"
  schema_left "$2"
}
migration_failed() {
  case $1 in
    124 | 137) fail MIGRATE "the migration was not done after $2 s and was stopped" ;;
    *) fail MIGRATE "the migration ended with exit code $1" ;;
  esac
}
# migrate_command SECONDS COMPOSE-RUN-ARGUMENTS…
migrate_command() {
  seconds=$1
  shift
  [ "$pending" != no ] || return 0
  [ -e "$operation/schema-before" ] || note_revision before
  schema_left unknown
  one_off migrate "$seconds" "$@" || { result=$?; evidence migrate; migration_failed "$result" "$seconds"; return; }
  if ! [ -e "$operation/schema-before" ] && note_revision after; then schema_left; fi
}
# note_revision before|after: where no command of the project says it, what the tool wrote into the database
note_revision() {
  [ -n "$database_kind" ] && find_database && capture database revision || return
  reached=$(said_of "$operation/last" revision)
  [ -n "$reached" ] && note schema "$1" "$reached"
}
# schema before|heads|after SECONDS COMPOSE-RUN-ARGUMENTS…: what the project's own command says of the revision
schema() {
  when=$1
  shift
  if [ "$when" = heads ]; then
    # nothing is new where the image's newest revision is what the database is at
    if one_off schema "$@"; then cmp -s "$operation/last" "$operation/schema-before" && pending=no; fi
    return 0
  fi
  if one_off schema "$@"; then cp "$operation/last" "$operation/schema-$when"; note schema "$when" "$(tail -n 3 "$operation/last" | tr '\n' ' ')"; [ "$when" = before ] || schema_left; else note schema "$when" unknown; fi
}

# run_seed NAME HASH SECONDS COMPOSE-RUN-ARGUMENTS…
run_seed() {
  seed=$1 hash=$2 seconds=$3
  shift 3
  begin_seed || return
  if one_off "seed-$seed" "$seconds" "$@"; then
    end_seed
  else
    result=$?
    evidence "seed $seed"
    fail SEED "seed $seed ended with exit code $result; its data is not undone"
  fi
}
# On the disk before it begins: what is cut off half-way is known for it.
begin_seed() {
  { printf '%s %s %s started\n' "$seed" "$hash" "$release" >> "$dot/seeds" && sync "$dot/seeds"; } || fail SEED "seed $seed was not begun, because $dot/seeds cannot be written"
}
end_seed() {
  printf '%s %s %s\n' "$seed" "$hash" "$release" >> "$dot/seeds"
  sync "$dot/seeds"
}
