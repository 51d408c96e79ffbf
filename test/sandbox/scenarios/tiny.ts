/**
 * A project that is as small as one can be: one web service in three seconds, for what has nothing to do with a
 * database. It answers with its version, its environment and the files it sees.
 */
import type { Files } from '../sample/files.ts'
import { imageOf } from './images.ts'

const SERVER = `import http.server, json, os, signal, sys, threading, time, urllib.parse

VERSION = os.environ["APP_VERSION"]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        status, body = answer(url.path, urllib.parse.unquote(url.query))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *args):
        pass


def answer(path, query):
    if path == "/env":
        return 200, dict(os.environ)
    if path == "/files":
        return 200, {name: open(os.path.join(query, name)).read() for name in sorted(os.listdir(query))}
    sick = "sick" in VERSION or os.path.exists(f"/out/sick-{VERSION}")
    return 503 if sick else 200, {"version": VERSION}


signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start() if server else os._exit(0))
server = None
if "crash" in VERSION:
    sys.exit("this version cannot start")
if "slow" in VERSION:
    time.sleep(6)
server = http.server.ThreadingHTTPServer(("", 80), Handler)
# what was begun is answered before it leaves
server.daemon_threads = False
server.serve_forever()
server.server_close()
`

/** Keeps what it was given, one JSON list a line. */
const TELL = `import json, os, sys
with open("/out/told", "a") as file:
    print(json.dumps([*sys.argv[1:], os.environ["APP_VERSION"]]), file=file)
`

const DOCKERFILE = `FROM python:3.12-slim
COPY server.py tell.py /app/
ARG APP_VERSION=dev
ENV APP_VERSION=$APP_VERSION PYTHONUNBUFFERED=1
CMD ["python", "/app/server.py"]
`

export const PATH = '/opt/stacks/tiny'

const IMAGE_FILES: Files = new Map([
  ['server.py', SERVER],
  ['tell.py', TELL],
  ['Dockerfile', DOCKERFILE],
])

/** A version is what it answers with; one with "sick" in it, or with a file /out/sick-VERSION, is not healthy, "crash" ends at once, "slow" takes 6 s. */
export const tinyImage = (version: string, platform = 'linux/amd64'): Promise<string> =>
  imageOf({ name: 'tiny-web', files: IMAGE_FILES, context: '.', dockerfile: 'Dockerfile', version, platform })

export interface Shape {
  /** Lines of deploy.yml on the top level. */
  readonly config?: string
  /** Keys of the service web in the compose file, indented by four. */
  readonly web?: string
  /** Of the image web in deploy.yml. */
  readonly pin?: string
  /** As the compose file names web's image. */
  readonly image?: string
  /** What web mounts. */
  readonly volumes?: readonly string[]
  /** Further services, indented by two. */
  readonly services?: string
  /** Keys of the environment in deploy.yml, one flow-style fragment: `, lockTimeout: 1s`. */
  readonly environment?: string
  readonly compose?: string
  readonly host?: string
  readonly path?: string
  /** Where the service is ready; JSON-like YAML. */
  readonly health?: string
  readonly service?: string
  readonly files?: Readonly<Record<string, string>>
  readonly port?: number | null
}

export const tinyFiles = (shape: Shape = {}): Files =>
  new Map([['deploy.yml', deployYml(shape)], ['docker-compose.yml', composeYml(shape)], ...Object.entries(shape.files ?? {})])

const deployYml = ({
  config = '',
  environment = '',
  host = '${SSH_HOST}',
  compose = '',
  path = PATH,
  pin = '',
  health = 'http: { port: 80, path: /health }, deadline: 12s',
  service = '',
}: Shape): string =>
  `project: tiny
registry: { namespace: acme }
images: { web: { platforms: [linux/amd64]${pin} } }
compose: { files: [docker-compose.yml]${compose} }
services: { web: { health: { ${health} }${service} } }
${config}
environments: { production: { host: "${host}", path: ${path}${environment} } }
`

const composeYml = ({
  web = '',
  image = 'ghcr.io/acme/tiny-web:latest',
  volumes = ['out:/out'],
  services = '',
  port = 8081,
}: Shape): string =>
  `services:
  web:
    image: ${image}
    restart: unless-stopped
${port === null ? '' : `    ports: ["${port}:80"]\n`}    volumes: ${JSON.stringify(volumes)}
${web}
${services}
volumes:
  out:
`
