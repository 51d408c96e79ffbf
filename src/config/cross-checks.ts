import { posix } from 'node:path'
import { parseKnownHosts } from './known-hosts.ts'
import type { Path, Problem } from './problem.ts'
import type { Config } from './schema.ts'

/** What the schema cannot see: parts of the config that contradict each other. */
export const crossChecks = (config: Config): readonly Problem[] => [
  ...repeatedNames(config),
  ...repeatedImages(config),
  ...imageNaming(config),
  ...builders(config),
  ...pinning(config),
  ...serviceOrder(config),
  ...readiness(config),
  ...synchronised(config),
  ...hostKeys(config),
  ...hookPlaces(config),
  ...backupParts(config),
  ...seedParts(config),
  ...migrationParts(config),
  ...wayBack(config),
  ...comparedVariables(config),
  ...unscannedPolicies(config),
]

const wrong = (path: Path, message: string): Problem => ({ path, at: 'value', message })

const repeatedNames = (config: Config): readonly Problem[] => [
  ...repeated(config.check, ['check']),
  ...repeated(config.seed, ['seed']),
  ...repeated(config.smoke, ['smoke']),
  ...Object.entries(config.hooks).flatMap(([point, hooks]) => repeated(hooks, ['hooks', point])),
]

const repeated = (named: readonly { readonly name: string }[], path: Path): readonly Problem[] =>
  named.flatMap(({ name }, index) =>
    named.findIndex((other) => other.name === name) < index
      ? [wrong([...path, index, 'name'], `"${name}" is the name of an earlier one`)]
      : [],
  )

const repeatedImages = (config: Config): readonly Problem[] => {
  const keys = Object.keys(config.images)
  const nameOf = (key: string): string => config.images[key]?.name ?? `${config.project}-${key}`
  const sameName = keys.flatMap((key, index) =>
    keys.findIndex((other) => nameOf(other) === nameOf(key)) < index
      ? [wrong(['images', key], `is pushed as "${nameOf(key)}", as another image is`)]
      : [],
  )
  const claims = keys.flatMap((key) => (config.images[key]?.services ?? []).map((service, index) => ({ key, service, index })))
  const sameService = claims
    .filter((claim, at) => claims.findIndex((other) => other.service === claim.service) < at)
    .map(({ key, service, index }) => wrong(['images', key, 'services', index], `"${service}" runs another image already`))
  return [...sameName, ...sameService]
}

/** https://github.com/distribution/reference/blob/main/reference.go: path-component; what people write is lowercased before. */
const PATH_COMPONENT = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$/
const NAME_RULE = 'letters and digits with single ".", one or two "_", or "-" between them'

/** No registry takes any other name, and that would be found only after the build. */
const imageNaming = ({ project, registry, images }: Config): readonly Problem[] => {
  const isPath = (path: string): boolean =>
    path
      .toLowerCase()
      .split('/')
      .every((part) => PATH_COMPONENT.test(part))
  const { namespace } = registry
  return [
    ...(namespace === undefined || isPath(namespace)
      ? []
      : [
          wrong(
            ['registry', 'namespace'],
            `"${namespace}" is no part of an image name; those are ${NAME_RULE}, with "/" between the parts`,
          ),
        ]),
    ...Object.entries(images).flatMap(([key, { name }]) =>
      isPath(name ?? `${project}-${key}`)
        ? []
        : name === undefined
          ? [wrong(['images', key], `would be pushed as "${project}-${key}", which no registry takes (${NAME_RULE}); give it a \`name\``)]
          : [wrong(['images', key, 'name'], `"${name}" is a name that no registry takes: ${NAME_RULE}`)],
    ),
  ]
}

const builders = (config: Config): readonly Problem[] =>
  Object.entries(config.images).flatMap(([key, image]) =>
    image.builder === undefined
      ? []
      : (['dockerfile', 'target'] as const)
          .filter((field) => image[field] !== undefined)
          .map((field) => wrong(['images', key, field], 'has no effect: `builder` makes the image')),
  )

const pinning = (config: Config): readonly Problem[] => [
  ...(config.compose.pin === 'env' && config.compose.dropBinds.length > 0
    ? [wrong(['compose', 'dropBinds'], 'needs `compose.pin: override`, whose last compose file takes the mounts out')]
    : []),
  ...Object.entries(config.images).flatMap(([key, image]) => {
    if (config.compose.pin === 'env' && image.variable === undefined)
      return [wrong(['images', key], 'needs `variable`, because `compose.pin` is "env"')]
    if (config.compose.pin !== 'env' && image.variable !== undefined)
      return [wrong(['images', key, 'variable'], 'has no effect unless `compose.pin` is "env"')]
    return []
  }),
]

const serviceOrder = (config: Config): readonly Problem[] =>
  Object.entries(config.services).flatMap(([name, service]) => {
    const problems: Problem[] = []
    if (service.exactly === 1 && service.order === 'start-first') {
      problems.push(wrong(['services', name, 'order'], '"start-first" runs two at the same time, which `exactly: 1` forbids'))
    }
    for (const [index, before] of (service.after ?? []).entries()) {
      const path = ['services', name, 'after', index]
      if (reaches(config, before, name))
        problems.push(
          wrong(path, before === name ? 'names the service itself' : `goes round in a circle: "${before}" waits for "${name}" too`),
        )
      else if (config.services[before]?.exactly === 1 && service.exactly !== 1)
        problems.push(wrong(path, `"${before}" has \`exactly: 1\` and is therefore started last`))
    }
    return problems
  })

/** Whether `from` waits, through others or itself, for `target`. */
const reaches = (config: Config, from: string, target: string, seen: ReadonlySet<string> = new Set()): boolean =>
  from === target ||
  (!seen.has(from) && (config.services[from]?.after ?? []).some((next) => reaches(config, next, target, new Set([...seen, from]))))

const readiness = (config: Config): readonly Problem[] =>
  Object.entries(config.services).flatMap(([name, { health }]) => {
    const ways = (['http', 'exec', 'log'] as const).filter((way) => health[way] !== undefined)
    const problems: Problem[] = []
    if (ways.length > 1) problems.push(wrong(['services', name, 'health'], `has ${ways.join(' and ')}; one of them decides`))
    if (health.grace >= health.deadline)
      problems.push(wrong(['services', name, 'health'], 'has a `grace` that is not shorter than its `deadline`'))
    return problems
  })

const synchronised = (config: Config): readonly Problem[] => [
  ...config.compose.sync.flatMap((file, index) => notOurs(config, file, ['compose', 'sync', index])),
  ...config.seed.flatMap(({ http }, index) =>
    http?.file === undefined ? [] : notOurs(config, http.file, ['seed', index, 'http', 'file']),
  ),
]

/** What a deploy must not bring to the server. */
const notOurs = (config: Config, file: string, at: Path): readonly Problem[] => {
  const path = posix.normalize(file).replace(/\/$/, '')
  if (environmentFiles(config).includes(path)) return [wrong(at, 'is the environment file of the server, which a deploy never writes')]
  if (path.split('/')[0] === '.deploy') return [wrong(at, 'is where the server keeps the record of releases')]
  return []
}

/** Those of all environments: they stay on the servers, and what lies beside them here by the same name stays here. */
export const environmentFiles = ({ environments }: Pick<Config, 'environments'>): readonly string[] =>
  Object.values(environments).map(({ env }) => posix.normalize(env.file))

const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}=?$/

const hostKeys = (config: Config): readonly Problem[] =>
  Object.entries(config.environments).flatMap(([name, { fingerprint, knownHosts }]) => [
    ...(fingerprint ?? []).flatMap((text, index) =>
      FINGERPRINT.test(text)
        ? []
        : [
            wrong(
              ['environments', name, 'fingerprint', index],
              'must look like "SHA256:…" with 43 characters, as `ssh-keygen -lf FILE` prints it',
            ),
          ],
    ),
    ...(knownHosts === undefined ? [] : parseKnownHosts(knownHosts).problems).map((problem) =>
      wrong(['environments', name, 'knownHosts'], `line ${problem.line} ${problem.message}`),
    ),
  ])

const ON_RUNNER_ONLY = /(Check|Build|Scan|Publish)$/
const ON_SERVER_ONLY = /(Migrate|Switch)$/

/** A hook where nobody would run it must not be forgotten silently. */
const hookPlaces = (config: Config): readonly Problem[] =>
  Object.entries(config.hooks).flatMap(([point, hooks]) =>
    hooks.flatMap(({ on }, index) => {
      const path = ['hooks', point, index]
      if (on === 'server' && ON_RUNNER_ONLY.test(point))
        return [wrong(path, 'cannot run on the server, where nothing is connected yet; `on: runner`')]
      if (on === 'runner' && ON_SERVER_ONLY.test(point))
        return [wrong(path, 'cannot run on the runner, since the server works alone there; `on: server`')]
      return []
    }),
  )

const COMMANDS_OF_MIGRATE = ['up', 'current', 'heads', 'down', 'entrypoint'] as const

/** What nobody would ever run must not look as if somebody did. */
const migrationParts = ({ migrate }: Config): readonly Problem[] => {
  if (migrate === undefined) return []
  const { preset, config, onStart, up, current, heads } = migrate
  const wrongPart = (key: string, message: string): Problem => wrong(['migrate', key], message)
  if (preset === 'alembic')
    return COMMANDS_OF_MIGRATE.filter((key) => migrate[key] !== undefined).map((key) =>
      wrongPart(key, 'means nothing to the preset alembic, which asks the image itself; leave out one of them'),
    )
  return [
    ...(config === undefined ? [] : [wrongPart('config', 'means nothing without the preset alembic')]),
    ...(onStart && up !== undefined ? [wrongPart('up', 'would never be run: with `onStart` the image migrates by itself')] : []),
    ...(heads !== undefined && current === undefined ? [wrongPart('heads', 'needs `current`, which it is compared with')] : []),
  ]
}

/** Taking a schema back deletes what the newer one holds, and has to know where to. */
const wayBack = ({ migrate, backup }: Config): readonly Problem[] => {
  if (migrate === undefined || migrate.undo !== 'down') return []
  const missing = migrate.preset === 'alembic' ? [] : (['down', 'current'] as const).filter((key) => migrate[key] === undefined)
  return [
    ...missing.map((key) =>
      wrong(['migrate', 'undo'], `"down" needs \`migrate.${key}\`${key === 'current' ? ', which says where to' : ''}`),
    ),
    ...(backup === undefined ? [wrong(['migrate', 'undo'], '"down" needs `backup`, because what the newer schema holds is deleted')] : []),
    ...(migrate.compatible ? [wrong(['migrate', 'undo'], '"down" contradicts `compatible: true`, with which the schema can stay')] : []),
  ]
}

const comparedVariables = ({ environments }: Config): readonly Problem[] =>
  Object.entries(environments).flatMap(([name, { env }]) =>
    env.changed.length > 0 && env.example === undefined
      ? [wrong(['environments', name, 'env', 'changed'], 'needs `example`, the file whose values must not be used')]
      : [],
  )

/** The scan is what looks into an image. */
const unscannedPolicies = ({ images, scan }: Config): readonly Problem[] =>
  scan.scanner !== 'none'
    ? []
    : Object.entries(images).flatMap(([name, { policy }]) =>
        policy.nonRoot || policy.without.length + policy.labels.length > 0
          ? [wrong(['images', name, 'policy'], 'is looked at by the scan, which `scan.scanner: none` switches off')]
          : [],
      )

const OF_COMMAND = ['save', 'prove', 'restore'] as const

/** A backup of one kind takes nothing that only another kind knows. */
const backupParts = ({ backup, migrate }: Config): readonly Problem[] => {
  if (backup === undefined) return []
  if (backup.when === 'migration' && migrate === undefined)
    return [wrong(['backup'], 'would never be made: it comes before a migration, and there is no `migrate`; write `when: always`')]
  const { kind } = backup
  const needs = kind === 'sqlite' ? (['file'] as const) : kind === 'command' ? OF_COMMAND : []
  const foreign = [
    ...(kind === 'sqlite' ? [] : (['file'] as const)),
    ...(kind === 'command' ? [] : OF_COMMAND),
    ...(kind === 'postgres' || kind === 'mysql' ? [] : (['database', 'user'] as const)),
  ]
  return [
    ...needs.filter((key) => backup[key] === undefined).map((key) => wrong(['backup'], `needs \`${key}\`, because its kind is "${kind}"`)),
    ...foreign.filter((key) => backup[key] !== undefined).map((key) => wrong(['backup', key], `means nothing to the kind "${kind}"`)),
  ]
}

/** A request needs somebody who runs already, and takes nothing that only a command knows. */
const seedParts = ({ seed, services }: Config): readonly Problem[] =>
  seed.flatMap(({ service, entrypoint, http }, index) => {
    if (http === undefined) return []
    const path: Path = ['seed', index]
    return [
      ...(entrypoint === undefined ? [] : [wrong([...path, 'entrypoint'], 'means nothing to a request')]),
      ...(http.field === undefined || http.file !== undefined
        ? []
        : [wrong([...path, 'http', 'field'], 'is a field for a file, and there is no `file`')]),
      ...(Object.hasOwn(services, service) && services[service]?.exactly === 1
        ? [wrong([...path, 'service'], `"${service}" has \`exactly: 1\` and is started after the seeds, so it could not take a request`)]
        : []),
    ]
  })
