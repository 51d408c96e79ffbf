/**
 * A Discord bot with a web page, a database and a cache, as its owner has it: one compose file with names for all
 * containers, an environment file in a folder, and images that migrate when they start.
 */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { type Files, withFile } from '../sandbox/sample/files.ts'
import type { Server } from '../sandbox/scenarios/server.ts'
import { Journey } from './support/journey.ts'

jest.setTimeout(600_000)

const PATH = '/opt/stacks/foundry'
const ENVIRONMENT = `DISCORD_BOT_TOKEN="a # token" # of the developer portal
OWNER=ada|4711 # name|id
DOMAIN='example.net'
ENVIRONMENT=production
WEB_PORT=8300
POSTGRES_HOST=foundry-postgres
POSTGRES_PORT=5432
POSTGRES_DB=foundry
POSTGRES_USER=foundry
POSTGRES_PASSWORD=correct-horse # a long one
APP_DB_USER=foundry_app
APP_DB_PASSWORD='battery staple' # another one
`

const ask = (server: Server, sql: string): Promise<string> =>
  server.run('docker exec -i foundry-postgres psql -v ON_ERROR_STOP=1 -U foundry -qtA foundry', 'deploy', sql)

/** From version 2 on there is a column more, with a seed in it. */
const THIRD = `from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade():
    op.execute("ALTER TABLE notes ADD COLUMN stars integer NOT NULL DEFAULT 0")


def downgrade():
    op.execute("ALTER TABLE notes DROP COLUMN stars")
`

const versionOf = (files: Files, version: string): Files =>
  version.startsWith('1') ? files : withFile(files, 'app/shared/database/migrations/versions/0003_stars.py', THIRD)

const journey = new Journey({
  fixture: 'foundry',
  project: 'foundry',
  path: PATH,
  services: { web: 'web', bot: 'bot' },
  operator: (server) => server.write(`${PATH}/docker/.env`, ENVIRONMENT),
  version: versionOf,
  inImage: (path) => /^(app|docker\/Dockerfile)/.test(path),
  serves: async (server) => ((await server.json(8300, '/')) as { readonly version: string }).version,
  data: async (server) =>
    (await server.try('docker inspect foundry-postgres')).code === 0
      ? ask(server, "select count(*), md5(string_agg(text, ',' order by id)) from notes")
      : '',
})
const { server } = journey

beforeAll(() => journey.begin())
afterAll(() => journey.end())

test('a first deploy: migrated and seeded by the image of the bot', async () => {
  await journey.firstDeploy()
  expect(await server.json(8300, '/')).toEqual({ version: '1', environment: 'production', owner: 'ada' })
})

test('an upgrade brings the schema along, and keeps what was written', async () => {
  await ask(server, "insert into notes(text) values ('first'), ('second')")
  const data = await journey.data()
  await journey.upgrade('2')
  expect(await journey.data()).toBe(data)
})

test('a broken release: the containers of before serve again, and nothing is lost', async () => {
  await journey.brokenRelease('2-sick')
})

test('back by hand, with the schema, by the image that knows the way', async () => {
  await journey.goesBack('1', '--down')
})

test('the data of a backup comes back', async () => {
  const data = await journey.data()
  await ask(server, 'delete from notes')
  await journey.restores('0002', data)
})
