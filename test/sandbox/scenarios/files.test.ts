/** What lies in the deploy directory: what we brought, what the operator put there, and nothing else. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { expectDocument, expectFailure } from './document.ts'
import { Project, pinned, type Told } from './project.ts'
import { scenarioServer } from './server.ts'
import { PATH, type Shape, tinyFiles, tinyImage } from './tiny.ts'

jest.setTimeout(600_000)

const server = scenarioServer()
let project: Project
let images: readonly string[]

const NAMES = ['$(touch x)', 'a b', "'q'", 'back`tick`', '-rf', 'ümläut 🚀', 'semi;colon', '*', '"double"', '$HOME', '#hash', '%s%n']
const odd = Object.fromEntries(NAMES.map((name) => [`data/${name}`, `content of ${name}\nsecond line, $(touch x)\n`]))

/** A neighbour that mounts something else, so that it can be seen to be left alone. */
const shape = (files: Readonly<Record<string, string>>): Shape => ({
  compose: ', sync: [data, neighbour, README.txt]',
  volumes: ['./data:/data:ro'],
  services: `  cache:
    image: redis:7-alpine
    volumes: [./neighbour:/conf:ro]
  quiet:
    image: redis:7-alpine`,
  files: { 'neighbour/redis.conf': 'maxmemory 1mb\n', 'README.txt': 'what this is\n', ...odd, ...files },
})

const deploy = async (files: Readonly<Record<string, string>>): Promise<Told> => {
  await project.commit(tinyFiles(shape(files)))
  return project.cli(['deploy', ...images])
}

beforeAll(async () => {
  await server.reset('tiny', PATH)
  project = await Project.in(server.host)
  images = pinned({ web: await tinyImage('1') })
})
afterAll(async () => {
  await server.reset('tiny', PATH)
  await server.leave()
  await project.remove()
})

test('files of any name reach the server and the container literally, and nothing in them is run', async () => {
  expectDocument(await deploy({}), 0, { outcome: 'succeeded' })
  const seen = (await server.json(8081, '/files?/data')) as Record<string, string>
  expect(Object.fromEntries(Object.entries(seen).map(([name, content]) => [`data/${name}`, content]))).toEqual(odd)
  expect(await server.run(`find ${PATH} /tmp /home/deploy -name x 2> /dev/null; true`, 'root')).toBe('')
})

test('the server holds the compose file, what is listed, and the records: no code, no config of ours', async () => {
  const files = (await server.run(`cd ${PATH} && find . -path ./.deploy -prune -o -type f -print`)).split('\n').sort()
  expect(files).toEqual(['./README.txt', './docker-compose.yml', './neighbour/redis.conf', ...NAMES.map((name) => `./data/${name}`)].sort())
  expect(
    await server.run(`find ${PATH} \\( -name '*.py' -o -name deploy.yml -o -name Dockerfile -o -name .git -o -name node_modules \\)`),
  ).toBe('')
})

test('listed files can be read by the users that containers run as, whatever the mode in the project', async () => {
  expect(await server.run(`stat -c %a ${PATH}/README.txt ${PATH}/data ${PATH}/neighbour/redis.conf`)).toBe('644\n755\n644')
})

test('a changed file touches only the services that mount it; others keep running, to the second', async () => {
  const before = await server.running('tiny')
  expectDocument(await deploy({ 'data/a b': 'changed' }), 0, { outcome: 'succeeded' })
  const after = await server.running('tiny')
  expect(after.web).not.toBe(before.web)
  expect({ cache: after.cache, quiet: after.quiet }).toEqual({ cache: before.cache, quiet: before.quiet })
  expect(((await server.json(8081, '/files?/data')) as Record<string, string>)['a b']).toBe('changed')
})

test('a service that is not ours but mounts a changed file is restarted, and sees it', async () => {
  const before = await server.running('tiny')
  expectDocument(await deploy({ 'data/a b': 'changed', 'neighbour/redis.conf': 'maxmemory 2mb\n' }), 0, { outcome: 'succeeded' })
  const after = await server.running('tiny')
  expect(after.cache?.split(' ')[0]).toBe(before.cache?.split(' ')[0])
  expect(after.cache).not.toBe(before.cache)
  expect({ web: after.web, quiet: after.quiet }).toEqual({ web: before.web, quiet: before.quiet })
  expect(await server.run('docker exec tiny-cache-1 cat /conf/redis.conf')).toBe('maxmemory 2mb')
})

test('a changed file that nobody mounts arrives, and no container is touched', async () => {
  const before = await server.running('tiny')
  expectDocument(await deploy({ 'data/a b': 'changed', 'neighbour/redis.conf': 'maxmemory 2mb\n', 'README.txt': 'edition two\n' }), 0, {
    outcome: 'succeeded',
  })
  expect(await server.running('tiny')).toEqual(before)
  expect(await server.read(`${PATH}/README.txt`)).toBe('edition two')
})

test('what was brought and is no longer listed goes; what the operator put beside it stays as it is', async () => {
  await server.write(`${PATH}/.env`, 'MINE=1\n', '640')
  await server.write(`${PATH}/data/mine.txt`, 'the operator wrote this\n', '600')
  await server.write(`${PATH}/notes/todo`, 'renew the certificate\n', '600')
  const own = `cd ${PATH} && stat -c '%n %a %U %Y %i' .env data/mine.txt notes notes/todo && cat .env data/mine.txt notes/todo`
  const before = await server.run(own)
  const [gone = ''] = NAMES
  delete (odd as Record<string, string>)[`data/${gone}`]
  expectDocument(await deploy({}), 0, { outcome: 'succeeded' })
  expect((await server.run(`ls -A ${PATH}/data`)).split('\n')).not.toContain(gone)
  expect(await server.run(own)).toBe(before)
})

test('a file that somebody changed by hand is put right again by the next deploy', async () => {
  await server.write(`${PATH}/README.txt`, 'meddled with', '644')
  expectDocument(await deploy({}), 0, { outcome: 'succeeded' })
  expect(await server.read(`${PATH}/README.txt`)).toBe('what this is')
})

test('a listed folder that is a link to the outside on the server is refused, and nothing is written through it', async () => {
  await server.run(`mkdir -p /home/deploy/outside && mv ${PATH}/data ${PATH}/data-was && ln -s /home/deploy/outside ${PATH}/data`)
  const before = await server.running('tiny')
  const told = await deploy({ 'data/new': 'must not arrive' })
  expect(await server.run('ls -A /home/deploy/outside')).toBe('')
  await server.run(`rm ${PATH}/data && mv ${PATH}/data-was ${PATH}/data && rmdir /home/deploy/outside`)
  expectFailure(told, 'CONFIG', 78)
  expect(told.document.message).toContain('a folder on its way is a link')
  expect(await server.running('tiny')).toEqual(before)
})

test('a link in the project is refused before any connection', async () => {
  await project.commit(tinyFiles(shape({})))
  const { symlink, rm } = await import('node:fs/promises')
  await symlink('/etc/passwd', `${project.folder}/data/passwd`)
  const told = await project.cli(['deploy', ...images], project.nowhere())
  await rm(`${project.folder}/data/passwd`)
  expectFailure(told, 'CONFIG', 78, { outcome: 'refused' })
  expect(told.document.message).toContain('data/passwd is a symbolic link')
})

test('when a deploy is rolled back, its files go back with it: old contents, no new ones', async () => {
  expectDocument(await deploy({}), 0, {})
  const before = await server.tree(PATH)
  images = pinned({ web: await tinyImage('2-sick') })
  await project.commit(
    tinyFiles({
      ...shape({ 'data/a b': 'other', 'data/brand-new': 'x', 'README.txt': 'three\n' }),
      health: 'http: { port: 80, path: /health }, deadline: 3s',
    }),
  )
  const told = await project.cli(['deploy', ...images])
  expectFailure(told, 'HEALTH', 24, { outcome: 'rolled-back' })
  expect(await server.tree(PATH)).toBe(before)
  expect(await server.json(8081, '/version')).toEqual({ version: '1' })
})
