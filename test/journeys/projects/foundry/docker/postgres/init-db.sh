#!/bin/sh
# A user of its own for the application; runs once, when the volume of the database is empty.
set -eu
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" << SQL
DO \$\$ BEGIN CREATE ROLE $APP_DB_USER LOGIN PASSWORD '$APP_DB_PASSWORD'; END \$\$;
DO \$\$ BEGIN EXECUTE 'GRANT ALL ON SCHEMA public TO $APP_DB_USER'; END \$\$;
SQL
