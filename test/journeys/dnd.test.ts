/**
 * A helper for game masters, a bot and an API, as its owner has it: two variables for two images, commands that only the
 * compose file knows, no health check anywhere, and data that an administrator hands over to the API.
 */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { type Files, withFile, withText } from '../sandbox/sample/files.ts'
import { expectFailure } from '../sandbox/scenarios/document.ts'
import { output } from '../sandbox/scenarios/programs.ts'
import type { Server } from '../sandbox/scenarios/server.ts'
import { watchServer } from '../sandbox/scenarios/watched-arguments.ts'
import { Journey } from './support/journey.ts'

jest.setTimeout(600_000)

const PATH = '/opt/stacks/dnd-helper'
const TOKEN = 'tok-4f9b$1c77"e2'
const ENVIRONMENT = `TELEGRAM_BOT_TOKEN=123:abc
POSTGRES_DB=dnd
POSTGRES_USER=dnd
POSTGRES_PASSWORD=correct-horse
POSTGRES_HOST=postgres
POSTGRES_PORT=5432
LANGUAGE=en
ADMIN_ENABLED=true
ADMIN_TOKEN='${TOKEN}'
API_PORT=8310
`
const BUNDLE = 'data/bundle.json'
const bundle = (...monsters: readonly object[]): string => JSON.stringify({ monsters })
const GOBLIN = { name: 'goblin', level: 1 }
const OWLBEAR = { name: 'owlbear', level: 3 }

const ask = (server: Server, sql: string): Promise<string> =>
  server.run('docker exec -i dnd-helper-postgres-1 psql -v ON_ERROR_STOP=1 -U dnd -qtA dnd', 'deploy', sql)

/** From version 2 on a column more, which the code before does not mind, and a variable that nobody wanted before. */
const SECOND = `from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("ALTER TABLE monsters ADD COLUMN lore text NOT NULL DEFAULT ''")


def downgrade():
    op.execute("ALTER TABLE monsters DROP COLUMN lore")
`

const versionOf = (files: Files, version: string): Files => {
  // git ignores it: it lies on the maintainer's machine only
  const seeded = withFile(files, BUNDLE, bundle(GOBLIN, OWLBEAR))
  if (version.startsWith('1')) return seeded
  const wanting = withText(seeded, 'deploy.yml', 'POSTGRES_PORT]', 'POSTGRES_PORT, LANGUAGE]')
  return withFile(wanting, 'api/dnd_api/versions/0002_lore.py', SECOND)
}

const journey = new Journey({
  fixture: 'dnd',
  project: 'dnd-helper',
  path: PATH,
  services: { api: 'api', bot: 'bot' },
  operator: (server) => server.write(`${PATH}/.env`, ENVIRONMENT),
  version: versionOf,
  inImage: (path) => /^(api|bot|shared_models)\//.test(path),
  serves: async (server) => (await server.json(8310, '/version')) as string,
  data: async (server) =>
    (await server.try('docker inspect dnd-helper-postgres-1')).code === 0
      ? ask(server, "select string_agg(name || ' ' || level, ', ' order by name) from monsters")
      : '',
})
const { server } = journey
let first = ''

beforeAll(() => journey.begin())
afterAll(() => journey.end())

describe('before anything is connected', () => {
  test.each(['check', 'plan'])('%s refuses a checkout without the data that git ignores, with the line that names it', async (command) => {
    await journey.project.commit(journey.files)
    const told = await journey.project.cli([command], journey.project.nowhere())
    expectFailure(told, 'CONFIG', 78, { outcome: 'refused' })
    expect(told.document.message).toContain(`${BUNDLE}, of the seed bundle, is not in this checkout`)
    expect(told.text).toContain('deploy.yml:29:')
    expect(told.document.hint).toContain('git add --force')
  })

  test.each([
    [
      'a tag that the compose file holds itself',
      'docker-compose.prod.yml',
      '${API_IMAGE:?}',
      'ghcr.io/acme/dnd-helper-api:1f0c2d3',
      'API_IMAGE',
    ],
    ['an image without its variable', 'deploy.yml', ', variable: BOT_IMAGE', '', 'needs `variable`'],
    [
      'a compose file that lies on the server only',
      'deploy.yml',
      '[docker-compose.prod.yml]',
      '[on-the-server.yml]',
      'lies only on the server',
    ],
  ])('%s is refused', async (_, path, from, to, words) => {
    await journey.project.commit(withText(versionOf(journey.files, '1'), path, from, to))
    const told = await journey.project.cli(['plan'], journey.project.nowhere())
    expectFailure(told, 'CONFIG', 78, { outcome: 'refused' })
    expect(told.text).toContain(words)
  })
})

test('the tests of the API wait for their database, which says nothing of itself, and the whole is tried where a deploy follows', async () => {
  await journey.project.commit(versionOf(journey.files, '1'))
  const told = await journey.succeeds('check', '--environment', 'production')
  const stages = told.document.steps.flatMap(({ name, result }) => (name.startsWith('check ') ? [`${name} ${result}`] : []))
  expect(stages).toEqual(['check api succeeded', 'check bot succeeded', 'check e2e succeeded'])
  expect((await output(['docker', 'ps', '--all', '--filter', 'name=dnd-helper-', '--format', '{{.Names}}'])).trim()).toBe('')
})

test.each([
  ['POSTGRES_DB', [], ''],
  ['ADMIN_TOKEN', ['--no-seed'], ', where ADMIN_ENABLED=true needs it'],
])('without %s nothing is begun', async (name, words, why) => {
  const options = await journey.commit('1')
  await server.run(`sed -i 's/^${name}=/${name}_NOT=/' ${PATH}/.env`)
  const told = await journey.refused('deploy', ...options, ...words)
  expect(told.document.message).toContain(`${name} is missing or empty in ${PATH}/.env${why}`)
  await server.run(`sed -i 's/^${name}_NOT=/${name}=/' ${PATH}/.env`)
})

test('a first deploy waits for the database, migrates, and hands the data over with the token of the server', async () => {
  const watch = await watchServer(server)
  const told = await journey.firstDeploy()
  first = told.document.release ?? ''
  const seen = [await watch.stop(), told.text, await server.run(`cat $(find ${PATH}/.deploy -type f -path '*operations*')`)].join('\n')
  expect(seen).toContain('dev/tcp')
  expect(seen).not.toContain(TOKEN)
  expect(seen).not.toContain(Buffer.from(TOKEN).toString('base64').slice(0, 16))
  expect(await server.json(8310, '/monsters/list/raw')).toEqual([GOBLIN, OWLBEAR])
  expect(await server.run('docker logs dnd-helper-bot-1 2>&1')).toContain('goblin: level 1')
})

test('an upgrade does not hand over again what has not changed', async () => {
  await ask(server, "update monsters set level = 9 where name = 'goblin'")
  const told = await journey.upgrade('2')
  expect(told.document.steps.map(({ name }) => name)).not.toContain('seed bundle')
  expect(await journey.data()).toBe('goblin 9, owlbear 3')
})

test('a broken release: the containers of before serve again', async () => {
  await journey.brokenRelease('2-sick')
})

test('data that the API refuses is SEED with its words, and nothing else has changed', async () => {
  const before = await journey.ids()
  const told = await journey.cli('deploy', ...(await journey.commit('2', (files) => withFile(files, BUNDLE, bundle({ name: 'nobody' })))))
  expectFailure(told, 'SEED', 23, { outcome: 'failed' })
  expect(told.text).toContain("no monster: {'name': 'nobody'}")
  expect(await journey.ids()).toEqual(before)
  expect(await journey.data()).toBe('goblin 9, owlbear 3')
})

test('data that changes is handed over, and no service is touched for it', async () => {
  const before = await server.running('dnd-helper')
  await journey.succeeds('deploy', ...(await journey.commit('2', (files) => withFile(files, BUNDLE, bundle({ ...OWLBEAR, level: 4 })))))
  expect(await server.running('dnd-helper')).toEqual(before)
  expect(await journey.data()).toBe('goblin 9, owlbear 4')
})

test('back by hand: the schema stays, which the version before can live with, and so does what only the newer one wants', async () => {
  await journey.goesBack('1', first)
  expect(await ask(server, 'select version_num from alembic_version')).toBe('0002')
})

test('the data of the first release comes back with it', async () => {
  const backup = (await journey.backups()).find(({ revision }) => revision === '0001')
  await journey.goesBack('1', first, '--backup', backup?.id ?? '', '--confirm', '0001')
  expect([await journey.data(), await ask(server, 'select version_num from alembic_version')]).toEqual(['goblin 9, owlbear 3', '0001'])
})
