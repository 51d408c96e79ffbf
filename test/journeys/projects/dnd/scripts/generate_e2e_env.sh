#!/bin/sh
# What docker-compose.e2e.yml is told.
printf 'POSTGRES_%s\n' USER=e2e "PASSWORD=$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')" DB=e2e HOST=postgres PORT=5432 > .env.e2e
