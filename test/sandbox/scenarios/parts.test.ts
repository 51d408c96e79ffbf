/** Compose files that have compose read further files of the project: what a release brings counts, not what lies there from before. */
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
import { expectDocument, expectFailure } from './document.ts'
import { Project, pinned, type Told } from './project.ts'
import { scenarioServer } from './server.ts'
import { PATH, type Shape, tinyFiles, tinyImage } from './tiny.ts'

jest.setTimeout(600_000)

const server = scenarioServer()
let project: Project

const PORT = 8081
const SLEEPER = (colour: string): string =>
  `services:\n  helper:\n    image: python:3.12-slim\n    command: sleep infinity\n    init: true\n    environment: { COLOUR: "${colour}" }\n    volumes: ["./note.txt:/note.txt:ro"]\n`
const BASE = 'services:\n  base:\n    environment: { SHAPE: round }\n'

/** `include`, `extends` and `env_file`, all of files that git has. */
const shape = (env: string, colour: string): Shape => ({
  web: '    env_file: [config/app.env, .env]\n    extends: { file: shared/base.yml, service: base }',
  compose: ', sync: [config, infra, shared]',
  files: { 'config/app.env': `STAGE=${env}\n`, 'infra/helper.yml': SLEEPER(colour), 'infra/note.txt': 'hello\n', 'shared/base.yml': BASE },
})
const deploy = async (version: string, wanted: Shape): Promise<Told> => {
  const files = tinyFiles(wanted)
  const compose = `include: [infra/helper.yml]\n${files.get('docker-compose.yml')}`
  await project.commit(new Map([...files, ['docker-compose.yml', compose]]))
  return project.cli(['deploy', ...pinned({ web: await tinyImage(version) })])
}
const environment = () => server.json(PORT, '/env')
const ofHelper = (format: string): Promise<string> =>
  server.run(`docker inspect --format '${format}' $(docker ps -q --filter label=com.docker.compose.service=helper)`)

beforeAll(async () => {
  project = await Project.in(server.host)
})
beforeEach(async () => {
  await server.reset('tiny', PATH)
  await server.write(`${PATH}/.env`, 'OWN=of-the-server\n')
  // what else lies there is seen, too, and left alone
  await server.write(`${PATH}/infra/theirs`, 'x\n')
  for (const name of ['.status', '.said', 'status', 'said']) await server.write(`${PATH}/${name}`, 'theirs\n')
})
afterAll(async () => {
  await server.reset('tiny', PATH)
  await server.leave()
  await project.remove()
})

test('a first deploy finds them, and each change is there at once', async () => {
  expectDocument(await deploy('1', shape('one', 'red')), 0, { outcome: 'succeeded' })
  expect(await environment()).toMatchObject({ STAGE: 'one', SHAPE: 'round', OWN: 'of-the-server' })
  expect(await ofHelper('{{range .Mounts}}{{.Source}}{{end}}')).toContain(`${PATH}/infra/note.txt`)
  expect(await ofHelper('{{.Config.Env}}')).toContain('COLOUR=red')

  const before = await server.running('tiny')
  expect((await deploy('1', shape('one', 'red'))).code).toBe(0)
  expect(await server.running('tiny')).toEqual(before)

  expectDocument(await deploy('1', shape('two', 'red')), 0, { outcome: 'succeeded' })
  expect(await environment()).toMatchObject({ STAGE: 'two' })
  const { helper } = await server.running('tiny')
  expect(helper).toBe(before.helper)

  expectDocument(await deploy('1', shape('two', 'blue')), 0, { outcome: 'succeeded' })
  expect(await ofHelper('{{.Config.Env}}')).toContain('COLOUR=blue')
  expect((await project.succeeds(['status'])).document).toMatchObject({ drift: [] })
  expect(await server.run(`cd ${PATH} && cat .status .said status said`)).toBe('theirs\ntheirs\ntheirs\ntheirs')
  // nothing of the look is left
  expect(await server.run('ls -d /tmp/tmp.* 2> /dev/null; true')).toBe('')
})

test('a release that is undone, or rolled back, has its own ones again', async () => {
  expectDocument(await deploy('1', shape('one', 'red')), 0, { outcome: 'succeeded' })
  expectFailure(
    await deploy('2-sick', { ...shape('two', 'red'), health: 'http: { port: 80, path: /health }, deadline: 3s' }),
    'HEALTH',
    24,
    {
      outcome: 'rolled-back',
    },
  )
  expect(await environment()).toMatchObject({ STAGE: 'one' })
  expect(await server.read(`${PATH}/config/app.env`)).toBe('STAGE=one')
  expectDocument(await deploy('3', shape('three', 'red')), 0, { outcome: 'succeeded' })
  expectDocument(await project.succeeds(['rollback']), 0, { outcome: 'succeeded' })
  expect(await environment()).toMatchObject({ STAGE: 'one' })
})

test('what compose complains about is told of the deploy directory', async () => {
  const told = await deploy('1', { ...shape('one', 'red'), web: '    env_file: [config/app.env, config/other.env]' })
  expectFailure(told, 'CONFIG', 78, {})
  expect(told.text).toContain(`${PATH}/config/other.env`)
})
