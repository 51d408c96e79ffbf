# shellcheck shell=bash disable=SC2034
# What each root filesystem is made of. Everything above `os` shares its layer.

declare -A PACKAGES=(
  [os]="busybox-static libc6 libgcc-s1 zlib1g libssl3 libstdc++6 ca-certificates"
  # what ordinary requirements.txt files name, so that `pip install -r` finds it satisfied without a network
  [python]="python3-minimal python3 python-is-python3 python3-pip python3-setuptools python3-wheel python3-venv passwd bash
    python3-fastapi python3-uvicorn uvicorn python3-httptools python3-uvloop python3-websockets python3-dotenv python3-yaml
    gunicorn alembic python3-sqlalchemy python3-psycopg2 python3-asyncpg python3-redis python3-jinja2 python3-multipart
    python3-requests python3-httpx python3-pytest python3-pytest-asyncio python3-pymysql flake8"
  [postgres]="postgresql-15 postgresql-client-15 gosu"
  [redis]="redis-server gosu"
  [mariadb]="mariadb-server-core mariadb-client gosu"
  # a Debian server: GNU's tools, dash and bash; on purpose no curl, wget, jq, Python or perl
  [server]="libc6 libc-bin libgcc-s1 zlib1g libssl3 ca-certificates bash dash util-linux util-linux-extra coreutils grep sed mawk
    findutils diffutils hostname tar gzip procps login passwd openssh-server openssh-client openssh-sftp-server iptables iproute2
    libseccomp2 libsystemd0"
)

# of the closure, what no container needs; file names of packages
LEFT_OUT='^(python3-(sphinx|docutils|pygments|babel)|libjs-|sphinx|docutils|perl|debconf|dpkg|adduser|init-system|ucf|systemd|ssl-cert|postgresql-common|postgresql-client-common|libllvm|libz3|sensible|lsb-base|netbase|mime-support|libpam-runtime|libdb5|openssl_|locales|logrotate|cron|gcc-12-base|readline-common|sgml|xml-core|tzdata|libperl|libgdbm|sysvinit|libpython3.11-testsuite|python3-lib2to3|build-essential|gcc|g\+\+|cpp|make_|binutils|lib(asan|tsan|ubsan|lsan|itm|gomp|quadmath|gcc-12|c6-dev|c-dev|stdc\+\+-12|crypt-dev|nsl-dev|tirpc-dev|cc1|isl|mpc|mpfr|ctf|binutils|expat1-dev|python3.*-dev)|linux-libc|python3(\.11)?-dev|zlib1g-dev|patch|javascript-common|rpcsvc|usrmerge|runit-helper|lib(file-find-rule|number-compare|text-glob)-perl)'

NOT_UNPACKED=(
  --exclude='./usr/share/'{doc,man,locale,lintian,bash-completion,javascript,gdb,i18n,zoneinfo,info,bug}
  --exclude='./usr/lib/*/gconv' --exclude='./usr/lib/postgresql/15/lib/bitcode' --exclude='*/llvmjit*'
  --exclude='./usr/lib/systemd' --exclude='./lib/systemd' --exclude='*/tests/*' --exclude='./usr/lib/python3.11/test'
)

# where the root of NAME-ARCH is kept; the name changes when its packages or the way it is made change
root_file() {
  local key
  key=$({ echo "${PACKAGES[${1%-*}]} ${PACKAGES[os]} $LEFT_OUT ${NOT_UNPACKED[*]}"; cat "$SANDBOX_SOURCE/lib/root-finish.bash"; } | sha256sum | cut -c1-12)
  printf '%s\n' "$CACHE/roots/$1-$key.tar"
}

BASE_ROOTS=(os-amd64 os-arm64 python-amd64 python-arm64 postgres-amd64 redis-amd64 mariadb-amd64)

# changes with everything the base images are made of
bases_key() {
  { for root in "${BASE_ROOTS[@]}"; do root_file "$root"; done
    sha256sum <"$BUILDKIT/buildkitd"
    cat "$SANDBOX_SOURCE"/images/bases/* "$SANDBOX_SOURCE/steps/bases"; } | sha256sum | cut -c1-12
}

server_key() {
  { root_file server-amd64; cat "$SANDBOX_SOURCE"/images/server/*; } | sha256sum | cut -c1-12
}
