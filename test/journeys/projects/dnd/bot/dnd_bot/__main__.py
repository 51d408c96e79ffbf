import json
import os
import signal
import sys
import time
import urllib.request

from dnd_bot import reply

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
if not os.environ.get("TELEGRAM_BOT_TOKEN"):
    raise RuntimeError("TELEGRAM_BOT_TOKEN is not set")
with urllib.request.urlopen(f"{os.environ['API_BASE_URL']}/monsters/list/raw", timeout=5) as answer:
    print("polling; of a goblin I would say:", reply("a goblin!", json.load(answer)))
while True:
    time.sleep(1)
