# Infrastructure that the release before does not have, in the place of the way back of `start_infrastructure`: its definitions
# know no such service, so what is new is not there again, and the rest is put back. The generated part makes `added`.

# restore_infrastructure [--no-deps] SERVICE…
restore_infrastructure() {
  before=
  for service; do
    case $service in --no-deps) continue ;; esac
    case $(added "$service") in
      no) before="$before $service" ;;
      new)
        of_service "$service" > "$operation/there" || { fail BROKEN "Docker does not say which containers $service has, so what is new could not be removed"; return; }
        # volumes stay: what a database made as it was first started is there for the next try
        # shellcheck disable=SC2046 # ids hold no blanks
        remove_containers $(cat "$operation/there") || { fail BROKEN "$service, which is new, could not be removed"; return; }
        ;;
      # there before, and of no release: it was nobody's to put back
      there) ;;
    esac
  done
  # shellcheck disable=SC2086 # service names hold no blanks
  [ -z "$before" ] || capture compose_before up --detach --no-build --no-deps $before || fail BROKEN "infrastructure could not be put back:$before"
}
