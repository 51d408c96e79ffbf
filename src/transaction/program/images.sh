# How the server gets the images, with a login that stays nowhere.

# The login lives in a folder of its own for the time of the pull: nothing of it stays.
with_login() {
  if [ -z "$credentials" ]; then
    "$@"
    return
  fi
  mkdir -p "$operation/docker-config"
  printf '%s' "$credentials" | base64 -d > "$operation/docker-config/config.json"
  credentials=
  login_host=${DOCKER_HOST:-$(context_host)}
  login_config=$operation/docker-config
  "$@"
  set -- "$?"
  login_config=
  rm -rf "$operation/docker-config"
  return "$1"
}
# A folder of its own knows nothing of the context that says which engine is meant, where one does.
context_host() {
  if [ -n "${DOCKER_CONTEXT:-}" ] || grep -qs currentContext "${DOCKER_CONFIG:-${HOME:-}/.docker}/config.json"; then
    docker context inspect --format '{{.Endpoints.docker.Host}}' 2> /dev/null
  fi
}
# docker pull with the temporary login first, then as the server's own user would
pull() {
  if [ -n "$login_config" ]; then
    if timeout -k 5 900 env DOCKER_CONFIG="$login_config" ${login_host:+"DOCKER_HOST=$login_host"} docker pull --quiet "$1" > "$2" 2>&1; then return; fi
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
  if [ "${pull_failed:-no}" = yes ]; then
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
  # that it was not here, the look has said; a program that goes on where another was killed may find it here
  if [ "$settling" = yes ] && docker image inspect --format '{{.ID}}' "$1" > /dev/null 2>&1; then return; fi
  answer=$operation/pull-$(printf '%s' "$1" | sha256sum | cut -c1-12)
  for pause in 1 3 no; do
    if pull "$1" "$answer"; then
      rm -f "$answer"
      return
    fi
    [ -s "$answer" ] || printf '%s: no end within 900 s\n' "$1" > "$answer"
    if is_refused "$answer" || grep -qE 'not found|manifest unknown' "$answer"; then return 1; fi
    [ "$pause" = no ] || sleep "$pause"
  done
  return 1
}
