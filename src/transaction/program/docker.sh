# How the engine is asked, for the fixed part and for the program alike.

# Only what is named here comes from the environment, so that no variable of a login shell beats the environment file.
# Ended after $time_limit seconds where that is set.
isolated() {
  ${time_limit:+timeout} ${time_limit:+-k} ${time_limit:+10} ${time_limit:+"$time_limit"} \
    env -i PATH="$PATH" HOME="${HOME:-/}" LC_ALL=C \
    ${DOCKER_HOST:+"DOCKER_HOST=$DOCKER_HOST"} ${DOCKER_CONTEXT:+"DOCKER_CONTEXT=$DOCKER_CONTEXT"} \
    ${DOCKER_CONFIG:+"DOCKER_CONFIG=$DOCKER_CONFIG"} ${XDG_RUNTIME_DIR:+"XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR"} \
    ${SSL_CERT_FILE:+"SSL_CERT_FILE=$SSL_CERT_FILE"} ${HTTPS_PROXY:+"HTTPS_PROXY=$HTTPS_PROXY"} ${NO_PROXY:+"NO_PROXY=$NO_PROXY"} \
    "$@"
}

# By way of `docker compose` the client starts compose twice, with twice its own start before: four times the cost. So
# compose is started itself where the client would find it: docker/cli, cli-plugins/manager, looks into these folders in
# this order. Where a configuration names others, or nothing is there, the client does it.
compose() {
  if [ "$composer" = docker ]; then isolated docker compose "$@"; else isolated "$composer" "$@"; fi
}
composer=docker
find_compose() {
  configuration=${DOCKER_CONFIG:-${HOME:-}/.docker}
  if grep -qs cliPluginsExtraDirs "$configuration/config.json"; then return; fi
  for folder in "$configuration" /usr/local/lib/docker /usr/local/libexec/docker /usr/lib/docker /usr/libexec/docker; do
    if [ -x "$folder/cli-plugins/docker-compose" ]; then
      composer=$folder/cli-plugins/docker-compose
      return
    fi
  done
}

# An engine that died or was restarted in the middle comes back: its supervisor sees to that.
await_engine() {
  for _ in $(seq 120); do
    engine_answers && return
    sleep 0.5
  done
}
engine_answers() { timeout 10 docker version --format '{{.Server.Version}}' > /dev/null 2>&1; }
# Another one after the engine was started again; empty where it is not asked by a socket of this machine.
engine_mark() {
  engine_socket=${DOCKER_HOST:-unix:///var/run/docker.sock}
  stat -c '%i %Z' "${engine_socket#unix://}" 2> /dev/null
}
# restarted_since MARK: an engine that is being stopped answers until it is; whoever failed meanwhile tries again
restarted_since() {
  [ -n "$1" ] || return 1
  for _ in $(seq 20); do
    if [ "$(engine_mark)" != "$1" ]; then
      await_engine
      return 0
    fi
    sleep 0.5
  done
  return 1
}
# patiently COMMAND…: once more where it failed because the engine was away
patiently() {
  "$@" && return
  set -- "$?" "$@"
  if engine_answers; then return "$1"; fi
  await_engine
  shift
  "$@"
}

# One JSON object a line for each container of the project, also stopped ones; docker's own json quotes the values.
CONTAINER='{"id":{{json .ID}},"name":{{json .Name}},"service":{{json (index .Config.Labels "com.docker.compose.service")}},"oneoff":{{json (index .Config.Labels "com.docker.compose.oneoff")}},"operation":{{json (index .Config.Labels "deploy-action.operation")}},"image":{{json .Config.Image}},"imageId":{{json .Image}},"state":{{json .State.Status}},"started":{{json .State.StartedAt}},"restarts":{{.RestartCount}},"health":{{if .State.Health}}{{json .State.Health.Status}}{{else}}null{{end}},"policy":{{json .HostConfig.RestartPolicy.Name}},"hostname":{{json .HostnamePath}},"ports":{{json .HostConfig.PortBindings}},"mounts":{{json .Mounts}}}'
containers() {
  # shellcheck disable=SC2046 # ids hold no blanks
  inspect_containers $(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project")
}
inspect_containers() { [ $# = 0 ] || docker inspect --format "$CONTAINER" "$@"; }
# "SERVICE ID" of everything that is not a one-off run, also what is stopped: one question for all services.
of_services() {
  patiently docker ps --all --no-trunc --filter "label=com.docker.compose.project=$project" \
    --filter label=com.docker.compose.oneoff=False --format '{{.Label "com.docker.compose.service"}} {{.ID}}'
}
# only_of SERVICE: the ids among such lines
only_of() { awk -v service="$1" '$1 == service { print $2 }'; }
remove_containers() { [ $# = 0 ] || patiently docker rm --force "$@" > /dev/null 2>&1; }
# Everything of a service that is not a one-off run, also what is stopped.
of_service() {
  patiently docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project" \
    --filter "label=com.docker.compose.service=$1" --filter label=com.docker.compose.oneoff=False
}
