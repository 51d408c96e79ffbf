# What is written down, durably, before the next thing happens; and what commands said.

# Hundredths of a second since boot: never jumps with the wall clock, and costs no process.
now() {
  read -r up _ < /proc/uptime
  ticks=${up%.*}${up#*.}
}
# record KIND [TEXT…]: one line that is on the disk before the next thing happens
record() {
  write_down "$@"
  sync -d "$operation/journal"
}
# A line that nobody who settles depends on: it reaches the disk with the next record.
write_down() {
  now
  if [ -z "$apart" ]; then
    printf '%s %s\n' "$ticks" "$*" >> "$operation/journal"
  else
    # others write there, too: a line of any length in one piece
    printf '%s %s\n' "$ticks" "$*" > "$operation/line$apart" && cat "$operation/line$apart" >> "$operation/journal"
  fi
}
# note KIND NAME TEXT: a fact for the report; text of others travels as base64
note() { write_down note "$1" "$2" "$(printf '%s' "$3" | base64 -w0)"; }
fail() {
  code=$1 sentence=$2
  return 1
}

# Runs a command with its output kept, bounded and without hidden values, in $operation/last and in the operation's output.
capture() {
  {
    "$@"
    printf '%s\n' "$?" > "$operation/status$apart"
  } 2>&1 < /dev/null | tail -c 262144 | hide > "$operation/last$apart"
  { printf '$ %s\n' "$*"; cat "$operation/last$apart"; } >> "$operation/output"
  read -r result < "$operation/status$apart" || result=1
  return "$result"
}
# within SECONDS COMPOSE-FUNCTION ARGUMENTS…: compose, ended with 124 when it takes longer
within() {
  time_limit=$1
  shift
  "$@"
  set -- "$?"
  time_limit=
  return "$1"
}
evidence() {
  know_once
  note evidence "$1" "$(tail -n 40 "$operation/last$apart" | tail -c 16384 | hide)"
}
