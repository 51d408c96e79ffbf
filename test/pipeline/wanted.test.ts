import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { pullCredentials } from '../../src/entry/pull-credentials.ts'
import { credentialsFor, registryCredentials } from '../../src/pipeline/credentials.ts'
import { type BuildRecord, readRecord, writeRecord } from '../../src/pipeline/record.ts'
import { parseReference } from '../../src/pipeline/reference.ts'
import { scanImages } from '../../src/pipeline/scan/images.ts'
import { withWorkspace } from '../../src/pipeline/scan/workspace.ts'
import { wantedImages } from '../../src/pipeline/wanted.ts'
import { Secret } from '../../src/ports.ts'
import { failure, testContext } from './support/context.ts'
import { memoryRegistry } from './support/memory-registry.ts'
import { testProject } from './support/project.ts'

const SHA = 'a'.repeat(40)
const REPOSITORY = 'acme/sample-api'

const recordOf = (digest: string, platforms: Record<string, string>, tags: readonly string[]): BuildRecord => ({
  version: 1,
  commit: SHA,
  dirty: false,
  images: { api: { repository: `registry.example/${REPOSITORY}`, digest, platforms, layout: null, scans: {}, tags } },
})

describe('the bytes that are wanted', () => {
  const setUp = (change: Partial<Parameters<typeof testContext>[0]> = {}) => {
    const project = testProject()
    const registry = memoryRegistry()
    const opened: string[] = []
    const context = testContext({
      project: project.folder,
      config: { registry: { host: 'registry.example' } },
      ports: {
        env: { DOCKER_CONFIG: project.folder },
        openRegistry: async (host) => {
          opened.push(host)
          return { ...registry, host }
        },
      },
      ...change,
    })
    return { project, registry, context, opened, [Symbol.dispose]: () => project[Symbol.dispose]() }
  }

  test('are those of --image, wherever they lie', async () => {
    using it = setUp()
    const { index, platforms } = it.registry.put('other/name', {})
    const reference = `elsewhere.example:5000/other/name@${index.digest}`
    const context = { ...it.context, request: { ...it.context.request, images: { api: reference } } }
    expect(await wantedImages(context)).toEqual({ api: { reference, digest: index.digest, platforms } })
    expect(it.opened).toEqual(['elsewhere.example:5000'])
  })

  test('are those that were published here of this commit', async () => {
    using it = setUp()
    const { index, platforms } = it.registry.put(REPOSITORY, {})
    await writeRecord(it.project.folder, recordOf(index.digest, platforms, [SHA]))
    expect((await wantedImages(it.context)).api).toMatchObject({ digest: index.digest, platforms, tags: [SHA] })
  })

  test('built but not published is not enough', async () => {
    using it = setUp()
    const { index, platforms } = it.registry.put(REPOSITORY, {})
    await writeRecord(it.project.folder, recordOf(index.digest, platforms, []))
    expect((await failure(wantedImages(it.context))).code).toBe('CONFIG')
  })

  test('of a dry run of the whole road are those that it built, wherever they are', async () => {
    using it = setUp()
    const digest = `sha256:${'1'.repeat(64)}`
    const { images, ...record } = recordOf(digest, { 'linux/amd64': digest }, [])
    await writeRecord(it.project.folder, {
      ...record,
      images: Object.fromEntries(Object.entries(images).map(([name, image]) => [name, { ...image, layout: '.deploy-action/layouts/api' }])),
    })
    const asked = (command: 'all' | 'deploy', dryRun: boolean) =>
      wantedImages({ ...it.context, request: { ...it.context.request, command, dryRun } })
    expect((await asked('all', true)).api).toMatchObject({ reference: `registry.example/${REPOSITORY}@${digest}`, digest })
    expect(it.opened).toEqual([])
    for (const [command, dryRun] of [
      ['deploy', true],
      ['all', false],
    ] as const)
      expect((await failure(asked(command, dryRun))).message).toContain('nothing was published of')
  })

  test("are those under the commit's tag, where another job published", async () => {
    using it = setUp()
    const { index } = it.registry.put(REPOSITORY, {}, SHA)
    expect((await wantedImages(it.context)).api).toMatchObject({ reference: `registry.example/${REPOSITORY}@${index.digest}`, tags: [SHA] })
  })

  test('are said to be missing, with the commands that make them', async () => {
    using it = setUp()
    const error = await failure(wantedImages(it.context))
    expect(error.message).toBe(`CONFIG: nothing was published of ${SHA} as registry.example/${REPOSITORY}`)
    expect(error.details.hint).toContain('deploy-action build && deploy-action scan && deploy-action publish')
  })

  test('a digest that the registry does not have is refused', async () => {
    using it = setUp()
    const images = { api: `registry.example/${REPOSITORY}@sha256:${'0'.repeat(64)}` }
    const error = await failure(wantedImages({ ...it.context, request: { ...it.context.request, images } }))
    expect([error.code, error.message.includes('not in the registry')]).toEqual(['CONFIG', true])
  })

  test('are those that another job hands over, where they passed the scan there', async () => {
    using it = setUp()
    const { index, platforms } = it.registry.put(REPOSITORY, {})
    const [[platform, digest] = []] = Object.entries(platforms)
    if (platform === undefined || digest === undefined) throw new Error('an index has platforms')
    const reference = `registry.example/${REPOSITORY}@${index.digest}`
    const passed = Object.fromEntries(
      Object.entries(platforms).map(([name, of]) => [name, { digest: of, result: 'passed' as const, scanner: 'trivy 1', at: '' }]),
    )
    const over = (scans: typeof passed | Record<string, unknown>, images: Record<string, string> = {}) => {
      const handedOver = { api: { reference, digest: index.digest, platforms, scans: scans as typeof passed } }
      return wantedImages({ ...it.context, request: { ...it.context.request, images, handedOver } })
    }
    expect((await over(passed)).api?.digest).toBe(index.digest)
    for (const [scan, why] of [
      [{ ...passed[platform], result: 'failed' }, 'violates the scan policy'],
      [{ ...passed[platform], digest: `sha256:${'0'.repeat(64)}` }, 'was not scanned'],
      [undefined, 'was not scanned'],
    ] as const)
      expect((await failure(over({ ...passed, [platform]: scan }))).message).toBe(
        `CONFIG: api for ${platform}, handed over in \`images\`, ${why}`,
      )
    // by name it is somebody's decision
    expect((await over({}, { api: reference })).api?.digest).toBe(index.digest)
  })

  test('of a scan by name need nothing of the other images', async () => {
    using it = setUp({ config: { registry: { host: 'registry.example' }, images: { api: {}, web: {} }, scan: { scanner: 'none' } } })
    const { index, platforms } = it.registry.put(REPOSITORY, {})
    const reference = `registry.example/${REPOSITORY}@${index.digest}`
    const context = { ...it.context, request: { ...it.context.request, command: 'scan' as const, images: { api: reference } } }
    await scanImages(context, () => Promise.reject(new Error('nothing is to be installed')))
    expect(context.facts.images).toEqual({ api: { reference, digest: index.digest, platforms } })
  })

  test('a misspelt image name is refused, with the right ones', async () => {
    using it = setUp()
    const error = await failure(wantedImages({ ...it.context, request: { ...it.context.request, images: { apu: 'x' } } }))
    expect(error.details.hint).toBe('by hand: images of the config: api')
  })

  test.each(['ghcr.io/acme/api', 'ghcr.io/acme/api:latest', 'GHCR.io/acme/api@sha256:1', `--x/acme@sha256:${'0'.repeat(64)}`])(
    '%j is no reference',
    (text) => {
      expect(() => parseReference(text)).toThrow(/CONFIG/)
    },
  )
})

test('a record is read back, and one of another commit is refused', async () => {
  using project = testProject()
  expect(await readRecord(project.folder, SHA)).toBeNull()
  const record = recordOf(`sha256:${'0'.repeat(64)}`, {}, [])
  await writeRecord(project.folder, record)
  expect(await readRecord(project.folder, SHA)).toEqual(record)
  project.write(`.deploy-action/builds/${'b'.repeat(40)}.json`, JSON.stringify(record))
  expect((await failure(readRecord(project.folder, 'b'.repeat(40)))).message).toContain('is not a build record of b')
  expect(project.git('status', '--short')).toBe('')
})

describe('credentials', () => {
  const login = (username: string, password: string) => Buffer.from(`${username}:${password}`).toString('base64')
  const of = (change: Partial<Parameters<typeof testContext>[0]>, files: Record<string, string> = {}) => {
    const project = testProject(files)
    const env = { DOCKER_CONFIG: project.folder, ...(change.ports?.env ?? {}) }
    const context = testContext({ project: project.folder, config: {}, ...change, ports: { ...change.ports, env } })
    return { context, [Symbol.dispose]: () => project[Symbol.dispose]() }
  }
  const shown = (credentials: ReturnType<typeof registryCredentials>) =>
    credentials && `${credentials.username}:${credentials.password.reveal()}`

  test('are first what was asked for', () => {
    using it = of({
      request: { registryUsername: 'asked', registryPassword: new Secret('a') },
      config: { registry: { username: 'config', password: 'c' } },
    })
    expect(shown(registryCredentials(it.context))).toBe('asked:a')
  })

  test("where only the password was asked for, with the config's user name", () => {
    const config = { registry: { username: 'config', password: 'c' } }
    using it = of({ request: { registryPassword: new Secret('a') }, config })
    expect(shown(registryCredentials(it.context))).toBe('config:a')
    // it is that of the config's registry, not of another one
    using other = of({ request: { registry: 'registry.test:5443', registryPassword: new Secret('a') }, config })
    expect(() => registryCredentials(other.context)).toThrow(/CONFIG: a registry password without a user name/)
  })

  test("then the config's", () => {
    using it = of(
      { config: { registry: { username: 'config', password: 'c' } } },
      { 'config.json': JSON.stringify({ auths: { 'ghcr.io': { auth: login('docker', 'd') } } }) },
    )
    expect(shown(registryCredentials(it.context))).toBe('config:c')
  })

  test('then what docker login left', () => {
    using it = of({}, { 'config.json': JSON.stringify({ auths: { 'ghcr.io': { auth: login('docker', 'd:with:colons') } } }) })
    expect(shown(registryCredentials(it.context))).toBe('docker:d:with:colons')
  })

  test('also where a token stands in the place of the password, as Azure leaves it', () => {
    const left = { auth: login('00000000-0000-0000-0000-000000000000', ''), identitytoken: 'a-token' }
    using it = of({}, { 'config.json': JSON.stringify({ auths: { 'ghcr.io': left } }) })
    expect(shown(registryCredentials(it.context))).toBe('00000000-0000-0000-0000-000000000000:a-token')
  })

  test('of Docker Hub stand for the server and for the scanner where both look for them', async () => {
    using it = of({ config: { registry: { host: 'docker.io', username: 'ada', password: 'p' } } })
    const key = 'https://index.docker.io/v1/'
    const { auths } = JSON.parse(Buffer.from(pullCredentials(it.context), 'base64').toString()) as { auths: Record<string, unknown> }
    expect(auths).toEqual({ [key]: { auth: login('ada', 'p') } })
    const read = ({ root }: { readonly root: string }) => readFile(join(root, 'docker', 'config.json'), 'utf8')
    expect(JSON.parse(await withWorkspace(it.context, ['docker.io'], read))).toEqual({ auths })
  })

  test('of a user with a slash, as Oracle has them, reach the server as they are', () => {
    using it = of({ config: { registry: { host: 'fra.ocir.io', username: 'tenancy/ada@example.org', password: 'a:b/c' } } })
    const { auths } = JSON.parse(Buffer.from(pullCredentials(it.context), 'base64').toString()) as {
      auths: Record<string, { auth: string }>
    }
    expect(Buffer.from(auths['fra.ocir.io']?.auth ?? '', 'base64').toString()).toBe('tenancy/ada@example.org:a:b/c')
  })

  test("then, for GHCR on a runner, the job's own token", () => {
    using it = of({ ports: { env: { GITHUB_ACTIONS: 'true', GITHUB_ACTOR: 'octo', GITHUB_TOKEN: 't' } } })
    expect(shown(registryCredentials(it.context))).toBe('octo:t')
    expect(credentialsFor(it.context, 'quay.io')).toBeNull()
  })

  test("a job's token of another server than github.com is not shown to GHCR", () => {
    const job = { GITHUB_ACTIONS: 'true', GITHUB_ACTOR: 'octo', GITHUB_TOKEN: 't' }
    using there = of({ ports: { env: { ...job, GITHUB_SERVER_URL: 'https://github.com' } } })
    expect(shown(registryCredentials(there.context))).toBe('octo:t')
    using elsewhere = of({ ports: { env: { ...job, GITHUB_SERVER_URL: 'https://git.example.org' } } })
    expect(registryCredentials(elsewhere.context)).toBeNull()
  })

  test('of our registry are shown to no other', () => {
    using it = of({
      request: { registryUsername: 'asked', registryPassword: new Secret('a') },
      config: { registry: { username: 'config', password: 'c' } },
    })
    expect(credentialsFor(it.context, 'mirror.gcr.io')).toBeNull()
  })

  test("the config's are not shown to a registry that replaces its own", () => {
    using it = of({ request: { registry: 'registry.test:5443' }, config: { registry: { username: 'config', password: 'c' } } })
    expect(registryCredentials(it.context)).toBeNull()
  })

  test('a password without a name is refused', () => {
    using it = of({ request: { registryPassword: new Secret('a') } })
    expect(() => registryCredentials(it.context)).toThrow(/CONFIG: a registry password without a user name/)
  })
})
