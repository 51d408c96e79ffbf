# look_over FILES PINS PROBE ARGUMENTS…: compose reads what the release brings beside what lies in the deploy directory, and
# all that it tells is told of the deploy directory.
look_over() {
  over_place=$over_directory
  over_work=$(mktemp -d) || return
  # what compose says lies beside it: a link in it leads into the deploy directory
  over_directory=$over_work/project
  mkdir "$over_directory"
  overlaid "$over_place" "$1" "$over_directory"
  {
    compose_at "$@" 2> "$over_work/said"
    printf '%s' "$?" > "$over_work/status"
  } | sed "s|$over_directory|$over_place|g"
  over_status=$(cat "$over_work/status")
  sed "s|$over_directory|$over_place|g" "$over_work/said" >&2
  rm -rf "$over_work"
  return "$over_status"
}
# overlaid FOLDER BROUGHT INTO: what is brought as it is, everything else as a link
overlaid() (
  for one in "$1"/* "$1"/.[!.]*; do
    name=${one##*/}
    if [ -d "$2/$name" ] && [ -d "$one" ]; then
      mkdir "$3/$name"
      overlaid "$one" "$2/$name" "$3/$name"
    elif [ -e "$one" ] && ! [ -e "$2/$name" ]; then
      ln -s "$one" "$3/$name"
    fi
  done
  for one in "$2"/* "$2"/.[!.]*; do
    if [ -e "$one" ] && ! [ -e "$3/${one##*/}" ]; then cp -R "$one" "$3/${one##*/}"; fi
  done
)
