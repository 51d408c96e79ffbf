# The release as a record: the commit by one rename, and what is tidied up after it.

# commit_release: only now does the new release become the current one, by one rename
commit_release() {
  record_file=$dot/releases/$release/release.json
  {
    release_start
    printf '"schema":{"before":"%s","after":"%s"},' "$(schema_revision before)" "$(schema_revision after)"
    printf '"committed":"%s"}' "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
  } | tr -d '\n' > "$record_file.new"
  { printf '\n' >> "$record_file.new" && printf '%s\n' "$fallback" > "$dot/releases/$release/previous" &&
    printf '%s\n' "$parts" > "$dot/releases/$release/parts" &&
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
  printf '%s' "${revision:-$known_schema}"
}

# tidy KEEP SERVICE=CONTAINER-NAME…: old containers go, names become plain again, old records are forgotten.
# After the commit, so it never fails a deploy.
tidy() {
  keep=$1
  shift
  # asked beside it: whoever is being removed does not run
  [ $# = 0 ] || listed=no
  if [ "$listed" = no ]; then containers > "$operation/serving" 2> /dev/null & fi
  listed=yes
  # shellcheck disable=SC2046 # ids hold no blanks
  remove_containers $(for pair; do cat "$operation/old-${pair%%=*}"; done)
  for pair; do
    rename_new "${pair%%=*}" "${pair#*=}" &
  done
  wait
  prune_records
  [ -z "$backups_kept" ] || prune_backups
  return 0
}
rename_new() {
  service=$1 wanted=$2 index=0
  while IFS= read -r id; do
    index=$((index + 1))
    patiently docker rename "$id" "${wanted:-$project-$service-$index}" > /dev/null 2>&1
  done < "$operation/new-$service"
}
prune_records() {
  # also what this one brought back: the same rollback asked for once more has to find it
  kept=" $release $fallback $(cat "$dot/releases/$fallback/previous" 2> /dev/null) $(sed -n 's/.*"of":"\([^"]*\)".*/\1/p' "$dot/releases/$release/release.json") "
  for folder in "$dot"/releases/*/; do
    folder=${folder%/}
    if is_ours "$folder"; then printf '%s\n' "${folder##*/}"; fi
  done | sort -rn | tail -n "+$((keep + 1))" | while IFS= read -r id; do
    case $kept in *" $id "*) ;; *) forget "$id" ;; esac
  done
  prune_images
  # not this one, which still writes there: by a clock that is behind it may look like the oldest
  for folder in "$dot"/operations/*/; do
    folder=${folder%/}
    [ "$folder" = "$operation" ] || printf '%s\n' "${folder##*/}"
  done | sort -r | tail -n +20 | while IFS= read -r id; do rm -rf "${dot:?}/operations/$id"; done
}

forget() {
  grep -o '"reference":"[^"]*"' "$dot/releases/$1/release.json" | cut -d'"' -f4 >> "$operation/forgotten"
  rm -rf "${dot:?}/releases/$1"
}
# Images that only forgotten releases needed. Never forced: one that a container of anybody uses stays; so does one that a
# release needs which another stack of this engine keeps.
prune_images() {
  [ -s "$operation/forgotten" ] || return 0
  docker ps --all --format '{{.Label "com.docker.compose.project.working_dir"}}' | sort -u > "$operation/stacks" || return 0
  printf '%s\n' "$directory" >> "$operation/stacks"
  while IFS= read -r stack <&6; do
    [ -n "$stack" ] || continue
    # what cannot be read may need any of them
    [ -r "$stack" ] || return 0
    if [ -e "$stack/.deploy" ] && ! [ -r "$stack/.deploy/releases" ]; then return 0; fi
    cat "$stack"/.deploy/releases/*/release.json 2> /dev/null
  done 6< "$operation/stacks" > "$operation/needed"
  set --
  while IFS= read -r reference <&6; do
    grep -qF -- "${reference#*@}" "$operation/needed" || set -- "$@" "$reference"
  done 6< "$operation/forgotten"
  [ $# = 0 ] || capture docker image rm "$@"
  return 0
}
# Each repository of the stack forgets its own releases only.
is_ours() { ! [ -e "$1/parts" ] || grep -qxF -- "$repository ${1##*/}" "$1/parts"; }

serving() {
  [ "$listed" = yes ] || containers > "$operation/serving" 2> /dev/null
  note serving all "$(cat "$operation/serving")"
}
