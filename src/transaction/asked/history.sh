# What was done to a stack, as its own records tell it. Reads, and writes nothing.
#   history NONCE DIRECTORY
set -u
LC_ALL=C
export LC_ALL
nonce=$1 dot=$2/.deploy
say() { printf '%s %s\n' "$nonce" "$*"; }
if [ -d "$dot" ] && ! [ -r "$dot/operations" ]; then say unreadable; fi
for folder in "$dot"/operations/*/; do
  [ -r "$folder/journal" ] || continue
  id=${folder%/}
  say operation "${id##*/}"
  say head "$(sed -n '2p' "$folder/program.sh" 2> /dev/null)"
  say record "$(sed -n 's/^release_start() { printf .%s. //p' "$folder/program.sh" 2> /dev/null | head -n 1 | base64 -w 0)"
  grep -E '^[0-9]* (start|fail|switch|end) ' "$folder/journal" | tail -n 12 | sed "s/^/$nonce journal /"
  sed -n '$p' "$folder/journal" | sed "s/^/$nonce last /"
done
for record in "$dot"/releases/*/release.json; do
  [ -r "$record" ] || continue
  id=${record%/release.json}
  say release "${id##*/} $(base64 -w 0 < "$record")"
done
say end
