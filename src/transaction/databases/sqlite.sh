# SQLite in a volume, asked beside the container that has it: sh -c THIS deploy-action VERB '' FILE [ARGUMENT]
# By the program sqlite3 where the image has it, else by Python's module of that name.
set -eu
file=$3 beside=$3.deploy-action
# ask FILE: the SQL of standard input
ask() {
  if command -v sqlite3 > /dev/null; then
    sqlite3 -batch -bail "$1"
  else
    python3 -c 'import sqlite3, sys
cursor = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
for line in sys.stdin:
    for row in cursor.execute(line): print("|".join("" if value is None else str(value) for value in row))' "$1"
  fi
}
names() { echo "SELECT quote(name) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name;" | ask "$1"; }
count() { names "$1" | sed "s/^'\(.*\)'\$/\1/; s/''/'/g" | while IFS= read -r name; do
  quoted=$(printf '%s' "$name" | sed 's/"/""/g')
  printf '%s %s\n' "$(echo "SELECT count(*) FROM \"$quoted\";" | ask "$1")" "$(printf '%s' "$name" | sed 's/[\\"]/\\&/g; s/.*/"&"/')"
done; }
revision() { for table in alembic_version:version_num django_migrations:"count(*)||'-'||max(app||'.'||name)" _prisma_migrations:'max(migration_name)'; do
  [ -z "$(echo "SELECT 1 FROM sqlite_master WHERE name = '${table%%:*}';" | ask "$1")" ] ||
    echo "SELECT 'deploy-action: revision ' || coalesce(${table#*:}, '') FROM ${table%%:*};" | ask "$1"
done; }
tell() { count "$1" | sed 's/^\([0-9]*\) /deploy-action: table \1 \1 /'; revision "$1"; }
fetch() {
  cat > "$beside"
  [ "$(echo 'PRAGMA integrity_check;' | ask "$beside")" = ok ]
}

case $1 in
  size)
    if [ -e "$file" ]; then echo "deploy-action: size $(($(wc -c < "$file") * 2))"; else echo 'deploy-action: size none'; fi
    df -Pk "${file%/*}" | awk 'NR == 2 { printf "deploy-action: room %.0f\n", $4 * 1024 }'
    ;;
  # what is counted is the copy, which is of one moment; the copy that comes back from the backup must say the same
  save)
    rm -f "$beside"
    echo "VACUUM INTO '$beside';" | ask "$file"
    cat "$beside"
    tell "$beside" >&2
    rm -f "$beside"
    echo 'deploy-action: saved' >&2
    ;;
  tables) tell "$file" ;;
  revision) revision "$file" ;;
  prove | load)
    fetch
    tell "$beside"
    [ "$1" = load ] || rm -f "$beside"
    ;;
  unprove | unload) rm -f "$beside" ;;
  # by rename, with the owner and mode of what was there; the journal beside the old file is of the old file
  swap)
    cp -p "$file" "$file.deploy-before"
    for part in -wal -shm -journal; do if [ -e "$file$part" ]; then mv -f "$file$part" "$file.deploy-before$part"; fi; done
    cat "$beside" > "$file"
    rm -f "$beside"
    ;;
  unswap)
    if [ -e "$file.deploy-before" ]; then
      rm -f "$file-wal" "$file-shm" "$file-journal"
      cat "$file.deploy-before" > "$file"
      for part in -wal -shm -journal; do if [ -e "$file.deploy-before$part" ]; then mv -f "$file.deploy-before$part" "$file$part"; fi; done
      rm -f "$file.deploy-before"
    fi
    ;;
  finish) rm -f "$file.deploy-before" "$file.deploy-before-wal" "$file.deploy-before-shm" "$file.deploy-before-journal" ;;
esac
