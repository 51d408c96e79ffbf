/** A service that prints its secrets in all their forms, wherever it can; the forms are those of canary-forms.ts, in Python. */
import type { Files } from '../sample/files.ts'
import { imageOf } from './images.ts'

const LEAK = `import base64, json, os, re, sys, urllib.parse


def forms(secret):
    raw = secret.encode()
    around = [("u" * ((3 - offset) % 3) + secret + ":").encode() for offset in range(3)]
    xml = secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;").replace("'", "&apos;")
    return [
        secret,
        *(base64.b64encode(one).decode() for one in around),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        raw.hex(),
        urllib.parse.quote(secret, safe="-_.~"),
        json.dumps(secret)[1:-1],
        xml,
        secret.replace("'", "'\\\\''"),
        secret[::-1],
        *re.findall(".{1,13}", secret),
    ]


def lines():
    return [line for name in ("APP_SECRET", "OTHER_SECRET") for line in forms(os.environ[name])]


if __name__ == "__main__":
    for line in lines():
        print(line)
        print(line, file=sys.stderr)
    print("that was all")
    sys.exit(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
`

const SERVER = `import http.server, os, signal, sys, threading
sys.path.insert(0, "/app")
import leak

VERSION = os.environ["APP_VERSION"]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        sick = "sick" in VERSION and self.path == "/health"
        self.send_response(503 if sick else 200)
        self.end_headers()
        self.wfile.write("\\n".join(leak.lines() if sick else [VERSION]).encode())

    def log_message(self, *args):
        pass


for line in leak.lines():
    print(line, flush=True)
server = http.server.ThreadingHTTPServer(("", 80), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
`

const DOCKERFILE = `FROM python:3.12-slim
COPY server.py leak.py /app/
ARG APP_VERSION=dev
ENV APP_VERSION=$APP_VERSION PYTHONUNBUFFERED=1
CMD ["python", "/app/server.py"]
`

const FILES: Files = new Map([
  ['server.py', SERVER],
  ['leak.py', LEAK],
  ['Dockerfile', DOCKERFILE],
])

/** A version with "sick" in it is not healthy, and answers with its secrets. */
export const leakyImage = (version: string): Promise<string> =>
  imageOf({ name: 'canary-web', files: FILES, context: '.', dockerfile: 'Dockerfile', version })
