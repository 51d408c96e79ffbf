/**
 * Three of the public projects whose outlines init was run on, deployed by what init writes, with no file edited by hand:
 * the database of a bot in a file, Node with MariaDB and Redis, and Go with a static site. An outline holds no code, so one
 * small image stands in for theirs; databases, networks, volumes, names and ports are those of their compose files.
 */
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { projects, REPOSITORIES } from '../../users/support/tree.ts'
import { imageOf } from './images.ts'
import { given, output } from './programs.ts'
import { Project, pinned } from './project.ts'
import { scenarioServer } from './server.ts'

jest.setTimeout(600_000)

/** Answers on the ports of all of them. */
const STAND_IN = `FROM python:3.12-slim
WORKDIR /app
COPY app.py .
CMD ["python", "app.py"]
`
const APP = `import http.server, signal, sys, threading


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        pass


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
for port in (80, 3000):
    threading.Thread(target=http.server.ThreadingHTTPServer(("", port), Handler).serve_forever, daemon=True).start()
threading.Event().wait()
`

interface Outline {
  readonly folder: string
  /** As compose calls the project. */
  readonly stack: string
  readonly images: readonly string[]
  readonly environment?: string
  readonly services: readonly string[]
  readonly answers: readonly string[]
}

const OUTLINES: readonly Outline[] = [
  { folder: 'bot-sqlite', stack: 'muse', images: ['muse'], services: ['muse'], answers: [] },
  {
    folder: 'node-mariadb',
    stack: 'shortener',
    images: ['server'],
    environment: 'DB_NAME=links\nDB_USER=links\nDB_PASSWORD=correct-horse\n',
    services: ['mariadb', 'redis', 'server'],
    answers: [':3000/api/v2/health'],
  },
  { folder: 'go-and-site', stack: 'photos', images: ['photos'], services: ['db', 'photos'], answers: [':8000/'] },
]

const server = scenarioServer()
let image: string

beforeAll(async () => {
  image = await imageOf({
    name: 'outline',
    files: new Map([
      ['Dockerfile', STAND_IN],
      ['app.py', APP],
    ]),
    context: '.',
    dockerfile: 'Dockerfile',
    version: '1',
  })
  // somebody else's image of the same database
  const mirror = given('SANDBOX_MIRROR')
  await output(['crane', 'copy', `${mirror}/library/mariadb:11`, `${mirror}/linuxserver/mariadb:latest`])
})
afterAll(() => server.leave())

test.each(OUTLINES)('$folder: what init writes is deployed', async ({ folder, stack, images, environment, services, answers }) => {
  const path = `/opt/stacks/${stack}`
  const project = await Project.in(server.host)
  await server.reset(stack, path)
  try {
    await cp(join(projects, folder), project.folder, { recursive: true })
    await project.git('init', '--quiet', '--initial-branch=main')
    await project.git('remote', 'add', 'origin', `https://github.com/${REPOSITORIES[folder]}.git`)
    await project.succeeds(['init', '--host', server.host])
    await project.git('add', '--all')
    await project.git('commit', '--quiet', '--message', 'Deploy with deploy-action')
    if (environment !== undefined) await server.write(`${path}/.env`, environment)
    const pins = pinned(Object.fromEntries(images.map((name) => [name, image])))
    await project.succeeds(['plan', ...pins])
    const { document } = await project.succeeds(['deploy', ...pins])
    expect(document).toMatchObject({ outcome: 'succeeded', environment: 'production' })
    const containers = await server.containers(stack)
    expect(containers.map(({ service, running }) => `${service} ${running}`)).toEqual(services.map((service) => `${service} true`))
    for (const answer of answers) expect((await fetch(`http://${server.host}${answer}`)).status).toBe(200)
    // nothing of the project was touched on the way
    expect((await project.git('status', '--porcelain', '--', '.', ':!reports', ':!.deploy-action')).trim()).toBe('')
  } finally {
    await server.reset(stack, path)
    await project.remove()
  }
})
