import { describe, expect, test } from '@jest/globals'
import { seen, type Written, written } from '../../src/init/written.ts'
import { treeOf } from '../users/support/tree.ts'

const init = (compose: object, files: Readonly<Record<string, string>> = {}): Written => {
  const tree = treeOf({ 'compose.yaml': JSON.stringify(compose), Dockerfile: 'FROM scratch\n', ...files })
  const answers = { host: 'server.example.org', user: 'deploy', path: '/opt/stacks/shop', owner: 'acme' }
  return written(tree, seen(tree), answers, 'deploy.yml')
}
const bot = (more: object): object => ({ services: { bot: { build: '.', ...more } } })
const notesOf = ({ proposal }: Written): string => proposal.notes.join('\n')
const requiredOf = ({ proposal }: Written): readonly string[] => proposal.variables.required
const titlesOf = ({ tasks }: Written): string => tasks.map(({ title }) => title).join('\n')
const commandsOf = ({ tasks }: Written): readonly string[] => tasks.flatMap(({ commands }) => commands)

describe('what must be set in the environment file', () => {
  test('is a secret that the compose file names without a value; of another name that is a doubt', () => {
    for (const environment of [{ DISCORD_TOKEN: null, SMTP_PASSWORD: null, HOME: null }, ['DISCORD_TOKEN', 'SMTP_PASSWORD', 'HOME']]) {
      const made = init(bot({ environment, env_file: 'bot.env' }))
      expect(made.proposal.variables).toMatchObject({ file: '.env', required: ['DISCORD_TOKEN'], others: ['bot.env'] })
      expect(notesOf(made)).toMatch(/whether SMTP_PASSWORD may be missing is not known/)
      expect(notesOf(made)).not.toContain('HOME')
    }
  })

  test('is what a secret or a config of compose is made of', () => {
    const parts = { secrets: { key: { environment: 'SMTP_KEY' } }, configs: { page: { environment: 'PAGE' } } }
    expect(requiredOf(init({ ...bot({ secrets: ['key'], configs: ['page'] }), ...parts }))).toEqual(['PAGE', 'SMTP_KEY'])
  })

  test('is what stands in ports and mounts, however optional its name looks', () => {
    const made = init(
      bot({
        ports: ['${WEBHOOK_PORT}:${WEBHOOK_PORT}', { target: 25, published: '${MAIL_PORT}' }],
        volumes: ['${S3_CACHE}:/cache'],
        environment: { A: '${SMTP_HOST}' },
      }),
    )
    expect(requiredOf(made)).toEqual(['MAIL_PORT', 'S3_CACHE', 'WEBHOOK_PORT'])
  })

  test('is no name that compose sets itself', () =>
    expect(init(bot({ container_name: '${COMPOSE_PROJECT_NAME}_bot', env_file: 'bot.env' })).proposal.variables).toMatchObject({
      file: 'bot.env',
      required: [],
    }))

  test.each(['---', 'changeme', 'change-me-please', 'fixme-secret', 'xxx', 'your-secret-here', '"<secret>"', '???'])(
    'is a secret of the example whose value is %s; what is empty beside it is a doubt',
    (value) => {
      const made = init(bot({ env_file: '.env', environment: { A: '${TAKEN_TOKEN}' } }), {
        '.env.example': `SECRET_KEY=${value} # made by you\nTRELLO_APP_KEY=\nTAKEN_TOKEN=\nDEBUG=\n`,
      })
      expect(requiredOf(made)).toEqual(['SECRET_KEY', 'TAKEN_TOKEN'])
      expect(notesOf(made)).toMatch(/whether TRELLO_APP_KEY may be missing is not known: \.env\.example has no value there/)
    },
  )

  test('is a secret that is empty in the example, where none has a placeholder', () =>
    expect(requiredOf(init(bot({ env_file: '.env' }), { '.env.example': 'BOT_TOKEN=\nNAME=changeme\n' }))).toEqual(['BOT_TOKEN']))
})

describe('the example of an environment file', () => {
  const examplesOf = (compose: object, files: readonly string[]): Readonly<Record<string, string>> =>
    init(compose, Object.fromEntries(files.map((file) => [file, 'A=1\n']))).proposal.variables.examples
  const reads = (env_file: unknown): object => bot({ env_file })

  test.each([
    ['.env.prod', ['.env.dev-sample', '.env.prod-sample', '.env.prod.db-sample'], '.env.prod-sample'],
    ['.env.prod', ['.env.dev-sample'], undefined],
    ['.env.prod', ['.env.example'], '.env.example'],
    ['backend.env', ['.env.example', 'backend.env.example'], 'backend.env.example'],
    ['backend.env', ['.env.example'], undefined],
    ['api/.env', ['.env.example', 'api/.env.sample'], 'api/.env.sample'],
    ['.env', ['terraform/.env.example'], undefined],
    ['.env', ['.env.dev.example'], undefined],
    ['.env', ['.env.production.sample'], '.env.production.sample'],
    ['.env', ['.example.env'], '.example.env'],
    ['.env', ['env.dist'], 'env.dist'],
  ])('%s, of %j, is %s', (file, files, expected) => expect(examplesOf(reads(file), files)[file]).toBe(expected))

  test('is also found where the services that read it are built', () => {
    const compose = { services: { api: { build: './api', env_file: '.env' } } }
    expect(examplesOf(compose, ['api/.env.example', 'api/Dockerfile'])['.env']).toBe('api/.env.example')
  })

  test('of each file says what a database gets', () => {
    const db = { image: 'postgres:16', env_file: '.env.prod.db' }
    const compose = { services: { web: { build: '.', env_file: '.env.prod' }, db } }
    const files = { '.env.prod-sample': 'DEBUG=0\n', '.env.prod.db-sample': 'POSTGRES_PASSWORD=changeme\n', '.env.dev-sample': 'DEBUG=1\n' }
    const made = init(compose, files)
    expect(notesOf(made)).not.toContain('POSTGRES_PASSWORD')
    expect(titlesOf(made)).toContain(
      '.env.prod.db, which services read and the repository does not have (what belongs into it: .env.prod.db-sample)',
    )
  })
})

describe('an environment file that nobody reads', () => {
  test('is not asked for; that nothing of the example reaches the container is said', () => {
    const made = init(bot({ environment: { PORT: '80' } }), { '.env.example': 'PORT=80\nJWT_SECRET=\n' })
    expect(titlesOf(made)).not.toContain('The environment file')
    expect(notesOf(made)).toContain('bot has no env_file: of .env.example nothing reaches it but what the compose file sets itself')
    expect(notesOf(init(bot({ environment: { PORT: '80' } }), { '.env.example': 'PORT=80\n' }))).not.toContain('env_file')
  })

  test.each([
    ['a service', bot({ env_file: '.env' })],
    ['compose', bot({ environment: { A: '${A}' } })],
    ['a program, out of a mount', bot({ volumes: ['./.env:/app/.env'] })],
  ])('is one that %s reads: then it is asked for, and must be written first where it is not here', (_, compose) => {
    const files = { '.env.example': 'JWT_SECRET=\n' }
    expect(titlesOf(init(compose, files))).toMatch(
      /The environment file \/opt\/stacks\/shop\/\.env.* \(what belongs into it: \.env\.example\); write \.env here first/,
    )
    expect(titlesOf(init(compose, { ...files, '.env': 'JWT_SECRET=x\n' }))).not.toContain('here first')
    expect(notesOf(init(compose, files))).not.toContain('has no env_file')
  })
})

describe('the name of the project', () => {
  test.each([
    ['an .env of the repository', { '.env': 'COMPOSE_PROJECT_NAME=tgbot\n' }, {}, 'tgbot', '.env'],
    ['the example', { '.env.example': 'COMPOSE_PROJECT_NAME="tgbot" # as you like\n' }, {}, 'tgbot', '.env.example'],
    ['the .env before the compose file', { '.env': 'COMPOSE_PROJECT_NAME=tgbot\n' }, { name: 'other' }, 'tgbot', '.env'],
    ['the compose file before the example', { '.env.example': 'COMPOSE_PROJECT_NAME=tgbot\n' }, { name: 'other' }, 'other', null],
    ['the repository, where that is empty', { '.env.example': 'COMPOSE_PROJECT_NAME=\n' }, {}, 'shop', null],
    ['the repository, where that is for people to fill in', { '.env.example': 'COMPOSE_PROJECT_NAME=your-project\n' }, {}, 'shop', null],
  ])('is that of %s', (_, files, more, expected, from) => {
    const made = init({ ...bot({}), ...more }, files)
    expect(made.proposal.project).toBe(expected)
    const line = `project: ${expected} #${from === null ? '' : ` COMPOSE_PROJECT_NAME of ${from};`} as \`docker compose ls\``
    expect(made.files['deploy.yml']).toContain(line)
    expect(requiredOf(made)).not.toContain('COMPOSE_PROJECT_NAME')
  })
})

test('a variable of a build is asked for, and what the .env of the repository says of it is shown', () => {
  const build = { context: '.', args: { NGINX_VERSION: '${NGINX_VERSION}', OTHER: null } }
  const made = init({ services: { web: { build } } }, { '.env': 'NGINX_VERSION=1.27.3\n' })
  expect(
    commandsOf(made)
      .filter((command) => command.includes('gh variable set'))
      .slice(-2),
  ).toEqual(['gh variable set NGINX_VERSION --repo acme/shop', 'gh variable set OTHER --repo acme/shop'])
  expect(titlesOf(made)).toContain('what builds take is asked for: NGINX_VERSION (1.27.3 in .env), OTHER')
})
