#!/bin/sh
# As the official image's: options alone are redis-server's, root becomes redis, and the network may connect.
set -eu
case $1 in -* | *.conf) set -- redis-server "$@" ;; esac
[ "$1" = redis-server ] || exec "$@"
if [ "$(id -u)" = 0 ]; then
  chown -R redis:redis /data
  exec gosu redis "$0" "$@"
fi
# questions about the program, which take no further option
case " $* " in *' --version '* | *' -v '* | *' --help '* | *' -h '*) exec "$@" ;; esac
exec "$@" --bind 0.0.0.0 --protected-mode no
