# The files that a release brings, put in place and put back.

# place_files: what the release brings, whole files by rename; what an earlier release brought and this one does not goes.
place_files() {
  if [ -e "$dot/releases/$release/release.json" ]; then
    fail BUG "there is a release $release already"
    return
  fi
  undo_with forget_release
  # what a rollback that failed may have left under this number
  rm -rf "${dot:?}/releases/$release"
  if ! { mkdir -p "$dot/releases/$release" && capture cp -a "$operation/stage/." "$dot/releases/$release/"; }; then
    evidence files
    fail CONFIG "the files of the release could not be kept in $dot/releases"
    return
  fi
  (cd "$operation/stage/project" && find . -type f -exec sha256sum -- {} +) | sed 's,  \./,  ,' | sort -k 2 > "$dot/releases/$release/manifest"
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
  printf '%s\n' "$parts" | while read -r _ id; do
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
  folder=${target%/*}
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
    printf '%s\n' "$1" >> "$operation/created"
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
  rm -rf "${dot:?}/releases/$release"
}
