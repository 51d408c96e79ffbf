# What nobody could put right stays to be seen, and stops further deploys, until a release of the same repository succeeds.

# "KEY VALUE" lines, for people with `cat` and for the next look.
mark_broken() {
  failure=$(sed -n 's/^[0-9]* fail //p' "$operation/journal" | tail -n 1)
  {
    printf 'repository %s\noperation %s\nkind %s\nrelease %s\nprevious %s\nsince %s\n' \
      "$repository" "${operation##*/}" "$kind" "$release" "$previous" "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
    printf '%s\n' "$failure" | { read -r _ known said && printf 'code %s\nsentence %s\n' "$known" "$(printf '%s' "$said" | base64 -d | tr '\n' ' ')"; }
    sed -n 's/^[0-9]* undo-failed //p' "$operation/journal" | while IFS= read -r said; do
      printf 'undo %s\n' "$(printf '%s' "$said" | base64 -d | tr '\n' ' ')"
    done
  } > "$dot/broken.new"
  sync "$dot/broken.new" && mv -f "$dot/broken.new" "$dot/broken" && sync "$dot"
}
# Another repository's success does not mend what is broken of this one.
heal() {
  [ -e "$dot/broken" ] || return 0
  whose=$(sed -n 's/^repository //p' "$dot/broken")
  if [ "$whose" = "$repository" ] || ! printf '%s\n' "$parts" | grep -qF -- "$whose "; then rm -f "$dot/broken"; fi
}
