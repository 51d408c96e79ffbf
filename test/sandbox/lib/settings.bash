# shellcheck shell=bash disable=SC2034
# Where the sandbox lives and what it is called. Everything here can be overridden from the environment,
# so that a second sandbox (its own name and subnet) can run beside the first one.

SANDBOX_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PROJECT=$(cd "$SANDBOX_SOURCE/../.." && pwd)

NAME=${DEPLOY_ACTION_SANDBOX_NAME:-deploy-action-sandbox}
SUBNET=${DEPLOY_ACTION_SANDBOX_SUBNET:-10.213.0}   # first three octets; the servers are .11, .12 and .13
SERVERS=${DEPLOY_ACTION_SANDBOX_SERVERS:-3}        # more of them are for the fault sweep, which then has more hands; up to 9
BUILD_SUBNET=${DEPLOY_ACTION_SANDBOX_BUILD_SUBNET:-10.213.1} # the engine's own default bridge
REGISTRY_HOST=${DEPLOY_ACTION_SANDBOX_REGISTRY_HOST:-registry.test}

PREFIX=${DEPLOY_ACTION_PREFIX:-/opt/deploy-action-sandbox} # unpacked programs; shared by all sandboxes
CACHE=${DEPLOY_ACTION_CACHE:-/var/cache/deploy-action}     # downloads and what is compiled once per machine
STATE=/var/lib/$NAME
RUN=/run/$NAME
LOGS=$STATE/logs

GATEWAY=$SUBNET.1
NETWORK=$NAME
# Interface names hold 15 bytes at most, so they are made of the subnet, which is unique to a sandbox.
SERVER_BRIDGE=da-${SUBNET#*.}
BUILD_BRIDGE=da-${BUILD_SUBNET#*.}
SERVER_ADDRESSES=() SERVER_CONTAINERS=()
for number in $(seq "$SERVERS"); do
  SERVER_ADDRESSES+=("$SUBNET.1$number")
  SERVER_CONTAINERS+=("$NAME-server$number")
done
unset number
SSH_PORT=22
DEPLOY_USER=deploy
HOSTS_MARK="# $NAME"

BASIC_PORT=5443   # login by htpasswd
TOKEN_PORT=5444   # login by token, as GHCR does it
ISSUER_PORT=5445  # who signs those tokens
MIRROR_PORT=5446  # no login, the store of BASIC_PORT: the engines' mirror for Docker Hub's names
REGISTRY=$REGISTRY_HOST:$BASIC_PORT
TOKEN_REGISTRY=$REGISTRY_HOST:$TOKEN_PORT
REGISTRY_FOLDER=$STATE/registry
REGISTRY_USER=ci
REGISTRY_PASSWORD=s3cret

ENGINE=$PREFIX/engine
ENGINE_SOCKET=$RUN/docker.sock
# made by every engine, whatever it is configured to
SHARED_FOLDERS=(/run/containerd /run/docker /run/runc /opt/containerd)
CLIENT_VERSION=28.5.2
CLIENT=$CACHE/docker-cli-$CLIENT_VERSION/docker
TRIVY_VERSION=0.74.0
TRIVY=$CACHE/trivy-$TRIVY_VERSION/trivy
BUILDKIT=$CACHE/buildkit-0.13-debian
BUILDKIT_IMAGE=$REGISTRY/moby/buildkit:buildx-stable-1

export DOCKER_CONFIG=$STATE/docker-config
export DOCKER_HOST=unix://$ENGINE_SOCKET
unset DOCKER_CONTEXT BUILDX_BUILDER
export PATH=$PREFIX/bin:$ENGINE/usr/bin:$ENGINE/usr/sbin:$PATH:/usr/sbin:/sbin
