/**
 * What may be asked, and what holds when nothing is said: the whole of `deploy.yml` as a schema.
 * The JSON schema for editors and the reference page are generated from it.
 */
import * as z from 'zod'
import { backup } from './backup.ts'
import { duration, positiveDuration } from './duration.ts'
import { notify } from './notify.ts'

const strict = z.strictObject

const isPattern = (text: string): boolean => {
  try {
    return new RegExp(text.replaceAll(/\[:[a-z]+:\]/g, 'x')) instanceof RegExp
  } catch {
    return false
  }
}

/** A name of ours: an image, a step, an environment. */
const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_.-]{0,62}$/, 'must be 1–63 lowercase letters, digits, ".", "_" or "-", starting with a letter or digit')
const text = z.string().min(1, 'must not be empty')
/** A path inside the project or the deploy directory. */
export const innerPath = text
  .max(1024)
  .refine(
    (path) => !path.startsWith('/') && !path.startsWith('-') && !path.startsWith('~'),
    'must be relative, without a leading "-" or "~"',
  )
  .refine((path) => !path.split('/').includes('..'), 'must not leave its directory ("..")')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
  .refine((path) => !/[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]/.test(path), 'must not hold control characters')
const argv = z.union([z.array(z.string()).min(1), text.transform((line) => ['sh', '-c', line])])
const argvWithoutShell = z.array(z.string()).min(1)
const platform = z.enum(['linux/amd64', 'linux/arm64'])
const port = z.number().int().min(1).max(65535)
const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be a variable name')
const environmentVariables = z.record(variableName, z.string())
const posixPattern = z
  .string()
  .regex(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/, 'must be one line of printable ASCII characters')
  .refine(
    (pattern) => !/\\[a-zA-Z0-9]|\(\?/.test(pattern),
    'must be a POSIX extended regular expression: [0-9] for \\d, [[:space:]] for \\s, no (?…)',
  )
  .refine(isPattern, 'must be a regular expression')
const serviceName = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]*$/, 'must be the name of a compose service')

export const registry = strict({
  host: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?$/, 'must be a registry host, such as "ghcr.io"')
    .default('ghcr.io')
    .describe('Where images are pushed and pulled'),
  namespace: text.optional().describe('The part of the image name before the last: defaults to the owner of the repository, lowercased'),
  username: text.optional().describe('Defaults to the job actor on GitHub'),
  password: text.optional().describe('Usually ${REGISTRY_PASSWORD}; on GitHub defaults to the job token'),
})

export const image = strict({
  name: text.optional().describe('Image name in the registry; defaults to PROJECT-KEY'),
  context: innerPath.or(z.literal('.')).default('.'),
  dockerfile: innerPath.optional().describe('Defaults to CONTEXT/Dockerfile; relative to the project'),
  target: text.optional(),
  args: environmentVariables.default({}),
  secrets: environmentVariables
    .default({})
    .describe(
      'What the build must know and the image must not hold: `RUN --mount=type=secret,id=NAME` of a Dockerfile; with `builder` and `prebuild` variables',
    ),
  prebuild: argv
    .optional()
    .describe('Command on the machine of the job, in CONTEXT, before the image is built: what it makes there is in the context'),
  builder: argv
    .optional()
    .describe(
      'Command that makes the image instead of a Dockerfile (ko, bazel, nix), in CONTEXT: writes an OCI layout, a folder or a tar file, to $IMAGE_LAYOUT',
    ),
  platforms: z.array(platform).min(1).default(['linux/amd64', 'linux/arm64']),
  policy: strict({
    nonRoot: z.boolean().default(false).describe('The image must name a user, and not root'),
    without: z
      .array(text)
      .default([])
      .describe('Packages that must not be in it, by the names that the scanner gives them: what only tests and lint need'),
    labels: z.array(text).default([]).describe('Labels that it must have'),
  })
    .prefault({})
    .describe('What the image must be like; what violates it fails the scan, and nothing is published'),
  paths: z
    .array(innerPath)
    .min(1)
    .optional()
    .describe(
      'Files and folders that it is made of, besides Dockerfile and CONTEXT: while none has changed since what `latest` is of, that image stays; without it every commit builds',
    ),
  services: z
    .array(serviceName)
    .min(1)
    .optional()
    .describe('Compose services that run this image; found by the image name in the compose files when absent'),
  variable: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .optional()
    .describe('With `compose.pin: env`: the variable that the compose file takes the whole image reference from'),
})

export const stage = strict({
  name,
  run: argv.optional().describe('Command; a string is run by sh -c'),
  container: text.optional().describe('Image in which the command runs, with the project mounted'),
  compose: strict({
    file: innerPath,
    service: serviceName.optional().describe('Service whose exit code is the result'),
    up: z
      .array(serviceName)
      .default([])
      .describe(
        'Services that are up and healthy before the command runs; a database server without a health check is waited for until it takes connections',
      ),
  })
    .optional()
    .describe('A compose test environment, always torn down'),
  setup: argv.optional(),
  env: environmentVariables.default({}),
  blocking: z.boolean().default(true).describe('false: a failure is reported and the run goes on'),
  paths: z
    .array(innerPath)
    .min(1)
    .optional()
    .describe(
      'Files and folders that it is about: a pull request that changes none of them skips it; on the way to a server it always runs',
    ),
  gate: z.enum(['always', 'deploy']).default('always').describe('deploy: runs only where a deploy follows'),
  reports: z.array(innerPath).default([]).describe('Files that are kept, also after a failure'),
  timeout: positiveDuration.prefault('15m'),
}).refine((value) => value.run !== undefined || value.compose?.service !== undefined, 'needs `run`, or `compose.service`')

export const scan = strict({
  scanner: z.enum(['trivy', 'none']).default('trivy'),
  severity: z
    .array(z.enum(['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'UNKNOWN']))
    .min(1)
    .default(['CRITICAL', 'HIGH'])
    .describe('What fails the scan'),
  ignoreUnfixed: z.boolean().default(true),
  exceptions: z
    .array(strict({ id: text, until: z.iso.date(), reason: text }))
    .default([])
    .describe('Findings that are accepted until a day, with the reason; in a pull request those of its base branch, with all of `scan`'),
  allowUnknownSystem: z
    .boolean()
    .default(false)
    .describe('Accept images in which the scanner sees neither an operating system nor packages'),
  database: z
    .array(text)
    .min(1)
    .default(['ghcr.io/aquasecurity/trivy-db:2', 'mirror.gcr.io/aquasec/trivy-db:2'])
    .describe('Vulnerability database repositories, tried in order'),
  path: text.optional().describe('A scanner that is already on the machine; its version is checked and reported'),
  timeout: positiveDuration.prefault('10m'),
})

const route = z.string().regex(/^\/[\x21-\x7e]*$/, 'must start with "/" and hold no spaces')
const status = z
  .union([z.number().int().min(100).max(599), z.array(z.number().int().min(100).max(599)).min(1)])
  .transform((value) => (Array.isArray(value) ? value : [value]))
const httpCheck = strict({
  port,
  path: route.default('/'),
  status: status.prefault(200),
  contains: text.optional(),
  json: z
    .record(text, z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .describe('Keys and values that the JSON answer must hold'),
})

/** When is a service ready? One of `http`, `exec`, `log`, or the container\'s own health check. */
export const health = strict({
  http: httpCheck.optional().describe("Asked from the server at the container's own address; needs nothing in the image"),
  exec: argv.optional().describe('Command inside the container'),
  log: text.optional().describe('A piece of text in the container\'s log since its start, such as "connected"'),
  grace: duration.prefault('0s').describe('Failures before this are expected'),
  interval: positiveDuration.prefault('500ms'),
  retries: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(10_000)
    .describe('Failed attempts after the grace time that end the wait before its deadline'),
  deadline: positiveDuration.prefault('60s'),
})

export const service = strict({
  health: health.prefault({}),
  stable: duration
    .optional()
    .describe('How long it must run without a restart once it is ready; default 10s where nothing else tells readiness, else 0s'),
  exactly: z
    .literal(1)
    .optional()
    .describe(
      'May never run twice at the same time: stopped before its successor starts, and in a deploy started last where `after` does not say otherwise',
    ),
  order: z.enum(['stop-first', 'start-first']).default('stop-first'),
  parallelism: z
    .number()
    .int()
    .min(1)
    .max(100)
    .default(1)
    .describe('Of several replicas, how many are exchanged at the same time, while the others serve; each must be ready before the next'),
  after: z
    .array(serviceName)
    .optional()
    .describe('Services that are ready before this one is switched; those that do not wait for one another are switched side by side'),
})

export const migrate = strict({
  service: serviceName.describe('Compose service whose new image and environment the migration runs with'),
  preset: z.enum(['alembic', 'django', 'prisma', 'flyway']).optional(),
  config: text
    .optional()
    .describe('With the alembic preset: where alembic.ini is in the image; default: alembic.ini in its working directory'),
  up: argvWithoutShell.optional(),
  current: argvWithoutShell.optional().describe('Prints the schema revision'),
  heads: argvWithoutShell.optional().describe('Prints the newest revision that the image brings, as `current` would print it'),
  down: argvWithoutShell
    .optional()
    .describe('Takes the schema back, for `rollback --down`; run with the newer image, "{revision}" is where it has to go'),
  entrypoint: argvWithoutShell.optional().describe("Replaces the image's entrypoint"),
  compatible: z
    .boolean()
    .default(false)
    .describe('Every migration leaves a schema that the release before it can live with (expand first, contract one release later)'),
  undo: z
    .enum(['keep', 'down'])
    .default('keep')
    .describe(
      'What becomes of the schema when a deploy goes back by itself. keep: it stays, so the version before must be able to live with it; down: the new image takes it back before the old containers start, for images that migrate when they start and do not start on a schema that they do not know',
    ),
  onStart: z
    .boolean()
    .default(false)
    .describe('The image migrates by itself when it starts: nothing is run for it, a backup is made before, and a rollback always asks'),
  timeout: positiveDuration.prefault('10m'),
}).refine((value) => value.preset !== undefined || value.up !== undefined || value.onStart, 'needs `preset`, `up` or `onStart`')

const jsonPlace = z
  .string()
  .regex(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/, 'must be a key of a JSON object, or several with dots between them: job.status')
const jobStates = z
  .union([z.string(), z.array(z.string()).min(1)])
  .transform((value) => (typeof value === 'string' ? [value] : value))
  .refine((values) => values.every((value) => /^[\w.-]+$/.test(value)), 'must be words of letters, digits, ".", "_" or "-"')

const poll = strict({
  path: route
    .refine(
      (path) => !/[{}]/.test(path.replaceAll(/\{[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\}/g, '')),
      'must hold keys of the answer as {id} or {job.id}',
    )
    .describe('Where it is asked how the work goes; {id} is what the answer to the request holds under that key'),
  field: jsonPlace.default('status').describe('Key of the answer that says how it went'),
  succeeded: jobStates.prefault('succeeded').describe('What it is when the work is done'),
  failed: jobStates.prefault('failed').describe('What it is when the work failed; anything else is asked about again'),
  interval: positiveDuration.prefault('1s'),
})

const seedRequest = strict({
  port,
  path: route,
  method: z.enum(['POST', 'PUT', 'PATCH']).default('POST'),
  file: innerPath.optional().describe('What is handed over: it goes to the server with the release, and counts as content'),
  field: z
    .string()
    .regex(/^[\w.[\]-]+$/, 'must be the name of a form field')
    .optional()
    .describe('The field of a form (multipart/form-data) that takes the file; without it the file is the whole body'),
  type: z
    .string()
    .regex(/^[\w.+-]+\/[\w.+-]+$/, 'must be a media type, such as "application/zip"')
    .default('application/octet-stream'),
  bearer: variableName.optional().describe("Variable of the server's environment file that holds the token for the request"),
  status: status.prefault([200, 201, 202, 204]).describe('What the service answers where it takes the request'),
  poll: poll.optional().describe('For a service that works on it afterwards: asked until it is done, has failed, or `timeout` is over'),
})

export const seed = strict({
  name,
  service: serviceName,
  run: argvWithoutShell.optional(),
  http: seedRequest
    .optional()
    .describe(
      "A request to the running service instead of a command: asked from the server at the container's own address, like a health check",
    ),
  entrypoint: argvWithoutShell.optional(),
  policy: z
    .enum(['once', 'on-change', 'always'])
    .default('once')
    .describe('once: until it has succeeded once; on-change: when its command or files change; always: every deploy'),
  interrupted: z
    .enum(['again', 'refuse'])
    .default('again')
    .describe('Where it was cut off or failed half-way: again: it is safe to run twice; refuse: somebody looks at the data first'),
  files: z
    .array(innerPath)
    .default([])
    .describe('Files and folders of the project that count as its content; a clean checkout must have them'),
  timeout: positiveDuration.prefault('10m'),
}).refine((value) => (value.run === undefined) !== (value.http === undefined), 'needs exactly one of `run` and `http`')

export const smoke = strict({
  name,
  service: serviceName,
  http: httpCheck.optional(),
  run: argv.optional().describe('Command inside the running container'),
  retries: z.number().int().min(0).max(100).default(2),
  timeout: positiveDuration.prefault('30s'),
}).refine((value) => (value.http === undefined) !== (value.run === undefined), 'needs exactly one of `http` and `run`')

const hook = strict({
  name,
  on: z.enum(['runner', 'server']).default('runner'),
  run: argv,
  directory: innerPath.optional(),
  timeout: positiveDuration.prefault('2m'),
  onFailure: z.enum(['abort', 'warn']).default('abort'),
})
/** Points at which hooks run; those after the switch cannot abort it, they undo it. */
export const HOOK_POINTS = [
  'beforeCheck',
  'afterCheck',
  'beforeBuild',
  'afterBuild',
  'beforeScan',
  'afterScan',
  'beforePublish',
  'afterPublish',
  'beforeDeploy',
  'beforeMigrate',
  'afterMigrate',
  'beforeSwitch',
  'afterSwitch',
  'afterDeploy',
] as const
export const hooks = strict(
  Object.fromEntries(HOOK_POINTS.map((point) => [point, z.array(hook).default([])])) as Record<
    (typeof HOOK_POINTS)[number],
    z.ZodDefault<z.ZodArray<typeof hook>>
  >,
)

// an address of IPv6 has more colons than one
const hostName = text.regex(
  /^(?![^:]*:\d+$)[A-Za-z0-9[][A-Za-z0-9.:[\]_-]*$/,
  'must be a host name or address, not starting with "-"; a port is a field of its own, `port`',
)

const oneEnvironment = strict({
  host: hostName.optional().describe('The server; or `hosts`'),
  hosts: z
    .array(z.union([hostName, z.array(hostName).min(1)]))
    .min(1)
    .optional()
    .describe('Several servers that are deployed as one, switched one after the other; those in a list of their own together'),
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_.-]{0,31}$/i, 'must be a user name')
    .default('deploy'),
  port: port.default(22),
  path: z
    .string()
    .regex(/^\/[A-Za-z0-9._/ @+-]+$/, 'must be an absolute path')
    .max(1024)
    .refine(
      (path) => !path.split('/').includes('..') && path.replace(/\/+$/, '').split('/').length > 2,
      'must name a directory of its own, at least two levels deep, without ".."',
    ),
  knownHosts: text.optional().describe('Lines as in ~/.ssh/known_hosts'),
  fingerprint: z
    .union([text, z.array(text).min(1)])
    .optional()
    .transform((value) => (typeof value === 'string' ? [value] : value))
    .describe('SHA256:… of the host key; several are allowed'),
  env: strict({
    file: innerPath.default('.env'),
    required: z.array(variableName).default([]).describe('Variables that must be there and not empty'),
    requiredIf: z
      .record(variableName, z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*=[\w.-]+$/, 'must be a variable and its value: ADMIN_ENABLED=true'))
      .default({})
      .describe('Variables that must be there and not empty where another one has a value'),
    match: z
      .record(variableName, posixPattern)
      .default({})
      .describe('What a value must look like: POSIX extended regular expressions, compared on the server, which tells no value'),
    example: innerPath.optional().describe('The file of the project that shows what belongs into it'),
    changed: z
      .array(variableName)
      .default([])
      .describe('Variables whose value must be another than that of `example`: a password that everybody can read there'),
  }).prefault({}),
  branch: text
    .optional()
    .describe('Only this branch (or tag pattern) may be deployed here; a pull request is planned as the branch it is for'),
  url: z.url().optional().describe('Where people find the result; shown, not checked'),
  lockTimeout: duration.prefault('10m').describe('How long to wait for another deploy of the same stack'),
})

export const environment = oneEnvironment
  .refine(({ host, hosts }) => (host === undefined) !== (hosts === undefined), 'needs exactly one of `host` and `hosts`')
  .refine(
    ({ hosts = [] }) => new Set(hosts.flat()).size === hosts.flat().length,
    'names a host twice in `hosts`; what runs there would be switched twice',
  )
  // rooms that work on one server see the first; see `hostContexts`
  .transform(({ host, hosts, ...rest }) => {
    const groups = (hosts ?? [host ?? '']).map((group) => (typeof group === 'string' ? [group] : group))
    return { ...rest, host: groups[0]?.[0] ?? '', hosts: groups }
  })

export const config = strict({
  project: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be a compose project name: lowercase letters, digits, "-" and "_"'),
  registry: registry.prefault({}),
  images: z.record(name, image).refine((images) => Object.keys(images).length > 0, 'needs at least one image'),
  tags: z
    .array(z.string().regex(/^(latest|sha|short-sha|[\w$][\w.${}-]{0,127})$/, 'must be "latest", "sha", "short-sha" or a tag'))
    .min(1)
    .default(['latest', 'sha']),
  check: z.array(stage).default([]),
  scan: scan.prefault({}),
  compose: strict({
    files: z.array(innerPath).min(1).default(['docker-compose.yml']),
    sync: z.array(innerPath).default([]).describe('Further files and folders that go to the server'),
    dropBinds: z
      .array(innerPath.or(z.literal('.')))
      .default([])
      .describe(
        'Folders of the project that are mounted over the code of our images while somebody develops: our services run without these mounts',
      ),
    pin: z
      .enum(['override', 'env'])
      .default('override')
      .describe("How the digest reaches compose: a generated last file, or each image's `variable`"),
    profiles: z.array(name).default([]),
    elsewhere: z
      .array(serviceName)
      .default([])
      .describe('Services of the compose files that another repository ships into this stack: never started or changed from here'),
  }).prefault({}),
  services: z.record(serviceName, service).default({}),
  migrate: migrate.optional(),
  backup: backup.optional(),
  seed: z.array(seed).default([]),
  smoke: z.array(smoke).default([]),
  hooks: hooks.prefault({}),
  notify: z.array(notify).default([]).describe('Who is told how a deploy or rollback went; their failure is a warning'),
  environments: z.record(name, environment).default({}),
  retention: strict({
    newest: z
      .number()
      .int()
      .min(1)
      .max(1000)
      .default(10)
      .describe('Tagged versions of each image that stay, besides all that servers need'),
    days: z.number().int().min(1).max(3650).default(14).describe('Younger versions stay'),
  })
    .prefault({})
    .describe('What `prune` leaves in the registry'),
  keep: z.number().int().min(2).max(100).default(5).describe('Releases that stay available for rollback'),
})

/** The config as rooms see it: complete, frozen, durations in milliseconds. */
export type Config = z.output<typeof config>
export type ConfigInput = z.input<typeof config>
export type EnvironmentConfig = z.output<typeof environment>
export type ImageConfig = z.output<typeof image>
export type StageConfig = z.output<typeof stage>
export type ScanConfig = z.output<typeof scan>
export type ServiceConfig = z.output<typeof service>
export type HealthConfig = z.output<typeof health>
export type HttpCheck = z.output<typeof httpCheck>
export type MigrateConfig = z.output<typeof migrate>
export type SeedConfig = z.output<typeof seed>
export type SeedRequestConfig = z.output<typeof seedRequest>
export type HookConfig = z.output<typeof hook>
export type HookPoint = (typeof HOOK_POINTS)[number]
