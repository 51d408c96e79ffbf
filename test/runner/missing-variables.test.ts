import { afterEach, expect, test } from '@jest/globals'
import { runCli } from './command-line.ts'
import { type Project, project } from './project.ts'

const projects: Project[] = []
afterEach(() => {
  for (const one of projects.splice(0)) one.remove()
})

/** What a command says that is run in a project of this config, with these variables and no others. */
const saidBy = async (config: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> => {
  const one = project({
    'deploy.yml': `project: shop\nregistry: { host: "127.0.0.1:1", namespace: acme }\nimages: { api: { platforms: [linux/amd64] } }\n${config}`,
    'docker-compose.yml': 'services: { api: { image: "127.0.0.1:1/acme/shop-api" } }\n',
    Dockerfile: 'FROM scratch\n',
    'kept.json': JSON.stringify({ production: JSON.stringify({ environment: 'production', references: [] }) }),
  })
  projects.push(one)
  const { stdout, stderr } = await runCli(args, { cwd: one.folder, env })
  return `${stdout}${stderr}`
}

const TWO =
  'environments:\n  production: { host: "${HOST_A}", path: /opt/stacks/a }\n  staging: { host: "${HOST_B}", path: /opt/stacks/b }\n'

test.each([
  [['prune', '--confirm', 'shop'], 'it is not known which images the servers of production, staging need; nothing was removed'],
  [['prune', '--confirm', 'shop', '--kept', 'kept.json'], 'it is not known which images the servers of staging need; nothing was removed'],
])('an environment whose variables are missing is not forgotten: %j', async (args, why) => {
  expect(await saidBy(TWO, args)).toContain(why)
})

test('an environment that is misspelt is told with those that there are, also where their variables are missing', async () => {
  const said = await saidBy(TWO, ['status', '--environment', 'producton'], { HOST_A: 'a', HOST_B: 'b' })
  expect(said).toContain('no environment "producton"; there are production, staging')
})

const STAGE = 'check: [{ name: unit, run: [sh, -c, "true", "${FLAG}"], env: { TOKEN: "${CI_TOKEN}" } }]\n'
const SERVER = 'environments: { production: { host: 192.0.2.1, path: /opt/stacks/a } }\n'
const RUN_THERE = `seed: [{ name: guild, service: api, run: [setup, "\${GUILD_ID}"] }]
smoke: [{ name: up, service: api, run: [probe, "\${PROBE}"] }]
migrate: { service: api, up: [migrate, "\${MODE}"] }
backup: { kind: command, service: api, save: [save, "\${PLACE}"], prove: [prove], restore: [back] }
`

test.each([['build', '--matrix'], ['scan'], ['publish'], ['prune']])('%s needs no variable of what runs elsewhere', async (...args) => {
  const hooks = 'hooks: { afterDeploy: [{ name: tell, run: [tell, "${WHOM}"] }], beforeCheck: [{ name: x, run: [x, "${WHAT}"] }] }\n'
  expect(await saidBy(`${STAGE}${RUN_THERE}${hooks}`, args)).not.toContain('the environment variable')
})

test('what a command runs needs its variables', async () => {
  expect(await saidBy(`${STAGE}`, ['check'])).toMatch(/FLAG is not set[\s\S]*CI_TOKEN is not set/)
  expect(await saidBy(`${SERVER}${RUN_THERE}`, ['plan'])).toMatch(/GUILD_ID is not[\s\S]*PROBE is not[\s\S]*MODE is not[\s\S]*PLACE is not/)
  const hooks = 'hooks: { beforeBuild: [{ name: tell, run: [tell, "${WHOM}"] }] }\n'
  expect(await saidBy(hooks, ['build', '--dry-run'])).toContain('WHOM is not set')
})

test('the secrets of stages are not asked for where something is on fire', async () => {
  for (const command of ['rollback', 'status', 'logs']) expect(await saidBy(`${STAGE}${SERVER}`, [command])).not.toContain('is not set')
})

test('going back does without those who cannot be told, and says so; a deploy does not begin', async () => {
  const notify = `${SERVER}notify: [{ type: discord, url: "\${HOOK}" }, { type: webhook, url: "http://127.0.0.1:1/x" }]\n`
  const said = await saidBy(notify, ['rollback'])
  expect(said).toContain('notify[0].url: the environment variable HOOK is not set, so it is left out')
  expect(said).not.toContain('nothing was started')
  expect(said).toContain('no SSH key')
  expect(await saidBy(notify, ['deploy'])).toContain('HOOK is not set; set it')
})

const ON_MAIN = 'environments: { production: { host: 192.0.2.1, path: /opt/stacks/a, branch: main } }\n'
const PULL = { GITHUB_ACTIONS: 'true', GITHUB_EVENT_NAME: 'pull_request', GITHUB_REF_NAME: '12/merge' }

test('a pull request is planned as the branch that it is for', async () => {
  expect(await saidBy(ON_MAIN, ['plan'], { ...PULL, GITHUB_BASE_REF: 'main' })).not.toContain('takes main only')
  expect(await saidBy(ON_MAIN, ['plan'], { ...PULL, GITHUB_BASE_REF: 'develop' })).toContain('takes main only, and this is develop')
  // a name of a pull request, in a run of something else
  const push = { GITHUB_ACTIONS: 'true', GITHUB_EVENT_NAME: 'push', GITHUB_BASE_REF: 'main' }
  expect(await saidBy(ON_MAIN.replace('main', 'release'), ['plan'], push)).toContain('takes release only, and this is main')
})
