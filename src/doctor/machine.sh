# What doctor asks of a server before it asks for Docker: one exec, which writes nothing and needs only a POSIX shell.
#   machine NONCE DIRECTORY ENVIRONMENT_FILE
nonce=$1 directory=$2 env_file=$3
LC_ALL=C
export LC_ALL
say() { printf '%s %s\n' "$nonce" "$*"; }
nearest() {
  at=$1
  while [ -n "$at" ] && ! [ -e "$at" ]; do at=${at%/*}; done
  printf '%s' "${at:-/}"
}
say time "$(date -u +%s)"
say user "$(id -un 2> /dev/null || id -u)"
say groups "$(id -Gn 2> /dev/null)"
say system "$(. /etc/os-release 2> /dev/null && printf '%s' "$PRETTY_NAME")"
for tool in flock setsid base64 sha256sum tar gzip sync timeout stat df tail tac awk sed grep mktemp realpath bash docker; do
  command -v "$tool" > /dev/null 2>&1 || say lacks "$tool"
done
if [ -d "$directory" ]; then
  if [ -w "$directory" ] && [ -x "$directory" ]; then say directory writable; else say directory unwritable; fi
elif [ -e "$directory" ]; then
  say directory other
elif [ -w "$(nearest "$directory")" ]; then
  say directory possible
else
  say directory missing
fi
for place in "$directory" "$directory/.deploy" "$directory/.deploy/releases" "$directory/.deploy/operations" "$directory/.deploy/lock"; do
  if [ -e "$place" ] && ! [ -w "$place" ]; then say foreign "$(stat -c %U "$place" 2> /dev/null)" "$place"; fi
done
if [ -e "$directory/$env_file" ]; then
  say environment "$(stat -c '%a %U' "$directory/$env_file")" "$([ -r "$directory/$env_file" ] && echo readable)"
fi
say free "$(df -Pk "$(nearest "$directory")" 2> /dev/null | awk 'END { print $4 }')"
say synchronised "$(timedatectl show -p NTPSynchronized --value 2> /dev/null)"
say end
