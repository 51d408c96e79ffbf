import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parse } from 'yaml'
import { imageNames } from '../../src/config/images.ts'
import { readConfig } from '../../src/config/read.ts'
import type { Config } from '../../src/config/schema.ts'
import { DeployError } from '../../src/errors.ts'
import { seen, WORKFLOW, type Written, written } from '../../src/init/written.ts'
import { declaredServices } from '../../src/plan/compose-files.ts'
import { ownership } from '../../src/plan/pins.ts'
import { folderTree, projectTree, REPOSITORIES, treeOf } from './support/tree.ts'

const root = join(import.meta.dirname, '../..')

const init = (tree: ReturnType<typeof treeOf>): Written => {
  const proposal = seen(tree)
  const answers = {
    host: 'server.example.org',
    user: 'deploy',
    path: `/opt/stacks/${proposal.project}`,
    owner: tree.repository?.split('/')[0] ?? null,
  }
  return written(tree, proposal, answers, 'deploy.yml')
}

const configOf = (made: Written): Config => answerOf(made).config

const answerOf = ({ files, proposal }: Written): ReturnType<typeof readConfig> =>
  readConfig({
    bytes: Buffer.from(files['deploy.yml'] ?? ''),
    file: 'deploy.yml',
    environment: Object.fromEntries(['SSH_HOST', ...proposal.buildVariables].map((name) => [name, 'example.org'])),
    isUnused: () => false,
  })

const SAMPLE = 'sample'
const treeNamed = (name: string): ReturnType<typeof treeOf> =>
  name === SAMPLE ? folderTree(join(root, 'examples/bot-and-api'), 'bot-and-api', 'acme/bot-and-api') : projectTree(name)

describe.each([...Object.keys(REPOSITORIES), SAMPLE])('init in %s', (name) => {
  const tree = treeNamed(name)
  const made = init(tree)

  test('writes what was written before, and for every doubt a sentence', () => {
    const golden = join(import.meta.dirname, `projects.golden/${name}.golden.txt`)
    const { 'deploy.yml': config = '', 'compose.deploy.yml': override, [WORKFLOW]: _, ...others } = made.files
    expect(others).toEqual({})
    const text = [
      config,
      ...(override === undefined ? [] : [`--- compose.deploy.yml\n${override}`]),
      `--- notes\n${made.proposal.notes.map((note) => `${note}\n`).join('')}`,
    ].join('')
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, text)
    expect(text).toBe(existsSync(golden) ? readFileSync(golden, 'utf8') : '')
  })

  test('writes a config that is read, in which each image runs somewhere, and each service that it names is there', () => {
    const { config, placeOf } = answerOf(made)
    const files = Object.fromEntries(config.compose.files.map((file) => [file, made.files[file] ?? tree.read(file) ?? '']))
    const declared = declaredServices(files)
    const names = Object.fromEntries(Object.keys(config.images).map((key) => [key, imageNames(config, key, 'acme')]))
    const { services, problems } = ownership(config, placeOf, declared, names)
    expect(problems).toEqual([])
    expect(Object.keys(services).length).toBeGreaterThan(0)
    const named = [
      ...Object.keys(config.services),
      ...(config.migrate === undefined ? [] : [config.migrate.service]),
      ...(config.backup === undefined ? [] : [config.backup.service]),
    ]
    expect(named.filter((service) => !declared.some((one) => one.name === service))).toEqual([])
    for (const file of config.compose.sync)
      expect([file, tree.files.some((one) => one === file || one.startsWith(`${file}/`))]).toEqual([file, true])
    for (const { context, dockerfile } of Object.values(config.images))
      expect(tree.files).toContain(dockerfile ?? (context === '.' ? 'Dockerfile' : `${context}/Dockerfile`))
  })

  test('writes a workflow whose steps name actions and inputs that there are', () => {
    const workflow = parse(made.files[WORKFLOW] ?? '') as {
      jobs: Record<string, { steps: { uses?: string; with?: Record<string, string> }[] }>
    }
    const steps = Object.values(workflow.jobs)
      .flatMap((job) => job.steps)
      .filter(({ uses = '' }) => uses.startsWith('org/deploy-action'))
    expect(steps.length).toBeGreaterThan(1)
    for (const step of steps) {
      const path = /^org\/deploy-action\/?(.*)@v1$/.exec(step.uses ?? '')?.[1] ?? 'nowhere'
      const { inputs } = parse(readFileSync(join(root, path, 'action.yml'), 'utf8')) as { inputs: Record<string, unknown> }
      expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(step.with ?? {})))
    }
  })

  test('keeps the key out of the project, and leaves no file out of the commit', () => {
    const commands = made.tasks.flatMap(({ commands }) => commands)
    expect(commands.filter((command) => /ssh-keygen .* -f /.test(command))).toEqual([expect.stringMatching(/ -f ~\/\.ssh\//)])
    expect(commands.find((command) => command.startsWith('git add'))).toBe(`git add ${Object.keys(made.files).join(' ')}`)
  })
})

const COMPOSE = 'services:\n  api:\n    build: .\n    ports: ["8000:8000"]\n'

describe('what init recognises', () => {
  test.each([
    ['discord.js', { 'package.json': '{ "dependencies": { "discord.js": "14.0.0" } }' }],
    ['python-telegram-bot', { 'requirements.txt': 'python-telegram-bot==21.0\n' }],
    ['discordgo', { 'go.mod': 'module x\n\nrequire github.com/bwmarrin/discordgo v0.28.1\n' }],
  ])('a bot by its library, %s, may run once only', (_, files) => {
    const made = init(treeOf({ 'compose.yaml': 'services:\n  app:\n    build: .\n', Dockerfile: 'FROM scratch\n', ...files }))
    expect(configOf(made).services.app?.exactly).toBe(1)
  })

  test('a package that only calls itself a bot is none', () => {
    const files = {
      'compose.yaml': COMPOSE,
      Dockerfile: 'FROM node:22\n',
      'package.json': '{ "name": "telegraf", "description": "uses grammy" }',
    }
    expect(configOf(init(treeOf(files))).services.api?.exactly).toBeUndefined()
  })

  test('of two images in one context, each by the list of libraries and the folders that its Dockerfile copies', () => {
    const dockerfile = (of: string, others = ''): string =>
      `FROM python:3.12\nWORKDIR /srv/shared\nCOPY app/shared .\nWORKDIR ../${of}\nCOPY ["app/${of}/requirements.txt", "./"]\n${others}COPY app/${of} /srv/${of}\n`
    const made = init(
      treeOf({
        'compose.yaml':
          'services:\n  web: { build: { context: ., dockerfile: docker/Dockerfile.web }, ports: ["80:80"] }\n  chat: { build: { context: ., dockerfile: docker/Dockerfile.chat } }\n',
        'docker/Dockerfile.web': dockerfile('web'),
        'docker/Dockerfile.chat': dockerfile('chat'),
        'app/web/requirements.txt': 'fastapi\nalembic\n',
        'app/chat/requirements.txt': 'nextcord\nalembic\n',
        'app/shared/db/alembic.ini': '',
      }),
    )
    const { services, migrate } = configOf(made)
    expect([services.chat?.exactly, services.web?.exactly]).toEqual([1, undefined])
    expect(migrate).toMatchObject({ preset: 'alembic', config: '/srv/shared/db/alembic.ini' })
  })

  test('the path that says "ready" is taken before the one that says "alive"', () => {
    const files = {
      'compose.yaml': COMPOSE,
      Dockerfile: 'FROM golang:1.24\n',
      'main.go': 'mux.HandleFunc("/livez", a)\nmux.HandleFunc("/readyz", b)\n',
    }
    expect(configOf(init(treeOf(files))).services.api?.health.http).toMatchObject({ port: 8000, path: '/readyz' })
  })

  test('a path that only a test names is not taken', () => {
    const files = { 'compose.yaml': COMPOSE, Dockerfile: 'FROM python:3.12\n', 'tests/test_x.py': 'get("/health")\n' }
    expect(configOf(init(treeOf(files))).services.api?.health.http).toBeUndefined()
  })

  test.each([
    ['alembic', { 'alembic.ini': '', 'requirements.txt': 'alembic\n' }, { preset: 'alembic', onStart: false }],
    ['django', { 'manage.py': '', 'requirements.txt': 'Django\n' }, { preset: 'django', onStart: false }],
    [
      'prisma',
      { 'prisma/schema.prisma': '', 'prisma/migrations/1_init/migration.sql': '', 'package.json': '{}' },
      { preset: 'prisma', onStart: false },
    ],
    [
      'flyway in Spring',
      { 'pom.xml': '<artifactId>flyway-core</artifactId>', 'src/main/resources/db/migration/V1__init.sql': '' },
      { onStart: true },
    ],
    [
      'flyway in an image of its own',
      { Dockerfile: 'FROM flyway/flyway:11\nCOPY sql /flyway/sql\n' },
      { preset: 'flyway', onStart: false },
    ],
    ['rails', { 'db/migrate/1_x.rb': '', Gemfile: "gem 'rails'" }, { up: ['bundle', 'exec', 'rails', 'db:migrate'], onStart: false }],
  ])('migrations of %s', (_, files, expected) => {
    expect(configOf(init(treeOf({ 'compose.yaml': COMPOSE, Dockerfile: 'FROM x\n', ...files }))).migrate).toMatchObject(expected)
  })

  describe('of several images of one context', () => {
    const migrationOf = (dockerfiles: Readonly<Record<string, string>>): Written['proposal']['migration'] => {
      const services = Object.keys(dockerfiles).map((name) => [name, { build: { context: '.', dockerfile: `docker/${name}/Dockerfile` } }])
      const files = Object.fromEntries(Object.entries(dockerfiles).map(([name, text]) => [`docker/${name}/Dockerfile`, text]))
      const compose = JSON.stringify({ services: Object.fromEntries(services) })
      return init(treeOf({ 'compose.yaml': compose, ...files, 'alembic.ini': '', 'app/main.py': '' })).proposal.migration
    }

    test.each(['nginx:1', 'caddy', 'httpd:2.4', 'traefik:v3', 'postgres:16', 'bitnami/mariadb'])(
      'one that begins with %s does not migrate',
      (base) => {
        const made = migrationOf({ first: `FROM ${base}\nCOPY . /srv\n`, worker: 'FROM python:3.12\nCOPY . .\n' })
        expect(made).toMatchObject({ service: 'worker', doubts: [] })
        expect(migrationOf({ first: `FROM ${base}\nCOPY . /srv\n` })).toBeNull()
      },
    )

    test('the one whose Dockerfile copies the sign of the tool migrates, then the one that answers', () => {
      const all = 'FROM python:3.12\nCOPY . .\n'
      const other = 'FROM python:3.12\nCOPY app ./app\nEXPOSE 80\n'
      expect(migrationOf({ other, worker: all })).toMatchObject({ service: 'worker', doubts: [] })
      expect(migrationOf({ worker: all, web: `${all}EXPOSE 80\n` })).toMatchObject({ service: 'web', doubts: [] })
    })

    test('where it may be either, that is a doubt', () => {
      const all = 'FROM python:3.12\nCOPY . .\n'
      expect(migrationOf({ one: all, two: all })).toMatchObject({
        service: 'one',
        doubts: ['whether one is the one that migrates; built from the same source: two'],
      })
    })
  })

  test('an image that migrates as it starts, through a script', () => {
    const files = {
      'compose.yaml': COMPOSE,
      Dockerfile: 'FROM python:3.12\nCOPY . .\nCMD ["./start.sh"]\n',
      'start.sh': 'alembic upgrade head && uvicorn x\n',
      'alembic.ini': '',
    }
    const made = init(treeOf(files))
    expect(configOf(made).migrate).toMatchObject({ preset: 'alembic', onStart: true })
    expect(made.files['deploy.yml']).toContain('start.sh:1 runs it')
  })

  test('a database in a file, by the address in the environment', () => {
    const compose =
      'services:\n  app:\n    build: .\n    environment: { DATABASE_URL: "sqlite:////data/app.db" }\n    volumes: ["data:/data"]\n'
    const files = { 'compose.yaml': compose, Dockerfile: 'FROM python:3.12\n', 'alembic.ini': '' }
    expect(configOf(init(treeOf(files))).backup).toMatchObject({ kind: 'sqlite', service: 'app', file: '/data/app.db' })
    const made = init(treeOf({ ...files, 'compose.yaml': compose.replace('data:/data', 'data:/elsewhere') }))
    expect(configOf(made).backup).toBeUndefined()
    expect(made.proposal.notes.join('\n')).toContain('/data/app.db (DATABASE_URL), which is in no volume')
  })

  test.each([
    'sqlite+aiosqlite:///./data/app.db',
    'sqlite+pysqlite:///data/app.db',
    'sqlite:///././data/app.db',
    'sqlite+aiosqlite:////srv/data/app.db',
  ])('a database in a file, whichever driver opens it, and from where the program runs: %s', (address) => {
    const compose = `services:\n  app:\n    build: .\n    environment: { DATABASE_URL: "${address}" }\n    volumes: ["data:/srv/data"]\n`
    const made = init(treeOf({ 'compose.yaml': compose, Dockerfile: 'FROM python:3.12\nWORKDIR /srv\n', 'alembic.ini': '' }))
    expect(configOf(made).backup).toMatchObject({ kind: 'sqlite', service: 'app', file: '/srv/data/app.db' })
    expect(made.proposal.notes.join('\n')).not.toContain('in no volume')
  })

  describe('a database that is built here', () => {
    const withDatabase = (dockerfile: string, more: object = {}): Written => {
      const database = { build: { context: '.', dockerfile: 'docker/db/Dockerfile' }, ports: ['127.0.0.1:5432:5432'], ...more }
      const files = { Dockerfile: 'FROM python:3.12\nCOPY . .\n', 'docker/db/Dockerfile': dockerfile }
      const sources = { 'alembic.ini': '', 'bot.py': '@app.get("/health")\n', 'requirements.txt': 'discord.py\nalembic\n' }
      return init(treeOf({ ...files, ...sources, 'compose.yaml': JSON.stringify({ services: { database, bot: { build: '.' } } }) }))
    }

    test.each([
      ['postgres', 'FROM postgres:16\nCOPY init.sql /docker-entrypoint-initdb.d/\n', {}],
      ['postgres', 'FROM postgis/postgis:16-3.4\n', { command: '-c shared_buffers=1GB' }],
      ['mysql', 'FROM mariadb:11\nCMD ["mariadbd", "--verbose"]\n', {}],
    ])('is backed up, as %s, and is neither a bot nor a web server', (kind, dockerfile, more) => {
      const made = withDatabase(dockerfile, more)
      const { backup, migrate, services } = configOf(made)
      expect([backup, migrate]).toMatchObject([{ kind, service: 'database' }, { service: 'bot' }])
      expect(services.database).toBeUndefined()
      expect(made.proposal.notes).toContainEqual(
        expect.stringMatching(/^database is a database that is built here \(docker\/db\/Dockerfile\): .* whenever its image changes/),
      )
    })

    test('is none where only its tools are used', () => {
      for (const made of [
        withDatabase('FROM postgres:16\n', { command: 'pg_dumpall' }),
        withDatabase('FROM postgres:16\nCMD ["/save.sh"]\n'),
      ])
        expect([configOf(made).backup, made.proposal.notes.join('\n')]).toEqual([undefined, expect.not.stringContaining('is a database')])
    })
  })

  test('a tool of others that migrates beside the deploy is named', () => {
    const compose = `${COMPOSE}  flyway:\n    image: flyway/flyway:11\n    command: migrate\n`
    expect(init(treeOf({ 'compose.yaml': compose, Dockerfile: 'FROM x\n' })).proposal.notes.join('\n')).toContain(
      'flyway (flyway/flyway:11) migrates beside the deploy',
    )
  })

  test('a registry with a login of its own, and submodules', () => {
    const compose = 'services:\n  api:\n    build: .\n    image: registry.example.org/team/shop-api:1\n'
    const made = init(treeOf({ 'compose.yaml': compose, Dockerfile: 'FROM x\n', '.gitmodules': '' }))
    expect(configOf(made).registry).toMatchObject({ host: 'registry.example.org', namespace: 'team' })
    expect(made.files[WORKFLOW]).toContain('registry-password: ${{ secrets.REGISTRY_PASSWORD }}')
    expect(made.files[WORKFLOW]?.match(/submodules: recursive/g)).toHaveLength(2)
    expect(made.tasks.flatMap(({ commands }) => commands)).toContain('gh secret set REGISTRY_PASSWORD --env production --repo acme/shop')
  })

  test('a production file that only changes the plain one comes after it', () => {
    const files = { 'compose.yaml': COMPOSE, 'compose.prod.yaml': 'services:\n  api:\n    restart: always\n', Dockerfile: 'FROM x\n' }
    expect(configOf(init(treeOf(files))).compose.files).toEqual(['compose.yaml', 'compose.prod.yaml'])
  })

  test.each(['-env', '~/env', '../env', '/etc/env'])(
    'an environment file that no deploy may read, %s, is not written into the config',
    (file) => {
      const made = init(
        treeOf({ 'compose.yaml': JSON.stringify({ services: { api: { build: '.', env_file: [file] } } }), Dockerfile: 'FROM x\n' }),
      )
      expect(configOf(made).environments.production?.env.file).toBe('.env')
    },
  )

  test('a stage of a folder is called by it, as far as a name of the config can be', () => {
    const scripts = JSON.stringify({ scripts: { lint: 'eslint .' } })
    const folders = ['apps/_lib', 'apps/[web]', 'lib', 'ünï_', '__', `apps/${'long'.repeat(30)}`]
    const files = Object.fromEntries(folders.map((folder) => [`${folder}/package.json`, scripts]))
    const { check } = configOf(init(treeOf({ 'compose.yaml': COMPOSE, Dockerfile: 'FROM x\n', ...files })))
    expect(check.map(({ name }) => name).toSorted()).toEqual([
      'lib-lint',
      'lib-lint-2',
      'lint',
      `${'long'.repeat(10)}-lint`,
      'n-lint',
      'web-lint',
    ])
  })

  test('a build argument that only compose can fill in is left out, and that is said', () => {
    const args = { A: '${X:-https://${Y}}', B: '${X:+on}', C: '${X-$Y}', D: '${X:-z}', E: 'https://${Y:?needed}/$$', F: null }
    const made = init(treeOf({ 'compose.yaml': JSON.stringify({ services: { api: { build: { args } } } }), Dockerfile: 'FROM x\n' }))
    expect(parse(made.files['deploy.yml'] ?? '')).toMatchObject({
      images: { api: { args: { D: '${X:-z}', E: 'https://${Y}/$$', F: '${F}' } } },
    })
    expect(Object.keys(configOf(made).images.api?.args ?? {})).toEqual(['D', 'E', 'F'])
    expect([made.proposal.buildVariables, made.proposal.notes.filter((note) => note.includes('is built without'))]).toEqual([
      ['F', 'Y'],
      ['A', 'B', 'C'].map((name) => expect.stringContaining(`api is built without ${name}: ${args[name as 'A']} is for compose alone`)),
    ])
  })

  test.each([
    ['the default of the remote', { current: 'try-it', ofRemote: 'trunk', names: ['main', 'trunk', 'try-it'] }, 'trunk'],
    ['the one that is usually called so', { current: 'try-it', ofRemote: null, names: ['master', 'try-it'] }, 'master'],
    ['this one, where it is called so', { current: 'master', ofRemote: null, names: ['main', 'master'] }, 'master'],
    ['the only one', { current: 'trunk', ofRemote: null, names: ['trunk'] }, 'trunk'],
    ['none is checked out', { current: null, ofRemote: null, names: [] }, 'main'],
  ])('the branch that is deployed is %s; where that is not this one, it is said', (_, branches, expected) => {
    const made = init({ ...treeOf({ 'compose.yaml': COMPOSE, Dockerfile: 'FROM x\n' }), branches })
    expect(configOf(made).environments.production?.branch).toBe(expected)
    expect(made.files[WORKFLOW]).toContain(`branches: [${expected}]`)
    expect(made.proposal.notes.filter((note) => note.includes('branch'))).toEqual(
      branches.current === 'try-it'
        ? [expect.stringContaining(`this is the branch try-it, and what is pushed to ${expected} is deployed`)]
        : [],
    )
  })

  test('a dollar sign in what is written is no variable', () => {
    const files = { 'compose.yaml': COMPOSE, Dockerfile: 'FROM x\n', 'package.json': JSON.stringify({ scripts: { migrate: 'x $HOME' } }) }
    expect(() => configOf(init(treeOf(files)))).not.toThrow()
  })
})

const KO = {
  'go.mod': 'module x\n\nrequire github.com/bwmarrin/discordgo v0.29.0\n',
  'main.go': 'package main\n',
  'scripts/debug/main.go': 'package main\n',
  '.github/workflows/push.yaml': 'run: ko publish --bare .\n',
}

describe('what init finds in a compose file', () => {
  const commandsOf = ({ tasks }: Written): readonly string[] => tasks.flatMap(({ commands }) => commands)

  test('a mounted file is brought, and no folder is made of it, whether it is here or only named like one', () => {
    const volumes = '["./bot.db:/app/bot.db", "./config.json:/app/config.json:ro", "./data:/app/data"]'
    const made = init(
      treeOf({ 'compose.yaml': `services:\n  bot:\n    build: .\n    volumes: ${volumes}\n`, Dockerfile: 'FROM scratch\n' }),
    )
    const commands = commandsOf(made)
    expect(commands.filter((command) => command.includes('mkdir -p') && !command.includes('cat >'))).toEqual([
      expect.stringMatching(/mkdir -p \/opt\/stacks\/shop\/data$/),
    ])
    for (const file of ['bot.db', 'config.json'])
      expect(commands).toContainEqual(expect.stringContaining(`cat > /opt/stacks/shop/${file}' < ${file}`))
  })

  test('a key is added to those that are there, for a user that may be there', () => {
    const commands = commandsOf(init(treeOf({ 'compose.yaml': COMPOSE, Dockerfile: 'FROM scratch\n' })))
    expect(commands.filter((command) => command.includes('authorized_keys'))).toEqual([expect.stringContaining("'(echo; cat) >> ")])
    expect(commands.filter((command) => command.includes('useradd'))).toEqual([
      expect.stringMatching(/^id deploy > \/dev\/null 2>&1 \|\| /),
    ])
  })

  test('a service that runs what another one builds runs our image, too', () => {
    const compose =
      'services:\n  api: { build: ., image: shop-api }\n  worker: { image: shop-api, command: work }\n  db: { image: "postgres:16" }\n'
    expect(configOf(init(treeOf({ 'compose.yaml': compose, Dockerfile: 'FROM scratch\n' }))).images).toMatchObject({
      api: { services: ['api', 'worker'] },
    })
  })

  test.each([
    ['first', 'manage: { profiles: [tools], image: shop-api }\n  api: { build: ., image: shop-api }'],
    ['and builds it', 'manage: { profiles: [tools], build: ., image: shop-api }\n  api: { image: shop-api }'],
    ['last', 'api: { build: ., image: shop-api }\n  manage: { profiles: [tools], image: shop-api }'],
  ])('an image is named after a service that is started, where one of a profile stands %s', (_, services) => {
    const compose = `services:\n  ${services}\n`
    const { config, placeOf } = answerOf(init(treeOf({ 'compose.yaml': compose, Dockerfile: 'FROM scratch\n' })))
    expect(config.images).toMatchObject({ api: { services: ['api'] } })
    const declared = declaredServices({ 'compose.yaml': compose })
    expect(ownership(config, placeOf, declared, { api: imageNames(config, 'api', 'acme') })).toMatchObject({
      services: { api: 'api' },
      problems: [],
    })
  })

  test('a Dockerfile inside the compose file is nobody else’s', () => {
    const compose = 'services:\n  bot: { build: . }\n  cron:\n    build: { context: ., dockerfile_inline: "FROM alpine" }\n'
    const made = init(treeOf({ 'compose.yaml': compose, Dockerfile: 'FROM scratch\n' }))
    expect(Object.values(configOf(made).images).flatMap(({ services }) => services ?? [])).not.toContain('cron')
    expect(made.proposal.notes).toContainEqual(expect.stringContaining('its Dockerfile stands in the compose file'))
  })

  test('the files that it includes and extends go to the server, and the services of the included are seen', () => {
    const made = init(
      treeOf({
        'compose.yaml': 'include: [db/compose.yml]\nservices:\n  api: { build: ., extends: { file: base.yml, service: base } }\n',
        'db/compose.yml': 'services:\n  db: { image: "postgres:16" }\n',
        'base.yml': 'services:\n  base: { restart: always }\n',
        Dockerfile: 'FROM scratch\n',
      }),
    )
    expect(configOf(made).compose.sync).toEqual(['base.yml', 'db/compose.yml'])
    expect(made.proposal.compose.services.map(({ name }) => name)).toEqual(['api', 'db'])
  })
})

describe('a repository without a compose file is told what to write', () => {
  const told = (files: Readonly<Record<string, string>>): string => {
    try {
      init(treeOf(files))
      return ''
    } catch (error) {
      return error instanceof DeployError ? (error.details.evidence ?? []).join('\n') : String(error)
    }
  }

  test.each([
    [
      'of its Dockerfiles',
      { 'api/Dockerfile': 'FROM x\n', 'bot/Dockerfile': 'FROM x\n', '.env.example': '' },
      'services:\n  api:\n    build: ./api\n    image: ghcr.io/acme/shop-api:latest\n    restart: unless-stopped\n    env_file: .env\n  bot:\n',
    ],
    ['of what ko builds', KO, 'services:\n  app:\n    image: ghcr.io/acme/shop-app:latest # made by ko, of which init finds the command\n'],
  ])('%s; with that, init goes on', (_, files, expected) => {
    const lines = told(files)
    expect(lines).toContain(expected)
    expect(Object.keys(configOf(init(treeOf({ ...files, 'compose.yaml': lines }))).images)).toEqual(
      lines.match(/^ {2}\w+(?=:)/gm)?.map((name) => name.trim()),
    )
  })

  test('nothing that is not known is made up', () =>
    expect(told({ 'main.py': '', 'go.mod': '', 'cmd/a/main.go': 'package main\n' })).toBe(''))
})

describe('the environment file', () => {
  const variablesOf = (compose: object, files: Readonly<Record<string, string>> = {}): Written['proposal']['variables'] =>
    init(treeOf({ 'compose.yaml': JSON.stringify(compose), Dockerfile: 'FROM scratch\n', ...files })).proposal.variables
  const api = (more: object): object => ({ services: { api: { build: '.', ...more } } })

  test('is the one that compose takes variables from, where there are any; what services read besides is brought beside it', () => {
    const env_file = 'backend.env'
    expect(variablesOf(api({ env_file }))).toMatchObject({ file: 'backend.env', others: [] })
    for (const value of ['${X}', '${X:-1}', '$X', '${X:?needed}'])
      expect(variablesOf(api({ env_file, environment: { A: value } }))).toMatchObject({ file: '.env', others: ['backend.env'] })
    expect(variablesOf({ services: { api: { build: '.', env_file }, db: { image: 'postgres:${VERSION:-16}' } } }).file).toBe('.env')
    expect(variablesOf(api({ env_file, environment: { A: '$$X', B: '$HOME' }, image: 'shop:${TAG:-latest}' })).file).toBe('backend.env')
  })

  test('must say what the shell of a person has and that of a deploy has not', () => {
    const environment = { A: '$USER:${UID}:${GID}:$HOSTNAME', B: '$HOME$PATH$PWD' }
    expect(variablesOf(api({ environment })).required).toEqual(['GID', 'HOSTNAME', 'UID', 'USER'])
  })

  test('need not say what only a service uses that is not started, or what nobody took over, unless compose insists', () => {
    const tool = (value: string): object => ({
      'x-unused': { a: value, b: '${OTHER}' },
      services: {
        tool: { image: 'tool', profiles: ['tools'], env_file: 'tool.env', environment: { A: value } },
        api: { build: '.', 'x-note': '${NOTE}', environment: { A: '${HERE}' } },
      },
    })
    expect(variablesOf(tool('${THERE}'))).toMatchObject({ file: '.env', required: ['HERE'], others: [] })
    expect(variablesOf(tool('${THERE:?needed}')).required).toEqual(['HERE', 'THERE'])
    const taken = 'x-common: &common { A: "${COMMON}" }\nservices:\n  api: { build: ., environment: { <<: *common } }\n'
    expect(init(treeOf({ 'compose.yaml': taken, Dockerfile: 'FROM scratch\n' })).proposal.variables.required).toEqual(['COMMON'])
  })
})

test('an image that ko makes of a Go program has its command, and the roles that the compose file gives it', () => {
  const compose =
    'services:\n  gateway: { image: "ghcr.io/acme/shop:latest", command: [gateway] }\n  worker: { image: "ghcr.io/acme/shop:latest" }\n'
  const made = init(treeOf({ ...KO, 'compose.yaml': compose }))
  expect(configOf(made).images.gateway).toMatchObject({
    builder: [
      'sh',
      '-c',
      expect.stringMatching(/^go run github\.com\/google\/ko@v\d+\.\d+\.\d+ build .*="\$IMAGE_LAYOUT" .*--sbom=none \.$/),
    ],
  })
  expect(made.proposal.services.map(({ service }) => service.name)).toEqual(['gateway', 'worker'])
})

test('an external network is asked for only where a service is on it', () => {
  const compose = (networks: string): string =>
    `services:\n  api: { build: ., networks: ${networks} }\nnetworks: { proxy: { external: true }, inner: {} }\n`
  const asked = (networks: string) =>
    init(treeOf({ 'compose.yaml': compose(networks), Dockerfile: 'FROM x\n' })).proposal.compose.external.map(({ name }) => name)
  expect([asked('[inner]'), asked('[inner, proxy]'), asked('{ proxy: {} }')]).toEqual([[], ['proxy'], ['proxy']])
})

describe('whatever a compose file holds', () => {
  const KEYS = [
    'image',
    'build',
    'command',
    'entrypoint',
    'ports',
    'expose',
    'environment',
    'env_file',
    'volumes',
    'profiles',
    'depends_on',
    'healthcheck',
    'labels',
    'platform',
  ]
  const service = fc.dictionary(fc.constantFrom(...KEYS), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 8 })
  const name = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'a b', 'ü', '${X}', '-x'), fc.string({ minLength: 1, maxLength: 12 }))

  test('init writes a config that is read, or says what is wrong; it never falls over', () => {
    fc.assert(
      fc.property(fc.dictionary(name, service, { minKeys: 1, maxKeys: 4 }), fc.string({ maxLength: 40 }), (services, dockerfile) => {
        const tree = treeOf({
          'compose.yaml': JSON.stringify({ services }),
          Dockerfile: `FROM x\n${dockerfile}\n`,
          'api/Dockerfile': 'FROM y\n',
        })
        try {
          const made = init(tree)
          expect(configOf(made).project).toBe('shop')
        } catch (error) {
          // the config that it would write is wrong: said so by init's own look at it, with the lines
          if (!(error instanceof DeployError) || error.message.includes('deploy.yml has'))
            throw new Error(`${String(error)} ${JSON.stringify((error as DeployError).details?.evidence)}`)
          expect(error.code).toBe('CONFIG')
        }
      }),
      { numRuns: 300 },
    )
  })

  test('an alias bomb is refused', () => {
    const bomb = `a: &a [x, x]\n${[...'bcdefghijkl'].map((one, index) => `${one}: &${one} [${Array(9).fill(`*${'abcdefghijkl'[index]}`).join(', ')}]`).join('\n')}\nservices: { api: { build: ., x: *l } }\n`
    expect(() => init(treeOf({ 'compose.yaml': bomb, Dockerfile: 'FROM x\n' }))).toThrow('the compose file cannot be read: compose.yaml:')
  })
})

describe('where there is nothing to begin with, init says what is missing', () => {
  test.each([
    ['no compose file', { Dockerfile: 'FROM x\n' }, 'there is no compose file here'],
    ['a broken one', { 'compose.yaml': 'services: [\n' }, 'the compose file cannot be read: compose.yaml:'],
    [
      'no image of ours',
      { 'compose.yaml': 'services:\n  db: { image: "postgres:16" }\n' },
      'no service of compose.yaml is built in this repository',
    ],
  ])('%s', (_, files, sentence) => {
    expect(() => init(treeOf(files))).toThrow(sentence)
  })
})
