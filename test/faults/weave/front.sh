# Around what the front does on the server.
fp_at=front
take_lock() {
  failpoint 'before the lock'
  unwoven_take_lock && failpoint 'after the lock'
}
settle() {
  failpoint 'before settling'
  unwoven_settle
  failpoint 'after settling'
}
stage_request() {
  unwoven_stage_request
  [ "$verb" != operate ] || failpoint 'request staged'
}
decide() {
  failpoint 'before the decision'
  unwoven_decide
}
# called once the program runs
follow() {
  [ "$verb" != operate ] || failpoint 'program started'
  unwoven_follow "$@"
}
