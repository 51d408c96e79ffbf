# look_over FILES PINS PROBE ARGUMENTS…: compose reads what the release brings beside what lies in the deploy directory, and
# all that it tells is told of the deploy directory.
look_over() {
  over_place=$over_directory
  over_directory=$(mktemp -d) || return
  overlaid "$over_place" "$1" "$over_directory"
  {
    compose_at "$@" 2> "$over_directory/.said"
    printf '%s' "$?" > "$over_directory/.status"
  } | sed "s|$over_directory|$over_place|g"
  over_status=$(cat "$over_directory/.status")
  sed "s|$over_directory|$over_place|g" "$over_directory/.said" >&2
  rm -rf "$over_directory"
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
