# How the program begins: run by the deploy that made it, or settle by the next run when that one was killed.

main() {
  # only the journal's end ends this: not a hang-up, not the terminal of somebody
  trap '' HUP INT PIPE
  find_compose
  case $1 in
    run)
      IFS= read -r credentials || credentials=
      exec < /dev/null
      : > "$operation/undo"
      record start "$(date +%s)"
      steps
      finish
      ;;
    settle)
      settling=yes
      settle
      ;;
  esac
}
