# What the program of a deploy is made of. It runs on the server, in a session of its own, holding the lock
# (file descriptor 9), and writes a durable line at every boundary, so that whoever comes next can finish or
# undo what it left. Used by the generated part below, which sets: directory, project, operation, release, env_file.
set -u
umask 077
LC_ALL=C
export LC_ALL
dot=$directory/.deploy
failed=no switched=no committed=no settling=no undone=yes creating='' login_config='' login_host='' address_for='' ask_seconds='' time_limit='' code='' sentence=''
apart='' processes='' listed=no
pending='' asked_schema='' backups_kept='' database_kind='' container_environment='' of_others=''
