/** Secrets in twelve forms, printed by everything that can print: found nowhere but in the files that must hold them. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { CANARIES } from '../../adapters/canaries.ts'
import { canaryForms, formsFound } from '../../adapters/canary-forms.ts'
import { dist } from '../../runner/dist.ts'
import { runStep, type StepResult } from '../../runner/runner.ts'
import type { Files } from '../sample/files.ts'
import { leakyImage } from './leaky.ts'
import { given } from './programs.ts'
import { Project, pinned, type Told } from './project.ts'
import { scenarioServer } from './server.ts'
import { watchOwnChildren, watchServer } from './watched-arguments.ts'

jest.setTimeout(600_000)

const PATH = '/opt/stacks/canary'
const PORT = 8391
/** Known to the server alone, by its environment file and by another one; known to us, by a variable of the config. */
const [OF_SERVER = '', TOLD_TO_US = '', OF_OTHER_FILE = ''] = CANARIES
const SECRETS = [OF_SERVER, OF_OTHER_FILE, TOLD_TO_US]

const server = scenarioServer()
let project: Project
let workspace: string
const ran: Record<string, string> = {}
let argumentsHere: readonly string[] = []
let argumentsThere = ''

const files = async (smoke: number, health: string): Promise<Files> =>
  new Map([
    ['canary-forms.ts', await readFile(join(import.meta.dirname, '../../adapters/canary-forms.ts'), 'utf8')],
    [
      'leak.mjs',
      `import { canaryForms } from './canary-forms.ts'\nfor (const { text } of canaryForms(process.env.CANARY_TOKEN)) console.log(text)\nprocess.exit(3)\n`,
    ],
    [
      'deploy.yml',
      `project: canary
registry: { namespace: acme }
images: { web: { platforms: [linux/amd64] } }
compose: { files: [docker-compose.yml] }
check: [{ name: leak, run: [node, leak.mjs], env: { ALSO_HERE: "\${CANARY_TOKEN}" } }]
services: { web: { stable: 0s, health: { http: { port: 80, path: /health }, deadline: ${health} } } }
seed: [{ name: leak, service: web, run: [python, /app/leak.py] }]
smoke: [{ name: leak, service: web, run: [python, /app/leak.py, "${smoke}"], retries: 0 }]
hooks:
  beforeDeploy: [{ name: leak, run: [node, leak.mjs], onFailure: warn }]
  afterSwitch: [{ name: leak, on: server, run: [sh, -c, "for id in $$(docker ps -q --filter label=com.docker.compose.project=canary); do docker logs $$id 2>&1; done"] }]
environments: { production: { host: "\${SSH_HOST}", path: ${PATH}, env: { required: [APP_SECRET] } } }
`,
    ],
    [
      'docker-compose.yml',
      `services:
  web:
    image: ghcr.io/acme/canary-web
    restart: unless-stopped
    environment: { APP_SECRET: "\${APP_SECRET}" }
    env_file: [other.env]
    ports: ["${PORT}:80"]
`,
    ],
  ])

/** Escaped as compose reads double quotes. */
const quoted = (value: string): string => `"${value.replaceAll(/["\\$]/g, '\\$&')}"`

/** Variables of every run: ours knows one of the secrets. */
const known = (): Readonly<Record<string, string>> => ({
  CANARY_TOKEN: TOLD_TO_US,
  PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
})

const keep = (name: string, told: Told): Told => {
  ran[name] = `${told.log}\n${JSON.stringify(told.document)}`
  return told
}

/** The same as an action: log before the runner masks anything, annotations, outputs, summary. */
const asAction = async (command: string, inputs: Readonly<Record<string, string>>): Promise<StepResult> => {
  const { DEPLOY_SSH_KEY = '', DEPLOY_KNOWN_HOSTS = '', DEPLOY_REGISTRY_PASSWORD = '', ...env } = project.environment(known())
  const result = await runStep({
    main: join(dist, 'action.js'),
    workspace: project.folder,
    env: env as Record<string, string>,
    inputs: {
      command,
      'ssh-key': DEPLOY_SSH_KEY,
      'known-hosts': DEPLOY_KNOWN_HOSTS,
      'registry-password': DEPLOY_REGISTRY_PASSWORD,
      ...inputs,
    },
  })
  const raw = result.raw.split('\n').filter((line) => !line.startsWith('::add-mask::'))
  ran[`action ${command}`] = [...raw, result.summary, JSON.stringify([result.outputs, result.annotations])].join('\n')
  return result
}

const contentsOf = async (folder: string): Promise<string> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const texts = entries.filter((entry) => entry.isFile()).map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1'))
  return (await Promise.all(texts)).join('\n')
}

beforeAll(async () => {
  await server.reset('canary', PATH)
  project = await Project.in(server.host)
  workspace = await mkdtemp(join(tmpdir(), 'canary-'))
  await server.write(`${PATH}/.env`, `APP_SECRET=${quoted(OF_SERVER)}\n`)
  await server.write(`${PATH}/other.env`, `OTHER_SECRET=${quoted(OF_OTHER_FILE)}\n`)
  const here = watchOwnChildren()
  const there = await watchServer(server)
  try {
    await project.commit(await files(0, '20s'))
    const first = pinned({ web: await leakyImage('1') })
    keep('check', await project.cli(['check'], known()))
    keep('plan', await project.cli(['plan', ...first], known()))
    keep('deploy', await project.succeeds(['deploy', ...first], known()))
    await project.commit(await files(3, '20s'))
    keep('deploy with a failing smoke test', await project.cli(['deploy', ...pinned({ web: await leakyImage('2') })], known()))
    await project.commit(await files(0, '5s'))
    const [, sick = ''] = pinned({ web: await leakyImage('3-sick') })
    await asAction('deploy', { image: sick, registry: given('SANDBOX_REGISTRY'), 'registry-username': given('SANDBOX_REGISTRY_USER') })
    await project.commit(await files(0, '20s'))
    keep('another deploy', await project.succeeds(['deploy', ...pinned({ web: await leakyImage('4') })], known()))
    keep('rollback', await project.succeeds(['rollback'], known()))
    keep('status', await project.succeeds(['status'], known()))
  } finally {
    argumentsHere = here.stop()
    argumentsThere = await there.stop()
  }
})
afterAll(async () => {
  await server.reset('canary', PATH)
  await server.leave()
  await project.remove()
  await rm(workspace, { recursive: true, force: true })
})

const leaksIn = (channels: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(channels).flatMap(([channel, text]) =>
    SECRETS.flatMap((secret) => formsFound(secret, text).map((form) => `${form} of ${secret} in ${channel}`)),
  )

test('the canary was there to be found: containers have it, byte for byte, and printed it in every form', async () => {
  const environment = await server.run(`docker exec $(docker ps -q --filter label=com.docker.compose.project=canary) env`)
  expect(environment.split('\n')).toEqual(expect.arrayContaining([`APP_SECRET=${OF_SERVER}`, `OTHER_SECRET=${OF_OTHER_FILE}`]))
  const log = await server.run(`docker logs $(docker ps -q --filter label=com.docker.compose.project=canary)`)
  for (const secret of [OF_SERVER, OF_OTHER_FILE])
    expect(formsFound(secret, log)).toEqual(expect.arrayContaining(canaryForms(secret).map(({ name }) => name)))
})

test('every run did what it was to do, and showed what was printed, without it', () => {
  expect(ran.check).toContain('"failureCode":"CHECK"')
  expect(ran['deploy with a failing smoke test']).toContain('"failureCode":"SMOKE"')
  expect(ran['action deploy']).toContain('HEALTH: web was not healthy')
  for (const run of ['check', 'deploy with a failing smoke test', 'action deploy']) expect(ran[run]).toContain('***')
  expect(ran['deploy with a failing smoke test']).toContain('smoke leak | ***')
  expect(ran['another deploy']).toContain('│ ***')
})

test('no log, message, document, annotation, output or summary holds it', () => {
  expect(leaksIn(ran)).toEqual([])
})

test('no file that we leave on the runner holds it', async () => {
  await project.git('checkout', '--quiet', 'HEAD')
  const folders = await Promise.all(['reports', '.deploy-action'].map((name) => contentsOf(join(project.folder, name)).catch(() => '')))
  expect(folders.join('')).toContain('"command"')
  expect(leaksIn({ reports: folders.join('\n') })).toEqual([])
})

test('no process on either side ever had it in its arguments, nor the key and the password of the registry', () => {
  const here = argumentsHere.join('\n')
  expect(here).toContain('cli.js')
  expect(argumentsThere).toContain('docker')
  expect(argumentsThere).toContain('program.sh')
  expect(leaksIn({ 'arguments here': here, 'arguments there': argumentsThere })).toEqual([])
  const password = given('SANDBOX_REGISTRY_PASSWORD')
  const login = Buffer.from(`${given('SANDBOX_REGISTRY_USER')}:${password}`).toString('base64')
  const key = (project.environment().DEPLOY_SSH_KEY ?? '').split('\n').filter((line) => line.length > 40 && !line.startsWith('-----'))
  expect(key.length).toBeGreaterThan(2)
  for (const text of [here, argumentsThere]) for (const secret of [login, ...key]) expect(text.includes(secret)).toBe(false)
  expect(here.split('\n')).not.toContain(password)
})

describe('on the server', () => {
  /** Files whose content holds one of these; the engine's own store is not ours: it is what runs the containers. */
  const holding = async (traces: readonly string[]): Promise<readonly string[]> => {
    const list = '/root/canary-traces'
    await server.write(list, `${traces.join('\n')}\n`, '600', 'root')
    const prune = ['/proc', '/sys', '/dev', '/run', '/var/run', '/var/lib/docker', '/root']
      .map((path) => `-path ${path} -prune`)
      .join(' -o ')
    const found = await server.run(`find / ${prune} -o -type f -print0 | xargs -0 grep -laF -f ${list} 2> /dev/null; rm ${list}`, 'root')
    return found.split('\n').filter(Boolean)
  }

  test('nothing but the environment files holds it, which only their owner may read', async () => {
    const traces = SECRETS.flatMap((secret) => canaryForms(secret).flatMap((form) => form.traces))
    const found = await holding([...new Set(traces)])
    expect([...found].sort()).toEqual([`${PATH}/.env`, `${PATH}/other.env`])
    expect(await server.run(`stat -c '%a %U' ${PATH}/.env ${PATH}/other.env`)).toBe('600 deploy\n600 deploy')
  })

  test('nor does any hold it as the base64 in which a journal keeps the texts of others', async () => {
    const journals = await server.run(`cat ${PATH}/.deploy/operations/*/journal`)
    const texts = [...journals.matchAll(/[A-Za-z0-9+/]{16,}={0,2}/g)].map(([word]) => Buffer.from(word, 'base64').toString('latin1'))
    expect(texts.join('\n')).toContain('***')
    expect(leaksIn({ journals: texts.join('\n') })).toEqual([])
  })

  test('what was printed is kept there for whoever is called at night, without it', async () => {
    const kept = await server.run(`cat ${PATH}/.deploy/operations/*/output`)
    expect(kept).toContain('that was all')
    expect(kept).toContain('***')
  })
})
