# Data that goes back: a backup restored beside the real database, put in its place while nothing of ours writes.

# load_backup ID: restored and compared with what was recorded when it was proven; nothing that serves is touched
load_backup() {
  loading=$dot/backups/$1
  find_database || return
  if [ "$(sha256sum < "$loading.dump" | cut -d' ' -f1)" != "$(sed -n 's/.*"sha256":"\([0-9a-f]*\)".*/\1/p' "$loading.json")" ]; then
    fail BACKUP "the backup $1 is not what it was when it was proven: its checksum differs"
    return
  fi
  undo_with unload_backup
  database load < "$loading.dump" > "$operation/loaded" 2> "$operation/last" || { unbacked "the backup $1 could not be restored"; return; }
  differences "$loading.rows" "$operation/loaded" > "$operation/last"
  [ ! -s "$operation/last" ] || { unbacked "what was restored from the backup $1 is not what was saved"; return; }
}
unload_backup() {
  ! find_database || database unload < /dev/null > /dev/null 2>&1
  return 0
}

# halt [SERVICE "IDS"]…: what may write is stopped, all at once; when the gap began is kept for each
halt() {
  now
  all=
  while [ $# -gt 0 ]; do
    undo_with start_again "$1" "'$2'"
    printf '%s\n' "$ticks" > "$operation/halted-$1"
    all="$all $2"
    shift 2
  done
  printf '%s\n' "$all" > "$operation/halted"
  # shellcheck disable=SC2086 # ids hold no blanks
  [ -z "$all" ] || capture docker stop $all || { evidence halt; fail HEALTH 'what writes into the database could not be stopped'; }
}
# start_again SERVICE "IDS": the very same containers, asked for their health again
start_again() {
  # shellcheck disable=SC2086
  capture docker start $2 || { evidence "$1"; fail BROKEN "$1 could not be started again"; return; }
  ready_before "$1" "$2" || { code=BROKEN; return 1; }
  note restored "$1" ''
}

# swap_database ID REVISION: what was there is kept until the end
swap_database() {
  undo_with unswap_database
  find_database || return
  database swap < "$dot/backups/$1.dump" > "$operation/last" 2>&1 || { unbacked 'the restored database could not be put in the place of the other'; return; }
  where_before > "$operation/data-before"
  tail -n 1 "$dot/schema" > "$operation/schema-was" 2> /dev/null
  note schema after "${2:-unknown}"
  schema_left "${2:-unknown}"
  [ "$kind" != restore ] || switch
}
# Back to the data of before: as it was set aside, or from the backup that was made of it.
unswap_database() {
  read -r all < "$operation/halted"
  # shellcheck disable=SC2086
  [ -z "$all" ] || docker stop $all > /dev/null 2>&1
  made=$dot/backups/${operation##*/}.dump
  case $database_kind in postgres | sqlite) [ -e "$made" ] || made=/dev/null ;; esac
  { find_database && [ -e "$made" ] && capture_from "$made" database unswap; } || { evidence database; fail BROKEN "the data of before could not be put back; $(where_before)"; return; }
  if [ -e "$operation/schema-was" ]; then cat "$operation/schema-was" >> "$dot/schema"; fi
}
# where_before: for people who have to bring it back themselves
where_before() {
  kept=''
  case $database_kind in
    postgres) kept="the database deploy_action_before of $database_service" ;;
    sqlite) kept="$database_name.deploy-before beside the real file in $database_service" ;;
  esac
  [ ! -e "$dot/backups/${operation##*/}.json" ] || kept="${kept:+$kept, and }the backup ${operation##*/} (deploy-action restore ${operation##*/})"
  if [ -n "$kept" ]; then printf 'the data of before is kept as %s\n' "$kept"; else printf 'where the data of before is, is not known\n'; fi
}
capture_from() {
  given=$1
  shift
  "$@" < "$given" > "$operation/last" 2>&1
}

# start_halted SERVICE "IDS" READY-FUNCTION GRACE INTERVAL RETRIES DEADLINE STABLE (milliseconds)
start_halted() {
  service=$1 ids=$2
  shift 2
  # shellcheck disable=SC2086
  capture docker start $ids || { evidence "$service"; fail HEALTH "$service could not be started: $(tail -n 1 "$operation/last")"; return; }
  wait_ready "$service" "$ids" "$@" || return
  read -r gap_from < "$operation/halted-$service"
  note gap "$service" "$(((ready_at - gap_from) * 10))"
}
commit_restore() {
  committed=yes
  record committed
}
# After the commit, so it never fails anything.
tidy_database() {
  ! find_database || database finish < /dev/null > /dev/null 2>&1
  return 0
}
