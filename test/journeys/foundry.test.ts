/**
 * A Discord bot with a web page, a database and a cache, as its owner has it: one compose file for the laptop and the
 * server with the code mounted over the images, names for all containers, an environment file in a folder, and images that
 * migrate when they start.
 */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { type Files, withFile } from '../sandbox/sample/files.ts'
import { expectDocument, expectFailure } from '../sandbox/scenarios/document.ts'
import { until } from '../sandbox/scenarios/programs.ts'
import type { Server } from '../sandbox/scenarios/server.ts'
import { edited } from './support/fixture.ts'
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

/** What an operator changes in the environment file, back to what it was afterwards. */
const withEnvironment = async (text: string, then: () => Promise<void>): Promise<void> => {
  await server.write(`${PATH}/docker/.env`, text)
  await then()
  await server.write(`${PATH}/docker/.env`, ENVIRONMENT)
}
const schema = (): Promise<string> => ask(server, 'select version_num from alembic_version')
/** Sessions of the bot that were open while another one was. */
const overlaps = (): Promise<string> =>
  ask(server, 'select count(*) from sessions a join sessions b on a.id < b.id and b.opened < coalesce(a.closed, now())')

beforeAll(() => journey.begin())
afterAll(() => journey.end())

describe('before anything is touched', () => {
  test('code of the server over the code of an image is refused, by the names of service and folder', async () => {
    const options = await journey.commit('1', (files) => edited(files, [['deploy.yml', ', dropBinds: [./app]', '']]))
    const { document } = await journey.refused('deploy', ...options)
    for (const [service, folder] of [
      ['web', 'web'],
      ['web', 'shared'],
      ['bot', 'bot'],
      ['bot', 'shared'],
    ])
      expect(document.message).toContain(`${service} mounts ./app/${folder} of the server over /app/${folder} of its image`)
    expect(document.hint).toContain('compose.dropBinds: ["./app/web"]')
  })

  test('an environment file that is still the example is refused line by line, also what the own validator takes for a value', async () => {
    const example = journey.files.get('docker/.env.example') ?? ''
    await withEnvironment(example, async () => {
      const { document } = await journey.refused('deploy', ...(await journey.commit('1')))
      expect(document.failureCode).toBe('CONFIG')
      expect(document.message).toContain('DISCORD_BOT_TOKEN has only a comment behind it')
      for (const name of ['OWNER', 'POSTGRES_PASSWORD', 'APP_DB_PASSWORD'])
        expect(document.message).toContain(`${name} in ${PATH}/docker/.env is still what the example says`)
      expect(`${document.message} ${document.hint}`).not.toContain('change_me')
    })
  })

  test('a value that is empty between quotes is refused, and one that would make an owner that is none, for ever', async () => {
    const text = ENVIRONMENT.replace(/^DISCORD_BOT_TOKEN=.*/m, "DISCORD_BOT_TOKEN='' # later").replace('ada|4711', 'ada#4711')
    await withEnvironment(text, async () => {
      const { document } = await journey.refused('deploy', ...(await journey.commit('1')))
      expect(document.message).toContain('DISCORD_BOT_TOKEN is missing or empty')
      expect(document.message).toContain(`OWNER in ${PATH}/docker/.env is not as env.match wants it`)
    })
  })

  test("the project's own validation, of this very commit, is asked on the server", async () => {
    const stricter = (files: Files) => edited(files, [['docker/validate-env.sh', 'for name in', 'for name in MODERATOR']])
    const told = await journey.cli('deploy', ...(await journey.commit('1', stricter)))
    expectFailure(told, 'CONFIG', 78, { outcome: 'refused' })
    expect(told.text).toContain('MODERATOR is missing')
    expect((await server.containers('foundry')).filter(({ service }) => ['web', 'bot'].includes(service))).toEqual([])
  })

  test('a database whose first start failed is not taken for one that is set up, although it answers after its second', async () => {
    // unquoted, the shell puts its own number in the place of $$
    const broken = (files: Files) => edited(files, [['docker/postgres/init-db.sh', '\\$', '$']])
    const told = await journey.cli('deploy', ...(await journey.commit('1', broken)))
    expectFailure(told, 'HEALTH', 24, { outcome: 'failed' })
    expect(told.document.message).toContain('postgres answers, but its first start failed')
    const command = /on the server: (docker rm .* && docker volume rm \S+?)[;,]? /.exec(`${told.document.message} `)?.[1] ?? ''
    await server.run(command)
    expect(await server.run('docker volume ls --quiet --filter label=com.docker.compose.volume=database')).toBe('')
  })

  test('the plan says which mounts it takes out', async () => {
    const { document } = await journey.succeeds('plan', ...(await journey.commit('1')))
    expect(document.steps.find(({ name }) => name === 'files')?.cause).toContain(
      'web without ./app/web, ./app/shared; bot without ./app/bot, ./app/shared',
    )
  })
})

describe('from the first deploy to a restore', () => {
  test('a first deploy runs the code of the images, migrated and seeded by the image of the bot, under the names of the project', async () => {
    await journey.firstDeploy()
    expect(await server.json(8300, '/')).toEqual({ version: '1', environment: 'production', owner: 'ada' })
    expect(await schema()).toBe('0002')
    const names = (await server.containers('foundry')).map(({ name }) => name)
    expect(names.toSorted()).toEqual(['foundry-bot', 'foundry-postgres', 'foundry-redis', 'foundry-web'])
    const mounts = await server.run(`docker inspect --format '{{range .Mounts}}{{.Destination}} {{end}}' foundry-web foundry-bot`)
    expect(mounts.split('\n').map((line) => line.trim())).toEqual(['/var/uploads', '/var/run/docker.sock'])
  })

  test('a release that brings a revision and is not healthy: the schema goes back with it, so that the images of before can start', async () => {
    await ask(server, "insert into notes(text) values ('first'), ('second')")
    const told = await journey.brokenRelease('2-sick')
    expect(told.document.message).toContain('the schema was taken back to revision 0002')
    expect(await schema()).toBe('0002')
    // they would not come back from a restart on a schema that they do not know
    await server.run('docker restart foundry-web foundry-bot')
    await until(
      'web answers again',
      () => journey.serves().catch(String),
      (version) => version === '1',
    )
  })

  test('an upgrade brings the schema along, and keeps what was written', async () => {
    const data = await journey.data()
    await journey.upgrade('2')
    expect([await schema(), await journey.data()]).toEqual(['0003', data])
  })

  test('a bot that ends at once is no release: the one of before is online again, and never were there two', async () => {
    const told = await journey.brokenRelease('2-crash')
    expect(told.text).toContain('the gateway refused this version')
    expect(await overlaps()).toBe('0')
    expect(await ask(server, 'select count(*) from sessions where closed is null')).toBe('1')
  })

  test('back by hand meets a schema ahead: refused, with the ways out', async () => {
    const { document } = await journey.refused('rollback')
    expect(document.message).toContain('the database is at revision 0003, which that release does not know')
    expect(document.hint).toContain('--down')
    expect(document.hint).toContain('--backup')
  })

  test('one way out takes the schema back, by the image that knows how', async () => {
    const data = await journey.data()
    await journey.goesBack('1', '--down')
    expect([await schema(), await journey.data()]).toEqual(['0002', data])
  })

  test('the other one brings the data of before the migration back', async () => {
    const data = await journey.data()
    await journey.deploys('2', (files) => withFile(files, 'README.md', 'once more'))
    await ask(server, "insert into notes(text) values ('late')")
    const before = (await journey.backups()).findLast(({ revision }) => revision === '0002')
    await journey.goesBack('1', '--backup', before?.id ?? '', '--confirm', '0002')
    expect([await schema(), await journey.data()]).toEqual(['0002', data])
  })

  test('a backup is restored under the release that serves', async () => {
    const data = await journey.data()
    await ask(server, 'delete from notes')
    await journey.restores('0002', data)
    expectDocument(await journey.succeeds('status'), 0, { outcome: 'succeeded' })
  })
})
