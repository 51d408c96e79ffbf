import{n as e}from"./quote.js";import{F as t,L as n,S as r,x as i}from"./transact.js";var a=`# Data that goes back: a backup restored beside the real database, put in its place while nothing of ours writes.

# load_backup ID: restored and compared with what was recorded when it was proven; nothing that serves is touched
load_backup() {
  loading=$dot/backups/$1
  find_database || return
  if [ "$(sha256sum < "$loading.dump" | cut -d' ' -f1)" != "$(sed -n 's/.*"sha256":"\\([0-9a-f]*\\)".*/\\1/p' "$loading.json")" ]; then
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
    printf '%s\\n' "$ticks" > "$operation/halted-$1"
    all="$all $2"
    shift 2
  done
  printf '%s\\n' "$all" > "$operation/halted"
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
  tail -n 1 "$dot/schema" > "$operation/schema-was" 2> /dev/null
  note schema after "\${2:-unknown}"
  schema_left "\${2:-unknown}"
  [ "$kind" != restore ] || switch
}
# Back to the data of before: as it was set aside, or from the backup that was made of it.
unswap_database() {
  read -r all < "$operation/halted"
  # shellcheck disable=SC2086
  [ -z "$all" ] || docker stop $all > /dev/null 2>&1
  made=$dot/backups/\${operation##*/}.dump
  case $database_kind in postgres | sqlite) [ -e "$made" ] || made=/dev/null ;; esac
  { find_database && [ -e "$made" ] && capture_from "$made" database unswap; } || { evidence database; fail BROKEN "the data of before could not be put back; it is in $made"; return; }
  if [ -e "$operation/schema-was" ]; then cat "$operation/schema-was" >> "$dot/schema"; fi
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
`;const o=[`# What the program of a deploy is made of. It runs on the server, in a session of its own, holding the lock
# (file descriptor 9), and writes a durable line at every boundary, so that whoever comes next can finish or
# undo what it left. Used by the generated part below, which sets: directory, project, operation, release, env_file.
set -u
umask 077
LC_ALL=C
export LC_ALL
dot=$directory/.deploy
failed=no switched=no committed=no settling=no undone=yes creating='' asking='' login_config='' login_host='' address_for='' ask_seconds='' time_limit='' code='' sentence=''
pending='' asked_schema='' backups_kept='' database_kind='' container_environment='' of_others=''
`,i,`# Values that stay on the server: what containers and tools print goes into our files, and to the client, without them.

# Everything that stands in the environment file, and what the project's containers were given from wherever.
hidden_lines() {
  cat -- "$directory/$env_file" 2> /dev/null
  printf '\\n%s\\n' "$container_environment"
}
# Containers know what other files than ours gave them; asked only where somebody printed something.
know_containers() {
  # shellcheck disable=SC2046 # ids hold no blanks
  set -- $(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project")
  [ $# = 0 ] || container_environment=$(docker inspect --format '{{range .Config.Env}}{{println .}}{{end}}' "$@" 2> /dev/null) || true
}
know_once() { [ -n "$container_environment" ] || know_containers; }
# hide: standard input without hidden values, in the forms in which programs print them; no process where there is no text
hide() {
  IFS= read -r line || [ -n "$line" ] || return 0
  # while they still print: nobody waits for this
  [ -z "$of_others" ] || know_once
  { hidden_lines; printf '%s\\n' "$operation" "$line"; cat; } | awk -v mark="$operation" "$HIDE"
}
# POSIX awk, by bytes. A value counts where its name says that it is secret, or where it looks like one; pieces of eight
# bytes count too, for whoever prints it over several lines or cuts it.
# shellcheck disable=SC2016
HIDE='
BEGIN {
  quote = sprintf("%c", 39)
  for (i = 1; i < 256; i++) { character = sprintf("%c", i); code[character] = i; hex[character] = sprintf("%02x", i) }
  letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
}
!reading && $0 == mark { reading = 1; next }
!reading { learn($0); next }
{ print shown(plain($0)) }

function learn(line, at) {
  sub(/\\r$/, "", line)
  if (match(line, /^[ \\t]*(export[ \\t]+)?[A-Za-z_][A-Za-z0-9_.-]*[ \\t]*[=:]/)) {
    name = tolower(substr(line, 1, RLENGTH))
    line = substr(line, RLENGTH + 1)
  }
  gsub(/^[ \\t]+|[ \\t]+$/, "", line)
  at = line
  sub(/[ \\t]+#.*$/, "", at)
  hidden(at)
  if (line ~ /^["\\047]/) sub(substr(line, 1, 1) "[ \\t]*(#.*)?$", "", line)
  sub(/^["\\047]/, "", line)
  # the last of several lines has but one
  sub(/["\\047]$/, "", line)
  hidden(replaced(replaced(line, "\\\\\\"", "\\""), "\\\\\\\\", "\\\\"))
  hidden(replaced(line, "$$", "$"))
  # user:password@ of an address
  if (match(line, /:\\/\\/[^\\/@]*:[^@]*@/)) { at = substr(line, RSTART, RLENGTH - 1); sub(/^:\\/\\/[^:]*:/, "", at); name = "password"; hidden(at) }
}
function hidden(value) {
  if (length(value) < 6 || length(value) > 4096 || (value in known)) return
  if (name !~ /pass|secret|token|key|cred|auth|dsn|private|salt|webhook|session|cookie/ && (length(value) < 8 || value !~ /[0-9A-Z]/)) return
  known[value]
  form(value)
  form(reversed(value))
  form(replaced(value, quote, quote "\\\\" quote quote))
  form(replaced(value, quote, quote "\\"" quote "\\"" quote))
  form(replaced(value, quote, quote quote))
  form(replaced(value, "$", "$$"))
  form(escaped(value, "\\""))
  form(escaped(value, "[\\"\\\\\\\\]"))
  form(escaped(value, "[\\"\\\\\\\\$\`]"))
  form(escaped(value, "[^A-Za-z0-9_@%+=:,./-]"))
  form(replaced(replaced(replaced(escaped(value, "[\\"\\\\\\\\]"), "<", "\\\\u003c"), ">", "\\\\u003e"), "&", "\\\\u0026"))
  markup(replaced(replaced(replaced(value, "&", "&amp;"), "<", "&lt;"), ">", "&gt;"))
  for (at_byte = 0; at_byte < 3; at_byte++) {
    encoded = base64(substr(value, at_byte + 1))
    form(encoded)
    gsub(/\\+/, "-", encoded)
    gsub(/\\//, "_", encoded)
    form(encoded)
  }
  url(value, "[^A-Za-z0-9_.~-]")
  url(value, "[^A-Za-z0-9_.~/-]")
  url(value, "[^A-Za-z0-9_.!~*\\047()-]")
  encoded = ""
  for (at_byte = 1; at_byte <= length(value); at_byte++) encoded = encoded hex[substr(value, at_byte, 1)]
  form(encoded)
  form(toupper(encoded))
}
function markup(text) {
  form(text)
  form(replaced(replaced(text, "\\"", "&quot;"), quote, "&apos;"))
  form(replaced(replaced(text, "\\"", "&#34;"), quote, "&#39;"))
  form(replaced(replaced(text, "\\"", "&quot;"), quote, "&#x27;"))
}
function form(text, at, piece) {
  if (length(text) < 6 || (text in forms)) return
  forms[text]
  if (length(text) > 1024) return
  for (at = 1; at + 7 <= length(text); at++) {
    piece = substr(text, at, 8)
    if (piece ~ /[^a-z .,:;\\/_@()<>-]/) pieces[piece]
  }
}
function replaced(text, old, new, done, at) {
  done = ""
  while ((at = index(text, old)) > 0) {
    done = done substr(text, 1, at - 1) new
    text = substr(text, at + length(old))
  }
  return done text
}
function escaped(text, special, done, at, one) {
  done = ""
  for (at = 1; at <= length(text); at++) {
    one = substr(text, at, 1)
    done = done (one ~ special ? "\\\\" : "") one
  }
  return done
}
function reversed(text, done, at) {
  done = ""
  for (at = length(text); at > 0; at--) done = done substr(text, at, 1)
  return done
}
function url(text, special, done, at, one) {
  done = ""
  for (at = 1; at <= length(text); at++) {
    one = substr(text, at, 1)
    done = done (one ~ special ? "%" hex[one] : one)
  }
  form(done)
  form(replaced(done, "%20", "+"))
  for (at = 1; at <= length(done); at++)
    if (substr(done, at, 1) == "%") done = substr(done, 1, at) toupper(substr(done, at + 1, 2)) substr(done, at + 3)
  form(done)
  form(replaced(done, "%20", "+"))
}
# Only what is the same whatever stands behind the value.
function base64(text, done, at, bits) {
  done = ""
  for (at = 1; at + 2 <= length(text); at += 3) {
    bits = code[substr(text, at, 1)] * 65536 + code[substr(text, at + 1, 1)] * 256 + code[substr(text, at + 2, 1)]
    done = done substr(letters, int(bits / 262144) + 1, 1) substr(letters, int(bits / 4096) % 64 + 1, 1) substr(letters, int(bits / 64) % 64 + 1, 1) substr(letters, bits % 64 + 1, 1)
  }
  return done
}
# Bounded, and without what stands invisibly inside of a value.
function plain(line) {
  if (length(line) > 4000) line = "… " substr(line, length(line) - 3999)
  gsub(/\\033\\[[0-9;?]*[ -\\/]*[@-~]/, "", line)
  gsub(/[\\001-\\010\\013-\\037\\177]/, "", line)
  return line
}
function shown(line, text, at, from, stars, told) {
  for (text in forms)
    for (from = 1; (at = index(substr(line, from), text)) > 0; from += at) cover(from + at - 1, length(text))
  for (at = 1; at + 7 <= length(line); at++) if (substr(line, at, 8) in pieces) cover(at, 8)
  if (!covering) return line
  told = ""
  for (at = 1; at <= length(line); at++) {
    if (!(at in covered)) told = told substr(line, at, 1)
    else if (!((at - 1) in covered)) told = told "***"
  }
  split("", covered)
  covering = 0
  return told
}
function cover(at, count) {
  covering = 1
  for (; count > 0; count--) covered[at++]
}
'
`,`# What is written down, durably, before the next thing happens; and what commands said.

# Hundredths of a second since boot: never jumps with the wall clock, and costs no process.
now() {
  read -r up _ < /proc/uptime
  ticks=\${up%.*}\${up#*.}
}
# record KIND [TEXT…]: one line that is on the disk before the next thing happens
record() {
  write_down "$@"
  sync -d "$operation/journal"
}
# A line that nobody who settles depends on: it reaches the disk with the next record.
write_down() {
  now
  printf '%s %s\\n' "$ticks" "$*" >> "$operation/journal"
}
# note KIND NAME TEXT: a fact for the report; text of others travels as base64
note() { write_down note "$1" "$2" "$(printf '%s' "$3" | base64 -w0)"; }
fail() {
  code=$1 sentence=$2
  return 1
}

# Runs a command with its output kept, bounded and without hidden values, in $operation/last and in the operation's output.
capture() {
  {
    "$@"
    printf '%s\\n' "$?" > "$operation/status"
  } 2>&1 < /dev/null | tail -c 262144 | hide > "$operation/last"
  { printf '$ %s\\n' "$*"; cat "$operation/last"; } >> "$operation/output"
  read -r result < "$operation/status" || result=1
  return "$result"
}
# within SECONDS COMPOSE-FUNCTION ARGUMENTS…: compose, ended with 124 when it takes longer
within() {
  time_limit=$1
  shift
  "$@"
  set -- "$?"
  time_limit=
  return "$1"
}
evidence() {
  know_once
  note evidence "$1" "$(tail -n 40 "$operation/last" | tail -c 16384 | hide)"
}
`,`# How a step is run, and how everything is undone: in reverse, by this process or by the next run.

# Written before the effect, run in reverse order when something fails later: by this process, or by the next run.
undo_with() {
  printf '%s\\n' "$*" >> "$operation/undo"
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
    if grep -q "^[0-9]* done $number\\$" "$operation/journal"; then return; fi
  fi
  if [ "$switched" = no ] && [ "$committed" = no ] && client_is_gone; then
    failed=yes
    record fail "$number" "$code" "$(printf '%s' "$sentence" | base64 -w0)"
    return
  fi
  record step "$number"
  if "$@"; then
    # on the disk with the next step's line, before that step does anything
    write_down 'done' "$number"
  else
    failed=yes
    record fail "$number" "\${code:-BUG}" "$(printf '%s' "\${sentence:-step $number failed}" | base64 -w0)"
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
    [ $((ticks / 100 - \${beat%.*})) -gt 40 ] || return 1
    code=CANCELLED sentence='the client fell silent before anything that serves was touched'
  fi
}

undo_all() {
  undone=yes
  [ -e "$operation/undo" ] || return 0
  # what comes back mounts files as it starts, so these are put back before it
  { grep -x restore_files "$operation/undo"; tac "$operation/undo" | grep -vx restore_files; } > "$operation/undo-order"
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
  rm -rf "$operation/docker-config" "$operation/answer"
  # data that came back says nothing of what else is broken
  if [ "$end" = committed ] && [ "$kind" != restore ]; then heal; fi
  if [ "$end" = broken ]; then mark_broken; fi
  serving
  record end "$end"
}
# The first act of whoever comes next, when this one was killed: after the commit tidy up, before it go back.
settle() {
  if grep -q '^[0-9]* switch$' "$operation/journal"; then switched=yes; fi
  rm -rf "$operation/docker-config"
  record settle
  if is_committed; then
    committed=yes
    steps
  elif [ "$kind" = rollback ] && [ "$switched" = yes ] && ! grep -q '^[0-9]* fail ' "$operation/journal"; then
    # a rollback is never rolled back: one that was killed goes on where it stood; what it had exchanged, it may not have
    await_engine
    rm -f "$operation"/gap-*
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
  for left in $(docker ps --quiet --no-trunc --filter "label=com.docker.compose.project=$project" --filter label=com.docker.compose.oneoff=True --filter "name=-$release\\$"); do
    timeout 900 docker wait "$left" > /dev/null 2>&1
    docker rm --force "$left" > /dev/null 2>&1
    [ -z "$database_kind" ] || sever_sessions
  done
}
`,`# What nobody could put right stays to be seen, and stops further deploys, until a release of the same repository succeeds.

# "KEY VALUE" lines, for people with \`cat\` and for the next look.
mark_broken() {
  failure=$(sed -n 's/^[0-9]* fail //p' "$operation/journal" | tail -n 1)
  {
    printf 'repository %s\\noperation %s\\nkind %s\\nrelease %s\\nprevious %s\\nsince %s\\n' \\
      "$repository" "\${operation##*/}" "$kind" "$release" "$previous" "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
    printf '%s\\n' "$failure" | { read -r _ known said && printf 'code %s\\nsentence %s\\n' "$known" "$(printf '%s' "$said" | base64 -d | tr '\\n' ' ')"; }
    sed -n 's/^[0-9]* undo-failed //p' "$operation/journal" | while IFS= read -r said; do
      printf 'undo %s\\n' "$(printf '%s' "$said" | base64 -d | tr '\\n' ' ')"
    done
  } > "$dot/broken.new"
  sync "$dot/broken.new" && mv -f "$dot/broken.new" "$dot/broken" && sync "$dot"
}
# Another repository's success does not mend what is broken of this one.
heal() {
  [ -e "$dot/broken" ] || return 0
  whose=$(sed -n 's/^repository //p' "$dot/broken")
  if [ "$whose" = "$repository" ] || ! printf '%s\\n' "$parts" | grep -qF -- "$whose "; then rm -f "$dot/broken"; fi
}
`,`# Several servers act as one: at two points each waits, holding the lock, for the word of the client that sees them all.

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
  [ $((ticks / 100 - \${beat%.*})) -gt 60 ] || return 1
  fail CANCELLED 'the client was silent for 60 s and never said that all servers are well'
  return 0
}
`,`# The files that a release brings, put in place and put back.

# place_files: what the release brings, whole files by rename; what an earlier release brought and this one does not goes.
place_files() {
  if [ -e "$dot/releases/$release/release.json" ]; then
    fail BUG "there is a release $release already"
    return
  fi
  undo_with forget_release
  # what a rollback that failed may have left under this number
  rm -rf "\${dot:?}/releases/$release"
  if ! { mkdir -p "$dot/releases/$release" && capture cp -a "$operation/stage/." "$dot/releases/$release/"; }; then
    evidence files
    fail CONFIG "the files of the release could not be kept in $dot/releases"
    return
  fi
  (cd "$operation/stage/project" && find . -type f -exec sha256sum -- {} +) | sed 's,  \\./,  ,' | sort -k 2 > "$dot/releases/$release/manifest"
  mkdir -p "$operation/before"
  undo_with restore_files
  sed 's/^[0-9a-f]*  //' "$dot/releases/$release/manifest" > "$operation/brought"
  { cat "$operation/brought"; brought_by_others; } > "$operation/kept"
  sed 's/^[0-9a-f]*  //' "$dot/releases/$previous/manifest" 2> /dev/null | grep -vxF -f "$operation/kept" > "$operation/dropped"
  as_wanted > "$operation/as-wanted"
  grep -vxF -f "$operation/as-wanted" "$operation/brought" > "$operation/to-place"
  home=$(realpath -- "$directory") inside=''
  while IFS= read -r file <&6; do
    place_file "$file" || return 1
  done 6< "$operation/to-place"
  while IFS= read -r file <&6; do
    keep_before "$file" && rm -f -- "$directory/$file"
  done 6< "$operation/dropped"
  sync "$dot/releases/$release/manifest"
}
# Files that the releases of other repositories brought into this stack: not ours to take away.
brought_by_others() {
  printf '%s\\n' "$parts" | while read -r _ id; do
    [ "$id" = "$release" ] || sed 's/^[0-9a-f]*  //' "$dot/releases/$id/manifest" 2> /dev/null
  done
}
# Those that have their bytes and their mode already, asked for all at once.
as_wanted() {
  awk -v executables="$operation/stage/executables" 'BEGIN { while ((getline file < executables) > 0) is[file] = 1 } { print (($0 in is) ? 755 : 644), $0 }' "$operation/brought" > "$operation/modes"
  (
    cd -- "$directory" || return
    set --
    sha256sum -c "$dot/releases/$release/manifest" 2> /dev/null | sed -n 's/: OK$//p' > "$operation/same"
    while IFS= read -r file; do set -- "$@" "$file"; done < "$operation/same"
    [ $# = 0 ] || stat -c '%a %n' -- "$@" | grep -xF -f "$operation/modes" | sed 's/^[0-7]* //'
  )
}
place_file() {
  target=$directory/$1
  folder=\${target%/*}
  # once for all files of a folder
  if [ "$folder" != "$inside" ]; then
    case $(realpath -m -- "$folder")/ in
      "$home"/*) inside=$folder ;;
      *) fail CONFIG "$1 would be written outside $directory: a folder on its way is a link"; return ;;
    esac
  fi
  mode=644
  if grep -qxF -- "$1" "$operation/stage/executables" 2> /dev/null; then mode=755; fi
  cmp -s -- "$operation/stage/project/$1" "$target" && [ "$(stat -c %a -- "$target")" = "$mode" ] && return
  if [ -d "$target" ] && ! [ -L "$target" ]; then
    fail CONFIG "$target is a folder, but the project brings a file of that name; Docker makes such a folder where a mounted file is missing: remove it on the server"
    return
  fi
  # folders and files are readable for the users that containers run as, like a checkout
  { capture keep_before "$1" && (umask 022 && capture mkdir -p -- "$folder") &&
    capture cp -- "$operation/stage/project/$1" "$target.deploy-new" && chmod "$mode" -- "$target.deploy-new" && mv -fT -- "$target.deploy-new" "$target"; } ||
    { rm -f -- "$target.deploy-new"; evidence "$1"; fail CONFIG "$target could not be written: $(tail -n 1 "$operation/last")"; }
}
keep_before() {
  if ! [ -e "$directory/$1" ] && ! [ -L "$directory/$1" ]; then
    printf '%s\\n' "$1" >> "$operation/created"
    return
  fi
  [ -e "$operation/before/$1" ] || {
    mkdir -p -- "$operation/before/$(dirname -- "$1")" && cp -a -- "$directory/$1" "$operation/before/$1"
  }
}
restore_files() {
  if [ -e "$operation/created" ]; then
    while IFS= read -r file <&6; do rm -f -- "$directory/$file"; done 6< "$operation/created"
  fi
  (cd "$operation/before" && find . ! -type d) > "$operation/put-back"
  while IFS= read -r file <&6; do
    { cp -a -- "$operation/before/$file" "$directory/$file.deploy-old" && mv -fT -- "$directory/$file.deploy-old" "$directory/$file"; } ||
      { fail BROKEN "$directory/$file could not be put back; it is kept as $operation/before/$file"; return; }
  done 6< "$operation/put-back"
}
forget_release() {
  rm -rf "\${dot:?}/releases/$release"
}
`,`# How the server gets the images, with a login that stays nowhere.

# The login lives in a folder of its own for the time of the pull: nothing of it stays.
with_login() {
  if [ -z "$credentials" ]; then
    "$@"
    return
  fi
  mkdir -p "$operation/docker-config"
  printf '%s' "$credentials" | base64 -d > "$operation/docker-config/config.json"
  credentials=
  login_host=\${DOCKER_HOST:-$(context_host)}
  login_config=$operation/docker-config
  "$@"
  set -- "$?"
  login_config=
  rm -rf "$operation/docker-config"
  return "$1"
}
# A folder of its own knows nothing of the context that says which engine is meant, where one does.
context_host() {
  if [ -n "\${DOCKER_CONTEXT:-}" ] || grep -qs currentContext "\${DOCKER_CONFIG:-\${HOME:-}/.docker}/config.json"; then
    docker context inspect --format '{{.Endpoints.docker.Host}}' 2> /dev/null
  fi
}
# docker pull with the temporary login first, then as the server's own user would
pull() {
  if [ -n "$login_config" ]; then
    if timeout -k 5 900 env DOCKER_CONFIG="$login_config" \${login_host:+"DOCKER_HOST=$login_host"} docker pull --quiet "$1" > "$2" 2>&1; then return; fi
    is_refused "$2" || return 1
    # its own login may be for another registry: what this says matters only where it works
    timeout -k 5 900 docker pull --quiet "$1" > "$2.own" 2>&1
    set -- "$?" "$2"
    rm -f "$2.own"
    return "$1"
  fi
  timeout -k 5 900 docker pull --quiet "$1" > "$2" 2>&1
}
is_refused() { grep -qiE 'unauthorized|denied|no basic auth' "$1"; }
# pull_images REFERENCE…: side by side, each retried where a retry can help
pull_images() { with_login pull_all "$@"; }
pull_all() {
  pulls=
  for reference; do
    pull_image "$reference" &
    pulls="$pulls $!"
  done
  for pull in $pulls; do
    wait "$pull" || pull_failed=yes
  done
  if [ "\${pull_failed:-no}" = yes ]; then
    cat "$operation"/pull-* 2> /dev/null | hide > "$operation/last"
    rm -f "$operation"/pull-*
    evidence pull
    if is_refused "$operation/last"; then
      fail PULL "the registry refused the server: $(sed -n 1p "$operation/last")"
    else
      fail PULL "the server could not get the image: $(sed -n 1p "$operation/last")"
    fi
  fi
}
pull_image() {
  docker image inspect --format '{{.ID}}' "$1" > /dev/null 2>&1 && return
  answer=$operation/pull-$(printf '%s' "$1" | sha256sum | cut -c1-12)
  for pause in 1 3 no; do
    if pull "$1" "$answer"; then
      rm -f "$answer"
      return
    fi
    [ -s "$answer" ] || printf '%s: no end within 900 s\\n' "$1" > "$answer"
    if is_refused "$answer" || grep -qE 'not found|manifest unknown' "$answer"; then return 1; fi
    [ "$pause" = no ] || sleep "$pause"
  done
  return 1
}
`,`# One-off containers: migrations and seeds, once, with a deadline.

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
  capture within "$seconds" "\${composed:-compose_program}" run --rm --no-deps --no-TTY --quiet-pull --name "$container" --label="deploy-action.operation=\${operation##*/}" "$@"
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
  printf '%s %s\\n' "$release" "\${1:-$(schema_revision after)}" >> "$dot/schema"
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
  if one_off schema "$@"; then cp "$operation/last" "$operation/schema-$when"; note schema "$when" "$(tail -n 3 "$operation/last" | tr '\\n' ' ')"; [ "$when" = before ] || schema_left; else note schema "$when" unknown; fi
}

# run_seed NAME HASH SECONDS COMPOSE-RUN-ARGUMENTS…
run_seed() {
  seed=$1 hash=$2 seconds=$3
  shift 3
  # on the disk before it begins: what is cut off half-way is known for it
  { printf '%s %s %s started\\n' "$seed" "$hash" "$release" >> "$dot/seeds" && sync "$dot/seeds"; } || { fail SEED "seed $seed was not begun, because $dot/seeds cannot be written"; return; }
  if one_off "seed-$seed" "$seconds" "$@"; then
    printf '%s %s %s\\n' "$seed" "$hash" "$release" >> "$dot/seeds"
    sync "$dot/seeds"
  else
    result=$?
    evidence "seed $seed"
    fail SEED "seed $seed ended with exit code $result; its data is not undone"
  fi
}
`,`# The new containers made beside the old, the switch, and the way back to the very same old ones.

# except IDS: the lines of standard input that are not among them
except() {
  while IFS= read -r id; do
    case " $1 " in *" $id "*) ;; *) printf '%s\\n' "$id" ;; esac
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
restore_infrastructure() {
  [ -n "$previous" ] || return 0
  capture compose_before up --detach --no-build --no-deps "$@" || fail BROKEN "infrastructure could not be put back: $*"
}

# create_containers SERVICE=SCALE…: the new ones beside those that run, not started; compose numbers and names them.
# In the background: a migration may run meanwhile.
create_containers() {
  scales=
  names=
  for pair; do
    scales="$scales --scale $pair" names="$names \${pair%=*}"
    # whole and on the disk before it counts: what is not in it is taken for ours and removed when this is undone
    { of_service "\${pair%=*}" > "$operation/old.new" && sync -d "$operation/old.new" && mv -f "$operation/old.new" "$operation/old-\${pair%=*}"; } ||
      { fail HEALTH "Docker does not say which containers \${pair%=*} has; nothing was touched"; return; }
    undo_with remove_created "\${pair%=*}"
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
  listing=
  for service; do
    { of_service "$service" > "$operation/there-$service" && except "$(tr '\\n' ' ' < "$operation/old-$service")" < "$operation/there-$service" > "$operation/new-$service"; } &
    listing="$listing $!"
  done
  for list in $listing; do
    wait "$list" || { fail HEALTH 'Docker does not say which containers it has; nothing that serves was touched'; return; }
  done
  for service; do
    [ -s "$operation/new-$service" ] || { fail BUG "compose created no container for $service"; return; }
  done
}
# Everything of the service that was not there before is ours.
remove_created() {
  [ -z "$creating" ] || wait "$creating"
  [ -e "$operation/old-$1" ] || return 0
  # shellcheck disable=SC2046
  set -- $(of_service "$1" | except "$(tr '\\n' ' ' < "$operation/old-$1")")
  [ $# = 0 ] || patiently docker rm --force "$@" > /dev/null 2>&1
}

# exchange SERVICE ORDER "OLD IDS THAT RUN" RESTART-POLICY: 1 where the old ones could not be stopped, 2 where the new
# ones could not be started. When the gap began, and every word, goes to files of the service: several run side by side.
exchange() {
  now
  # stopped earlier where the data goes back, too
  { cat "$operation/halted-$1" 2> /dev/null || printf '%s\\n' "$ticks"; } > "$operation/gap-$1"
  # the whole of it, because an engine that starts again may have brought the old ones back
  patiently exchange_containers "$@" > "$operation/exchange-$1" 2>&1 < /dev/null
}
exchange_containers() {
  # shellcheck disable=SC2086 # ids hold no blanks
  if [ "$2" = stop-first ] && [ -n "$3" ]; then docker stop $3 || return 1; fi
  # shellcheck disable=SC2046
  docker start $(cat "$operation/new-$1") || return 2
  # a reboot must not bring the old one up beside the new one
  # shellcheck disable=SC2086
  if comes_back "$4" && [ -n "$3" ]; then docker update --restart no $3 || return 2; fi
  return 0
}
# not_exchanged SERVICE RESULT
not_exchanged() {
  hide < "$operation/exchange-$1" > "$operation/last"
  rm -f "$operation/exchange-$1"
  evidence "$1"
  if [ "$2" = 1 ]; then
    fail HEALTH "$1: the running container could not be stopped"
  else
    fail HEALTH "$1: the new container could not be started: $(tail -n 1 "$operation/last")"
  fi
}
# exchange_services [SERVICE "OLD IDS THAT RUN" RESTART-POLICY]…: side by side
exchange_services() {
  switch
  exchanging=
  while [ $# -gt 0 ]; do
    undo_with bring_back "$1" "'$2'" "$3"
    exchange "$1" stop-first "$2" "$3" &
    exchanging="$exchanging $1=$!"
    shift 3
  done
  for pair in $exchanging; do
    wait "\${pair#*=}" || not_exchanged "\${pair%%=*}" "$?"
  done
  [ -z "$code" ]
}

# switch_service SERVICE ORDER "OLD IDS THAT RUN" RESTART-POLICY READY-FUNCTION GRACE INTERVAL RETRIES DEADLINE STABLE (milliseconds)
switch_service() {
  service=$1 order=$2 old=$3 policy=$4
  shift 4
  new=$(tr '\\n' ' ' < "$operation/new-$service")
  if ! [ -e "$operation/gap-$service" ]; then
    switch
    undo_with bring_back "$service" "'$old'" "$policy"
    exchange "$service" "$order" "$old" "$policy" || { not_exchanged "$service" "$?"; return; }
  fi
  wait_ready "$service" "$new" "$1" "$2" "$3" "$4" "$5" 0 || return
  # its window runs while the next steps do; a step before the commit asks how it went
  [ "$6" = 0 ] || watch_life "$service" "$new" "$6"
  read -r gap_from < "$operation/gap-$service"
  if [ "$order" = stop-first ]; then
    [ -z "$old" ] || note gap "$service" "$(((ready_at - gap_from) * 10))"
  else
    # shellcheck disable=SC2086
    [ -z "$old" ] || capture docker stop $old
    note gap "$service" 0
  fi
}

# comes_back RESTART-POLICY: whether an engine that starts again starts containers that were stopped
comes_back() { [ "$1" != no ] && [ "$1" != unless-stopped ]; }

# bring_back SERVICE "OLD IDS" RESTART-POLICY: the containers that served before, the very same ones, and asked for their health again
bring_back() {
  service=$1 old=$2 policy=$3
  new=$(tr '\\n' ' ' < "$operation/new-$service")
  # shellcheck disable=SC2086
  patiently docker stop $new > /dev/null 2>&1 || docker kill $new > /dev/null 2>&1
  # nor must an engine that starts again bring the new one up in the place of the old one
  # shellcheck disable=SC2086
  ! comes_back "$policy" || patiently docker update --restart no $new > /dev/null 2>&1
  if [ -z "$old" ]; then
    note stopped "$service" ''
    return 0
  fi
  # shellcheck disable=SC2086
  ! comes_back "$policy" || patiently docker update --restart "$policy" $old > /dev/null 2>&1
  # shellcheck disable=SC2086
  capture patiently docker start $old || { evidence "$service"; fail BROKEN "$service: the old container could not be started again"; return; }
  ready_before "$service" "$old" || { code=BROKEN; return 1; }
  note restored "$service" ''
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
`,`# When is a container ready? Asked from outside it, with every change of its answer told.

# wait_ready SERVICE "IDS" READY-FUNCTION GRACE INTERVAL RETRIES DEADLINE STABLE (milliseconds)
# Polls quickly at first where no number of retries was asked for; says every change of the answer it gets.
wait_ready() {
  service=$1 ids=$2 ready=$3 grace=$4 interval=$5 retries=$6 deadline=$7 stable=$8
  now
  began=$ticks attempts=0 counted=0 answers='' pause=5 looked=$((ticks - 25)) patient=yes
  [ "$retries" -ge 10000 ] || pause=$((interval / 10))
  for id in $ids; do
    until answer='' && "$ready" "$id"; do
      attempts=$((attempts + 1))
      add_answer
      now
      passed=$(((ticks - began) * 10))
      [ "$passed" -lt "$grace" ] || counted=$((counted + 1))
      if [ "$passed" -ge $((grace + deadline)) ] || [ "$counted" -ge "$retries" ]; then patient=no; fi
      # a question to the engine, which is busy starting it: not at each of the quick attempts
      if [ "$patient" = no ] || [ $((ticks - looked)) -ge 25 ]; then
        looked=$ticks
        if ! still_runs "$id"; then
          not_ready "$id" "$service $answer"
          return
        fi
      fi
      if [ "$patient" = no ]; then
        not_ready "$id" "$service was not healthy after $(seconds "$passed") s and $attempts attempts: $answer"
        return
      fi
      sleep "$((pause / 100)).$(printf '%02d' $((pause % 100)))"
      if [ "$retries" -ge 10000 ]; then
        [ "$passed" -lt 3000 ] || pause=$((interval / 10))
      fi
    done
    attempts=$((attempts + 1))
    add_answer
  done
  now
  ready_at=$ticks
  note health "$service" "$attempts attempts in $(seconds $(((ticks - began) * 10))) s: \${answers#; }"
  if [ "$stable" -gt 0 ]; then
    watch_life "$service" "$ids" "$stable"
    stayed_up "$service" || return
  fi
}
seconds() { printf '%s.%s' $(($1 / 1000)) $(($1 % 1000 / 100)); }
add_answer() {
  case $answers in *"$answer") ;; *) if [ \${#answers} -lt 2000 ]; then answers="$answers; $answer"; fi ;; esac
}
# still_runs ID: not exited, and not in a restart loop
still_runs() {
  set -- "$(life_of "$1" || { await_engine && life_of "$1"; })"
  case $1 in
    'running '[012]' '* | 'restarting '[012]' '*' false' | 'created '*) return 0 ;;
    # also where its policy starts it again: it would only die again
    *' true') answer="was killed for its memory (exit code 137, OOMKilled)" ;;
    running* | restarting*) answer="restarts again and again (status, restarts, exit code: \${1% *})" ;;
    '') answer='is gone' ;;
    *) answer="ended (status, restarts, exit code: \${1% *})" ;;
  esac
  return 1
}
life_of() { docker inspect --format '{{.State.Status}} {{.RestartCount}} {{.State.ExitCode}} {{.State.OOMKilled}}' "$1" 2> /dev/null; }
not_ready() {
  know_containers
  docker logs --tail 50 "$1" 2>&1 < /dev/null | tail -c 16384 | hide > "$operation/last"
  cp "$operation/last" "$operation/log-$service"
  evidence "$service"
  fail HEALTH "$2"
}
# Ready is not enough: it must stay up, with no restart, for its window. What its life was like when it was ready is kept
# in $operation/life-SERVICE; whether it was the same life all the time is asked when the window is over.
LIFE='{{.State.Status}} {{.RestartCount}} {{.State.StartedAt}}'
# watch_life SERVICE "IDS" STABLE (milliseconds)
watch_life() {
  # shellcheck disable=SC2086
  { printf '%s %s %s\\n' "$ready_at" "$3" "$2"; docker inspect --format "$LIFE" $2 2> /dev/null; } > "$operation/life-$1"
}
# stayed_up SERVICE…: waits for what is left of each window
stayed_up() {
  for service; do
    read -r ready_at stable ids < "$operation/life-$service"
    now
    rest=$((stable / 10 - (ticks - ready_at)))
    [ "$rest" -le 0 ] || sleep "$((rest / 100)).$(printf '%02d' $((rest % 100)))"
    same_life "$service" || return
  done
}
same_life() {
  service=$1
  { read -r ready_at stable ids && before=$(cat); } < "$operation/life-$service"
  # shellcheck disable=SC2086
  after=$(docker inspect --format "$LIFE" $ids 2> /dev/null)
  if [ "$before" != "$after" ] || [ -z "$after" ] || printf '%s\\n' "$after" | grep -qv '^running '; then
    # shellcheck disable=SC2086
    not_ready "\${ids%% *}" "$service did not stay up for $(seconds "$stable") s after it was ready: $(docker inspect --format '{{.State.Status}}, {{.RestartCount}} restarts, exit code {{.State.ExitCode}}' $ids | tr '\\n' ' ')"
  fi
}
# Those whose window still runs, without waiting for its end.
all_live() {
  for life in "$operation"/life-*; do
    [ ! -e "$life" ] || same_life "\${life##*/life-}" || return
  done
}

# The ways to ask. Each is given a container id; sets \`answer\`.
address_of() {
  docker inspect --format '{{if eq .HostConfig.NetworkMode "host"}}127.0.0.1{{else}}{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}{{end}}' "$1" 2> /dev/null | cut -d' ' -f1
}
# ask_http ID PORT PATH "STATUSES" CONTAINS [PATTERN…]: from the server to the container's own address; bash's /dev/tcp
# is what every Debian and Ubuntu server has, so neither image nor server need curl.
ask_http() {
  id=$1 port=$2 route=$3 statuses=$4 contains=$5
  shift 5
  if [ "$address_for" != "$id" ]; then address=$(address_of "$id") address_for=$id; fi
  if [ -z "$address" ]; then
    answer='no address' address_for=
    return 1
  fi
  # shellcheck disable=SC2016 # expands in bash
  timeout "\${ask_seconds:-5}" bash -c 'exec 3<> "/dev/tcp/$1/$2" && printf "GET %s HTTP/1.0\\r\\nHost: %s:%s\\r\\nUser-Agent: deploy-action\\r\\nAccept: */*\\r\\n\\r\\n" "$3" "$1" "$2" >&3 && head -c 65536 <&3' bash "$address" "$port" "$route" > "$operation/answer" 2> /dev/null
  status=$(sed -n '1s/^HTTP\\/[0-9.]* \\([0-9][0-9][0-9]\\).*/\\1/p' "$operation/answer")
  if [ -z "$status" ]; then
    answer="no answer on port $port"
    return 1
  fi
  answer="HTTP $status"
  case " $statuses " in *" $status "*) ;; *) know_once; answer="$answer $(body | tail -c 2000 | hide | tail -c 200 | tr -d '\\000-\\037')"; return 1 ;; esac
  if [ -n "$contains" ] && ! body | grep -qaF -- "$contains"; then
    answer="HTTP $status without \\"$contains\\""
    return 1
  fi
  for pattern; do
    # a value may end its line
    if ! body | tr '\\n' ' ' | grep -qaE -- "$pattern"; then
      know_once
      answer="HTTP $status, but the JSON differs: $(body | head -c 2000 | hide | head -c 200 | tr -d '\\000-\\037')"
      return 1
    fi
  done
}
body() { sed '1,/^\\r*$/d' "$operation/answer"; }
ask_exec() {
  id=$1
  shift
  {
    timeout -k 2 "\${ask_seconds:-30}" docker exec "$id" "$@"
    printf '%s\\n' "$?" > "$operation/answer-status"
  } 2>&1 < /dev/null | tail -c 65536 > "$operation/answer"
  read -r result < "$operation/answer-status" || result=1
  if [ "$result" = 0 ]; then
    answer='command succeeded'
  else
    know_once
    answer="command ended with exit code $result: $(tail -n 1 "$operation/answer" | head -c 2000 | hide | head -c 200 | tr -d '\\000-\\037')"
    return 1
  fi
}
# Of the log only what its present life wrote counts, which is asked once the text is there at all.
ask_log() {
  if log_says "$1" "$2" && log_says "$1" "$2" --since "$(docker inspect --format '{{.State.StartedAt}}' "$1" 2> /dev/null)"; then
    answer="log says \\"$2\\""
  else
    answer="log does not say \\"$2\\" yet"
    return 1
  fi
}
# log_says ID TEXT OPTION…
log_says() {
  id=$1 text=$2
  shift 2
  docker logs "$@" "$id" 2>&1 < /dev/null | head -c 1048576 | grep -qaF -- "$text"
}
# The container's own health check where it has one, else that it runs.
ask_auto() {
  answer=$(docker inspect --format '{{if .State.Health}}health {{.State.Health.Status}}{{else}}{{.State.Status}}{{end}}' "$1" 2> /dev/null)
  case $answer in 'health healthy' | running) return 0 ;; esac
  return 1
}
# await_running SERVICE READY … : for infrastructure, by its present containers
await_running() {
  service=$1
  shift
  # shellcheck disable=SC2046
  set -- "$service" "$(of_service "$service" | tr '\\n' ' ')" "$@"
  [ -n "\${2% }" ] || { fail HEALTH "$service has no container"; return; }
  wait_ready "$@"
}
`,`# What is looked at once everything runs: smoke tests, digests, the project's own hooks.

# smoke_test NAME SERVICE RETRIES SECONDS READY-FUNCTION
smoke_test() {
  id=$(tr '\\n' ' ' < "$operation/new-$2" 2> /dev/null)
  [ -n "$id" ] || id=$(of_service "$2" | tr '\\n' ' ')
  id=\${id%% *} tries=0 address_for='' ask_seconds=$4
  until answer='' && "$5" "$id"; do
    tries=$((tries + 1))
    if [ "$tries" -gt "$3" ]; then
      ask_seconds=
      # a service that died is the reason, not what a test of it sees
      all_live || return
      know_containers
      docker logs --tail 30 "$id" 2>&1 < /dev/null | tail -c 8192 | hide > "$operation/last"
      evidence "smoke $1"
      fail SMOKE "smoke test $1: $answer"
      return
    fi
    sleep 1
  done
  ask_seconds=
  note smoke "$1" "$answer"
}

# verify_digests SERVICE=DIGEST…: what runs is what was wanted, asked of the engine, not of a tag
verify_digests() {
  # shellcheck disable=SC2046 # ids hold no blanks
  docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}} {{.State.Running}} {{.Image}}' \\
    $(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project" --filter label=com.docker.compose.oneoff=False) > "$operation/verified"
  for pair; do
    images=$(awk -v service="\${pair%%=*}" '$1 == service && $2 == "true" { print $3 }' "$operation/verified")
    [ -n "$images" ] || { all_live && fail HEALTH "no container of \${pair%%=*} runs any more"; return; }
    for image in $images; do
      [ "$image" = "\${pair#*=}" ] && continue
      docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$image" | grep -q "@\${pair#*=}\\$" && continue
      fail HEALTH "\${pair%%=*} runs $image, not the wanted \${pair#*=}"
      return
    done
  done
}

# attended TIMEOUT-COMMAND…: without the lock, and what it started ends with it (timeout makes a process group)
attended() {
  "$@" 9>&- &
  set -- "$!"
  wait "$1"
  set -- "$1" "$?"
  kill -s KILL -- "-$1" 2> /dev/null
  return "$2"
}
# server_hook NAME SECONDS abort|warn DIRECTORY COMMAND…
server_hook() {
  name=$1 seconds=$2 policy=$3 folder=$4
  shift 4
  # what a hook leaves running in the background must not keep the lock, nor make this wait for its output
  (cd -- "$directory/$folder" && of_others=yes && capture attended timeout -k 5 "$seconds" "$@") && return
  result=$?
  evidence "hook $name"
  if [ "$policy" = warn ]; then
    note warning "hook $name" "ended with exit code $result"
    return 0
  fi
  if [ "$switched" = yes ]; then fail SMOKE "hook $name ended with exit code $result"; else fail CONFIG "hook $name ended with exit code $result"; fi
}
`,`# The release as a record: the commit by one rename, and what is tidied up after it.

# commit_release: only now does the new release become the current one, by one rename
commit_release() {
  record_file=$dot/releases/$release/release.json
  {
    release_start
    printf '"schema":{"before":"%s","after":"%s"},' "$(schema_revision before)" "$(schema_revision after)"
    printf '"committed":"%s"}' "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
  } | tr -d '\\n' > "$record_file.new"
  { printf '\\n' >> "$record_file.new" && printf '%s\\n' "$fallback" > "$dot/releases/$release/previous" &&
    printf '%s\\n' "$parts" > "$dot/releases/$release/parts" &&
    sync "$record_file.new" "$dot/releases/$release/previous" "$dot/releases/$release/parts" && mv -f "$record_file.new" "$record_file" &&
    ln -sfn "releases/$release" "$dot/current.new" && mv -fT "$dot/current.new" "$dot/current"; } ||
    { fail CONFIG "the record of the release could not be written in $dot; is the disk full?"; return; }
  committed=yes
  sync "$dot/releases" "$dot"
  record committed
}
# As noted by the migration, made safe for JSON; without one the schema is still that of the release before.
schema_revision() {
  revision=$(sed -n "s/^[0-9]* note schema $1 //p" "$operation/journal" | tail -n 1 | base64 -d | tr -dc 'A-Za-z0-9_.,: ()-' | head -c 200)
  printf '%s' "\${revision:-$known_schema}"
}

# tidy KEEP SERVICE=CONTAINER-NAME…: old containers go, names become plain again, old records are forgotten.
# After the commit, so it never fails a deploy.
tidy() {
  keep=$1
  shift
  # asked beside it: whoever is being removed does not run
  containers > "$operation/serving" 2> /dev/null &
  asking=$!
  for pair; do
    tidy_service "\${pair%%=*}" "\${pair#*=}" &
  done
  wait
  prune_records
  [ -z "$backups_kept" ] || prune_backups
  return 0
}
tidy_service() {
  # shellcheck disable=SC2046
  set -- "$1" "$2" $(cat "$operation/old-$1")
  service=$1 wanted=$2 index=0
  shift 2
  [ $# = 0 ] || patiently docker rm --force "$@" > /dev/null 2>&1
  while IFS= read -r id; do
    index=$((index + 1))
    patiently docker rename "$id" "\${wanted:-$project-$service-$index}" > /dev/null 2>&1
  done < "$operation/new-$service"
}
prune_records() {
  # also what this one brought back: the same rollback asked for once more has to find it
  kept=" $release $fallback $(cat "$dot/releases/$fallback/previous" 2> /dev/null) $(sed -n 's/.*"of":"\\([^"]*\\)".*/\\1/p' "$dot/releases/$release/release.json") "
  for folder in "$dot"/releases/*/; do
    folder=\${folder%/}
    if is_ours "$folder"; then printf '%s\\n' "\${folder##*/}"; fi
  done | sort -rn | tail -n "+$((keep + 1))" | while IFS= read -r id; do
    case $kept in *" $id "*) ;; *) forget "$id" ;; esac
  done
  prune_images
  for folder in "$dot"/operations/*/; do
    folder=\${folder%/}
    printf '%s\\n' "\${folder##*/}"
  done | sort -r | tail -n +21 | while IFS= read -r id; do rm -rf "\${dot:?}/operations/$id"; done
}

forget() {
  grep -o '"reference":"[^"]*"' "$dot/releases/$1/release.json" | cut -d'"' -f4 >> "$operation/forgotten"
  rm -rf "\${dot:?}/releases/$1"
}
# Images that only forgotten releases needed. Never forced: one that a container of anybody uses stays; so does one that a
# release needs which another stack of this engine keeps.
prune_images() {
  [ -s "$operation/forgotten" ] || return 0
  docker ps --all --format '{{.Label "com.docker.compose.project.working_dir"}}' | sort -u > "$operation/stacks" || return 0
  printf '%s\\n' "$directory" >> "$operation/stacks"
  while IFS= read -r stack <&6; do
    [ -n "$stack" ] || continue
    # what cannot be read may need any of them
    [ -r "$stack" ] || return 0
    if [ -e "$stack/.deploy" ] && ! [ -r "$stack/.deploy/releases" ]; then return 0; fi
    cat "$stack"/.deploy/releases/*/release.json 2> /dev/null
  done 6< "$operation/stacks" > "$operation/needed"
  set --
  while IFS= read -r reference <&6; do
    grep -qF -- "\${reference#*@}" "$operation/needed" || set -- "$@" "$reference"
  done 6< "$operation/forgotten"
  [ $# = 0 ] || capture docker image rm "$@"
  return 0
}
# Each repository of the stack forgets its own releases only.
is_ours() { ! [ -e "$1/parts" ] || grep -qxF -- "$repository \${1##*/}" "$1/parts"; }

serving() {
  [ -n "$asking" ] || containers > "$operation/serving" 2> /dev/null
  note serving all "$(cat "$operation/serving")"
}
`,`# How the program begins: run by the deploy that made it, or settle by the next run when that one was killed.

main() {
  # only the journal's end ends this: not a hang-up, not the terminal of somebody
  trap '' HUP INT PIPE
  find_compose
  case $1 in
    run)
      IFS= read -r credentials || credentials=
      exec < /dev/null
      : > "$operation/undo"
      record start "$(date +%s)"
      steps
      finish
      ;;
    settle)
      settling=yes
      settle
      ;;
  esac
}
`],s=(t,n)=>[`#!/bin/sh`,`# Operation ${n.operation}: ${t.kind} of release ${t.release.replaceAll(/\s/g,` `)}. Made by deploy-action; kept for its record and for settling.`,c(t,n),...o,...n.database===void 0?[]:[r(n.database)],...t.steps.some(({kind:e})=>e===`swap`)?[a]:[],n.compose,u(t),...d(t.steps),`release_start() { printf '%s' ${e(l(n.record))}; }`,`steps() {`,...t.steps.map((e,t)=>`  step ${t+1} ${g(e,t+1)}`),`}`,`main "$@"`,``].join(`
`),c=(r,i)=>Object.entries({directory:i.directory,project:i.project,env_file:i.environmentFile,operation:`${i.directory}/.deploy/operations/${i.operation}`,kind:r.kind,release:r.release,previous:r.previous??``,fallback:r.fallback??``,known_schema:i.schema,repository:t(i.record),parts:n(i.record)}).map(([t,n])=>`${t}=${e(n)}`).join(`
`),l=e=>`${JSON.stringify(e).slice(0,-1)},`,u=e=>[`compose_program() { compose_over "$directory" "$dot/releases/$release" "" "$@"; }`,`compose_stage() { compose_over "$operation/stage/project" "$operation/stage" "" "$@"; }`,`compose_before() ( . "$dot/releases/$previous/compose.sh"; compose_over "$dot/releases/$previous/project" "$dot/releases/$previous" "" "$@" )`,e.previous===null?`# nothing was deployed here before`:`# before: ${JSON.stringify(e.previous)}`].join(`
`),d=t=>{let n=[],r=[];for(let[i,a]of t.entries())a.kind===`switch`&&(n.push(`ready_${i+1}() { ${f(a.readiness.ask)}; }`,`before_${i+1}() { ${f(a.readinessBefore.ask)}; }`),r.push(`    ${e(a.service)}) wait_ready "$1" "$2" before_${i+1} ${p(a.readinessBefore)} ;;`)),a.kind===`start`&&(n.push(`ready_${i+1}() { ${f(a.readiness.ask)}; }`),r.push(`    ${e(a.service)}) wait_ready "$1" "$2" ready_${i+1} ${p(a.readiness)} ;;`)),a.kind===`await`&&n.push(`ready_${i+1}() { ${f(a.readiness.ask)}; }`),a.kind===`smoke`&&n.push(`ready_${i+1}() { ${f(a.ask)}; }`);return[...n,`ready_before() {`,`  case $1 in`,...r,`    *) return 0 ;;`,`  esac`,`}`]},f=t=>{switch(t.kind){case`http`:return[`ask_http "$1"`,e(String(t.port)),e(t.path),e(t.status.join(` `)),e(t.contains??``),...t.patterns.map(e)].join(` `);case`exec`:return`ask_exec "$1" ${t.argv.map(e).join(` `)}`;case`log`:return`ask_log "$1" ${e(t.text)}`;case`auto`:return`ask_auto "$1"`}},p=({grace:e,interval:t,retries:n,deadline:r,stable:i})=>h([e,t,n,r,i].map(String)),m=e=>String(Math.max(1,Math.ceil(e/1e3))),h=t=>t.map(e).join(` `),g=(t,n)=>{switch(t.kind){case`files`:return`place_files`;case`pull`:return`pull_images ${h(t.references)}`;case`infrastructure`:return`start_infrastructure ${h(t.services)}`;case`await`:return`await_running ${e(t.service)} ready_${n} ${p(t.readiness)}`;case`create`:return`create_containers ${h(t.services.map(({name:e,scale:t})=>`${e}=${t}`))}`;case`await-created`:return`await_created ${h(t.services)}`;case`revisions`:return`ask_revisions ${m(t.timeout)} ${h(t.run)}`;case`backup`:return`backup_database`;case`known`:return`ask_known ${m(t.timeout)} ${h(t.run)}`;case`down`:return`migrate_down ${e(t.revision)} ${m(t.timeout)} ${h(t.run)}`;case`load`:return`load_backup ${e(t.backup)}`;case`halt`:return`halt ${h(t.services.flatMap(({service:e,ids:t})=>[e,t.join(` `)]))}`;case`swap`:return`swap_database ${e(t.backup)} ${e(t.revision)}`;case`start`:return`start_halted ${e(t.service)} ${e(t.ids.join(` `))} ready_${n} ${p(t.readiness)}`;case`commit-restore`:return`commit_restore`;case`tidy-database`:return`tidy_database`;case`schema`:return`schema ${t.when} ${m(t.timeout)} ${h(t.run)}`;case`migrate`:return`migrate_${t.tool} ${m(t.timeout)} ${h(t.run)}`;case`exchange`:return`exchange_services ${h(t.services.flatMap(({service:e,old:t,policy:n})=>[e,t.join(` `),n]))}`;case`switch`:return`switch_service ${e(t.service)} ${t.order} ${e(t.old.join(` `))} ${e(t.policy)} ready_${n} ${p(t.readiness)}`;case`stable`:return`stayed_up ${h(t.services)}`;case`restart`:return`restart_service ${e(t.service)}`;case`seed`:return`run_seed ${e(t.name)} ${t.hash} ${m(t.timeout)} ${h(t.run)}`;case`smoke`:return`smoke_test ${e(t.name)} ${e(t.service)} ${t.retries} ${m(t.timeout)} ready_${n}`;case`verify`:return`verify_digests ${h(Object.entries(t.services).map(([e,t])=>`${e}=${t}`))}`;case`hook`:return`server_hook ${e(t.name)} ${m(t.timeout)} ${t.onFailure} ${e(t.directory)} ${h(t.argv)}`;case`gate`:return`gate ${t.gate}`;case`commit`:return`commit_release`;case`tidy`:return`tidy ${t.keep} ${h(Object.entries(t.services).map(([e,t])=>`${e}=${t}`))}`}},_=(t,n,r,i,a,o)=>{let s=e(`${n}/${r}`);return`# How compose is called for this release. FILES: folder of the project's files, PINS: folder of the pins.
compose_over() {
  over_files=$1 over_pins=$2 over_probe=$3
  shift 3
  over_env=
  if [ -e ${s} ]; then over_env=${s}; fi
  compose --project-name ${e(t)} --project-directory ${e(n)} \\
    \${over_env:+--env-file} \${over_env:+"$over_env"}${o===`env`?` --env-file "$over_pins/pin.env"`:``} \\
    ${i.map(t=>`--file "$over_files"/${e(t)}`).join(` `)}${o===`override`?` --file "$over_pins/pin.yml"`:``} \\
    \${over_probe:+--file} \${over_probe:+"$over_probe"}${a.map(t=>` --profile ${e(t)}`).join(``)} "$@"
}
`};export{_ as n,s as t};