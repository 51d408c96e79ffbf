"""The bot. Nobody reaches it over HTTP; it holds one session at its gateway, a Redis channel.

Two sessions at once would answer everything twice, as with any chat service. Each coming and going is noted in the
stream `gateway:sessions` with the number of sessions at that moment, so it can be seen whether that ever happened.
"""
import os
import signal
import sys
import threading
import uuid

import redis

NAME = os.environ.get("BOT_NAME", "shopkeeper")
VERSION = os.environ.get("APP_VERSION", "dev")
CHANNEL = "gateway"
SESSIONS = "gateway:sessions"

leaving = threading.Event()


def answer(message: str):
    """What the bot says to a message, or None where it keeps silent."""
    return f"pong from {NAME} {VERSION}" if message == "ping" else None


def note(gateway: redis.Redis, event: str, session: str) -> None:
    ((_, online),) = gateway.pubsub_numsub(CHANNEL)
    entry = {"event": event, "session": session, "version": VERSION, "online": online}
    gateway.xadd(SESSIONS, entry, maxlen=1000)


def serve(gateway: redis.Redis, session: str) -> None:
    """Holds the session until the process is told to stop or the connection breaks."""
    with gateway.pubsub() as channel:
        channel.subscribe(CHANNEL)
        while not leaving.is_set():
            received = channel.get_message(timeout=0.2)
            if received and received["type"] == "subscribe":
                note(gateway, "connected", session)
                print(f"connected to gateway as {NAME} {VERSION}, session {session}", flush=True)
            elif received and received["type"] == "message" and (reply := answer(received["data"])):
                gateway.publish("gateway:replies", reply)
        channel.unsubscribe(CHANNEL)
        while channel.subscribed:
            channel.get_message(timeout=1)
        note(gateway, "left", session)
        print("left the gateway", flush=True)


def main() -> None:
    if not os.environ.get("BOT_TOKEN"):
        sys.exit("BOT_TOKEN is missing or empty: without it the gateway lets nobody in")
    signal.signal(signal.SIGTERM, lambda *_: leaving.set())
    gateway = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    while not leaving.is_set():
        try:
            serve(gateway, uuid.uuid4().hex[:12])
        except redis.ConnectionError as error:
            print(f"no gateway: {error}", flush=True)
            leaving.wait(0.5)


if __name__ == "__main__":
    main()
