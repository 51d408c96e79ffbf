import { branchNotes, deployedBranch } from './branch.ts'
import { buildArguments } from './build-arguments.ts'
import { type Checks, checksOf } from './checks.ts'
import { type Compose, readCompose } from './compose.ts'
import { type Backup, backupOf } from './databases.ts'
import { exampleOf, PLACEHOLDER, settingsIn } from './env-example.ts'
import { type Health, healthOf } from './health.ts'
import { type Images, ownImages, withOthers } from './images.ts'
import { type OwnService, ownServices } from './kinds.ts'
import { type Migration, migrationOf } from './migrations.ts'
import { type Mounts, mountsOf } from './mounts.ts'
import { exists, folderOf, type SourceTree } from './tree.ts'
import { type Variables, variablesOf } from './variables.ts'

/** All that was seen of the project, before anything is written of it. */
export interface Proposal {
  readonly project: string
  /** The file that names it by COMPOSE_PROJECT_NAME; null where it has its name from elsewhere. */
  readonly namedBy: string | null
  /** What the `.env` of the repository says, by name. */
  readonly tracked: Readonly<Record<string, string>>
  readonly compose: Compose
  readonly images: Images
  readonly services: readonly OwnService[]
  readonly health: Readonly<Record<string, Health>>
  readonly migration: Migration | null
  readonly backup: Backup | null
  readonly mounts: Mounts
  readonly variables: Variables
  readonly checks: Checks
  /** The branch that is deployed. */
  readonly branch: string
  readonly submodules: boolean
  /** Variables that builds take from the environment of the job. */
  readonly buildVariables: readonly string[]
  /** What could not be known, or is not as it should be: sentences. */
  readonly notes: readonly string[]
}

/** Reads the project; asks nobody, changes nothing. */
export const propose = (tree: SourceTree, files: readonly string[], profiles: readonly string[] = []): Proposal => {
  const compose = readCompose(tree, files, profiles)
  const images = ownImages(tree, compose)
  const main = files[0] ?? ''
  const services = ownServices(tree, images.images, main)
  const health = Object.fromEntries(services.map((service) => [service.service.name, healthOf(tree, service, main)]))
  const { migration, notes: ofMigrations } = migrationOf(tree, services)
  const { backup, notes: ofDatabases } = backupOf(tree, compose, services)
  const mounts = mountsOf(tree, compose, services)
  const variables = variablesOf(tree, withOthers(compose, images))
  const checks = checksOf(tree, images.images)
  const tracked = tree.files.includes('.env') ? settingsIn(tree.read('.env') ?? '').values : {}
  return {
    ...projectName(tree, compose, tracked),
    tracked,
    compose,
    images,
    services,
    health,
    migration,
    backup,
    mounts,
    variables,
    checks,
    branch: deployedBranch(tree.branches),
    buildVariables: [...new Set(images.images.flatMap((image) => buildArguments(image).variables))].toSorted(),
    submodules: tree.files.includes('.gitmodules'),
    notes: [
      ...branchNotes(tree.branches),
      ...images.notes,
      ...Object.entries(images.left).map(([service, why]) => `${service} is not part of the deploy: ${why}`),
      ...ofMigrations,
      ...ofDatabases,
      ...(migration === null ? [] : migration.doubts),
      ...strangers(tree, compose, images),
      ...besideTop(compose),
      ...development(services),
      ...blanks(services),
      ...mounts.notes,
      ...leftArguments(images),
      ...variables.notes,
      ...checks.notes,
    ],
  }
}

/** As compose calls it where it runs already: by its `.env`, by `name:`, else by the folder; the repository's name outlives a folder's. */
const projectName = (tree: SourceTree, compose: Compose, tracked: Proposal['tracked']): Pick<Proposal, 'project' | 'namedBy'> => {
  const own = tracked.COMPOSE_PROJECT_NAME
  const example = exampleOf(tree, '.env', compose.files.map(folderOf))
  const shown = example.values.COMPOSE_PROJECT_NAME ?? ''
  const [from, named] = own ? ['.env', own] : (compose.name ?? (shown === '' || PLACEHOLDER.test(shown))) ? [] : [example.file, shown]
  const written = named ?? compose.name ?? tree.repository?.split('/')[1] ?? tree.name
  const name = written
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .replace(/-+$/, '')
    .slice(0, 63)
  return { project: name === '' ? 'app' : name, namedBy: from ?? null }
}

/** Tools for people beside the application: often not meant for a server. */
const strangers = (tree: SourceTree, compose: Compose, { images }: Images): readonly string[] => {
  const own = new Set(images.flatMap(({ services }) => services.map(({ name }) => name)))
  return compose.services
    .flatMap(({ name, image, publishedToAll, profiles }) => {
      if (own.has(name) || image === null || profiles.length > 0) return []
      if (/(^|\/)(flyway|liquibase|migrate)(:|$)/.test(image))
        return [
          `${name} (${image}) migrates beside the deploy, without its backup and its order: build an image of your own from it, and name it in migrate`,
        ]
      const isConsole = /adminer|pgadmin|phpmyadmin|mongo-express|mailhog|mailpit|maildev|redis-commander|sqlite-web|jupyter/.test(image)
      if (isConsole) return [`${name} (${image}) is a tool for developers; a deploy starts it too: take it out, or give it a profile`]
      return publishedToAll && /(^|\/)(postgres|postgis|mysql|mariadb|redis|mongo|valkey)(:|$)/.test(image)
        ? [`${name} publishes its port on the server's addresses: take \`ports\` out, or write 127.0.0.1: before it`]
        : []
    })
    .concat(
      exists(tree, 'docker-compose.override.yml') || exists(tree, 'compose.override.yml')
        ? ['the override file is for developers: a deploy uses the files of compose.files only']
        : [],
    )
}

const besideTop = ({ files }: Compose): readonly string[] => {
  const folders = [...new Set(files.map(folderOf))].filter((folder) => folder !== '')
  return folders.map(
    (folder) =>
      `the compose file is in ${folder}/: on the server its relative paths (mounts, env_file) begin in the deploy directory, not in ${folder}/`,
  )
}

const DEVELOPMENT =
  /runserver|nodemon|npm run (start:)?dev\b|yarn dev\b|pnpm dev\b|--reload\b|flask run|air\b -c|vite\b(?! preview)|next dev/

const development = (services: readonly OwnService[]): readonly string[] =>
  services.flatMap(({ service, startup, kind }) => {
    const text = service.command === '' ? startup.text : service.command
    const [word] = DEVELOPMENT.exec(text) ?? []
    return word === undefined || kind === 'once'
      ? []
      : [`${service.name} starts a development server (${word}): write the production command into the compose file`]
  })

/** `TOKEN=` in a compose file is a value: an empty one, whatever the environment file says. */
const blanks = (services: readonly OwnService[]): readonly string[] =>
  services.flatMap(({ service }) => {
    const empty = Object.entries(service.environment).flatMap(([name, value]) => (value === '' ? [name] : []))
    return empty.length === 0
      ? []
      : [
          `${service.name} gets ${empty.join(', ')} empty from the compose file: write NAME: \${NAME} there, and the values into the .env of the server`,
        ]
  })

const leftArguments = ({ images }: Images): readonly string[] =>
  images.flatMap((image) =>
    buildArguments(image).left.map(
      (name) =>
        `${image.key} is built without ${name}: ${image.args[name]} is for compose alone; write images.${image.key}.args.${name} with plain \${NAME} or \${NAME:-default}`,
    ),
  )
