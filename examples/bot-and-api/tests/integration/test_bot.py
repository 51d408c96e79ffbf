import signal
import subprocess
import sys

import bot
import pytest
from fastapi.testclient import TestClient

from app.database import cache
from app.main import app

client = TestClient(app)


@pytest.fixture
def running():
    process = subprocess.Popen([sys.executable, bot.__file__], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline().startswith("connected to gateway as")
    yield process
    process.kill()
    process.wait()


def test_api_sees_the_bot_come_and_go(running):
    assert client.get("/bot").json() == {"online": 1}
    running.send_signal(signal.SIGTERM)
    assert running.wait(timeout=5) == 0
    assert client.get("/bot").json() == {"online": 0}


def test_bot_answers_over_the_gateway(running):
    replies = cache().pubsub(ignore_subscribe_messages=True)
    replies.subscribe("gateway:replies")
    replies.parse_response()
    cache().publish("gateway", "ping")
    assert replies.parse_response()[2].decode() == bot.answer("ping")


def test_each_session_is_noted_with_how_many_there_were(running):
    ((_, entry),) = cache().xrevrange("gateway:sessions", count=1)
    assert entry[b"event"] == b"connected"
    assert entry[b"online"] == b"1"
