import subprocess
import sys

import bot


def test_ping_is_answered():
    assert bot.answer("ping") == f"pong from {bot.NAME} {bot.VERSION}"


def test_other_messages_are_not_answered():
    assert bot.answer("hello") is None


def test_bot_refuses_to_start_without_a_token():
    ended = subprocess.run([sys.executable, bot.__file__], env={"BOT_TOKEN": ""}, capture_output=True, text=True)
    assert ended.returncode == 1
    assert "BOT_TOKEN" in ended.stderr
