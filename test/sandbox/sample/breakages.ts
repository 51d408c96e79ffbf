/**
 * Faults as people make them. Those of the deploy pass lint and tests: they show on the server only, where the code
 * runs as a plain user, on data that is there already, with an `.env` that nobody has touched.
 */
import type { FailureCode } from '../../../src/errors.ts'
import { type Files, withFile, withText } from './files.ts'

export interface Breakage {
  /** As its author would have described the change. */
  readonly message: string
  /** What the command ends with that meets it first. */
  readonly code: FailureCode
  readonly change: (files: Files, schema: string) => Files
}

const MAIN = 'api/app/main.py'

const revision = (files: Files, schema: string, name: string, statement: string): Files => {
  const number = String(Number(schema) + 1).padStart(4, '0')
  const lines = [`"""${name}"""`, 'from alembic import op', '', `revision = "${number}"`, `down_revision = "${schema}"`, '', '']
  const text = [...lines, 'def upgrade():', `    ${statement}`, ''].join('\n')
  return withFile(files, `migrations/versions/${number}_${name}.py`, text)
}

/** Tests run as root in the project; in the image a plain user may not write to /app. */
const withDiskCheck = (files: Files): Files => {
  let next = withText(files, MAIN, 'import os\n', 'import os\nimport tempfile\n')
  next = withText(next, MAIN, '        cache().ping()\n', '        cache().ping()\n        tempfile.TemporaryFile(dir=".").close()\n')
  return withText(next, MAIN, '(SQLAlchemyError, RedisError)', '(SQLAlchemyError, RedisError, OSError)')
}

const withUsersRenamed = (files: Files, schema: string): Files =>
  withText(
    revision(files, schema, 'accounts', 'op.rename_table("users", "accounts")'),
    'api/app/models.py',
    '    "users",\n',
    '    "accounts",\n',
  )

const withLatestHardCoded = (files: Files): Files => {
  const image = (key: string) => `ghcr.io/acme/bot-and-api-${key}:\${TAG:-latest}`
  let next = withText(files, 'docker-compose.yml', image('api'), 'ghcr.io/acme/bot-and-api-api:latest')
  next = withText(next, 'docker-compose.yml', image('bot'), `\${BOT_IMAGE:-${image('bot')}}`)
  next = withText(
    next,
    'deploy.yml',
    '  api: { dockerfile: api/Dockerfile,',
    '  api: { variable: API_IMAGE, services: [api], dockerfile: api/Dockerfile,',
  )
  next = withText(next, 'deploy.yml', '  bot: { context: bot,', '  bot: { variable: BOT_IMAGE, services: [bot], context: bot,')
  return withText(next, 'deploy.yml', 'compose: { sync: [seed] }', 'compose: { sync: [seed], pin: env }')
}

const withBadSeed = (files: Files): Files => {
  const next = withFile(
    files,
    'seed/staff.json',
    '[\n  { "name": "margaret", "email": null },\n  { "name": null, "email": "nobody@example.org" }\n]\n',
  )
  const entry = '{ name: users, service: api, run: [python, -m, app.seed, seed/users.json] }'
  return withText(
    next,
    'deploy.yml',
    `[${entry}]`,
    `\n  - ${entry}\n  - { name: staff, service: api, run: [python, -m, app.seed, seed/staff.json] }`,
  )
}

/** Set where the tests run, forgotten on the server. */
const withGuild = (files: Files): Files => {
  const next = withText(files, 'compose.test.yml', '      BOT_TOKEN: test\n', '      BOT_TOKEN: test\n      BOT_GUILD: test\n')
  return withText(
    next,
    'bot/bot.py',
    '    gateway = redis.Redis.from_url',
    '    print("serving guild " + os.environ["BOT_GUILD"], file=sys.stderr)\n    gateway = redis.Redis.from_url',
  )
}

const withSessionFile = (files: Files): Files => {
  const connected = '                print(f"connected to gateway as {NAME} {VERSION}, session {session}", flush=True)\n'
  const next = withText(files, 'bot/bot.py', 'import sys\n', 'import sys\nimport tempfile\n')
  return withText(next, 'bot/bot.py', connected, `${connected}                tempfile.TemporaryFile(dir=".").close()\n`)
}

const withGreetingFile = (files: Files): Files => {
  let next = withFile(files, 'greeting.txt', 'Welcome, all of you\n')
  next = withText(next, MAIN, 'import os\n', 'import os\nfrom pathlib import Path\n')
  return withText(
    next,
    MAIN,
    '\napp = FastAPI',
    'GREETING = Path("greeting.txt").read_text(encoding="utf-8").strip() or GREETING\n\napp = FastAPI',
  )
}

const withRenamedChannel = (files: Files): Files => {
  const next = withText(files, MAIN, 'pubsub_numsub("gateway")', 'pubsub_numsub(os.environ.get("GATEWAY_CHANNEL", "gateway"))')
  return withText(
    next,
    'docker-compose.yml',
    '      POSTGRES_HOST: postgres\n',
    '      POSTGRES_HOST: postgres\n      GATEWAY_CHANNEL: gateway-production\n',
  )
}

export const BREAKAGES = {
  lint: {
    message: 'Prepare for JSON',
    code: 'CHECK',
    change: (files) => withText(files, MAIN, 'import os\n', 'import json\nimport os\n'),
  },
  unit: {
    message: 'Tell the version in full',
    code: 'CHECK',
    change: (files) => withText(files, MAIN, '{"version": VERSION}', '{"version": f"version {VERSION}"}'),
  },
  build: {
    message: 'Templates for the API, which stayed on the laptop',
    code: 'BUILD',
    change: (files) => withText(files, 'api/Dockerfile', 'COPY api/app app\n', 'COPY api/app app\nCOPY api/templates templates\n'),
  },
  'missing-env-key': {
    message: 'Mail needs a password',
    code: 'CONFIG',
    change: (files) => withText(files, 'deploy.yml', 'BOT_TOKEN]', 'BOT_TOKEN, SMTP_PASSWORD]'),
  },
  'hard-coded-latest': { message: 'Pin images by variables, but forget one', code: 'CONFIG', change: withLatestHardCoded },
  migration: {
    message: 'The first user is there from the start, although the seed brings her too',
    code: 'MIGRATE',
    change: (files, schema) => revision(files, schema, 'first_user', `op.execute("insert into users (name) values ('ada')")`),
  },
  health: { message: 'Unhealthy where nothing can be written', code: 'HEALTH', change: withDiskCheck },
  'api-crash': { message: 'The greeting comes from a file, which the image lacks', code: 'HEALTH', change: withGreetingFile },
  'bot-crash': { message: 'The bot serves one guild', code: 'HEALTH', change: withGuild },
  'bot-flaps': { message: 'The bot writes down its session, where it may not write', code: 'HEALTH', change: withSessionFile },
  seed: { message: 'Staff are users too, one of them without a name', code: 'SEED', change: withBadSeed },
  smoke: { message: 'Another channel in production, for the API only', code: 'SMOKE', change: withRenamedChannel },
  'no-way-back': {
    message: 'Users are called accounts; unhealthy where nothing can be written',
    code: 'BROKEN',
    change: (files, schema) => withDiskCheck(withUsersRenamed(files, schema)),
  },
} as const satisfies Record<string, Breakage>

export type BreakageName = keyof typeof BREAKAGES
