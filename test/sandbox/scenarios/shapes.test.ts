/** Compose files as people have them: names, replicas, variables, several files, and a stack that was started by hand. */
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
import { expectDocument, expectFailure } from './document.ts'
import { until } from './programs.ts'
import { Project, pinned, type Told } from './project.ts'
import { scenarioServer } from './server.ts'
import { PATH, type Shape, tinyFiles, tinyImage } from './tiny.ts'

jest.setTimeout(600_000)

const server = scenarioServer()
let project: Project

const IMPATIENT = 'http: { port: 80, path: /health }, deadline: 3s'
const deploy = async (version: string, shape: Shape): Promise<Told> => {
  await project.commit(tinyFiles(shape))
  return project.cli(['deploy', ...pinned({ web: await tinyImage(version) })])
}
const digestOf = async (version: string): Promise<string> => (await tinyImage(version)).split('@')[1] ?? ''
const names = async (all = true) => (await server.containers('tiny', all)).map(({ name }) => name).sort()

beforeAll(async () => {
  project = await Project.in(server.host)
})
beforeEach(() => server.reset('tiny', PATH))
afterAll(async () => {
  await server.reset('tiny', PATH)
  await server.leave()
  await project.remove()
})

test('an image that comes by a variable is pinned by it, through deploys, failures and rollbacks', async () => {
  const shape = { pin: ', variable: WEB_IMAGE, services: [web]', compose: ', pin: env', image: '${WEB_IMAGE}' }
  for (const version of ['1', '2']) {
    expectDocument(await deploy(version, shape), 0, { outcome: 'succeeded' })
    expect(await server.digests('tiny', 'web')).toEqual([await digestOf(version)])
  }
  expectFailure(await deploy('3-sick', { ...shape, health: IMPATIENT }), 'HEALTH', 24, { outcome: 'rolled-back' })
  expect(await server.digests('tiny', 'web')).toEqual([await digestOf('2')])
  expectDocument(await project.succeeds(['rollback']), 0, { outcome: 'succeeded' })
  expect(await server.digests('tiny', 'web')).toEqual([await digestOf('1')])
})

test('limits differ by environment: the compose file names a variable, and the environment file of each server its value', async () => {
  const limits = async (): Promise<string> =>
    server.run(
      "docker inspect --format '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}}' $(docker ps -q --filter label=com.docker.compose.project=tiny)",
    )
  const shape = {
    web: '    deploy: { resources: { limits: { memory: "${WEB_MEMORY:-64M}", cpus: "${WEB_CPUS:-0.25}" } } }',
    config: 'keep: 9',
    // the same config, files and bytes in another place
    environment: ' }, large: { host: "${SSH_HOST}", path: /opt/stacks/tiny, env: { file: large.env }',
  }
  await project.commit(tinyFiles(shape))
  await server.write(`${PATH}/large.env`, 'WEB_MEMORY=128M\nWEB_CPUS=0.5\n')
  const image = pinned({ web: await tinyImage('1') })
  const told = await project.succeeds(['deploy', '--environment', 'production', ...image])
  expect(told.log).not.toContain('no memory limit')
  expect(await limits()).toBe('67108864 250000000')
  const { document } = await project.succeeds(['plan', '--environment', 'large', ...image])
  expect(document.steps.map(({ name, cause }) => `${name}: ${cause}`)).toContain('switch web: configuration changed')
  await project.succeeds(['deploy', '--environment', 'large', ...image])
  expect(await limits()).toBe('134217728 500000000')
})

test('a container whose name the compose file gives has that name after a deploy, a failure and a rollback', async () => {
  const shape = { web: '    container_name: our-web' }
  expectDocument(await deploy('1', shape), 0, { outcome: 'succeeded' })
  expect(await names()).toEqual(['our-web'])
  expectDocument(await deploy('2', shape), 0, { outcome: 'succeeded' })
  expect(await names()).toEqual(['our-web'])
  expectFailure(await deploy('3-sick', { ...shape, health: IMPATIENT }), 'HEALTH', 24, { outcome: 'rolled-back' })
  expect(await names()).toEqual(['our-web'])
  expectDocument(await project.succeeds(['rollback']), 0, { outcome: 'succeeded' })
  expect(await names()).toEqual(['our-web'])
  expect(await server.json(8081, '/version')).toEqual({ version: '1' })
})

test('replicas are replaced one by one, and their number is what the compose file says', async () => {
  const shape = (replicas: number): Shape => ({ port: null, web: `    deploy: { replicas: ${replicas} }` })
  expectDocument(await deploy('1', shape(2)), 0, { outcome: 'succeeded' })
  expect(await names(false)).toEqual(['tiny-web-1', 'tiny-web-2'])
  expectDocument(await deploy('2', shape(2)), 0, { outcome: 'succeeded' })
  expect(await server.digests('tiny', 'web')).toEqual([await digestOf('2'), await digestOf('2')])
  const before = await server.running('tiny')
  expectFailure(await deploy('3-sick', { ...shape(2), health: IMPATIENT }), 'HEALTH', 24, { outcome: 'rolled-back' })
  expect(Object.keys(await server.ids('tiny'))).toEqual(Object.keys(before))
  expect(await server.digests('tiny', 'web')).toEqual([await digestOf('2'), await digestOf('2')])
  expectDocument(await deploy('2', shape(1)), 0, { outcome: 'succeeded' })
  expect(await names()).toEqual(['tiny-web-1'])
})

test('a service that runs once and ends is done before those that wait for it, and is not watched for its end', async () => {
  const once = (command: string): string =>
    `  prepare:\n    image: redis:7-alpine\n    command: ["sh", "-c", "${command}"]\n    volumes: ["out:/out"]`
  const shape = (command: string): Shape => ({
    web: '    depends_on: { prepare: { condition: service_completed_successfully } }',
    services: once(command),
  })
  const prepared = () => server.run('docker exec tiny-web-1 cat /out/prepared')
  expectDocument(await deploy('1', shape('echo once >> /out/prepared')), 0, { outcome: 'succeeded' })
  expect(await prepared()).toBe('once')
  expectDocument(await deploy('2', shape('echo again >> /out/prepared')), 0, { outcome: 'succeeded' })
  expect(await prepared()).toBe('once\nagain')
  expect(await server.json(8081, '/version')).toEqual({ version: '2' })
  const before = await server.running('tiny')
  expectFailure(await deploy('3', shape('exit 3')), 'SEED', 23, { message: expect.stringContaining('seed prepare ended with exit code 3') })
  expect(await server.running('tiny')).toEqual(before)
})

test('what runs once and waits for our service meets the new one, before those that wait for its end; where it fails, all goes back', async () => {
  const shape = (asked: string): Shape => ({
    services: `  look:
    image: busybox:1.36
    command: ["sh", "-c", "wget -q -O /out/seen http://web/${asked}"]
    volumes: ["out:/out"]
    depends_on: { web: { condition: service_healthy } }
  late:
    image: ghcr.io/acme/tiny-web:latest
    restart: unless-stopped
    volumes: ["out:/out"]
    depends_on: { look: { condition: service_completed_successfully } }`,
    // compose takes the condition only where there is a way to ask
    web: '    healthcheck: { test: ["CMD-SHELL", "true"], interval: 1s }',
  })
  const seen = () => server.run('docker exec tiny-late-1 cat /out/seen')
  for (const version of ['1', '2']) {
    expectDocument(await deploy(version, shape('version')), 0, { outcome: 'succeeded' })
    expect(await seen()).toBe(`{"version": "${version}"}`)
    expect(await server.digests('tiny', 'late')).toEqual([await digestOf(version)])
  }
  const before = await server.ids('tiny')
  expectFailure(await deploy('3-sick', { ...shape('version'), health: 'exec: ["true"]' }), 'SEED', 23, { outcome: 'rolled-back' })
  expect(await server.ids('tiny')).toEqual(before)
  expect(await server.json(8081, '/version')).toEqual({ version: '2' })
})

test('a proxy before our service is started after it, and changed without replacing it', async () => {
  const shape = (name: string): Shape => ({
    services: `  proxy:\n    image: busybox:1.36\n    command: ["sh", "-c", "wget -q -O /tmp/seen http://web/version && exec sleep infinity"]\n    environment: { NAME: ${name} }\n    depends_on: [web]\n    stop_grace_period: 0s`,
  })
  const seen = () => server.run('docker exec tiny-proxy-1 cat /tmp/seen')
  expectDocument(await deploy('1', shape('one')), 0, { outcome: 'succeeded' })
  await until('the proxy', seen, (text) => text === '{"version": "1"}')
  expectDocument(await deploy('2', shape('two')), 0, { outcome: 'succeeded' })
  await until('the proxy', seen, (text) => text === '{"version": "2"}')
  const before = await server.running('tiny')
  expectDocument(await deploy('2', shape('three')), 0, { outcome: 'succeeded' })
  const after = await server.running('tiny')
  expect(after.web).toBe(before.web)
  expect(after.proxy).not.toBe(before.proxy)
  // it is changed last, and is changed back with all others
  const smoke = 'smoke: [{ name: never, service: web, http: { port: 80, path: /version, contains: never }, retries: 1 }]'
  expectFailure(await deploy('3', { ...shape('four'), config: smoke }), 'SMOKE', 25, { outcome: 'rolled-back' })
  expect(await server.run("docker inspect --format '{{.State.Running}} {{.Config.Env}}' tiny-proxy-1")).toMatch(/^true .*NAME=three/)
  expect(await server.json(8081, '/version')).toEqual({ version: '2' })
})

test('a later compose file counts, and comes to the server, too', async () => {
  const files = { 'production.yml': 'services: { web: { environment: { STAGE: production } } }\n' }
  await project.commit(
    new Map(
      [...tinyFiles({ files })].map(([path, text]) => [
        path,
        text.replace('files: [docker-compose.yml]', 'files: [docker-compose.yml, production.yml]'),
      ]),
    ),
  )
  expectDocument(await project.succeeds(['deploy', ...pinned({ web: await tinyImage('1') })]), 0, { outcome: 'succeeded' })
  expect(await server.json(8081, '/env')).toMatchObject({ STAGE: 'production' })
  expect(await server.read(`${PATH}/production.yml`)).toContain('production')
})

test('a changed variable of the environment file is a changed configuration, also where the compose file is the same', async () => {
  await server.write(`${PATH}/.env`, 'COLOUR=red\n')
  const shape = { web: '    env_file: .env' }
  expectDocument(await deploy('1', shape), 0, { outcome: 'succeeded' })
  await server.write(`${PATH}/.env`, 'COLOUR=blue\n')
  expectDocument(await deploy('1', shape), 0, { outcome: 'succeeded' })
  expect(await server.json(8081, '/env')).toMatchObject({ COLOUR: 'blue' })
})

test('infrastructure whose definition changes is replaced with its data kept, and put back when the deploy fails', async () => {
  const shape = (memory: string): Shape => ({
    services: `  store:\n    image: redis:7-alpine\n    command: ["redis-server", "--appendonly", "yes", "--maxmemory", "${memory}"]\n    volumes: ["out:/data"]`,
  })
  expectDocument(await deploy('1', shape('10mb')), 0, { outcome: 'succeeded' })
  const maxmemory = async () => (await server.run('docker exec tiny-store-1 redis-cli config get maxmemory')).split('\n')[1]
  expectDocument(await deploy('2', shape('20mb')), 0, { outcome: 'succeeded' })
  expect(await maxmemory()).toBe(String(20 * 1024 * 1024))
  await server.run('docker exec tiny-store-1 redis-cli set kept yes')
  expectFailure(await deploy('3-sick', { ...shape('30mb'), health: IMPATIENT }), 'HEALTH', 24, { outcome: 'rolled-back' })
  expect(await maxmemory()).toBe(String(20 * 1024 * 1024))
  expect(await server.run('docker exec tiny-store-1 redis-cli get kept')).toBe('yes')
  expect(await server.json(8081, '/version')).toEqual({ version: '2' })
})

test('infrastructure that a failed deploy added is gone again, what it changed is put back, and the next deploy has both', async () => {
  const store = (memory: string): string =>
    `  store:\n    image: redis:7-alpine\n    command: ["redis-server", "--maxmemory", "${memory}"]\n`
  const added = '  added:\n    image: redis:7-alpine\n    volumes: ["out:/data"]\n'
  expectDocument(await deploy('1', { services: store('10mb') }), 0, { outcome: 'succeeded' })
  const failing = { services: `${store('20mb')}${added}`, health: IMPATIENT }
  expectFailure(await deploy('2-sick', failing), 'HEALTH', 24, { outcome: 'rolled-back' })
  expect(await names()).toEqual(['tiny-store-1', 'tiny-web-1'])
  expect(await server.run('docker exec tiny-store-1 redis-cli config get maxmemory')).toContain(String(10 * 1024 * 1024))
  expect(await server.json(8081, '/version')).toEqual({ version: '1' })
  expectDocument(await deploy('2', { services: failing.services }), 0, { outcome: 'succeeded' })
  expect(await names()).toEqual(['tiny-added-1', 'tiny-store-1', 'tiny-web-1'])
})

/** A stack as its maintainer started it, long before there was any deploy. */
const startedByHand = async (): Promise<void> => {
  // by its name without a registry it comes from the mirror, which asks nobody for a login
  const image = (await tinyImage('by-hand')).replace(/^[^/]+\//, '')
  await server.write(`${PATH}/docker-compose.yml`, tinyFiles().get('docker-compose.yml') ?? '', '644')
  await server.run(`docker pull --quiet ${image} && docker tag ${image} ghcr.io/acme/tiny-web:latest`)
  await server.run(`cd ${PATH} && docker compose --progress quiet --project-name tiny up --detach`)
  await server.run('docker exec tiny-web-1 touch /out/precious')
}

test('a stack that was started by hand is taken over, with its volumes', async () => {
  await startedByHand()
  expectDocument(await deploy('1', {}), 0, { outcome: 'succeeded', previousRelease: null })
  expect(await names()).toEqual(['tiny-web-1'])
  expect(await server.json(8081, '/version')).toEqual({ version: '1' })
  expect(await server.run('docker exec tiny-web-1 ls /out')).toBe('precious')
})

test('a first deploy over a stack that was started by hand gives it back when it fails, and says what serves', async () => {
  await startedByHand()
  const ids = await server.ids('tiny')
  const told = await deploy('1-sick', { health: IMPATIENT })
  expectFailure(told, 'HEALTH', 24)
  expect(await server.ids('tiny')).toEqual(ids)
  expect(await server.json(8081, '/version')).toEqual({ version: 'by-hand' })
  expect(told.document.serving[0]?.services.web?.state).toBe('running')
  expect(told.document.message).not.toMatch(/nothing serves|were stopped|was stopped/)
})
