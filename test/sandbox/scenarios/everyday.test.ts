/** What people do every day, on the smallest project: deploy, deploy again, look, and go back. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { expectDocument, expectFailure } from './document.ts'
import { deleteImage } from './images.ts'
import { Project, pinned } from './project.ts'
import { type Server, scenarioServer } from './server.ts'
import { PATH, tinyFiles, tinyImage } from './tiny.ts'

jest.setTimeout(600_000)

const server: Server = scenarioServer()
const web = (version: string) => tinyImage(version).then((image) => pinned({ web: image }))
// each rollback is a release, too: the first ones have to stay for the whole file
const KEEP = 'keep: 50'
let project: Project
let one: string
let two: string

beforeAll(async () => {
  await server.reset('tiny', PATH)
  project = await Project.in(server.host)
  one = await project.commit(tinyFiles({ config: KEEP }))
  await tinyImage('1')
})
afterAll(async () => {
  await server.reset('tiny', PATH)
  await server.leave()
  await project.remove()
})

test('before anything was deployed, status says so, rollback has nothing to go to, and neither leaves a trace', async () => {
  const status = await project.succeeds(['status'])
  expectDocument(status, 0, { command: 'status', outcome: 'succeeded', release: null })
  expect(status.document.message).toContain('nothing was deployed')
  expectFailure(await project.cli(['rollback', '--dry-run']), 'CONFIG', 78, { outcome: 'refused', release: null })
  expect((await server.try(`ls -d ${PATH}`)).code).not.toBe(0)
})

test('the plan of a first deploy names each step and its cause, and writes nothing', async () => {
  const plan = await project.succeeds(['plan', ...(await web('1'))])
  expectDocument(plan, 0, { command: 'plan', outcome: 'succeeded', release: null })
  expect(plan.document.steps.map(({ name, result }) => `${name} ${result}`)).toEqual(
    expect.arrayContaining(['files planned', 'switch web planned', 'commit planned']),
  )
  for (const step of plan.document.steps) expect(step.cause).not.toBe('')
  expect((await server.try(`ls -d ${PATH}`)).code).not.toBe(0)
  expect(await server.containers('tiny')).toEqual([])
})

test('a first deploy that fails has nothing to go back to: its containers are stopped, and that is said', async () => {
  await project.commit(tinyFiles({ config: KEEP, health: 'http: { port: 80, path: /health }, deadline: 2s' }))
  const told = await project.cli(['deploy', ...(await web('0-sick'))])
  expectFailure(told, 'HEALTH', 24, { outcome: 'failed', release: null })
  expect(told.document.message).toContain('no release to go back to')
  expect(await server.containers('tiny', false)).toEqual([])
  expect((await project.succeeds(['status'])).document.message).toContain('nothing was deployed')
  one = await project.commit(tinyFiles({ config: KEEP }))
})

test('the first deploy brings the version up, with exactly the asked digest', async () => {
  const image = await tinyImage('1')
  const deploy = await project.succeeds(['deploy', '--reason', 'first day', ...pinned({ web: image })])
  expectDocument(deploy, 0, {
    command: 'deploy',
    outcome: 'succeeded',
    failureCode: null,
    environment: 'production',
    previousRelease: null,
  })
  expect(deploy.document.release).toBe(`1-${one.slice(0, 7)}`)
  expect(await server.json(8081, '/version')).toEqual({ version: '1' })
  expect(await server.digests('tiny', 'web')).toEqual([image.split('@')[1]])
  expect(deploy.document.serving[0]?.services.web?.digest).toBe(image.split('@')[1])
})

test('the same commit again is unchanged, and neither a container nor a file is touched', async () => {
  const before = { running: await server.running('tiny'), tree: await server.tree(PATH) }
  const again = await project.succeeds(['deploy', ...(await web('1'))])
  expectDocument(again, 0, { outcome: 'unchanged', release: `1-${one.slice(0, 7)}` })
  expect({ running: await server.running('tiny'), tree: await server.tree(PATH) }).toEqual(before)
})

test('plan, a dry run and status write nothing: no file, no time of a file, no container', async () => {
  const before = {
    running: await server.running('tiny'),
    tree: await server.wholeTree(PATH),
    all: await server.containers('tiny'),
    temporary: await server.run('ls -A /tmp'),
  }
  two = await project.commit(tinyFiles({ config: KEEP, web: '    labels: { edition: two }' }))
  for (const args of [
    ['plan', ...(await web('2'))],
    ['deploy', '--dry-run', ...(await web('2'))],
    ['status'],
    ['rollback', '--dry-run', '1'],
  ]) {
    const { code, text } = await project.cli(args)
    expect([args[0], code, code === 0 ? '' : text]).toEqual([args[0], 0, ''])
  }
  expect({
    running: await server.running('tiny'),
    tree: await server.wholeTree(PATH),
    all: await server.containers('tiny'),
    temporary: await server.run('ls -A /tmp'),
  }).toEqual(before)
})

test('a new version takes the place of the old one, whose container goes; the environment file stays as it was', async () => {
  await server.write(`${PATH}/.env`, "ODD='a b'\n# by hand\n", '640')
  const env = await server.run(`stat -c '%a %U %Y %i' ${PATH}/.env; cat ${PATH}/.env`)
  const [old] = await server.containers('tiny')
  const deploy = await project.succeeds(['deploy', ...(await web('2'))])
  expectDocument(deploy, 0, { outcome: 'succeeded', release: `2-${two.slice(0, 7)}`, previousRelease: `1-${one.slice(0, 7)}` })
  expect(await server.json(8081, '/version')).toEqual({ version: '2' })
  const containers = await server.containers('tiny')
  expect(containers.map(({ name, service, running }) => [name, service, running])).toEqual([['tiny-web-1', 'web', true]])
  expect(containers[0]?.id).not.toBe(old?.id)
  expect(await server.run(`stat -c '%a %U %Y %i' ${PATH}/.env; cat ${PATH}/.env`)).toBe(env)
})

test('the login for the pull leaves nothing on the server, nor does any other secret of the run', async () => {
  const password = process.env.SANDBOX_REGISTRY_PASSWORD ?? ''
  const user = process.env.SANDBOX_REGISTRY_USER ?? ''
  const forms = [password, Buffer.from(`${user}:${password}`).toString('base64'), 'OPENSSH PRIVATE KEY']
  const found = await server.run(
    // an image that is just being unpacked is mounted there, and some library's example has the same password
    `grep -rlaF --exclude-dir='containerd-mount*' ${forms.map((form) => `-e '${form}'`).join(' ')} ${PATH} ~ /root /tmp 2> /dev/null; true`,
    'root',
  )
  expect(found.split('\n').filter((file) => file !== '' && !file.endsWith('authorized_keys'))).toEqual([])
  expect(await server.run('cat ~/.docker/config.json 2> /dev/null || echo none')).toMatch(/^(none|\{\s*\})$/)
  expect(await server.run(`find ${PATH} -name 'config.json'`)).toBe('')
})

test('another user of the server cannot look into the records', async () => {
  const { code, err } = await server.try(`setpriv --reuid 65534 --regid 65534 --clear-groups ls ${PATH}/.deploy`, 'root')
  expect(code).not.toBe(0)
  expect(err).toContain('Permission denied')
})

describe('an older commit', () => {
  test('is refused as STALE, with the way back that is meant, and nothing is touched', async () => {
    const before = await server.running('tiny')
    await project.git('checkout', '--quiet', one)
    const stale = await project.cli(['deploy', ...(await web('1'))])
    await project.git('checkout', '--quiet', 'main')
    expectFailure(stale, 'STALE', 15, { outcome: 'refused', release: `2-${two.slice(0, 7)}` })
    expect(stale.document.hint).toContain('rollback')
    expect(await server.running('tiny')).toEqual(before)
  })
})

describe('status', () => {
  test('says what runs, since when and from which commit, as recorded', async () => {
    const status = await project.succeeds(['status'])
    expectDocument(status, 0, {
      command: 'status',
      outcome: 'succeeded',
      release: `2-${two.slice(0, 7)}`,
      previousRelease: `1-${one.slice(0, 7)}`,
    })
    expect(status.document.message).toContain(two.slice(0, 7))
    expect(status.document.message).toContain('as recorded')
    const [container] = await server.containers('tiny')
    expect(status.document.serving).toEqual([
      expect.objectContaining({
        host: server.host,
        services: { web: expect.objectContaining({ since: container?.started, digest: container?.image.split('@')[1] }) },
      }),
    ])
  })

  test('shows the drift after somebody stopped a container by hand; the next deploy of the same commit mends it', async () => {
    await server.run('docker stop tiny-web-1')
    const { document } = await project.succeeds(['status'])
    expect(document.message).toMatch(/drift: web does not run/)
    expect(document.drift).toEqual(['web does not run'])
    expectDocument(await project.succeeds(['deploy', ...(await web('2'))]), 0, { outcome: 'succeeded' })
    expect(await server.json(8081, '/version')).toEqual({ version: '2' })
  })

  test('shows the drift after somebody replaced a container by one of another image', async () => {
    const other = await tinyImage('1')
    await server.run(
      `docker run --detach --name by-hand --label com.docker.compose.project=tiny --label com.docker.compose.service=web --label com.docker.compose.oneoff=False ${other.replace(/@.*/, '')}@${other.split('@')[1]}`,
    )
    const status = await project.succeeds(['status'])
    await server.run('docker rm --force by-hand')
    expect(status.document.message).toMatch(/drift: web runs .*tiny-web@sha256/)
  })
})

describe('a rollback by hand', () => {
  test('goes to the previous release when none is named: its bytes, its files, one container', async () => {
    const before = (await project.succeeds(['status'])).document
    const rollback = await project.succeeds(['rollback', '--reason', 'told so'])
    expectDocument(rollback, 0, { command: 'rollback', outcome: 'succeeded', previousRelease: before.release })
    const version = (await server.json(8081, '/version')) as { version: string }
    expect(version).toEqual({ version: before.previousRelease?.startsWith('1-') ? '1' : '2' })
    expect(await server.containers('tiny')).toHaveLength(1)
  })

  test('goes to a named release, by its number or its commit', async () => {
    for (const [name, version] of [
      ['1', '1'],
      ['2', '2'],
      [`1-${one.slice(0, 7)}`, '1'],
    ] as const) {
      expectDocument(await project.succeeds(['rollback', name]), 0, { outcome: 'succeeded' })
      expect(await server.json(8081, '/version')).toEqual({ version })
    }
    expect(await server.digests('tiny', 'web')).toEqual([(await tinyImage('1')).split('@')[1]])
    expect(await server.read(`${PATH}/docker-compose.yml`)).not.toContain('edition')
  })

  test('to what serves already touches nothing', async () => {
    const before = await server.running('tiny')
    expectDocument(await project.succeeds(['rollback', '1']), 0, { outcome: 'unchanged' })
    expect(await server.running('tiny')).toEqual(before)
  })

  test.each(['../../etc', 'a b; touch x', '-x'])('to %j, which cannot be one, is refused', async (name) => {
    expectFailure(await project.cli(['rollback', '--', name]), 'CONFIG', 78, { outcome: 'refused' })
  })

  test.each(['999', 'nonsense'])('to %j, which is none, is refused with the list of those there are', async (name) => {
    const before = { running: await server.running('tiny'), tree: await server.tree(PATH) }
    const refused = await project.cli(['rollback', name])
    expectFailure(refused, 'CONFIG', 78, { outcome: 'refused' })
    expect(refused.document.hint).toContain(`1-${one.slice(0, 7)}`)
    expect(refused.document.hint).toContain(`2-${two.slice(0, 7)}`)
    expect({ running: await server.running('tiny'), tree: await server.tree(PATH) }).toEqual(before)
  })

  test('to a release that is not healthy any more is BROKEN and is not rolled back itself; the next one mends it', async () => {
    await project.succeeds(['rollback', '2'])
    await server.run('docker exec tiny-web-1 touch /out/sick-1')
    const told = await project.cli(['rollback', '1'])
    expectFailure(told, 'BROKEN', 30, { outcome: 'failed', command: 'rollback' })
    expect(told.document.message).toContain('is not rolled back')
    expect(told.document.hint).toContain('docker compose -p tiny')
    expectDocument(await project.succeeds(['rollback', '2']), 0, { outcome: 'succeeded' })
    expect(await server.json(8081, '/version')).toEqual({ version: '2' })
    expect(await server.containers('tiny')).toHaveLength(1)
    await server.run('docker exec tiny-web-1 rm /out/sick-1')
  })

  test('whose image is gone from the server and from the registry is refused before anything is touched', async () => {
    const doomed = await tinyImage('doomed')
    await project.commit(tinyFiles({ config: KEEP }))
    const { document } = await project.succeeds(['deploy', ...pinned({ web: doomed })])
    await project.commit(tinyFiles({ config: KEEP }))
    await project.succeeds(['deploy', ...(await web('3'))])
    await server.run(
      `docker image rm --force $(docker image ls --quiet --no-trunc --filter reference='*/*/tiny-web' --digests --format '{{.ID}} {{.Digest}}' | grep '${doomed.split('@')[1]}' | cut -d' ' -f1)`,
    )
    await deleteImage(doomed)
    const before = { running: await server.running('tiny'), tree: await server.tree(PATH) }
    const refused = await project.cli(['rollback', document.release ?? ''])
    expect(refused.code).not.toBe(0)
    expect(['CONFIG', 'PULL']).toContain(refused.document.failureCode)
    expect(refused.document.hint ?? '').not.toBe('')
    expect({ running: await server.running('tiny'), tree: await server.tree(PATH) }).toEqual(before)
    expect(await server.json(8081, '/version')).toEqual({ version: '3' })
  })
})
