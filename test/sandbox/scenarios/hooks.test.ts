/** Commands that the project brings: hooks on the runner and on the server, seeds; their order, ends and arguments. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { expectDocument, expectFailure } from './document.ts'
import { Project, pinned, type Told } from './project.ts'
import { scenarioServer } from './server.ts'
import { PATH, type Shape, tinyFiles, tinyImage } from './tiny.ts'

jest.setTimeout(600_000)

const server = scenarioServer()
let project: Project

const deploy = async (version: string, shape: Shape, args: readonly string[] = []): Promise<Told> => {
  await project.commit(tinyFiles(shape))
  return project.cli(['deploy', ...args, ...pinned({ web: await tinyImage(version) })])
}

/** JSON is YAML, so any value arrives in the config as it is. */
const config = (value: object): string =>
  Object.entries(value)
    .map(([key, part]) => `${key}: ${JSON.stringify(part).replaceAll('$', '$$$$')}`)
    .join('\n')

/** What web's one-off containers were called with, oldest first. */
const told = async (): Promise<readonly (readonly string[])[]> => {
  const text = await server.run('docker run --rm --volume tiny_out:/out --entrypoint cat python:3.12-slim /out/told 2> /dev/null || true')
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as string[])
}

beforeAll(async () => {
  await server.reset('tiny', PATH)
  project = await Project.in(server.host)
})
afterAll(async () => {
  await server.reset('tiny', PATH)
  await server.leave()
  await project.remove()
})

const ODD = [
  '$(touch x)',
  'a b',
  "'q'",
  '"',
  'two\nlines',
  '',
  '-n',
  '`touch x`',
  '${HOME}',
  '\\n',
  '🚀 ümläut',
  '*',
  '; touch x',
  "it's $USER & more",
]

describe('values', () => {
  test('reach hooks on the runner, hooks on the server and seeds literally, and nothing in them is run', async () => {
    // on the runner, on the server and in a container the same little program writes down its arguments
    const write = (file: string) => ['sh', '-c', `for word; do printf '%s\\0' "$word"; done > ${file}`, 'hook', ...ODD]
    const answer = await deploy('1', {
      config: config({
        hooks: {
          beforeDeploy: [{ name: 'runner', run: write('.git/seen') }],
          beforeSwitch: [{ name: 'server', on: 'server', run: write('seen') }],
        },
        seed: [{ name: 'odd', service: 'web', run: ['python', '/app/tell.py', ...ODD] }],
        smoke: [
          { name: 'odd', service: 'web', run: ['sh', '-c', `for word; do printf '%s\\0' "$word"; done > /out/smoke`, 'hook', ...ODD] },
        ],
      }),
    })
    expectDocument(answer, 0, { outcome: 'succeeded' })
    const split = (text: string): string[] => text.split('\0').slice(0, -1)
    expect(split(await readFile(join(project.folder, '.git/seen'), 'utf8'))).toEqual(ODD)
    expect(split(await server.run(`cat ${PATH}/seen; rm ${PATH}/seen`))).toEqual(ODD)
    expect(split(await server.run('docker exec tiny-web-1 cat /out/smoke'))).toEqual(ODD)
    expect(await told()).toEqual([[...ODD, '1']])
    expect(await server.run(`find ${PATH} /home/deploy /tmp -name x; docker exec tiny-web-1 find /app /out -name x`, 'root')).toBe('')
  })

  test('of the environment file reach containers as compose means them, and no deploy changes the file', async () => {
    const text = [`PLAIN=a b`, `QUOTED='$(touch x) "and" more'`, `DOLLAR='$HOME'`, `UTF="🚀 ümläut"`, `LINES="one\\ntwo"`, ''].join('\n')
    await server.write(`${PATH}/.env`, text, '600')
    expectDocument(await deploy('1', { web: '    env_file: .env' }), 0, { outcome: 'succeeded' })
    expect(await server.json(8081, '/env')).toMatchObject({
      PLAIN: 'a b',
      QUOTED: '$(touch x) "and" more',
      DOLLAR: '$HOME',
      UTF: '🚀 ümläut',
      LINES: 'one\ntwo',
    })
    expect(await server.run(`stat -c %a ${PATH}/.env; cat ${PATH}/.env`)).toBe(`600\n${text.trimEnd()}`)
  })

  test('of a reason and an actor are shown as they are, and run nowhere', async () => {
    const reason = `because: $(touch x) 'q' "d" \`touch x\` ümläut 🚀`
    expectDocument(await deploy('2', {}, ['--reason', reason]), 0, { outcome: 'succeeded' })
    const record = JSON.parse(await server.read(`${PATH}/.deploy/current/release.json`)) as { reason: string }
    expect(record.reason).toBe(reason)
    expect(await server.run(`find ${PATH} -name x`)).toBe('')
  })
})

describe('seeds', () => {
  const seeds = (content: string): Shape => ({
    compose: ', sync: [data.txt]',
    files: { 'data.txt': content },
    config: config({
      seed: [
        { name: 'once', service: 'web', run: ['python', '/app/tell.py', 'once'] },
        { name: 'changing', service: 'web', run: ['python', '/app/tell.py', 'changing'], policy: 'on-change', files: ['data.txt'] },
        { name: 'always', service: 'web', run: ['python', '/app/tell.py', 'always'], policy: 'always' },
      ],
    }),
  })
  const ran = async (from: number): Promise<string[]> => (await told()).slice(from).map(([name, version]) => `${name} by ${version}`)

  test('run by their policy: once, when their content changed, always; with the new image', async () => {
    const from = (await told()).length
    expectDocument(await deploy('3', seeds('one')), 0, { outcome: 'succeeded' })
    expect(await ran(from)).toEqual(['once by 3', 'changing by 3', 'always by 3'])
    expectDocument(await deploy('4', seeds('one')), 0, { outcome: 'succeeded' })
    expect(await ran(from + 3)).toEqual(['always by 4'])
    expectDocument(await deploy('5', seeds('two')), 0, { outcome: 'succeeded' })
    expect(await ran(from + 4)).toEqual(['changing by 5', 'always by 5'])
    expectDocument(await deploy('6', seeds('three'), ['--no-seed']), 0, { outcome: 'succeeded' })
    expect(await ran(from + 6)).toEqual([])
  })

  test('are not run by a rollback', async () => {
    const before = await told()
    expectDocument(await project.succeeds(['rollback']), 0, { outcome: 'succeeded' })
    expect(await told()).toEqual(before)
  })

  test('that take longer than they may are stopped, with nothing of them left running', async () => {
    const running = await server.ids('tiny')
    const answer = await deploy('7', { config: config({ seed: [{ name: 'slow', service: 'web', run: ['sleep', '600'], timeout: '2s' }] }) })
    expectFailure(answer, 'SEED', 23, { outcome: 'rolled-back' })
    expect(await server.ids('tiny')).toEqual(running)
    expect(await server.run('docker ps --all --quiet --filter label=com.docker.compose.oneoff=True')).toBe('')
  })
})

describe('hooks', () => {
  const say = (point: string) => ({ name: `say-${point.toLowerCase()}`, on: 'server', run: `echo ${point} >> order` })

  test('on the server run in their order, in the deploy directory, around what they are named for', async () => {
    const points = ['beforeDeploy', 'beforeMigrate', 'afterMigrate', 'beforeSwitch', 'afterSwitch', 'afterDeploy']
    const answer = await deploy('8', {
      config: config({
        migrate: { service: 'web', up: ['python', '/app/tell.py', 'migrated'] },
        hooks: Object.fromEntries(points.map((point) => [point, [say(point)]])),
      }),
    })
    expectDocument(answer, 0, { outcome: 'succeeded' })
    expect((await server.run(`cat ${PATH}/order; rm ${PATH}/order`)).split('\n')).toEqual(points)
    const steps = answer.document.steps.map(({ name }) => name)
    const [before, beforeMigrate, afterMigrate, ...others] = points.map((point) => `hook say-${point.toLowerCase()}`)
    const [beforeSwitch, afterSwitch, last] = others
    const order = [before, beforeMigrate, 'migrate', afterMigrate, beforeSwitch, 'switch web', afterSwitch, last, 'commit']
    expect(steps.filter((name) => order.includes(name))).toEqual(order)
  })

  test('on the runner run before the connection and after the end, with the commit', async () => {
    const answer = await deploy('9', {
      config: config({
        hooks: {
          beforeDeploy: [{ name: 'first', run: 'echo "$DEPLOY_COMMIT" > .git/first' }],
          afterDeploy: [{ name: 'last', run: 'cp .git/first .git/last' }],
        },
      }),
    })
    expectDocument(answer, 0, { outcome: 'succeeded' })
    expect((await readFile(join(project.folder, '.git/last'), 'utf8')).trim()).toBe(await project.git('rev-parse', 'HEAD'))
  })

  test('that fail on the runner when all is done fail the run, but say that the release serves', async () => {
    const shape = { config: config({ hooks: { afterDeploy: [{ name: 'late', run: 'echo told you; exit 3' }] } }) }
    const answer = await deploy('9-late', shape)
    expectFailure(answer, 'CONFIG', 78, { outcome: 'failed' })
    expect(answer.document.message).toMatch(/hook late ended with 3; release \S+ serves all the same/)
    expect(answer.document.release).toContain((await project.git('rev-parse', 'HEAD')).slice(0, 7))
    expect(await server.json(8081, '/version')).toEqual({ version: '9-late' })
  })

  test('that fail on the runner end the run before anything, or warn, as the config says', async () => {
    const running = await server.running('tiny')
    const hooks = (onFailure: string) => ({
      config: config({ hooks: { beforeDeploy: [{ name: 'grumpy', run: 'echo told you; exit 3', onFailure }] } }),
    })
    const aborted = await deploy('10', hooks('abort'))
    expectFailure(aborted, 'CONFIG', 78, { outcome: 'refused' })
    expect(aborted.document.message).toContain('grumpy')
    expect(await server.running('tiny')).toEqual(running)
    const warned = await deploy('10', hooks('warn'))
    expectDocument(warned, 0, { outcome: 'succeeded' })
    expect(warned.log).toContain('grumpy')
    expect(await server.json(8081, '/version')).toEqual({ version: '10' })
  })

  test('that fail on the server before the switch touch nothing; a warning goes on', async () => {
    const running = await server.running('tiny')
    const hooks = (onFailure: string) => ({
      config: config({ hooks: { beforeSwitch: [{ name: 'grumpy', on: 'server', run: 'echo told you; exit 3', onFailure }] } }),
    })
    const aborted = await deploy('11', hooks('abort'))
    expectFailure(aborted, 'CONFIG', 78)
    expect(aborted.text).toContain('told you')
    expect(await server.running('tiny')).toEqual(running)
    expectDocument(await deploy('11', hooks('warn')), 0, { outcome: 'succeeded' })
  })

  test('that fail on the server after the switch undo it', async () => {
    const ids = await server.ids('tiny')
    const answer = await deploy('12', { config: config({ hooks: { afterSwitch: [{ name: 'late', on: 'server', run: 'exit 4' }] } }) })
    expectFailure(answer, 'SMOKE', 25, { outcome: 'rolled-back' })
    expect(answer.document.message).toContain('late')
    expect(await server.ids('tiny')).toEqual(ids)
  })

  test('that do not end are ended at their deadline, with all that they started', async () => {
    const hung = { name: 'hung', on: 'server', run: 'sleep 611 & sleep 612', timeout: '1s' }
    const answer = await deploy('13', { config: config({ hooks: { beforeSwitch: [hung] } }) })
    expectFailure(answer, 'CONFIG', 78)
    expect(
      await server.run(
        "ps -eo args 2> /dev/null | grep '[s]leep 61[12]' || cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\\0' ' ' | grep -o 'sleep 61[12]' | sort -u; true",
        'root',
      ),
    ).toBe('')
    const local = await deploy('13', { config: config({ hooks: { beforeDeploy: [{ ...hung, on: 'runner' }] } }) })
    expectFailure(local, 'CONFIG', 78)
    expect(local.document.message).toContain('did not end within 1 s')
  })

  test('where the runner is not asked are refused, not forgotten', async () => {
    const answer = await deploy('14', {
      config: config({
        hooks: { beforeSwitch: [{ name: 'lost', run: 'true' }], afterBuild: [{ name: 'early', on: 'server', run: 'true' }] },
      }),
    })
    expectFailure(answer, 'CONFIG', 78, { outcome: 'refused' })
    expect(answer.text).toMatch(/beforeSwitch\[0\].*server/)
    expect(answer.text).toMatch(/afterBuild\[0\].*runner/)
  })
})
