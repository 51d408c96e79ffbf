/**
 * Asks for the revision, upgrades and asks again in one interpreter: starting it three times would cost more than the
 * migration. Asked otherwise it says whether there is something to do, whether it knows where the database is, or goes
 * down. `EnvironmentContext(fn=…, dont_mutate=True)` is how alembic's own `current` asks (alembic/command.py).
 */
export const ALEMBIC = `
import os, sys
from alembic import command
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
config = Config(sys.argv[1] or os.environ.get("ALEMBIC_CONFIG") or "alembic.ini")
script = ScriptDirectory.from_config(config)
def revisions():
    found = []
    def look(revision, context):
        found.extend([revision] if isinstance(revision, str) else revision)
        return []
    with EnvironmentContext(config, script, fn=look, dont_mutate=True):
        script.run_env()
    return found
def tell(when, found):
    print("deploy-action: " + when + " " + (",".join(sorted(found)) or "base"), flush=True)
before = revisions()
tell("before", before)
pending = set(before) != set(script.get_heads())
asked = (sys.argv[2:] or ["up"])[0]
if asked == "ask":
    sys.exit(print("deploy-action: pending " + ("yes" if pending else "no"), flush=True))
if asked == "known":
    for revision in before:
        try:
            script.get_revision(revision)
        except Exception:
            print("deploy-action: unknown " + revision, flush=True)
    sys.exit(tell("needs", script.get_heads()))
if asked == "down":
    command.downgrade(config, sys.argv[3])
elif pending:
    command.upgrade(config, "head")
tell("after", revisions())
`.trim()
