# shellcheck shell=bash
# What `script/sandbox env` prints: for a shell to eval, every value quoted.
. "$SANDBOX_SOURCE/lib/accounts.bash"

environment() {
  # also after a restart of the machine, when the folders are still there
  { [ -e "$STATE/done/server-image" ] && "$SANDBOX_SOURCE/steps/engine" running; } || die 'the sandbox is not up' 'script/sandbox up'
  print_export SANDBOX_REGISTRY "$REGISTRY"
  print_export SANDBOX_REGISTRY_USER "$REGISTRY_USER"
  print_export SANDBOX_REGISTRY_PASSWORD "$REGISTRY_PASSWORD"
  print_export SANDBOX_TOKEN_REGISTRY "$TOKEN_REGISTRY"
  local right
  for right in WRITE READ EXPIRED; do
    local user=TOKEN_${right}_USER password=TOKEN_${right}_PASSWORD
    print_export "SANDBOX_$user" "${!user}"
    print_export "SANDBOX_$password" "${!password}"
  done
  # without login, on the first registry's store: for what the public reads
  print_export SANDBOX_MIRROR "$REGISTRY_HOST:$MIRROR_PORT"
  print_export SANDBOX_LOGS "$LOGS"
  print_export SANDBOX_HOSTS "${SERVER_ADDRESSES[*]}"
  print_export SANDBOX_SSH_PORT "$SSH_PORT"
  print_export SANDBOX_SSH_USER "$DEPLOY_USER"
  print_export SANDBOX_SSH_KEY "$STATE/ssh/deploy"
  print_export SANDBOX_SSH_KEY_ROOT "$STATE/ssh/root"
  print_export SANDBOX_KNOWN_HOSTS "$STATE/ssh/known_hosts"
  print_export SANDBOX_CONTAINERS "${SERVER_CONTAINERS[*]}"
  print_export SANDBOX_BUILDKIT_IMAGE "$BUILDKIT_IMAGE"
  print_export SANDBOX_BUILDKIT_CONFIG "$STATE/buildkitd.toml"
  [ ! -x "$TRIVY" ] || print_export SANDBOX_TRIVY "$TRIVY"
  print_export DOCKER_HOST "$DOCKER_HOST"
  print_export DOCKER_CONFIG "$DOCKER_CONFIG"
  print_export SSL_CERT_FILE "$REGISTRY_FOLDER/bundle.crt"
  print_export NODE_EXTRA_CA_CERTS "$REGISTRY_FOLDER/ca.crt"
  # shellcheck disable=SC2016 # the PATH of whoever evals it
  printf 'export PATH=%q:"$PATH"\n' "$PREFIX/bin:$ENGINE/usr/bin:$ENGINE/usr/sbin"
}

print_export() { printf 'export %s=%q\n' "$1" "$2"; }
