import { describe, expect, test } from '@jest/globals'
import { seen, written } from '../../src/init/written.ts'
import { treeOf } from '../users/support/tree.ts'

type Files = Readonly<Record<string, string>>
const proposed = (services: object, files: Files) => seen(treeOf({ 'compose.yaml': JSON.stringify({ services }), ...files }))
const PYTHON = { Dockerfile: 'FROM python:3.13\nCOPY . .\n', 'alembic.ini': '' }

describe('a service that migrates and ends', () => {
  const bot = { build: '.', image: 'bot:latest', command: 'python -m bot' }
  const migrator = { image: 'bot:latest', command: 'alembic upgrade head' }

  test.each(['on-failure', 'on-failure:5', 'no', undefined])('with restart %s leaves the migration to one that stays', (restart) => {
    const made = proposed({ migrator: { ...migrator, restart }, bot }, PYTHON)
    expect(made.services.map(({ kind }) => kind)).toEqual(['once', 'bot'])
    expect(made.migration).toMatchObject({ service: 'bot', preset: 'alembic', onStart: false, doubts: [] })
    expect(made.notes).toContainEqual(
      expect.stringMatching(/^migrator migrates and ends, and no service waits for its end: .* service_completed_successfully .* profile/),
    )
  })

  test('is named in the config for what it is', () => {
    const tree = treeOf({ 'compose.yaml': JSON.stringify({ services: { bot, migrator } }), ...PYTHON })
    const { files } = written(tree, seen(tree), { host: null, user: 'deploy', path: '/opt/stacks/shop', owner: 'acme' }, 'deploy.yml')
    expect(files['deploy.yml']).toContain('# migrator migrates and ends, and no service waits for its end')
    expect(files['deploy.yml']).not.toMatch(/migrator.*(stayed up|those that wait for it)/)
  })

  test('and that others wait for, needs no advice', () => {
    const waiting = { ...bot, depends_on: { migrator: { condition: 'service_completed_successfully' } } }
    const { migration, notes } = proposed({ migrator, bot: waiting }, PYTHON)
    expect([migration?.service, notes.filter((note) => note.includes('no service waits'))]).toEqual(['bot', []])
    expect(migration?.doubts).toEqual([expect.stringContaining('migrator migrates too')])
  })

  test('by what its image says, too', () => {
    const files = { ...PYTHON, 'm.Dockerfile': 'FROM python:3.13\nCOPY . .\nCMD ["alembic", "upgrade", "head"]\n' }
    const { services } = proposed({ bot, migrator: { build: { context: '.', dockerfile: 'm.Dockerfile' } } }, files)
    expect(services.map(({ kind }) => kind)).toEqual(['bot', 'once'])
  })

  test('in an image of its own has the tool for certain', () => {
    const own = { build: { context: '.', target: 'migrate' }, command: 'alembic upgrade head' }
    expect(proposed({ bot, migrator: own }, PYTHON).migration).toMatchObject({ service: 'migrator', onStart: false })
  })

  test.each([
    { restart: 'always' },
    { ports: ['80:80'] },
    { command: 'sh -c "alembic upgrade head && uvicorn main:app"' },
    { command: 'node dist/migrate-and-start.js' },
  ])('is none where it stays: %j', (more) =>
    expect(proposed({ migrator: { ...migrator, build: '.', ...more } }, PYTHON).services.map(({ kind }) => kind)).not.toContain('once'),
  )
})

describe('a script that migrates', () => {
  const PACKAGE = { 'package.json': JSON.stringify({ scripts: { 'migration:run': 'typeorm migration:run' } }) }
  const tool = { build: { context: '.', dockerfile: 'mail.Dockerfile' }, ports: ['1080:1080'] }
  const api = { build: '.' }
  const MAIL = { 'mail.Dockerfile': 'FROM node:22\nRUN npm i -g maildev\nCMD maildev\n' }

  test('is not given to an image that has no package of the project', () => {
    const files = { ...PACKAGE, ...MAIL, Dockerfile: 'FROM node:22\nCOPY . .\nCMD node main.js\n' }
    expect(proposed({ tool, api }, files).migration).toMatchObject({ service: 'api', onStart: false })
    expect(proposed({ tool }, { ...PACKAGE, ...MAIL }).migration).toBeNull()
  })

  test('belongs to the image that runs it as it starts', () => {
    const files = {
      ...PACKAGE,
      'work.Dockerfile': 'FROM node:22\nCOPY . .\nCMD node work.js\n',
      Dockerfile: 'FROM node:22\nCOPY . .\nCOPY start.sh /opt/start.sh\nCMD ["/opt/start.sh"]\n',
      'start.sh': 'npm run migration:run\nnode main.js\n',
    }
    const work = { build: { context: '.', dockerfile: 'work.Dockerfile' }, ports: ['80:80'] }
    expect(proposed({ work, api }, files).migration).toMatchObject({
      service: 'api',
      onStart: true,
      reason: 'the script "migration:run" of package.json; start.sh:1 runs it',
    })
  })

  test('in the image that answers, where more than one holds it', () => {
    const files = { ...PACKAGE, Dockerfile: 'FROM node:22\nCOPY . .\n' }
    expect(proposed({ jobs: { build: '.', command: 'worker' }, api: { build: '.', ports: ['80:80'] } }, files).migration).toMatchObject({
      service: 'api',
    })
  })
})

describe('a tool that migrates as the image starts', () => {
  const web = { build: '.', ports: ['80:80'] }
  const dockerfile = (start: string): Files => ({ Dockerfile: `FROM x\nCOPY . .\nCMD ${start}\n` })

  test.each<[string, Files]>([
    ['drizzle-kit', { 'drizzle/meta/_journal.json': '', 'package.json': '{}', 'run.sh': 'npx drizzle-kit migrate\n' }],
    [
      'golang-migrate',
      {
        'db/1_init.up.sql': '',
        'go.mod': 'require github.com/golang-migrate/migrate/v4 v4.17.0',
        'run.sh': '/app/migrate -path /app/db -database "$DB" -verbose up\nexec "$@"\n',
      },
    ],
    ['Doctrine', { 'migrations/Version20240101.php': '', 'run.sh': 'php bin/console doctrine:migrations:migrate -n\n' }],
  ])('%s', (_, files) =>
    expect(proposed({ web }, { ...dockerfile('./run.sh'), ...files }).migration).toMatchObject({ service: 'web', onStart: true, up: null }),
  )

  test('by a hook of uWSGI', () => {
    const files = {
      'manage.py': '',
      'requirements.txt': 'Django\n',
      'docker/uwsgi.ini': '[uwsgi]\nhook-pre-app = exec:./manage.py migrate\n',
    }
    expect(proposed({ web }, { ...dockerfile('["uwsgi", "/opt/docker/uwsgi.ini"]'), ...files }).migration).toMatchObject({
      preset: 'django',
      onStart: true,
      reason: 'Django: manage.py; docker/uwsgi.ini:2 runs it',
    })
  })

  test('where nothing that starts it was seen, the command is a doubt, and where none is known, that is said', () => {
    const drizzle = { 'drizzle/meta/_journal.json': '', ...dockerfile('node main.js') }
    const files = { ...drizzle, 'package.json': '{ "scripts": { "db:up": "drizzle-kit migrate" } }' }
    expect(proposed({ web }, files).migration).toMatchObject({ up: ['npm', 'run', 'db:up'], doubts: [expect.stringContaining('db:up')] })
    const own = proposed({ web }, { ...drizzle, 'package.json': '{ "scripts": { "db:migrate": "tsx migrate.ts" } }' })
    expect(own.migration).toMatchObject({ up: ['npm', 'run', 'db:migrate'] })
    expect(own.notes).not.toContainEqual(expect.stringContaining('was not seen'))
    expect(proposed({ web }, drizzle).notes).toContainEqual(expect.stringMatching(/^Drizzle: drizzle\/meta/))
    const made = proposed({ web }, { 'db/1_init.up.sql': '', 'go.mod': 'github.com/golang-migrate/migrate/v4', ...dockerfile('./main') })
    expect(made.migration).toBeNull()
    expect(made.notes).toContainEqual(expect.stringMatching(/^golang-migrate: db\/1_init\.up\.sql, and what runs .* onStart: true/))
  })
})

describe('the command', () => {
  const web = { build: { context: '.', dockerfile: 'Dockerfile' }, ports: ['80:80'] }
  const image = { Dockerfile: 'FROM node:22\nCOPY server .\nCMD ["node", "app.js"]\n' }

  test('is a script of the package, where one names the tool', () => {
    const scripts = { start: 'knex migrate:latest && node app.js', 'db:migrate': 'knex migrate:latest --cwd db' }
    const files = { ...image, 'server/db/knexfile.js': '', 'server/package.json': JSON.stringify({ dependencies: { knex: '3' }, scripts }) }
    const { migration } = proposed({ web }, files)
    expect(migration).toMatchObject({
      up: ['npm', 'run', 'db:migrate'],
      doubts: ['whether `npm run db:migrate` is how the image migrates'],
    })
  })

  const prisma = (schema: string, more: Files = {}) =>
    proposed({ web }, { ...image, [schema]: '', 'db/migrations/1_a/migration.sql': '', 'package.json': '{}', ...more }).migration?.doubts

  test('of Prisma is a doubt, where the schema is at a place that it does not look at', () => {
    expect(prisma('db/mysql/schema.prisma')).toEqual([expect.stringContaining('--schema, db/mysql/schema.prisma')])
    expect(prisma('prisma/schema.prisma')).toEqual([])
    expect(prisma('schema.prisma')).toEqual([])
    expect(prisma('db/schema.prisma', { 'package.json': '{ "prisma": { "schema": "db/schema.prisma" } }' })).toEqual([])
    expect(prisma('db/schema.prisma', { 'prisma.config.ts': '' })).toEqual([])
  })
})
