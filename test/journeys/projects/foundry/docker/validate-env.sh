#!/bin/bash
# The project's own validation; has to run inside docker/. It takes whatever stands behind "=" for the value.
set -eu
[ -f .env ] || { echo "no .env here; run me inside docker/" >&2; exit 1; }
for name in DISCORD_BOT_TOKEN OWNER POSTGRES_PASSWORD; do
  value=$(grep "^$name=" .env | cut -d= -f2-)
  [ -n "$value" ] || { echo "$name is missing" >&2; exit 1; }
done
echo "the environment is valid"
