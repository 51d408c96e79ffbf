import type { Dockerfile } from './dockerfile.ts'
import { below, type SourceTree } from './tree.ts'

/** Those that `migrate.preset` knows. */
export type Preset = 'alembic' | 'django' | 'prisma' | 'flyway'

/** A tool that changes schemas, and how a project that uses it is known. */
export interface MigrationTool {
  readonly name: string
  readonly preset: Preset | null
  /** Null where the preset says it, and where no command is the usual one. */
  readonly up: readonly string[] | null
  /** The file that shows it. */
  readonly sign: (tree: SourceTree, context: string, manifests: string, dockerfile: Dockerfile | null) => string | null
  /** What a container runs that migrates as it starts. */
  readonly atStart: RegExp
  /** It has no command of its own: the application does it. */
  readonly builtIn?: true
}

const named =
  (pattern: RegExp) =>
  (tree: SourceTree, context: string): string | null =>
    below(tree, context, 8).find((file) => pattern.test(`/${file}`)) ?? null

/** The first that an image's sources show is the one. */
export const TOOLS: readonly MigrationTool[] = [
  {
    name: 'Flyway',
    preset: 'flyway',
    up: null,
    sign: (_tree, _context, _manifests, dockerfile) =>
      /(^|\/)flyway(\/flyway)?(:|$)/.test(dockerfile?.base ?? '') ? (dockerfile?.path ?? null) : null,
    // its own entrypoint migrates only where the command says so
    atStart: /(?!)/,
  },
  {
    name: 'Django',
    preset: 'django',
    up: null,
    sign: (tree, context, manifests) => (/django/i.test(manifests) ? named(/\/manage\.py$/)(tree, context) : null),
    atStart: /manage\.py\s+migrate\b|django-admin\s+migrate\b/,
  },
  {
    name: 'Flask-Migrate',
    preset: null,
    up: ['flask', 'db', 'upgrade'],
    sign: (tree, context, manifests) =>
      /flask[-_]migrate/i.test(manifests) ? named(/\/migrations\/(alembic\.ini|env\.py)$/)(tree, context) : null,
    atStart: /flask\s+db\s+upgrade|\bupgrade\(\)/,
  },
  { name: 'Alembic', preset: 'alembic', up: null, sign: named(/\/alembic\.ini$/), atStart: /alembic\b[^\n&|;]*\bupgrade\b/ },
  {
    name: 'Prisma',
    preset: 'prisma',
    up: null,
    sign: (tree, context) =>
      below(tree, context, 8).some((file) => /(^|\/)migrations\/[^/]+\/migration\.sql$/.test(file))
        ? named(/\.prisma$/)(tree, context)
        : null,
    atStart: /prisma[\s:]+(migrate\s+)?deploy\b|migrate-and-start|migrate\s+deploy\b/,
  },
  {
    name: 'Rails',
    preset: null,
    up: ['bundle', 'exec', 'rails', 'db:migrate'],
    sign: named(/\/db\/migrate\/\d+_\w+\.rb$/),
    atStart: /db:(migrate|prepare)\b/,
  },
  {
    name: 'Laravel',
    preset: null,
    up: ['php', 'artisan', 'migrate', '--force'],
    sign: named(/\/artisan$/),
    atStart: /artisan\s+migrate\b/,
  },
  {
    name: 'Flyway in the application',
    preset: null,
    up: null,
    sign: (tree, context, manifests) =>
      /flyway/i.test(manifests) ? named(/\/db\/migration\/[VR]\w*__\w+\.(sql|java|kt)$/)(tree, context) : null,
    atStart: /(?!)/,
    builtIn: true,
  },
  {
    name: 'Knex',
    preset: null,
    up: ['npx', 'knex', 'migrate:latest'],
    sign: (tree, context, manifests) => (/"knex"/.test(manifests) ? named(/\/knexfile\.(js|cjs|mjs|ts)$/)(tree, context) : null),
    atStart: /knex\b[^\n]*migrate:latest|\bmigrate:latest\b/,
  },
  {
    name: 'Sequelize',
    preset: null,
    up: ['npx', 'sequelize-cli', 'db:migrate'],
    sign: (tree, context, manifests) => (/"sequelize(-cli)?"/.test(manifests) ? named(/\/\.sequelizerc$/)(tree, context) : null),
    atStart: /sequelize\b[^\n]*db:migrate/,
  },
  {
    name: 'Drizzle',
    preset: null,
    // the tool itself is seldom in an image: a program of the project does it with the library
    up: null,
    sign: named(/\/meta\/_journal\.json$/),
    atStart: /drizzle-kit\s+migrate\b/,
  },
  {
    name: 'Doctrine',
    preset: null,
    up: ['php', 'bin/console', 'doctrine:migrations:migrate', '--no-interaction'],
    sign: named(/\/migrations\/(\w+\/)*Version\d+\.php$/i),
    atStart: /\bmigrations:migrate\b/,
  },
  // where the files and the database are, only a command says that is there already
  {
    name: 'golang-migrate',
    preset: null,
    up: null,
    sign: (tree, context, manifests, dockerfile) =>
      /golang-migrate/.test(`${manifests} ${dockerfile?.text}`) ? named(/\/\d+_\w+\.up\.sql$/)(tree, context) : null,
    atStart: /\bmigrate\s[^\n]*-(path|source)[^\n]*\sup\b/,
  },
]

/** Whether a command has one of them migrate. */
export const migrates = (command: string): boolean => TOOLS.some(({ atStart }) => atStart.test(command))
