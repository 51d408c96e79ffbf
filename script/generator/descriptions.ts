/**
 * What the schema of the config does not say of a key in its own source, and examples: for editors and the reference,
 * not for the bundle. `[]` stands for an entry of a list, NAME for a name of the user's own, POINT for a point of hooks.
 */
interface Told {
  readonly description?: string
  readonly examples?: readonly unknown[]
}

export const DESCRIPTIONS: Readonly<Record<string, Told>> = {
  project: { description: 'Name of the compose project on the server, as `docker compose ls` shows it', examples: ['shop'] },
  registry: { description: 'The registry of the images' },
  'registry.host': { examples: ['ghcr.io', 'registry.example.org:5000'] },
  'registry.namespace': { examples: ['acme'] },
  images: { description: 'The images that are built, by names of your own', examples: [{ api: {}, bot: { context: 'bot' } }] },
  'images.NAME.context': { description: 'Folder that the build sees, relative to the project', examples: ['.', 'bot'] },
  'images.NAME.dockerfile': { examples: ['docker/Dockerfile.web'] },
  'images.NAME.target': { description: 'Stage of the Dockerfile; the last one when absent' },
  'images.NAME.args': {
    description: 'Build arguments; no secrets, because they stay in the image. With `builder` and `prebuild` variables of theirs',
    examples: [{ APP_VERSION: '1.0.0' }],
  },
  'images.NAME.platforms': { description: 'What the image is built for', examples: [['linux/amd64']] },
  'images.NAME.policy.without': { examples: [['pytest', 'flake8']] },
  'images.NAME.policy.labels': { examples: [['org.opencontainers.image.source']] },
  'images.NAME.secrets': { examples: [{ GITHUB_TOKEN: '${GITHUB_TOKEN}' }] },
  'images.NAME.prebuild': { examples: ['bun install --frozen-lockfile && bun run build'] },
  'images.NAME.builder': {
    examples: ['ko build --push=false --oci-layout-path="$IMAGE_LAYOUT" --platform="$IMAGE_PLATFORMS" .'],
  },
  'images.NAME.services': { examples: [['api', 'worker']] },
  tags: { description: 'What is tagged after every platform passed the scan', examples: [['latest', 'sha']] },
  check: {
    description: 'Lint and tests, in order',
    examples: [[{ name: 'unit', container: 'python:3.12-slim', setup: 'pip install -r requirements.txt', run: 'python -m pytest' }]],
  },
  'check[].name': { description: 'What the stage is called' },
  'check[].compose.file': { description: 'The compose file of the test environment', examples: ['compose.test.yml'] },
  'check[].container': { examples: ['node:22-slim'] },
  'check[].setup': { description: 'Command that runs before, in the same place' },
  'check[].env': { description: 'Variables of the stage; secrets as ${NAME}, from the environment of the run' },
  'check[].timeout': { description: 'After this long the stage has failed', examples: ['15m'] },
  scan: { description: 'What the scan of every platform must find, and may not' },
  'scan.scanner': { description: 'none: nothing is scanned' },
  'scan.ignoreUnfixed': { description: 'Findings that nobody can mend yet do not fail the scan' },
  'scan.exceptions': { examples: [[{ id: 'CVE-2026-1234', until: '2026-12-31', reason: 'not reachable: the parser is not used' }]] },
  'scan.exceptions[].id': { description: 'The finding, as the scanner calls it' },
  'scan.exceptions[].until': { description: 'The last day on which it is accepted' },
  'scan.exceptions[].reason': { description: 'Why: shown with every scan' },
  'scan.timeout': { description: 'For one platform of one image', examples: ['10m'] },
  compose: { description: 'The compose files, and how they get to the server' },
  'compose.files': { description: 'In the order in which compose reads them', examples: [['docker-compose.yml', 'compose.deploy.yml']] },
  'compose.sync': { examples: [['nginx/', 'seed/']] },
  'compose.dropBinds': { examples: [['./app']] },
  'compose.profiles': { description: 'Profiles that are active on the server', examples: [['production']] },
  services: {
    description: 'Services that run our images, where the defaults do not do',
    examples: [{ bot: { exactly: 1, stable: '10s' } }],
  },
  'services.NAME.health': {
    description: 'When the service is ready: one of http, exec and log, else its own health check',
    examples: [{ http: { port: 8000, path: '/health' } }],
  },
  'services.NAME.health.http.port': { description: 'Inside the container', examples: [8000] },
  'services.NAME.health.http.path': { description: 'What is asked for', examples: ['/health'] },
  'services.NAME.health.http.status': { description: 'The status that is wanted, or several that are' },
  'services.NAME.health.http.contains': { description: 'A piece of text that the answer must hold' },
  'services.NAME.health.log': { examples: ['connected to gateway'] },
  'services.NAME.health.interval': { description: 'Between two attempts', examples: ['500ms'] },
  'services.NAME.health.deadline': { description: 'Not ready by then is a failure', examples: ['60s'] },
  'services.NAME.stable': { examples: ['10s'] },
  'services.NAME.order': { description: 'start-first: the new container serves before the old one stops, behind a proxy of yours' },
  'services.NAME.parallelism': { examples: [2] },
  'services.NAME.after': { examples: [['api']] },
  migrate: {
    description: 'The database migration: once, before anything that serves is touched',
    examples: [{ service: 'api', preset: 'alembic' }],
  },
  'migrate.preset': { description: 'Commands for a tool that is known' },
  'migrate.up': { description: 'The command that migrates, after the entrypoint of the image', examples: [['npm', 'run', 'migrate']] },
  'migrate.timeout': { description: 'After this long the migration has failed', examples: ['10m'] },
  backup: { description: 'The backup that is made and proven before a migration', examples: [{ kind: 'postgres', service: 'postgres' }] },
  seed: { description: 'Data that is brought in after the services are healthy' },
  'seed[].name': { description: 'What the seed is called' },
  'seed[].service': { description: 'Service whose image and environment the command runs with, or that takes the request' },
  'seed[].run': { description: 'The command, after the entrypoint of the image', examples: [['python', '-m', 'app.seed']] },
  'seed[].http.port': { description: 'Inside the container', examples: [8000] },
  'seed[].http.path': { description: 'Where the data is handed over', examples: ['/admin/import'] },
  'seed[].http.method': { description: 'How it is handed over' },
  'seed[].http.type': { description: 'What kind of data it is', examples: ['application/zip'] },
  'seed[].http.poll.path': { examples: ['/admin/jobs/{id}'] },
  'seed[].http.poll.interval': { description: 'Between two questions' },
  'seed[].entrypoint': { description: "Replaces the image's entrypoint" },
  'seed[].timeout': { description: 'After this long the seed has failed', examples: ['10m'] },
  smoke: { description: 'Tests of the stack after the switch; one that fails undoes the release' },
  'smoke[].name': { description: 'What the test is called' },
  'smoke[].service': { description: 'Service that is asked, or in whose container the command runs' },
  'smoke[].http': { description: "Asked from the server at the container's own address" },
  'smoke[].http.port': { description: 'Inside the container', examples: [8000] },
  'smoke[].http.path': { description: 'What is asked for', examples: ['/'] },
  'smoke[].http.status': { description: 'The status that is wanted, or several that are' },
  'smoke[].http.contains': { description: 'A piece of text that the answer must hold' },
  'smoke[].retries': { description: 'Further attempts after one that failed' },
  'smoke[].timeout': { description: 'Of one attempt', examples: ['30s'] },
  hooks: { description: 'Commands of your own at points of the road', examples: [{ afterDeploy: [{ name: 'tell', run: './tell.sh' }] }] },
  'hooks.POINT': { description: 'Commands at this point, in order' },
  'hooks.POINT[].name': { description: 'What the hook is called' },
  'hooks.POINT[].on': { description: 'Where it runs: on the machine of the job, or on the server' },
  'hooks.POINT[].run': { description: 'The command; a string is run by sh -c' },
  'hooks.POINT[].directory': { description: 'Where it runs, inside the project or the deploy directory' },
  'hooks.POINT[].timeout': { description: 'After this long the hook has failed', examples: ['2m'] },
  'hooks.POINT[].onFailure': { description: 'abort: the run fails (after the switch: is undone); warn: it goes on' },
  notify: { examples: [[{ type: 'discord', url: '${DEPLOY_WEBHOOK}' }]] },
  environments: { description: 'Where it is deployed', examples: [{ production: { host: '${SSH_HOST}', path: '/opt/stacks/shop' } }] },
  'environments.NAME.host': { examples: ['server.example.org', '${SSH_HOST}'] },
  'environments.NAME.user': { description: 'Who deploys there: a member of the group docker, not root' },
  'environments.NAME.port': { description: 'Of sshd' },
  'environments.NAME.path': { description: 'The deploy directory, of its own for each stack', examples: ['/opt/stacks/shop'] },
  'environments.NAME.env': { description: 'The environment file of the server, which a deploy never writes' },
  'environments.NAME.env.file': { description: 'In the deploy directory' },
  'environments.NAME.env.match': { examples: [{ OWNER: '^[^|]+[|][0-9]+$' }] },
  'environments.NAME.env.example': { examples: ['.env.example'] },
  'environments.NAME.env.changed': { examples: [['POSTGRES_PASSWORD']] },
  'environments.NAME.env.required': { examples: [['POSTGRES_PASSWORD', 'BOT_TOKEN']] },
  'environments.NAME.branch': { examples: ['main'] },
  'environments.NAME.url': { examples: ['https://shop.example.org'] },
}

type Json = Readonly<Record<string, unknown>>

/** A JSON schema with all that is told of its keys; what a source says itself stays. */
export const described = (schema: Json): Json => at(schema, '') as Json

const at = (node: unknown, path: string): unknown => {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return node
  const { properties, items, additionalProperties, anyOf, ...own } = node as Json
  const told = DESCRIPTIONS[path.replace(/^hooks\.[a-zA-Z]+/, 'hooks.POINT')] ?? {}
  const inner = (map: unknown): Json =>
    Object.fromEntries(Object.entries(map as Json).map(([name, value]) => [name, at(value, path === '' ? name : `${path}.${name}`)]))
  return {
    ...told,
    ...own,
    ...(properties === undefined ? {} : { properties: inner(properties) }),
    ...(items === undefined ? {} : { items: at(items, `${path}[]`) }),
    ...(additionalProperties === undefined ? {} : { additionalProperties: at(additionalProperties, `${path}.NAME`) }),
    // the forms of one value: its own description stands above them
    ...(anyOf === undefined ? {} : { anyOf: (anyOf as readonly unknown[]).map((one) => inForm(one, path)) }),
  }
}

const inForm = (node: unknown, path: string): unknown => {
  const { description: _, examples: __, ...form } = at(node, path) as Json
  return form
}

/** Paths of keys that nothing is told of. */
export const undescribed = (node: unknown, path = ''): readonly string[] => {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return []
  const { properties = {}, items, additionalProperties } = node as { properties?: Json; items?: unknown; additionalProperties?: unknown }
  return [
    ...Object.entries(properties).flatMap(([name, value]) => {
      const inner = path === '' ? name : `${path}.${name}`
      return [...((value as Json).description === undefined ? [inner] : []), ...undescribed(value, inner)]
    }),
    ...undescribed(items, `${path}[]`),
    ...undescribed(additionalProperties, `${path}.NAME`),
  ]
}
