"""A gateway session: one that overlaps another loses events. There is nothing to ask over HTTP."""
import os
import signal
import sys
import threading

from app.shared.database.connect import query

VERSION = os.environ["APP_VERSION"]
leave = threading.Event()


def run():
    if not os.environ.get("DISCORD_BOT_TOKEN"):
        sys.exit("DISCORD_BOT_TOKEN is missing")
    signal.signal(signal.SIGTERM, lambda *_: leave.set())
    if "crash" in VERSION:
        sys.exit("the gateway refused this version")
    [[session]] = query("INSERT INTO sessions (version, opened) VALUES (%s, clock_timestamp()) RETURNING id", VERSION)
    leave.wait()
    query("UPDATE sessions SET closed = clock_timestamp() WHERE id = %s", session)
