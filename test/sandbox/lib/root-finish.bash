# shellcheck shell=bash
# What maintainer scripts would have done, as far as the images need it: accounts, links, certificates, byte code.

accounts() {
  local root=$1
  shift
  printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$root/etc/passwd"
  printf 'root:x:0:\nadm:x:4:\ntty:x:5:\nusers:x:100:\nnogroup:x:65534:\n' >"$root/etc/group"
  local account
  for account in "$@"; do # name:id:group:home:shell
    IFS=: read -r user id group home shell <<<"$account"
    echo "$user:x:$id:$group:$user:$home:$shell" >>"$root/etc/passwd"
    [ "$group" = 65534 ] || echo "$user:x:$group:" >>"$root/etc/group"
  done
  sed 's/:.*/:*:19700:0:99999:7:::/' "$root/etc/passwd" >"$root/etc/shadow"
  sed 's/:.*/:*::/' "$root/etc/group" >"$root/etc/gshadow"
  chmod 640 "$root/etc/shadow" "$root/etc/gshadow"
}

# without these two a scanner sees no operating system
debian_release() {
  printf 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n' >"$1/etc/os-release"
  [ -e "$1/etc/debian_version" ] || echo 12.10 >"$1/etc/debian_version"
}

certificates() {
  mkdir -p "$1/etc/ssl/certs"
  cat "$1"/usr/share/ca-certificates/mozilla/*.crt >"$1/etc/ssl/certs/ca-certificates.crt"
}

# busybox's applets as links; the list comes from the amd64 package, which is of the same version
applets() {
  local root=$1 listing applet
  listing=$(mktemp -d)
  dpkg-deb --fsys-tarfile "$CACHE"/apt/bookworm-amd64/archives/busybox-static_*_amd64.deb | tar -x -C "$listing"
  for applet in $("$(find "$listing" -name busybox -type f -perm -100 | head -n 1)" --list); do
    [ -e "$root/usr/bin/$applet" ] || ln -s busybox "$root/usr/bin/$applet"
  done
  rm -rf "$listing"
}

finish_os() {
  accounts "$1" sshd:997:65534:/run/sshd:/bin/false postgres:999:999:/var/lib/postgresql:/bin/sh redis:998:998:/data:/bin/sh \
    mysql:996:996:/var/lib/mysql:/bin/sh
  printf 'hosts: files dns\n' >"$1/etc/nsswitch.conf"
  mkdir -p "$1/root"
  debian_release "$1"
  certificates "$1"
  applets "$1"
}

# Debian's psycopg2 is what PyPI calls psycopg2-binary too; pip must find either name satisfied
also_known_as() {
  local folder=$1/usr/lib/python3/dist-packages name=$2 version=$3
  mkdir -p "$folder/${name//-/_}-$version.dist-info"
  printf 'Metadata-Version: 2.1\nName: %s\nVersion: %s\n' "$name" "$version" >"$folder/${name//-/_}-$version.dist-info/METADATA"
  : >"$folder/${name//-/_}-$version.dist-info/RECORD"
  echo debian >"$folder/${name//-/_}-$version.dist-info/INSTALLER"
}

# Debian's packages fit each other, but the metadata that pip reads does not always say so
mend_metadata() {
  local packages=$1/usr/lib/python3/dist-packages folder
  sed -i 's/^Requires-Dist: starlette<0.26.0,/Requires-Dist: starlette<0.27.0,/' "$packages"/fastapi-*/METADATA
  # uvicorn[standard]: an older httptools serves it too, watchgod is only for --reload
  sed -i 's/^httptools.*/httptools/; /^watchgod/d' "$packages"/uvicorn-*/requires.txt
  # only httpx's own command line would colour its output
  sed -i '/^Requires-Dist: pygments/d' "$packages"/rich-*/METADATA
  # a requirement like alembic>=1.8.1 would refuse 1.8.1.dev0
  for folder in "$packages"/*.dev0.egg-info; do
    sed -i -E '1,20s/^(Version: .*)\.dev0$/\1/' "$folder/PKG-INFO"
    mv "$folder" "${folder%.dev0.egg-info}.egg-info"
  done
}

finish_python() {
  local root=$1 psycopg
  rm -rf "$root"/usr/lib/python3.11/{idlelib,lib2to3,pydoc_data,turtle*}
  # an image is not a machine that apt manages: PEP 668's refusal has no place in it
  rm -f "$root"/usr/lib/python3*/EXTERNALLY-MANAGED
  mend_metadata "$root"
  # a requirement that is not here fails at once instead of after minutes of trying to reach an index
  printf '[global]\nno-index = true\n' >"$root/etc/pip.conf"
  psycopg=$(find "$root/usr/lib/python3/dist-packages" -maxdepth 1 -name 'psycopg2-*.egg-info' -printf '%f')
  psycopg=${psycopg#psycopg2-}
  also_known_as "$root" psycopg2-binary "${psycopg%.egg-info}"
  ln -sfn python3 "$root/usr/bin/python"
  mkdir -p "$root/usr/local/bin"
  # byte code is the same on every architecture, so the amd64 interpreter of the same version writes both; by hash, as the
  # archive changes the time of every source, and what is stale by it would be compiled anew at each start
  interpreter -m compileall -q -j 1 --invalidation-mode unchecked-hash -s "$root" "$root/usr/lib/python3.11" "$root/usr/lib/python3/dist-packages" >/dev/null || true
}

# Python 3.11 out of the packages themselves: the machine need not have one
PYTHON_HOME=$CACHE/roots/.interpreter

unpack_interpreter() {
  local deb
  mkdir -p "$PYTHON_HOME"
  for deb in "$CACHE"/apt/bookworm-amd64/archives/{python3.11-minimal,libpython3.11-minimal,libpython3.11-stdlib,libexpat1,zlib1g}_*_amd64.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$PYTHON_HOME"
  done
}

interpreter() {
  PYTHONHOME=$PYTHON_HOME/usr LD_LIBRARY_PATH=$PYTHON_HOME/usr/lib/x86_64-linux-gnu:$PYTHON_HOME/lib/x86_64-linux-gnu \
    "$PYTHON_HOME/usr/bin/python3.11" "$@"
}

finish_postgres() { :; }
finish_redis() { :; }
# an alternative that a maintainer script would have chosen
finish_mariadb() { ln -sfn mariadb.cnf "$1/etc/mysql/my.cnf"; }

finish_server() {
  local root=$1 tool
  accounts "$root" sshd:997:65534:/run/sshd:/usr/sbin/nologin deploy:1000:1000:/home/deploy:/bin/bash
  sed -i 's,/root:/bin/sh,/root:/bin/bash,' "$root/etc/passwd"
  echo docker:x:2375:deploy >>"$root/etc/group"
  echo 'docker:*::deploy' >>"$root/etc/gshadow"
  printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
  debian_release "$root"
  certificates "$root"
  for tool in {iptables,ip6tables}{,-save,-restore}; do ln -sf xtables-nft-multi "$root/usr/sbin/$tool"; done
  ln -sf dash "$root/usr/bin/sh"
  ln -sf mawk "$root/usr/bin/awk"
  cp "$root/usr/share/openssh/sshd_config" "$root/etc/ssh/sshd_config"
  mkdir -p "$root"/{root,home/deploy,opt/stacks,var/log,var/lib/docker,usr/local/bin}
}
