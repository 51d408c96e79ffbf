# Woven into the program and the front of a test bundle, never into a released one: a place at which a harness can hold
# the program and kill whom it likes. Nothing happens unless the folder of the harness is there. In that folder:
#   trace    every failpoint that was passed, one a line
#   armed    "COUNT NAME": where to stop, the how-manieth time
#   reached  a folder, made by whoever stops; it goes on when `go` is there
fp_folder=/tmp/deploy-action-failpoints
fp_phase=''
# failpoint NAME: keeps the exit code of what came before it
failpoint() {
  fp_status=$?
  if [ -e "$fp_folder/trace" ]; then fp_pass "$fp_phase$fp_at: $*"; fi
  return "$fp_status"
}
fp_pass() {
  printf '%s\n' "$1" >> "$fp_folder/trace"
  read -r fp_count fp_armed 2> /dev/null < "$fp_folder/armed" || return 0
  # of several that come at the same time one stops
  if [ "$fp_armed" = "$1" ] && [ "$(grep -cxF -e "$1" "$fp_folder/trace")" -ge "$fp_count" ] && mkdir "$fp_folder/reached" 2> /dev/null; then
    until [ -e "$fp_folder/go" ]; do sleep 0.02; done
  fi
}
