import http.server
import json
import os
import signal

from app.shared.database.connect import query

VERSION = os.environ["APP_VERSION"]


def answer(path):
    if path == "/health":
        return (503, {"status": "sick"}) if "sick" in VERSION else (200, {"status": "healthy"})
    if path == "/":
        owners = query("SELECT name FROM users WHERE role = 'owner'")
        return 200, {"version": VERSION, "environment": os.environ["ENVIRONMENT"], "owner": owners[0][0] if owners else None}
    return 404, {}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status, body = answer(self.path)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *args):
        pass


def serve():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    http.server.ThreadingHTTPServer(("", 8000), Handler).serve_forever()
