/**
 * A Go program without Dockerfile, shell and curl, in the roles gateway (one session), worker (three), backend and one-offs,
 * built by a command of its own with a token for private modules.
 */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { systemClock } from '../../src/adapters/clock.ts'
import { registries } from '../../src/adapters/registry.ts'
import { Secret } from '../../src/ports.ts'
import { withText } from '../sandbox/sample/files.ts'
import { given, run } from '../sandbox/scenarios/programs.ts'
import type { Project } from '../sandbox/scenarios/project.ts'
import type { Server } from '../sandbox/scenarios/server.ts'
import { pushDatabase } from '../sandbox/trivy-db/artifact.ts'
import { Journey } from './support/journey.ts'

jest.setTimeout(600_000)

const PATH = '/opt/stacks/frolf'
const TOKEN = 'ghs-of-the-private-modules'
const ENVIRONMENT = 'DISCORD_TOKEN=only-for-the-gateway\nJWT_SECRET=a-long-secret\nTOKEN_ENCRYPTION_KEY=a-long-key\n'
const variables = { GOPRIVATE_TOKEN: TOKEN }

const ask = (server: Server, sql: string): Promise<string> =>
  server.run('docker exec -i frolf-postgres-1 psql -v ON_ERROR_STOP=1 -U frolf -qtA frolf', 'deploy', sql)

/** What building said, for what must not be in it. */
let said = ''
const builds = async (project: Project): Promise<Readonly<Record<string, string>>> => {
  const { document, text } = await project.succeeds(['build'], variables)
  said = text
  return Object.fromEntries(Object.entries(document.images).map(([name, { reference }]) => [name, reference]))
}

const journey = new Journey({
  fixture: 'frolf',
  project: 'frolf',
  path: PATH,
  services: { backend: 'bot', gateway: 'bot', worker: 'bot' },
  containers: { worker: 3 },
  operator: (server) => server.write(`${PATH}/.env`, ENVIRONMENT),
  version: (files, version) => withText(files, 'deploy.yml', 'VERSION: "1"', `VERSION: "${version}"`),
  builds,
  serves: async (server) => ((await server.json(8400, '/')) as { readonly version: string }).version,
  data: async (server) =>
    (await server.try('docker inspect frolf-postgres-1')).code === 0
      ? ask(server, "select string_agg(id, ',' order by id) from guilds")
      : '',
  variables,
})
const { server } = journey
/** "ID START" of each worker: the same text is a worker that nobody touched. */
const workers = async (): Promise<readonly string[]> => (await server.running('frolf')).worker?.split(', ') ?? []
const environmentOf = (container: string): Promise<string> =>
  server.run(`docker inspect --format '{{range .Config.Env}}{{println .}}{{end}}' ${container}`)

beforeAll(() => journey.begin())
afterAll(() => journey.end())

test('a first deploy: built without a Dockerfile, migrated by a subcommand with the whole environment, set up by a one-off', async () => {
  await journey.firstDeploy()
  expect(await ask(server, "select id || ' ' || by from revisions")).toBe('0001 subcommand')
  expect(await journey.data()).toBe('4711')
  expect((await server.containers('frolf')).map(({ service }) => service)).not.toContain('dashboard')
})

test('it is scanned as any other: the modules of a program without a system', async () => {
  const credentials = { username: given('SANDBOX_REGISTRY_USER'), password: new Secret(given('SANDBOX_REGISTRY_PASSWORD')) }
  await pushDatabase(await registries(systemClock)(given('SANDBOX_REGISTRY'), credentials), 'aquasecurity/trivy-db')
  const { document } = await journey.succeeds('scan')
  expect(document.steps.find(({ name }) => name === 'scan bot linux/amd64')).toMatchObject({ result: 'succeeded' })
})

test('the token of the gateway is in no worker, and that of the build neither in the image nor in what building said', async () => {
  expect(await environmentOf('frolf-gateway-1')).toContain('only-for-the-gateway')
  expect(await environmentOf('frolf-worker-1')).not.toContain('only-for-the-gateway')
  const image = (await journey.imagesOf('1')).bot ?? ''
  const saved = await run(['sh', '-c', 'crane export "$1" - | tar -xO | grep -c -- "$2"; crane config "$1"', 'sh', image, TOKEN])
  expect(saved.out).toMatch(/^0\n\{/)
  expect([saved.out, said].join('\n')).not.toContain(TOKEN)
})

test('an upgrade: workers one by one, each after it has finished, and the gateway gone before its successor connects', async () => {
  await ask(server, "insert into guilds values ('0815'); delete from events")
  const data = await journey.data()
  const { log } = await journey.upgrade('2')
  expect(await journey.data()).toBe(data)
  expect(await ask(server, "select what, version, count(*) from events where role = 'worker' group by 1, 2 order by 1")).toBe(
    'drained|1|3\nleaving|1|3\nready|2|3',
  )
  const away = "sum(case what when 'leaving' then 1 when 'ready' then -1 else 0 end) over (order by id) as away"
  expect(await ask(server, `select max(away) from (select ${away} from events where role = 'worker') as each`)).toBe('1')
  expect(await ask(server, "select what || version from events where role = 'gateway' order by id")).toBe('leaving1\nready2')
  expect(log).toContain('its 3 replicas 1 at a time')
})

test('a version that never connects takes one worker with it, and gives it back', async () => {
  const before = await workers()
  const { text } = await journey.brokenRelease('3-sick')
  expect(text).toContain('HTTP 503 {"status":"not connected"}')
  expect((await workers()).filter((worker) => before.includes(worker))).toHaveLength(2)
})

test('one whose roles end at once is told by exit code and last line', async () => {
  const { text } = await journey.brokenRelease('3-head')
  expect(text).toMatch(/worker (ended|restarts again and again) \(status, restarts, exit code: \w+ \d 1/)
  expect(text).toContain('mode "worker" is not supported yet')
})

test('without a variable that only one role needs nothing is touched', async () => {
  const options = await journey.commit('2')
  await server.write(`${PATH}/.env`, ENVIRONMENT.replace(/TOKEN_ENCRYPTION_KEY=.*/, 'TOKEN_ENCRYPTION_KEY='))
  expect((await journey.refused('deploy', ...options)).document.message).toContain('TOKEN_ENCRYPTION_KEY')
  await server.write(`${PATH}/.env`, ENVIRONMENT)
})

test('back by hand, all roles together', async () => {
  await journey.goesBack('1')
})

test('the data of a backup comes back', async () => {
  const data = await journey.data()
  await ask(server, 'delete from guilds')
  await journey.restores('0001', data)
  await journey.expectServing('1', await journey.imagesOf('1'))
})
