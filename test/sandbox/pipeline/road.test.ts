import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { systemClock } from '../../../src/adapters/clock.ts'
import { registries } from '../../../src/adapters/registry.ts'
import { Secret } from '../../../src/ports.ts'
import { loopbackRegistry } from '../../adapters/support/loopback-registry.ts'
import type { TestProject } from '../../pipeline/support/project.ts'
import { pushDatabase } from '../trivy-db/artifact.ts'
import { imageProject } from './support/image-project.ts'
import { type CommandEnvironment, command, commandEnvironment, crane, REGISTRY, sandbox, tagsOf, uniqueName } from './support/sandbox.ts'

jest.setTimeout(180_000)

/** From a commit to a tagged digest, in order: each test stands on those before it. */
describe('the road from a commit to a published image', () => {
  const name = uniqueName('road')
  const repository = `${REGISTRY}/tests/${name}-app`
  let environment: CommandEnvironment
  let project: TestProject & { readonly sha: string }
  let digest: string

  beforeAll(async () => {
    environment = commandEnvironment()
    project = imageProject({ name, config: 'tags: [latest, sha, v1]\n' })
    const credentials = { username: sandbox('SANDBOX_REGISTRY_USER'), password: new Secret(sandbox('SANDBOX_REGISTRY_PASSWORD')) }
    await pushDatabase(await registries(systemClock)(REGISTRY, credentials), 'aquasecurity/trivy-db')
  })
  afterAll(() => {
    project[Symbol.dispose]()
    environment[Symbol.dispose]()
  })
  const run = (...args: readonly string[]) => command(project.folder, args, environment.env)

  test('build makes one index with both platforms and their labels, under no tag', async () => {
    const { code, document } = await run('build')
    expect([code, document.outcome, document.failureCode]).toEqual([0, 'succeeded', null])
    digest = document.images.app?.digest ?? ''
    const index = JSON.parse((await crane('manifest', `${repository}@${digest}`)) ?? '{}')
    expect(
      index.manifests.map(({ platform }: { platform: { os: string; architecture: string } }) => `${platform.os}/${platform.architecture}`),
    ).toEqual(['linux/amd64', 'linux/arm64'])
    for (const platform of ['linux/amd64', 'linux/arm64']) {
      const config = JSON.parse((await crane('config', `${repository}@${document.images.app?.platforms[platform]}`)) ?? '{}')
      expect(`${config.os}/${config.architecture}`).toBe(platform)
      expect(config.config.Labels).toMatchObject({ 'org.opencontainers.image.revision': project.sha })
    }
    expect(await tagsOf(repository)).toEqual([])
  })

  test('building the same commit again yields the same digest', async () => {
    expect((await run('build')).document.images.app?.digest).toBe(digest)
  })

  test('publish before the scan is refused, and sets no tag', async () => {
    const { code, document } = await run('publish')
    expect([code, document.failureCode]).toEqual([14, 'PUBLISH'])
    expect(await tagsOf(repository)).toEqual([])
  })

  test('scan passes both platforms and leaves its reports', async () => {
    const { code, document } = await run('scan')
    expect([code, document.outcome]).toEqual([0, 'succeeded'])
    expect(document.steps.filter((step) => step.name.startsWith('scan app')).map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/^debian 12\.\d+, \d+ packages; nothing found$/),
      expect.stringMatching(/^debian 12\.\d+, \d+ packages; nothing found$/),
    ])
    for (const file of ['scan-app-amd64.json', 'scan-app-arm64.json', 'scan-app-amd64.sarif', 'scan-app-arm64.sarif'])
      expect(existsSync(join(project.folder, 'reports', file))).toBe(true)
  })

  test('publish puts every tag on the very index that was built', async () => {
    const { code, document } = await run('publish')
    expect([code, document.images.app?.tags]).toEqual([0, [project.sha, 'v1', 'latest']])
    for (const tag of [project.sha, 'latest', 'v1']) expect(await crane('digest', `${repository}:${tag}`)).toBe(digest)
  })

  test('an older commit is published without moving latest', async () => {
    const older = project.sha
    project.write(
      'packages/amd64',
      'Package: other\nStatus: install ok installed\nMaintainer: n <n@example.invalid>\nArchitecture: amd64\nVersion: 2\nDescription: x\n',
    )
    project.commit('two')
    for (const step of ['build', 'scan', 'publish']) expect((await run(step)).code).toBe(0)
    const newest = await crane('digest', `${repository}:latest`)
    expect(newest).not.toBe(digest)
    project.git('checkout', '--quiet', older)
    const { document } = await run('publish')
    expect(document.message).toContain('latest was not moved')
    expect(await crane('digest', `${repository}:latest`)).toBe(newest)
  })

  test('a wrong password is AUTH', async () => {
    const { code, document } = await command(project.folder, ['build'], {
      ...environment.env,
      DEPLOY_REGISTRY_PASSWORD: 'not-the-password',
    })
    expect([code, document.failureCode]).toEqual([77, 'AUTH'])
    expect(JSON.stringify(document)).not.toContain('not-the-password')
  })

  test('a registry that is not there is CONNECT', async () => {
    const gone = await loopbackRegistry()
    await gone[Symbol.asyncDispose]()
    const { code, document } = await command(project.folder, ['publish', '--registry', gone.host], environment.env)
    expect([code, document.failureCode]).toEqual([78, 'CONFIG'])
    const built = await command(project.folder, ['build', '--registry', gone.host], environment.env)
    expect([built.code, built.document.failureCode]).toEqual([69, 'CONNECT'])
  })
})

describe('a Dockerfile that fails', () => {
  test('is BUILD with the step, its last lines and its place', async () => {
    using environment = commandEnvironment()
    using project = imageProject({
      name: uniqueName('broken'),
      dockerfile: 'FROM debian:12-slim\nCOPY Dockerfile /\nRUN echo the reason is here && exit 3\n',
    })
    const { code, document, stderr } = await command(project.folder, ['build'], environment.env)
    expect([code, document.failureCode]).toEqual([11, 'BUILD'])
    expect(document.message).toMatch(/RUN echo the reason is here.*exit code: 3/)
    expect(stderr).toContain('the reason is here')
    expect(stderr).toMatch(/Dockerfile:3/)
  })
})

describe('the GHCR-like registry', () => {
  const build = (user: string) => {
    const environment = commandEnvironment()
    const project = imageProject({ name: uniqueName('token') })
    const env = {
      ...environment.env,
      DEPLOY_REGISTRY: sandbox('SANDBOX_TOKEN_REGISTRY'),
      DEPLOY_REGISTRY_USERNAME: sandbox(`SANDBOX_TOKEN_${user}_USER`),
      DEPLOY_REGISTRY_PASSWORD: sandbox(`SANDBOX_TOKEN_${user}_PASSWORD`),
    }
    return command(project.folder, ['build'], env).finally(() => {
      project[Symbol.dispose]()
      environment[Symbol.dispose]()
    })
  }

  test('takes a push with a token that may write', async () => {
    expect((await build('WRITE')).code).toBe(0)
  })

  test('refuses one that may only read: PUBLISH', async () => {
    const { code, document } = await build('READ')
    expect([code, document.failureCode]).toEqual([14, 'PUBLISH'])
    expect(document.hint).toContain('grant')
  })

  test('refuses one that has expired: AUTH', async () => {
    const { code, document } = await build('EXPIRED')
    expect([code, document.failureCode]).toEqual([77, 'AUTH'])
  })
})
