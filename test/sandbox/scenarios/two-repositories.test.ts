/**
 * The repository of the API and the repository of the bot ship into one stack on one server, at the same time.
 * DEPLOY_ACTION_ROUNDS says how often they start together; what is told comes from docker, crane, HTTP and flock.
 */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { Files } from '../sample/files.ts'
import { expectDocument, expectFailure } from './document.ts'
import { output } from './programs.ts'
import { Project, pinned, type Told, told } from './project.ts'
import { scenarioServer } from './server.ts'
import { tinyImage } from './tiny.ts'

jest.setTimeout(1_800_000)

const ROUNDS = Number(process.env.DEPLOY_ACTION_ROUNDS ?? 3)
const PATH = '/opt/stacks/pair'
const server = scenarioServer()
const PORTS = { api: 8191, bot: 8192 } as const
type Part = keyof typeof PORTS

const config = (part: Part): string => `project: pair
registry: { namespace: acme }
images: { ${part}: { platforms: [linux/amd64], services: [${part}] } }
services: { ${part}: { health: { http: { port: 80, path: /health }, deadline: 20s } } }
environments: { production: { host: "\${SSH_HOST}", path: ${PATH}, lockTimeout: 3m } }
keep: 50
`
const service = (part: Part): string => `  ${part}:
    image: ghcr.io/acme/pair-${part}:latest
    restart: unless-stopped
    ports: ["${PORTS[part]}:80"]
`
const cache = `  cache:
    image: busybox:1.36
    command: ["sleep", "1000000"]
    stop_grace_period: 0s
`
/** The API's compose file has the whole stack, the bot's only its own service: both are usual. */
const files = (part: Part, more = ''): Files =>
  new Map([
    ['deploy.yml', `${config(part)}${part === 'api' ? 'compose: { elsewhere: [bot] }\n' : ''}`],
    ['docker-compose.yml', `services:\n${part === 'api' ? service('api') + cache + service('bot') : service('bot')}${more}`],
  ])

const projects = {} as Record<Part, Project>
const commit = async (part: Part, more = ''): Promise<string> => {
  await projects[part].commit(files(part, more))
  await projects[part].git('remote', 'set-url', 'origin', `https://github.com/acme/${part}.git`)
  return projects[part].git('rev-parse', 'HEAD')
}
/** The registry's own word for what is wanted. */
const wanted = async (version: string): Promise<string> => output(['crane', 'digest', await tinyImage(version)])
const start = async (part: Part, version: string) => projects[part].start(['deploy', ...pinned({ [part]: await tinyImage(version) })])
const deploy = async (part: Part, version: string): Promise<Told> => told(await (await start(part, version)).ended)
const running = async (part: Part): Promise<readonly string[]> => server.digests('pair', part)
const current = async () =>
  JSON.parse(await server.read(`${PATH}/.deploy/current/release.json`)) as {
    stack: Record<string, { release: string; commit: string; images: Record<string, string> }>
  }

beforeAll(async () => {
  await server.reset('pair', PATH)
  for (const part of ['api', 'bot'] as const) projects[part] = await Project.in(server.host)
  // images are there before the clock of anybody runs
  for (const version of ['1', '2', '3', '4']) await tinyImage(version)
})
afterAll(async () => {
  await server.reset('pair', PATH)
  await server.leave()
  for (const project of Object.values(projects)) await project.remove()
})

describe('two repositories that ship into one stack', () => {
  test('started together, again and again: each is recorded, each digest is right, and no lock is left', async () => {
    let waited = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      const versions: Record<Part, string> = { api: round % 2 === 0 ? '1' : '2', bot: round % 2 === 0 ? '3' : '4' }
      const commits = { api: await commit('api'), bot: await commit('bot') }
      const both = await Promise.all([start('api', versions.api), start('bot', versions.bot)])
      const [api, bot] = (await Promise.all(both.map(({ ended }) => ended))).map(told) as [Told, Told]
      for (const one of [api, bot]) expectDocument(one, 0, { outcome: 'succeeded' })
      if ([api, bot].some(({ log }) => log.includes('Waiting for the lock, held by'))) waited += 1
      const { stack } = await current()
      for (const part of ['api', 'bot'] as const) {
        const digest = await wanted(versions[part])
        expect(await running(part)).toEqual([digest])
        expect(await server.json(PORTS[part], '/version')).toEqual({ version: versions[part] })
        expect(stack[`acme/${part}`]).toMatchObject({ commit: commits[part], images: { [part]: expect.stringContaining(digest) } })
        const released = (part === 'api' ? api : bot).document.release
        expect(await server.run(`ls ${PATH}/.deploy/releases`)).toContain(released)
      }
      expect((await server.containers('pair')).map(({ service: name, running: runs }) => `${name} ${runs}`)).toEqual([
        'api true',
        'bot true',
        'cache true',
      ])
      expect((await server.try(`flock --nonblock ${PATH}/.deploy/lock true`)).code).toBe(0)
    }
    console.log(`${waited} of ${ROUNDS} rounds waited for the lock`)
    expect(waited).toBeGreaterThanOrEqual(Math.floor(ROUNDS * 0.75))
  })

  test('a release of one touches nothing of the other, and status tells both', async () => {
    const before = await server.running('pair')
    await commit('bot')
    expectDocument(await deploy('bot', '1'), 0, { outcome: 'succeeded' })
    const after = await server.running('pair')
    expect([after.api, after.cache]).toEqual([before.api, before.cache])
    expect(await running('bot')).toEqual([await wanted('1')])
    for (const part of ['api', 'bot'] as const) {
      const { document } = await projects[part].succeeds(['status'])
      expect(document.message).toMatch(/release \d+-[0-9a-f]{7} from acme\/api .*release|from acme\/bot .*release/)
      expect(document.message).toMatch(/from acme\/api [0-9a-f]{7}/)
      expect(document.message).toMatch(/from acme\/bot [0-9a-f]{7}.*, as recorded$/)
      expect(Object.keys(document.images).sort()).toEqual(['api', 'bot'])
    }
  })

  test('the same commit again is nothing to do, whatever the other one shipped meanwhile', async () => {
    await commit('api')
    expectDocument(await deploy('api', '3'), 0, { outcome: 'succeeded' })
    await commit('bot')
    expectDocument(await deploy('bot', '3'), 0, { outcome: 'succeeded' })
    expectDocument(await deploy('api', '3'), 0, { outcome: 'unchanged' })
  })

  test('an older commit of the same repository is STALE, also after a release of the other one', async () => {
    const older = await commit('api')
    expectDocument(await deploy('api', '1'), 0, { outcome: 'succeeded' })
    await commit('api')
    expectDocument(await deploy('api', '2'), 0, { outcome: 'succeeded' })
    await commit('bot')
    expectDocument(await deploy('bot', '4'), 0, { outcome: 'succeeded' })
    await projects.api.git('checkout', '--quiet', older)
    expectFailure(await deploy('api', '1'), 'STALE', 15, { outcome: 'refused' })
    await projects.api.git('checkout', '--quiet', 'main')
    expect(await running('api')).toEqual([await wanted('2')])
  })

  test('a rollback of one leaves the other as it is, and says so', async () => {
    const before = await server.running('pair')
    const back = await projects.api.succeeds(['rollback'])
    expectDocument(back, 0, { outcome: 'succeeded' })
    expect(back.document.message).toMatch(/acme\/bot stays at release \d+-[0-9a-f]{7}/)
    const after = await server.running('pair')
    expect([after.bot, after.cache]).toEqual([before.bot, before.cache])
    expect(await running('api')).toEqual([await wanted('1')])
    const { stack } = await current()
    const other = stack['acme/bot']?.release ?? ''
    const refused = await projects.api.cli(['rollback', other])
    expectFailure(refused, 'CONFIG', 78, { outcome: 'refused' })
    expect(refused.document.message).toContain('acme/bot')
  })

  test('a service that both ship is refused before anything is touched', async () => {
    const before = await server.running('pair')
    const wide = new Map(files('bot', service('api')))
    wide.set('deploy.yml', config('bot').replace('[bot]', '[bot, api]').replace('services: { bot', 'services: { bot'))
    // of the API's services there is one more, so that this is no takeover
    await projects.api.commit(
      new Map([
        ...files('api'),
        ['deploy.yml', config('api').replace('[api]', '[api, extra]')],
        [
          'docker-compose.yml',
          `services:\n${service('api')}${cache}  extra:\n    image: ghcr.io/acme/pair-api:latest\n    restart: unless-stopped\n`,
        ],
      ]),
    )
    expectDocument(await deploy('api', '1'), 0, { outcome: 'succeeded' })
    await projects.bot.commit(wide)
    const refused = await deploy('bot', '1')
    expectFailure(refused, 'CONFIG', 78, { outcome: 'refused' })
    expect(refused.document.message).toContain('api is shipped by acme/api into this stack')
    expect((await server.running('pair')).bot).toEqual(before.bot)
  })
})
