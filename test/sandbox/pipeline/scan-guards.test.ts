import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { systemClock } from '../../../src/adapters/clock.ts'
import { registries } from '../../../src/adapters/registry.ts'
import { Secret } from '../../../src/ports.ts'
import { FakeGitHub, TOKEN } from '../../github/fake-api.ts'
import { pushDatabase } from '../trivy-db/artifact.ts'
import type { Variant } from '../trivy-db/database.ts'
import { CRITICAL, imageProject, UNFIXED } from './support/image-project.ts'
import { type CommandEnvironment, command, commandEnvironment, crane, REGISTRY, sandbox, tagsOf, uniqueName } from './support/sandbox.ts'

jest.setTimeout(180_000)

/** Each test has a cache of its own, so that it downloads what it scans with. */
let environment: CommandEnvironment
beforeEach(() => {
  environment = commandEnvironment()
})
afterEach(() => environment[Symbol.dispose]())

const databases = uniqueName('trivy-db')
const database = (variant: Variant): string => `${REGISTRY}/${databases}/${variant}:2`

beforeAll(async () => {
  const credentials = { username: sandbox('SANDBOX_REGISTRY_USER'), password: new Secret(sandbox('SANDBOX_REGISTRY_PASSWORD')) }
  const registry = await registries(systemClock)(REGISTRY, credentials)
  await pushDatabase(registry, 'aquasecurity/trivy-db')
  for (const variant of ['empty', 'zero', 'stale', 'sound'] as const) await pushDatabase(registry, `${databases}/${variant}`, variant)
})

const CLEAN = uniqueName('clean')
/** Built once; tests that vary the scanner's surroundings scan it as it is. */
let clean: ReturnType<typeof imageProject>
beforeAll(async () => {
  using before = commandEnvironment()
  clean = imageProject({ name: CLEAN })
  expect((await command(clean.folder, ['build'], before.env)).code).toBe(0)
})
afterAll(() => clean[Symbol.dispose]())

const scan = (project: { readonly folder: string }, env: Record<string, string> = {}) =>
  command(project.folder, ['scan'], { ...environment.env, ...env })

const scanned = async (project: { readonly folder: string }, env: Record<string, string> = {}, build: readonly string[] = ['build']) => {
  const built = await command(project.folder, build, environment.env)
  expect(built.code).toBe(0)
  return scan(project, env)
}

describe('the policy', () => {
  test('a vulnerability on one platform only is found, and nothing is published', async () => {
    const name = uniqueName('guard')
    using project = imageProject({ name, arm64: CRITICAL })
    const { code, document, stderr } = await scanned(project)
    expect([code, document.failureCode]).toEqual([12, 'SCAN'])
    expect(document.message).toBe('SCAN: app linux/arm64: 1 CRITICAL')
    expect(stderr).toContain('CVE-2099-0001 sandbox-critical 1.0 → 2.0')
    expect((await command(project.folder, ['publish'], environment.env)).code).toBe(14)
    expect(await tagsOf(`${REGISTRY}/tests/${name}-app`)).toEqual([])
  })

  test('an image that is not as its own policy wants it is found by what is in it, and nothing is published', async () => {
    const name = uniqueName('guard')
    const wanted =
      '{ nonRoot: true, without: [sandbox-harmless, sandbox-critical], labels: [org.opencontainers.image.revision, acme.team] }'
    const config = `project: ${name}\nregistry: { namespace: Tests }\nimages: { app: { platforms: [linux/amd64], policy: ${wanted} } }\n`
    using project = imageProject({ name, files: { 'deploy.yml': config } })
    const { code, document } = await scanned(project)
    expect([code, document.failureCode]).toEqual([12, 'SCAN'])
    expect(document.findings?.map(({ id, subject }) => `${id} ${subject}`)).toEqual([
      'MISSING-LABEL acme.team',
      'RUNS-AS-ROOT USER is not set',
      'UNWANTED-PACKAGE sandbox-harmless',
    ])
    expect((await command(project.folder, ['publish'], environment.env)).code).toBe(14)
  })

  test('an exception with a reason is accepted until its day', async () => {
    using project = imageProject({
      name: uniqueName('guard'),
      amd64: CRITICAL,
      config: 'scan: { exceptions: [{ id: CVE-2099-0001, until: 2999-01-01, reason: not reachable }] }\n',
    })
    const { code, document } = await scanned(project)
    expect(code).toBe(0)
    expect(document.steps.find((step) => step.name === 'scan app linux/amd64')?.detail).toContain(
      '1 accepted (CVE-2099-0001 until 2999-01-01)',
    )
  })

  test('an exception whose day has passed is named, and holds no longer', async () => {
    using project = imageProject({
      name: uniqueName('guard'),
      amd64: CRITICAL,
      config: 'scan: { exceptions: [{ id: CVE-2099-0001, until: 2026-01-01, reason: not reachable }] }\n',
    })
    const { code, document } = await scanned(project)
    expect(code).toBe(12)
    expect(document.message).toContain('expired exceptions: CVE-2099-0001 (until 2026-01-01)')
  })

  test('a pull request is scanned by what its base branch accepts, whatever it accepts itself', async () => {
    const exceptions = 'scan: { exceptions: [{ id: CVE-2099-0001, until: 2999-01-01, reason: not reachable }] }\n'
    using project = imageProject({ name: uniqueName('guard'), amd64: CRITICAL, config: exceptions })
    const accepting = readFileSync(join(project.folder, 'deploy.yml'), 'utf8')
    const github = await FakeGitHub.start()
    try {
      const job = { GITHUB_ACTIONS: 'true', GITHUB_REPOSITORY: 'acme/shop', GITHUB_API_URL: github.url, GITHUB_TOKEN: TOKEN }
      const pull = { ...job, GITHUB_EVENT_NAME: 'pull_request', GITHUB_BASE_REF: 'main' }
      github.files.set('deploy.yml at refs/heads/main', accepting.replace(exceptions, ''))
      const proposed = await scanned(project, pull)
      expect([proposed.code, proposed.document.message]).toEqual([12, 'SCAN: app linux/amd64: 1 CRITICAL'])
      expect(proposed.stderr).toContain('the rules of main count, and these are others')
      github.files.set('deploy.yml at refs/heads/main', accepting)
      expect((await scan(project, pull)).code).toBe(0)
      expect(github.strays).toEqual([])
    } finally {
      await github.stop()
    }
  })

  test('what has no fix is ignored unless the config wants it', async () => {
    const wants = { name: uniqueName('guard'), amd64: UNFIXED, arm64: UNFIXED }
    using lenient = imageProject(wants)
    expect((await scanned(lenient)).code).toBe(0)
    using strict = imageProject({ ...wants, config: 'scan: { ignoreUnfixed: false }\n' })
    expect((await scanned(strict)).document.message).toContain('1 HIGH')
  })
})

describe('nothing that lies around changes the verdict', () => {
  test.each<[string, Record<string, string>, Record<string, string>]>([
    ['TRIVY_SEVERITY', { TRIVY_SEVERITY: 'LOW' }, {}],
    ['TRIVY_EXIT_CODE and TRIVY_IGNOREFILE', { TRIVY_EXIT_CODE: '0', TRIVY_IGNOREFILE: '/dev/null', TRIVY_SKIP_FILES: '**' }, {}],
    ['a .trivyignore and a trivy.yaml of the project', {}, { '.trivyignore': 'CVE-2099-0001\n', 'trivy.yaml': 'severity: [LOW]\n' }],
  ])('%s', async (_what, env, files) => {
    using project = imageProject({ name: uniqueName('guard'), amd64: CRITICAL, files })
    const { document } = await scanned(project, env)
    expect(document.failureCode).toBe('SCAN')
  })
})

describe('no trustworthy verdict', () => {
  test.each<[Variant, RegExp]>([
    ['empty', /does not know a vulnerability that every one knows|no repository gave a usable/],
    ['zero', /does not know a vulnerability that every one knows|no repository gave a usable/],
    ['stale', /no repository gave a usable/],
  ])('a database that is %s ends in SCANNER', async (variant, message) => {
    const { code, document } = await scan(clean, { DEPLOY_SCAN_DATABASE: database(variant) })
    expect([code, document.failureCode]).toEqual([13, 'SCANNER'])
    expect(document.message).toMatch(message)
    expect((await command(clean.folder, ['publish'], environment.env)).code).toBe(14)
  })

  test('an image in which nothing can be seen ends in SCANNER, unless that is allowed', async () => {
    const wants = { name: uniqueName('guard'), dockerfile: 'FROM scratch\nCOPY deploy.yml /\n' }
    using blind = imageProject(wants)
    const { code, document } = await scanned(blind)
    expect([code, document.message.includes('scan.allowUnknownSystem')]).toEqual([13, true])
    using allowed = imageProject({ ...wants, config: 'scan: { allowUnknownSystem: true }\n' })
    expect((await scanned(allowed)).code).toBe(0)
  })

  test('a wrong password and a missing image are called by their names', async () => {
    using project = imageProject({ name: uniqueName('guard') })
    const wrong = await scanned(project, { DEPLOY_REGISTRY_PASSWORD: 'wrong', DOCKER_CONFIG: project.folder })
    expect([wrong.code, wrong.document.failureCode]).toEqual([77, 'AUTH'])
    const built = await command(project.folder, ['build'], environment.env)
    const digest = built.document.images.app?.platforms['linux/arm64']
    await crane('delete', `${built.document.images.app?.reference.split('@')[0]}@${digest}`)
    const missing = await command(project.folder, ['scan'], environment.env)
    expect([missing.code, missing.document.message.includes(`${digest} is not in the registry`)]).toEqual([13, true])
  })

  test('a scanner that is too old, or none, ends in SCANNER', async () => {
    using project = imageProject({ name: uniqueName('guard'), files: { 'old-trivy': '#!/bin/sh\necho \'{"Version":"0.69.4"}\'\n' } })
    project.git('update-index', '--chmod=+x', 'old-trivy')
    project.git('checkout', '--quiet', '--', 'old-trivy')
    expect((await scanned(project, { DEPLOY_SCAN_PATH: './old-trivy' })).document.message).toContain(
      'is Trivy 0.69.4; 0.70 or newer is needed',
    )
    expect((await scanned(project, { DEPLOY_SCAN_PATH: './no-trivy' })).document.failureCode).toBe('SCANNER')
  })
})

describe('the database is had from whoever gives it', () => {
  let server: Server
  let requests = 0
  let status = 500
  beforeAll(async () => {
    server = createServer((_request, response) => {
      requests++
      response.writeHead(status, { 'retry-after': '1' }).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  const faulty = (): string => `127.0.0.1:${(server.address() as AddressInfo).port}/db:2`

  test.each([500, 429])('a repository that answers %d is asked twice, and then the next one', async (answer) => {
    status = answer
    requests = 0
    const { code, document } = await scan(clean, { DEPLOY_SCAN_DATABASE: `${faulty()} ${database('sound')}` })
    expect(code).toBe(0)
    expect(requests).toBeGreaterThanOrEqual(2)
    expect(document.steps[0]?.detail).toContain(database('sound'))
  })

  test('where nobody gives it, each is named with its reason', async () => {
    status = 500
    const { code, stderr } = await scan(clean, { DEPLOY_SCAN_DATABASE: faulty() })
    expect(code).toBe(13)
    expect(stderr).toContain(faulty())
  })
})

describe('without a registry, as in a pull request from a fork', () => {
  const dry = ['build', '--dry-run']

  test('a vulnerability on the second platform is found in the layout, and nothing is pushed', async () => {
    const name = uniqueName('fork')
    using project = imageProject({ name, arm64: CRITICAL })
    const { code, document } = await scanned(project, {}, dry)
    expect([code, document.message]).toEqual([12, 'SCAN: app linux/arm64: 1 CRITICAL'])
    expect(await tagsOf(`${REGISTRY}/tests/${name}-app`)).toEqual([])
  })

  test('a clean image passes, and cannot be published', async () => {
    using project = imageProject({ name: uniqueName('fork') })
    expect((await scanned(project, {}, dry)).code).toBe(0)
    expect((await command(project.folder, ['publish'], environment.env)).code).toBe(78)
    expect((await command(project.folder, ['publish', '--dry-run'], environment.env)).code).toBe(0)
  })
})
