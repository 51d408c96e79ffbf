# Around every effect of the program, and after everything it writes down. What is named unwoven_… is the product's own.
fp_at=begin
write_down() {
  unwoven_write_down "$@"
  case $1 in
    note) failpoint "journal note $2" ;;
    end) failpoint "journal end $2" ;;
    undo) ;;
    *) failpoint "journal $1" ;;
  esac
}
# what is being undone gives the failpoints that follow their place
record() {
  unwoven_record "$@"
  if [ "$1" = undo ]; then
    fp_at="undo $(printf '%s' "$2" | base64 -d | cut -d' ' -f1)"
    failpoint 'journal undo'
  fi
}
undo_with() {
  unwoven_undo_with "$@"
  failpoint "undo list $1"
}
step() {
  fp_at=$2
  unwoven_step "$@"
  fp_at=between
}
isolated() {
  fp_verb=
  for fp_word; do
    case $fp_word in up | run) fp_verb="compose $fp_word" && break ;; esac
  done
  if [ -z "$fp_verb" ]; then
    unwoven_isolated "$@"
    return
  fi
  failpoint "before $fp_verb"
  unwoven_isolated "$@"
  failpoint "after $fp_verb"
}
pull() {
  failpoint 'before pull'
  unwoven_pull "$@"
  failpoint 'after pull'
}
docker() {
  case $1 in
    stop | start | rm | rename | update | kill | restart)
      failpoint "before docker $1"
      command docker "$@"
      failpoint "after docker $1"
      ;;
    *) command docker "$@" ;;
  esac
}
mv() {
  failpoint 'before mv'
  command mv "$@"
  failpoint 'after mv'
}
ln() {
  failpoint 'before ln'
  command ln "$@"
  failpoint 'after ln'
}
cp() {
  failpoint 'before cp'
  command cp "$@"
  failpoint 'after cp'
}
settle() {
  fp_phase='settling, ' fp_at=begin
  failpoint begin
  unwoven_settle
}
finish() {
  fp_at=finish
  unwoven_finish
}
