/**
 * The smallest thing that serves: one process with its version in a file. A web server that forks for each of the prober's
 * questions takes a fifth of the machine.
 */
import type { Files } from '../../sandbox/sample/files.ts'
import { imageOf } from '../../sandbox/scenarios/images.ts'

/** What the stack may be asked to run; "sick" is never healthy. */
export const VERSIONS = ['one', 'two', 'sick'] as const
export type Version = (typeof VERSIONS)[number]

const DOCKERFILE = `FROM python:3.12-slim
ARG APP_VERSION
COPY serve.py /serve.py
RUN mkdir /www && echo "$APP_VERSION" > /www/version && ln -s /conf /www/conf \\
 && case $APP_VERSION in sick) ;; *) echo ok > /www/health ;; esac
CMD ["python", "-I", "-S", "/serve.py"]
`
const SERVE = `import os
import signal
import socket

# a first process has no default for it
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
version = open("/www/version").read().strip()
if os.path.exists(f"/data/sick-{version}") and os.path.exists("/www/health"):
    os.remove("/www/health")
if os.path.exists(f"/data/hungry-{version}"):
    os.execvp("tail", ["tail", "/dev/zero"])


def received(client):
    """Path and body of a request."""
    text = b""
    while b"\\r\\n\\r\\n" not in text:
        text += client.recv(65536) or b"\\r\\n\\r\\n"
    head, body = text.split(b"\\r\\n\\r\\n", 1)
    lines = head.split(b"\\r\\n")
    length = next((int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        part = client.recv(65536)
        if not part:
            break
        body += part
    return lines[0].split(b" ")[1].decode(), body


def answer(path, body):
    if path == "/take":
        # what a seed hands over is there before the answer says so
        with open("/data/uploads", "ab") as file:
            file.write(body)
        return b"taken\\n"
    with open(f"/www{path}", "rb") as file:
        return file.read()


server = socket.create_server(("", 80), backlog=64)
while True:
    client, _ = server.accept()
    try:
        client.settimeout(1)
        try:
            status, text = b"200 OK", answer(*received(client))
        except FileNotFoundError:
            status, text = b"404 Not Found", b""
        client.sendall(b"HTTP/1.0 %s\\r\\nContent-Type: text/plain\\r\\nContent-Length: %d\\r\\n\\r\\n%s" % (status, len(text), text))
    except (OSError, IndexError):
        pass  # who asked has left
    finally:
        client.close()
`
const FILES: Files = new Map([
  ['Dockerfile', DOCKERFILE],
  ['serve.py', SERVE],
])

/** repository@digest of each version. */
export const images = async (): Promise<Readonly<Record<Version, string>>> => {
  const built = await Promise.all(
    VERSIONS.map((version) => imageOf({ name: 'faults-app', files: FILES, context: '.', dockerfile: 'Dockerfile', version })),
  )
  return Object.fromEntries(VERSIONS.map((version, index) => [version, built[index] ?? ''])) as Record<Version, string>
}
