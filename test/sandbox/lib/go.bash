# shellcheck shell=bash
# What is compiled with this machine's Go.

# keep_go_in FOLDER: caches of its own (writable, so that they can be deleted): nothing is left in the user's home
keep_go_in() {
  export GOPATH=$1/path XDG_CONFIG_HOME=$1/config GOMODCACHE=$1/modules GOCACHE=$1/objects GOFLAGS=-modcacherw GOWORK=off CGO_ENABLED=0
}

# go_is_new_enough MINOR: whether there is a Go 1.MINOR or newer
go_is_new_enough() {
  local minor
  minor=$(go env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
  [ -n "$minor" ] && [ "$minor" -ge "$1" ]
}

go_version() { go env GOVERSION 2>/dev/null || echo none; }
