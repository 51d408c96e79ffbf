# Backups: made by the database's own tools, proven in a database beside it, kept by count and age.

# database VERB [ARGUMENT]: asks the tool of this kind of database, where find_database found it; no password is in anybody's arguments
database() {
  # shellcheck disable=SC2086 # words without blanks
  timeout -k 10 "$database_limit" docker $database_at -c "$database_tool" deploy-action "$1" "$database_user" "$database_name" "${2:-}"
}
find_database() {
  if [ "$database_kind" = sqlite ]; then
    # a file in a volume: also where its container does not run
    id=$(of_service "$database_service" | head -n 1)
    database_at="run --rm -i --network none --volumes-from $id --entrypoint sh $(docker inspect --format '{{.Image}}' "$id" 2> /dev/null)"
  else
    id=$(docker ps --quiet --no-trunc --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$database_service" --filter label=com.docker.compose.oneoff=False | head -n 1)
    database_at="exec -i $id sh"
  fi
  [ -n "$id" ] || fail BACKUP "no container of $database_service runs, so its database cannot be asked"
}
# unbacked SENTENCE: with what was seen last
unbacked() {
  of_others=yes
  hide < "$operation/last" | tail -c 262144 > "$operation/shown"
  of_others=''
  mv -f "$operation/shown" "$operation/last"
  evidence backup
  fail BACKUP "$1: $(tail -n 1 "$operation/last" | tr -d '\000-\037' | head -c 300)"
}
said_of() { sed -n "s/^deploy-action: $2 *//p" "$1" | tail -n 1; }

# backup_database: a proven backup, or none at all and BACKUP
backup_database() {
  if [ "$pending" = no ]; then
    note backup "$database_service" 'not made, the release brings no new revision'
    return 0
  fi
  find_database || return
  backup=$dot/backups/${operation##*/}
  { capture mkdir -p "$dot/backups" && enough_room; } || return
  if [ "$size" = none ]; then
    note backup "$database_service" 'not made, there is no database yet'
    return 0
  fi
  undo_with forget_proof && save_backup || return
  if [ "$database_kind" != command ] && [ "${asked_schema:-base}" = base ] && ! grep -q '^deploy-action: table' "$operation/saved"; then
    rm -f "$backup.part"
    note backup "$database_service" 'not made, there is nothing in the database yet'
    return 0
  fi
  prove_backup && keep_backup
}
enough_room() {
  capture database size || { unbacked "the database of $database_service does not answer"; return; }
  size=$(said_of "$operation/last" size) room=$(said_of "$operation/last" room)
  [ "$size" != none ] || return 0
  free=$(df -Pk -- "$dot" | awk 'NR == 2 { printf "%.0f", $4 * 1024 }')
  for here in "${free:-0}" "${room:-$free}"; do
    [ $((${size:-0} + 67108864)) -le "$here" ] && continue
    fail BACKUP "there is not enough room for a backup and its proof: the database has $((size / 1048576)) MiB, free are $((here / 1048576)) MiB"
    return
  done
}
save_backup() {
  sum=$({ database save 2> "$operation/saved"; printf '%s\n' "$?" > "$operation/status"; } < /dev/null | tee "$backup.part" | sha256sum | cut -d' ' -f1)
  tail -c 262144 "$operation/saved" > "$operation/last"
  if [ "$(cat "$operation/status")" != 0 ] || ! grep -qx 'deploy-action: saved' "$operation/saved"; then
    unbacked "the backup of $database_service could not be made"
  elif ! sync "$backup.part" || [ "$(sha256sum < "$backup.part" | cut -d' ' -f1)" != "$sum" ]; then
    fail BACKUP "the backup of $database_service did not arrive whole in $dot/backups; is the disk full?"
  fi
}
prove_backup() {
  database prove < "$backup.part" > "$operation/proved" 2> "$operation/last" || { unbacked 'the backup could not be restored for its proof'; return; }
  differences "$operation/saved" "$operation/proved" > "$operation/last"
  [ ! -s "$operation/last" ] || { unbacked 'what was restored from the backup is not what was saved'; return; }
  revision=$(said_of "$operation/proved" revision | tr -dc 'A-Za-z0-9_.,-' | head -c 200)
  # a migration tool whose table nobody here knows: what it said itself
  [ -n "$revision$asked_schema" ] || revision=$(schema_revision before | tr -dc 'A-Za-z0-9_.,-' | head -c 200)
  [ "${asked_schema:-base}" = base ] || [ "$asked_schema" = "$revision" ] ||
    fail BACKUP "the backup is at revision ${revision:-none}, but the migration's database at $asked_schema: backup.database may name another one"
}
# differences ORIGINAL COPY: where the copy is another; rows of the original may be counted as a range
differences() {
  awk '$1 != "deploy-action:" { next }
    { rest = $0; sub($2 == "table" ? "^[^ ]+ [^ ]+ [^ ]+ [^ ]+ " : "^[^ ]+ [^ ]+ ?", "", rest) }
    $2 == "table" && FNR == NR { low[rest] = $3; high[rest] = $4 }
    $2 == "table" && FNR != NR { if (!(rest in low)) print rest " was not saved"; else if ($3 < low[rest] || $3 > high[rest]) print rest " has " $3 " rows, not " low[rest]; seen[rest] = 1 }
    $2 == "revision" { if (FNR == NR) there[rest] = 1; else if (rest in there) delete there[rest]; else print "revision " rest " was not saved" }
    END { for (name in low) if (!(name in seen)) print name " is missing"; for (name in there) print "revision " name " is missing" }' "$1" "$2"
}
keep_backup() {
  bytes=$(stat -c %s "$backup.part")
  printf '{"id":"%s","kind":"%s","service":"%s","release":"%s","next":"%s","revision":"%s","bytes":%s,"sha256":"%s","made":"%s","tables":{%s}}\n' \
    "${backup##*/}" "$database_kind" "$database_service" "$previous" "$release" "$revision" "$bytes" "$sum" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
    "$(awk '$2 == "table" { rest = $0; sub("^[^ ]+ [^ ]+ [^ ]+ [^ ]+ ", "", rest); printf "%s%s:%s", comma, rest, $3; comma = "," }' "$operation/proved")" > "$backup.new"
  # a proof of somebody's own may count nothing
  { sed -n '/^deploy-action: /p' "$operation/proved" > "$backup.rows" && mv -f "$backup.part" "$backup.dump" && sync "$backup.dump" "$backup.rows" "$backup.new" && mv -f "$backup.new" "$backup.json" && sync "$dot/backups"; } ||
    { fail BACKUP "the backup could not be kept in $dot/backups"; return; }
  note backup "$database_service" "${backup##*/}, proven: $((bytes / 1024)) KiB, $(grep -c '^deploy-action: table' "$operation/proved") tables${revision:+, revision $revision}"
}
# What a proof that was cut off left; undone whatever happened.
forget_proof() {
  left=$dot/backups/${operation##*/}
  rm -f "$left.part" "$left.new"
  [ -e "$left.json" ] || rm -f "$left.dump" "$left.rows"
  ! find_database || database unprove < /dev/null > /dev/null 2>&1
  return 0
}

# sever_sessions: a server does not notice that a client is gone whose network went with it: its statement would go on, and hold its locks
sever_sessions() {
  [ -s "$operation/address" ] && find_database || return 0
  while IFS= read -r address <&6; do database sever "$address" < /dev/null > /dev/null 2>&1; done 6< "$operation/address"
  rm -f "$operation/address"
}

# The newest is kept, however old and whatever was asked for; so is the one of this operation, which a clock that is behind
# may have given the oldest name.
prune_backups() {
  nth=0
  (cd "$dot/backups" 2> /dev/null && ls -- *.json 2> /dev/null) | sort -r | while IFS= read -r file; do
    nth=$((nth + 1)) file=$dot/backups/${file%.json}
    if [ "$nth" = 1 ] || [ "$file" = "$dot/backups/${operation##*/}" ]; then continue; fi
    if [ "$nth" -gt "$backups_kept" ] || [ $(($(date +%s) - $(stat -c %Y "$file.json"))) -gt "$backups_seconds" ]; then rm -f "$file.json" "$file.dump" "$file.rows"; fi
  done
}
