# What the server is like now: named facts, each one base64 blob, gathered side by side.
# Nothing here changes anything, and no value of the environment file leaves the server.

# Each question to the engine costs the server a process of 50 ms: what follows from an answer is not asked again.
stack() {
  gather listed
  sed -n '/ ""$/!s/^[^ ]* "[^"]*" //p' "$work/listed" > "$work/published"
  sed -n "/^[^ ]* \"$project\" /!s/^[^ ]* \"[^\"]*\" \"\([^\"]*\)\" .*/\1/p" "$work/listed" > "$work/other_containers"
  # shellcheck disable=SC2046 # ids hold no blanks
  inspect_containers $(sed -n "s/^\([^ ]*\) \"$project\" .*/\1/p" "$work/listed") > "$work/containers"
  gather disk
}
# All containers of the machine: whose they are, and which ports they hold.
listed() { docker ps --all --no-trunc --format '{{.ID}} {{json (.Label "com.docker.compose.project")}} {{json .Names}} {{json .Ports}}'; }
# The images that run, and of those that compose would run the ones that are here already and need no pull.
images() {
  sed -n 's/^    image: //p' "$work/resolved" | sort -u > "$work/references"
  sed 's/.*"imageId":"\([^"]*\)".*/\1/' "$work/containers" | sort -u > "$work/running-images"
  # shellcheck disable=SC2046 # ids and names hold no blanks
  docker image inspect --format '{"id":{{json .ID}},"digests":{{json .RepoDigests}}}' $(cat "$work/running-images" "$work/references") > "$work/image_digests" 2> "$work/absent"
  present_images > "$work/present_images"
}
present_images() {
  if ! [ -s "$work/absent" ]; then
    cat "$work/references"
    return
  fi
  # what the complaint names is not here; of what it does not name, each is asked for
  while IFS= read -r reference; do
    grep -qF -- "$reference" "$work/absent" ||
      { docker image inspect --format '{{.ID}}' "$reference" > /dev/null 2>&1 && printf '%s\n' "$reference"; } &
  done < "$work/references"
  wait
}

# The resolved compose model without what may hold secrets: of each service only the keys named here pass.
without_values() {
  awk '
    /^[^ ]/ { section = $1; keep = (section == "name:"); if (keep || section == "services:" || section == "networks:" || section == "volumes:") print; next }
    section == "services:" && /^  [^ ]/ { print; keep = 0; next }
    section == "services:" && /^    [^ -]/ {
      key = $1
      keep = (key ~ /^(image|container_name|restart|ports|depends_on|volumes|network_mode|deploy|mem_limit|cpus|scale|stop_grace_period|platform|privileged|user|build|pid|profiles|configs):$/)
      if (key == "build:") { print "    build: true"; keep = 0; next }
      if (key == "healthcheck:") { print "    healthcheck:"; next }
      if (key == "labels:") next
      inner = 0
      if (keep) print
      next
    }
    section == "services:" && key == "healthcheck:" { if ($1 == "disable:") print; next }
    section == "services:" && key == "labels:" && $1 ~ /^deploy-action\.env\.-if\./ {
      value = $0
      sub(/^[^:]*: */, "", value)
      gsub(/^["\047]|["\047]$/, "", value)
      print "    x-" $1 " " (split(value, part, "=") == 4 && part[2] == part[3] ? "met" : "unmet")
      next
    }
    section == "services:" && key == "labels:" { if ($1 ~ /^deploy-action\.env\./) { sub(/^ */, ""); print "    x-" $0 } next }
    (section == "networks:" || section == "volumes:") && /^  [^ ]/ { print; next }
    (section == "networks:" || section == "volumes:") && /^    (name|external):/ { print; next }
    # labels of a deploy may hold what comes from the environment file
    section == "services:" && keep && key == "deploy:" && /^      [^ -]/ { inner = ($1 == "labels:") }
    section == "services:" && keep && !(key == "deploy:" && inner) { print }
  '
}
# A hash of all that compose resolved for each service, its environment included; compose's own `config --hash` leaves
# that out. What is hashed goes from pipe to pipe: no value of the environment file is written anywhere.
# Everything goes on to the next pipe; our own labels that ask for the environment are not hashed, nor a list of labels
# that holds no others.
service_hashes() {
  awk -v folder="$work" '
    { print }
    /^[^ ]/ { section = $1; next }
    section == "services:" && /^    labels:$/ { labels = $0; next }
    section == "services:" && /^      deploy-action\.env\./ { next }
    section == "services:" && labels != "" { if (/^      /) print labels | command; labels = "" }
    section == "services:" && /^  [^ ]/ {
      if (command) close(command)
      name = $1; sub(/:$/, "", name); gsub(/"/, "", name)
      command = "sha256sum > \"" folder "/hash-" name "\""
    }
    section == "services:" && command { print | command }
    END { if (command) close(command) }
  '
}
resolve() {
  [ -e "$stage/compose.sh" ] || return
  # shellcheck source=/dev/null # made by the client, see compile.ts
  . "$stage/compose.sh"
  { compose_over "$stage/project" "$stage" "$stage/probe.yml" config 2> "$work/resolved-error" || : > "$work/unresolved"; } | service_hashes | without_values > "$work/resolved"
  if [ -e "$work/unresolved" ]; then
    : > "$work/resolved"
    rm -f "$work"/hash-*
  fi
  for hash in "$work"/hash-*; do
    [ -e "$hash" ] && printf '%s %s\n' "${hash##*/hash-}" "$(cut -d' ' -f1 < "$hash")"
  done > "$work/hashes"
  cp "$work/hashes" "$stage/hashes"
  bind_sources < "$work/resolved" | while IFS= read -r source; do
    stat -c '%u %g %a %F	%n' -- "$source" 2> /dev/null || printf 'missing	%s\n' "$source"
  done > "$work/binds"
  missing_externals > "$work/missing_externals"
}
# Networks and volumes that others make: compose says only when it needs one that it is not there.
externals() {
  awk '
    /^[^ ]/ { kind = $1 == "networks:" ? "network" : $1 == "volumes:" ? "volume" : ""; next }
    kind != "" && /^    name:/ { name = $2; gsub(/"/, "", name) }
    kind != "" && /^    external: true/ { print kind, name }
  ' "$work/resolved"
}
missing_externals() {
  externals | while read -r kind name; do
    docker "$kind" inspect "$name" > /dev/null 2>&1 || printf '%s %s\n' "$kind" "$name"
  done
}
# What is complained about may be a value of the environment file.
without_hidden() {
  awk -v file="$directory/$env_file" '
    BEGIN { while ((getline value < file) > 0) { sub(/^[^=]*=/, "", value); gsub(/^[ \t"\047]+|[ \t\r"\047]+$/, "", value); if (length(value) > 5) values[value] } }
    { for (value in values) while (at = index($0, value)) $0 = substr($0, 1, at - 1) "***" substr($0, at + length(value)); print }
  '
}
# What compose complains about may be a whole line of the environment file.
without_lines() { sed 's/in variable name ".*/in a variable name (the line is not shown)/'; }
bind_sources() {
  awk '/^ *- type: / { bind = ($3 == "bind") } bind && /^ *source: / { sub(/^ *source: /, ""); gsub(/^"|"$/, ""); print; bind = 0 }'
}

# What lies in the deploy directory of that which this release or the one before brought.
brought_files() {
  { (cd "$stage/project" && find . -type f) | sed 's,^\./,,'; sed 's/^[0-9a-f]*  //' "$dot/releases/$own/manifest"; } 2> /dev/null | sort -u |
    sums_of_those_there
}
# One process for all: a deploy of many files would else wait for as many.
sums_of_those_there() (
  cd -- "$directory" || return
  set --
  while IFS= read -r file; do if [ -f "$file" ]; then set -- "$@" "$file"; fi; done
  [ $# = 0 ] || sha256sum -- "$@"
)

# The engine's folder, by where it keeps a container; `docker info` starts every plugin of the client to say it.
disk() {
  root=$(sed -n 's/.*"hostname":"\(\/[^"]*\)\/containers\/.*/\1/p' "$work/containers" | head -n 1)
  [ -n "$root" ] || root=$(docker info --format '{{.DockerRootDir}}' 2> /dev/null)
  df -Pk -- "$directory" ${root:+"$root"} 2> /dev/null | tail -n +2
}

gather() {
  "$1" > "$work/$1" 2> "$work/$1.error"
}
engine() { docker version --format '{{.Server.Version}} {{.Server.Os}}/{{.Server.Arch}} {{.Client.Version}}'; }
compose_version() { compose version --short; }
listening() { cat /proc/net/tcp /proc/net/tcp6 2> /dev/null | awk '$4 == "0A" { print $2 }' | sort -u; }
environment_file() { stat -c '%a %U %s' -- "$directory/$env_file"; }
# What values are like, and not what they are: "comment NAME" where one is nothing but a comment, and what of `env-checks` did not go well.
environment_values() {
  blank='[[:space:]]'
  sed -n "s/^$blank*\(export$blank\{1,\}\)\{0,1\}\([A-Za-z_][A-Za-z0-9_]*\)$blank*=$blank\{1,\}#.*/comment \2/p" "$directory/$env_file"
  [ -s "$stage/env-checks" ] || return 0
  # shellcheck source=/dev/null # made by the client, see compile.ts
  . "$stage/compose.sh"
  if ! values=$(compose_over "$stage/project" "$stage" '' config --environment); then
    sed 's/^\([a-z]* [A-Za-z0-9_]*\).*/\1 unknown/' "$stage/env-checks"
    return
  fi
  shown=
  if [ -e "$stage/example.env" ]; then
    shown=$(printf 'services: { nothing: { image: none } }\n' | compose --project-name none --project-directory "$stage" --env-file "$stage/example.env" --file - config --environment)
  fi
  while read -r check name wanted; do
    value=$(value_of "$values" "$name")
    case $check in
      match) printf '%s\n' "$value" | grep -qE -e "$wanted" ;;
      *) [ "$value" != "$(value_of "$shown" "$name")" ] || [ -z "$value" ] ;;
    esac || printf '%s %s no\n' "$check" "$name"
  done < "$stage/env-checks"
}
# value_of "NAME=VALUE LINES" NAME: its first line
value_of() { printf '%s\n' "$1" | sed -n "s/^$2=//p" | head -n 1; }
releases() { cat "$dot"/releases/*/release.json; }
current() { printf '%s\n' "$own"; }
manifest() { cat "$dot/releases/$own/manifest"; }
# What the releases of other repositories brought: "REPOSITORY SHA256  PATH" lines.
others_brought() {
  parts | while read -r key id; do
    [ "$id" = "$own" ] || sed "s,^,$key ," "$dot/releases/$id/manifest"
  done
}
broken() { cat "$dot/broken"; }
seeds() { cat "$dot/seeds"; }
user() { id -un; id -Gn; }
shells() { command -v bash; }
recorded_hashes() { cat "$dot/releases/$own/hashes"; }
brought() { (cd "$stage/project" && find . -type f -exec sha256sum -- {} +) | sed 's,  \./,  ,'; }

# What a command asks about the data of the stack, which writes nothing; see looked.ts.
looked() {
  [ -e "$stage/look.sh" ] || return
  # shellcheck source=/dev/null
  (. "$stage/look.sh" 2> /dev/null)
}

observe() {
  find_compose
  facts='looked recorded_hashes engine compose_version brought_files listening environment_file environment_values releases current parts others_brought broken manifest seeds user shells brought'
  for fact in $facts; do gather "$fact" & done
  stack &
  : > "$work/resolved"
  : > "$work/binds"
  resolve
  wait
  rm -f "$stage/look.sh"
  if [ -s "$work/containers" ] || [ -s "$work/resolved" ]; then images; fi
  set --
  for fact in $facts published other_containers containers image_digests disk present_images engine.error compose_version.error resolved resolved-error hashes binds missing_externals; do
    [ -s "$work/$fact" ] || continue
    case $fact in *error) without_hidden < "$work/$fact" > "$work/shown" && mv "$work/shown" "$work/$fact" ;; esac
    set -- "$@" "$work/$fact"
  done
  # all in one: each fact alone would cost four processes. No other line begins with the nonce.
  [ $# = 0 ] || awk -v nonce="$nonce" 'FNR == 1 { name = FILENAME; sub(/.*\//, "", name); print nonce, name } { print }' "$@" | without_lines | tell look
}
