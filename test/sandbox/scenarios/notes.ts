/** A small project whose data is in MariaDB or in a SQLite file, migrated by a script of its own that no preset knows. */
import type { Files } from '../sample/files.ts'
import { imageOf } from './images.ts'
import { Project, pinned } from './project.ts'

export type Kind = 'mysql' | 'sqlite'

const DATABASE = `import os


def connect():
    if "DATABASE_FILE" in os.environ:
        import sqlite3
        return sqlite3.connect(os.environ["DATABASE_FILE"], timeout=30)
    import pymysql
    return pymysql.connect(host="db", user="app", password=os.environ["DATABASE_PASSWORD"], database="notes", charset="utf8mb4")


def query(*statements):
    connection = connect()
    cursor = connection.cursor()
    for statement in statements:
        cursor.execute(statement)
    rows = cursor.fetchall()
    connection.commit()
    connection.close()
    return rows
`

const MIGRATE = `import os, sys
from database import query

HEAD = int(os.environ["APP_VERSION"][0] != "1") + 1
STEPS = {1: "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT, data BLOB)", 2: "ALTER TABLE notes ADD COLUMN stars INTEGER"}
query("CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER)")
current = query("SELECT COALESCE(MAX(version), 0) FROM schema_migrations")[0][0]
if sys.argv[1] == "up":
    for step in range(current + 1, HEAD + 1):
        query(STEPS[step], f"INSERT INTO schema_migrations VALUES ({step})")
elif sys.argv[1] == "current":
    print(current or "")
else:
    print(HEAD)
`

const SERVER = `import http.server, json, os, signal
from database import query

VERSION = os.environ["APP_VERSION"]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503 if "sick" in VERSION else 200)
        self.end_headers()
        self.wfile.write(json.dumps({"version": VERSION, "notes": query("SELECT COUNT(*) FROM notes")[0][0]}).encode())

    def log_message(self, *args):
        pass


signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
http.server.ThreadingHTTPServer(("", 80), Handler).serve_forever()
`

/** What a column may hold: quotes, backslashes, four bytes a letter, nothing, and bytes that are no text. */
const WRITE = `import sys
from database import connect

connection = connect()
mark = "?" if "sqlite3" in type(connection).__module__ + str(type(connection)) else "%s"
values = [(i, None if i % 7 == 0 else f"note {i} 'quoted' \\\\ \\"\\n\\t\\U0001f600", bytes(range(i % 256)) or None) for i in range(int(sys.argv[1]), int(sys.argv[2]))]
connection.cursor().executemany(f"INSERT INTO notes (id, text, data) VALUES ({mark}, {mark}, {mark})", values)
connection.commit()
`

/** One line that is the same for the same rows. */
const CONTENT = `import hashlib
from database import query

rows = query("SELECT id, text, data FROM notes ORDER BY id")
print(len(rows), hashlib.sha256(repr([tuple(row) for row in rows]).encode()).hexdigest())
`

const IMAGE_FILES: Files = new Map([
  ['database.py', DATABASE],
  ['migrate.py', MIGRATE],
  ['server.py', SERVER],
  ['write.py', WRITE],
  ['content.py', CONTENT],
  [
    'Dockerfile',
    'FROM python:3.12-slim\nRUN pip install pymysql\nWORKDIR /app\nCOPY *.py ./\nARG APP_VERSION\nENV APP_VERSION=$APP_VERSION\nCMD ["python", "server.py"]\n',
  ],
])

const deployYml = (kind: Kind, name: string, path: string): string => `project: ${name}
registry: { namespace: acme }
images: { web: { name: notes-web, platforms: [linux/amd64] } }
compose: { files: [docker-compose.yml] }
services: { web: { stable: 0s, health: { http: { port: 80, path: / }, deadline: 10s } } }
migrate: { service: web, up: [python, migrate.py, up], current: [python, migrate.py, current], heads: [python, migrate.py, heads] }
backup: { kind: ${kind}, ${kind === 'mysql' ? 'service: db' : 'service: web, file: /data/notes.db'} }
environments: { production: { host: "\${SSH_HOST}", path: ${path} } }
`

const MARIADB = `  db:
    image: mariadb:11
    command: --character-set-server=utf8mb4
    environment: { MARIADB_ROOT_PASSWORD: root-horse, MARIADB_DATABASE: notes, MARIADB_USER: app, MARIADB_PASSWORD: app-horse }
    volumes: [data:/var/lib/mysql]
    healthcheck: { test: [CMD, mariadb-admin, ping, --silent, --user=app, --password=app-horse, --host=127.0.0.1], interval: 1s, retries: 60 }
`

const composeYml = (kind: Kind, port: number): string => `services:
  web:
    image: ghcr.io/acme/notes-web:latest
    restart: unless-stopped
    ports: ["${port}:80"]
${kind === 'mysql' ? '    depends_on: { db: { condition: service_healthy } }\n    environment: { DATABASE_PASSWORD: app-horse }' : '    environment: { DATABASE_FILE: /data/notes.db }\n    volumes: [data:/data]'}
${kind === 'mysql' ? MARIADB : ''}volumes:
  data:
`

export class Notes extends Project {
  /** Commits the version; yields the options that say which image it is. A version with "sick" in it is not healthy, all but the first bring schema 2. */
  async version(version: string, { kind, name, path, port }: Readonly<{ kind: Kind; name: string; path: string; port: number }>) {
    await this.commit(
      new Map([
        ['deploy.yml', deployYml(kind, name, path)],
        ['docker-compose.yml', composeYml(kind, port)],
      ]),
    )
    return pinned({ web: await imageOf({ name: 'notes-web', files: IMAGE_FILES, context: '.', dockerfile: 'Dockerfile', version }) })
  }
}
