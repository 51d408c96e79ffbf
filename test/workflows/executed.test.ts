/**
 * The starters and the reusable workflows, executed by act on the sandbox: one story on one stack, told by the server,
 * the registry and its log, and by what was called of GitHub's API.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { FakeGitHub, TOKEN } from '../github/fake-api.ts'
import { environmentFile } from '../sandbox/sample/versions.ts'
import { given, output } from '../sandbox/scenarios/programs.ts'
import { Server } from '../sandbox/scenarios/server.ts'
import { act, hasAct, type Ran, type Workflow } from './act.ts'
import { Fixture, replacedOnce, starter } from './fixture.ts'
import { type Published, published, root } from './published.ts'
import { digestOf, emptyRepository, writesTo } from './registry.ts'

// only a stuck test takes this long
jest.setTimeout(15 * 60_000)

const stack = { name: `workflows-${process.pid}`, path: `/opt/stacks/workflows-${process.pid}`, port: 20_000 + (process.pid % 10_000) }
const REPOSITORIES = ['api', 'bot'].map((name) => `${given('SANDBOX_REGISTRY')}/${stack.name}/${stack.name}-${name}`)
const [API = ''] = REPOSITORIES
const server = new Server(given('SANDBOX_HOSTS').split(' ')[0] ?? '')
const sshKey = readFileSync(given('SANDBOX_SSH_KEY'), 'utf8')

/** Reads the database without login, as the public one is read. */
const scanner = { DEPLOY_SCAN_DATABASE: `${given('SANDBOX_MIRROR')}/aquasecurity/trivy-db:2` }
const variables = { SSH_HOST: server.host, KNOWN_HOSTS: readFileSync(given('SANDBOX_KNOWN_HOSTS'), 'utf8') }

let action: Published
let fixture: Fixture
/** The commit of version 1. */
let first: string
/** Called with what differs; yields what act did. */
let runs: (workflow: Pick<Workflow, 'event' | 'file'> & Partial<Workflow> & { readonly permissions?: readonly string[] }) => Promise<Ran>
let github: FakeGitHub
/** What was written on GitHub since this was asked last. */
const posted = (): readonly string[] => {
  const { writes } = github
  github.calls.splice(0)
  return writes
}
/** Each deployment that GitHub knows, with the states that it went through. */
const deployments = (): readonly (readonly string[])[] =>
  github.deployments.map(({ sha, environment, statuses }) => [sha, environment, ...statuses.map(({ state }) => state)])
/** A deployment that begins and ends; one of a rollback is there when it has ended. */
const NEW_DEPLOYMENT = [
  'POST /deployments',
  ...Array.from({ length: 2 }, () => expect.stringMatching(/^POST \/deployments\/\d+\/statuses$/)),
]

/** The caller of the reusable pipeline, with the sandbox's registry for ghcr.io. */
const callerOfPipeline = async (): Promise<string> => {
  const registry = `registry: "${given('SANDBOX_REGISTRY')}", registry-username: "${given('SANDBOX_REGISTRY_USER')}"`
  const withRegistry = replacedOnce(await starter('pipeline.yml'), 'with: { ', `with: { ${registry}, `)
  return replacedOnce(withRegistry, 'secrets: { ', 'secrets: { REGISTRY_PASSWORD: "${{ secrets.REGISTRY_PASSWORD }}", ')
}

/** The login that `docker login` or the job's token would give. */
const registryOfMachine = () => ({
  DEPLOY_REGISTRY: given('SANDBOX_REGISTRY'),
  DEPLOY_REGISTRY_USERNAME: given('SANDBOX_REGISTRY_USER'),
  DEPLOY_REGISTRY_PASSWORD: given('SANDBOX_REGISTRY_PASSWORD'),
})

/** A workflow of somebody who calls the reusable rollback. */
const CALLS_ROLLBACK = `name: Rollback by call
on: workflow_dispatch
permissions: {}
jobs:
  rollback:
    permissions: { contents: read, packages: read, deployments: write }
    uses: org/deploy-action/.github/workflows/rollback.yml@v1
    with:
      reason: what if
      dry-run: true
      variables: SSH_HOST=\${{ vars.SSH_HOST }}
      known-hosts: \${{ vars.KNOWN_HOSTS }}
    secrets:
      SSH_KEY: \${{ secrets.SSH_KEY }}
`

/** A workflow of somebody who calls the reusable deploy, which takes what the registry has under the commit's tag. */
const callsDeploy = (secrets: string): string => `name: Deploy by call
on: workflow_dispatch
permissions: {}
jobs:
  deploy:
    permissions: { contents: read, packages: read }
    uses: org/deploy-action/.github/workflows/deploy.yml@v1
    with:
      registry: "${given('SANDBOX_REGISTRY')}"
      registry-username: "${given('SANDBOX_REGISTRY_USER')}"
      variables: SSH_HOST=\${{ vars.SSH_HOST }}
      known-hosts: \${{ vars.KNOWN_HOSTS }}
    secrets: ${secrets}
`
/** A workflow of somebody who calls what happens every night. */
const CALLS_SCHEDULED = `name: Every night
on: { schedule: [{ cron: "17 3 * * *" }] }
permissions: {}
jobs:
  night:
    permissions: { contents: read, packages: write }
    uses: org/deploy-action/.github/workflows/scheduled.yml@v1
    with:
      variables: SSH_HOST=\${{ vars.SSH_HOST }}
      known-hosts: \${{ vars.KNOWN_HOSTS }}
    secrets: { SSH_KEY: "\${{ secrets.SSH_KEY }}" }
`
const BOTH_SECRETS = '{ SSH_KEY: "${{ secrets.SSH_KEY }}", REGISTRY_PASSWORD: "${{ secrets.REGISTRY_PASSWORD }}" }'

const commit = async (version: number, config?: 'to begin with'): Promise<string> =>
  fixture.commit(
    version,
    {
      'deploy.yml': await starter('deploy.yml'),
      'one-job.yml': await starter('one-job.yml'),
      'rollback.yml': await starter('rollback.yml'),
      'scheduled.yml': await starter('scheduled.yml'),
      'pipeline.yml': await callerOfPipeline(),
      'called-rollback.yml': CALLS_ROLLBACK,
      'called-deploy.yml': callsDeploy(BOTH_SECRETS),
      'called-scheduled.yml': CALLS_SCHEDULED,
    },
    config,
  )

const text = ({ lines }: Ran): string => lines.map((line) => line.text).join('\n')

/** A run that must have succeeded; the end of what it said is what a failure shows. */
const succeeded = (ran: Ran): void =>
  expect({ code: ran.code, said: ran.code === 0 ? '' : text(ran).slice(-6000) }).toEqual({ code: 0, said: '' })

const serves = async (version: string, sha: string): Promise<void> => {
  expect(await server.json(stack.port, '/version')).toEqual({ version })
  expect(await server.digests(stack.name, 'api')).toEqual([await digestOf(`${API}:${sha}`)])
}

const describeWithAct = hasAct() && process.env.SANDBOX_TRIVY ? describe : describe.skip

describeWithAct('workflows executed by act', () => {
  beforeAll(async () => {
    await output([process.execPath, join(root, 'test/sandbox/trivy-db/push.ts')])
    await server.reset(stack.name, stack.path)
    await server.write(`${stack.path}/.env`, environmentFile({ API_PORT: String(stack.port) }))
    action = await published()
    fixture = await Fixture.create(stack)
    first = await commit(1)
    github = await FakeGitHub.start()
    const api = { url: github.url, token: TOKEN }
    // act knows no rights: the token has those of the job of a workflow that has most
    runs = ({ permissions = [], ...workflow }) => {
      // as in every job that checks its source out
      github.permissions = ['contents: read', ...permissions]
      return act({ repository: fixture.folder, action: action.folder, variables, environment: scanner, api, ...workflow })
    }
  })

  afterAll(async () => {
    await github?.stop()
    await fixture?.[Symbol.asyncDispose]()
    await action?.[Symbol.asyncDispose]()
    await server.reset(stack.name, stack.path)
    await server.leave()
    for (const repository of REPOSITORIES) await emptyRepository(repository)
    // calls that GitHub does not know, or would not take
    expect(github?.strays).toEqual([])
  })

  test('are those that are shipped but for what act does not know', () => {
    const kinds = new Set(
      action.translated.map(({ line }) =>
        line
          .trim()
          .replace(/(action|workflows)\/[a-z.]+$/, '$1/…')
          .replace(/ # .*$/, ''),
      ),
    )
    expect([...kinds].sort()).toEqual([
      'deployment: false',
      'queue: max',
      'run: echo "images-$SLOT=$IMAGES" >>"$GITHUB_OUTPUT"',
      'run: sudo apt-get update -q && sudo apt-get install -qy --no-install-recommends qemu-user-static binfmt-support',
      'uses: $/.github/workflows/…',
      'uses: $/action/…',
    ])
  })

  test('a pull request from a fork, without any secret, checks, builds and scans, and writes nothing anywhere', async () => {
    github.files.set('deploy.yml at refs/heads/main', readFileSync(join(fixture.folder, 'deploy.yml'), 'utf8'))
    const ran = await runs({ event: 'pull_request', file: 'pipeline.yml', variables: {}, from: 'mallory/bot-and-api' })
    succeeded(ran)
    // each scan asked what main accepts, which is the same
    expect(
      github.calls.filter(({ path, status }) => path.includes('/contents/deploy.yml?ref=refs%2Fheads%2Fmain') && status === 200),
    ).toHaveLength(3)
    expect(text(ran)).not.toContain('in a pull request the rules of main')
    expect(text(ran)).toContain('the lint stage ran')
    expect(text(ran)).not.toContain('the gate ran')
    expect(text(ran)).toContain('platform images scanned, none violates the policy')
    expect(await writesTo(stack.name)).toEqual([])
    expect(await server.containers(stack.name)).toEqual([])
    expect(text(ran)).toContain('No plan of the deploy')
    // its token may only read, and nothing was even tried
    expect(github.calls.filter(({ method }) => method !== 'GET')).toEqual([])
    expect(ran.jobs).toMatchObject({
      'Build and scan api (amd64), nothing pushed': 'success',
      'Build and scan api (arm64), nothing pushed': 'success',
      'Build and scan bot (amd64), nothing pushed': 'success',
      'ci-ok': 'success',
    })
  })

  test('a push without its secrets is refused, all of them named at once, before anything is built', async () => {
    const ran = await runs({ event: 'push', file: 'pipeline.yml' })
    expect(ran.code).not.toBe(0)
    expect(text(ran)).toContain('empty secrets: SSH_KEY REGISTRY_PASSWORD')
    expect(ran.jobs).toMatchObject({ Preflight: 'failure', 'ci-ok': 'failure' })
    expect(text(ran)).not.toContain('the lint stage ran')
    expect(await writesTo(stack.name)).toEqual([])
  })

  test('the action alone, in one job, takes a push to a healthy stack', async () => {
    const environment = { ...scanner, ...registryOfMachine() }
    const permissions = ['deployments: write']
    const ran = await runs({ event: 'push', file: 'one-job.yml', secrets: { SSH_KEY: sshKey }, environment, permissions })
    succeeded(ran)
    expect(posted()).toEqual(NEW_DEPLOYMENT)
    expect(deployments()).toEqual([[first, 'production', 'in_progress', 'success']])
    expect(await writesTo(stack.name)).not.toEqual([])
    await serves('1.0.0', first)
    expect(await digestOf(`${API}:latest`)).toBe(await digestOf(`${API}:${first}`))
    expect(ran.raw.match(/Summary - /g)).toHaveLength(1)
    const [said] = ran.lines.filter(({ step, isOutput }) => step === 'Check, build, scan, publish and deploy' && isOutput)
    // the first thing that the step prints is a mask
    expect(said?.text).toBe('  ⚙  ***')
    expectNoSecret(ran)
  })

  test('a pull request of the same repository is planned, too: what a deploy would do, with images that are nowhere yet', async () => {
    await commit(2)
    const before = await writesTo(stack.name)
    const from = `${stack.name}/bot-and-api`
    const permissions = ['pull-requests: write']
    const ran = await runs({ event: 'pull_request', file: 'pipeline.yml', secrets: { SSH_KEY: sshKey }, from, permissions })
    succeeded(ran)
    expect(posted()).toEqual(['POST /issues/7/comments'])
    expect(github.comments[0]?.body).toMatch(/### ✅ Plan for production\n\n\*\*a deploy would take \d+ steps; nothing was written\*\*/)
    expect(text(ran)).toMatch(/a deploy would take \d+ steps; nothing was written/)
    expect(ran.jobs).toMatchObject({ Plan: 'success', 'ci-ok': 'success' })
    expect(await writesTo(stack.name)).toEqual(before)
    await serves('1.0.0', first)
  })

  test('the reusable pipeline takes the push there: each platform built apart, its digests handed from job to job', async () => {
    const sha = await fixture.head()
    const ran = await runs({
      event: 'push',
      file: 'pipeline.yml',
      secrets: { SSH_KEY: sshKey, REGISTRY_PASSWORD: given('SANDBOX_REGISTRY_PASSWORD') },
      permissions: ['security-events: write'],
    })
    succeeded(ran)
    // one of each platform of each image
    expect(posted()).toEqual(Array(3).fill('POST /code-scanning/sarifs'))
    expect(new Set(github.sarifs.map((one) => one.sha))).toEqual(new Set([sha]))
    expect(text(ran)).toContain('the gate ran')
    await serves('2.0.0', sha)
    expect(await digestOf(`${API}:latest`)).toBe(await digestOf(`${API}:${sha}`))
    const built = ['Build api (amd64)', 'Build api (arm64)', 'Build bot (amd64)']
    for (const job of ['Check', ...built, 'One image of all platforms', 'Scan', 'Publish', 'Deploy', 'ci-ok'])
      expect(ran.jobs).toMatchObject({ [job]: 'success' })
    expectNoSecret(ran)
  })

  test('a dry rollback by the reusable workflow shows its steps and touches nothing', async () => {
    const before = await server.running(stack.name)
    const ran = await runs({ event: 'workflow_dispatch', file: 'called-rollback.yml', secrets: { SSH_KEY: sshKey } })
    succeeded(ran)
    expect(text(ran)).toMatch(/a rollback would take \d+ steps; nothing was written/)
    expect(await server.running(stack.name)).toEqual(before)
  })

  test('a rollback by hand brings the release before back, with its reason', async () => {
    const inputs = { reason: 'the shop is slow', 'dry-run': 'false' }
    const permissions = ['deployments: write']
    succeeded(await runs({ event: 'workflow_dispatch', file: 'rollback.yml', secrets: { SSH_KEY: sshKey }, inputs, permissions }))
    await serves('1.0.0', first)
    expect(posted()).toEqual(NEW_DEPLOYMENT.slice(0, 2))
    expect(deployments().at(-1)).toEqual([first, 'production', 'success'])
    expect(await server.run(`cat ${stack.path}/.deploy/current/release.json`)).toContain('the shop is slow')
  })

  test('the starter with its own environment, and the config to begin with, take the next push there', async () => {
    const sha = await commit(2, 'to begin with')
    const environment = { ...scanner, ...registryOfMachine() }
    const permissions = ['security-events: write', 'deployments: write']
    const ran = await runs({ event: 'push', file: 'deploy.yml', secrets: { SSH_KEY: sshKey }, environment, permissions })
    succeeded(ran)
    expect(posted()).toEqual([...Array(3).fill('POST /code-scanning/sarifs'), ...NEW_DEPLOYMENT])
    expect(deployments().at(-1)).toEqual([sha, 'production', 'in_progress', 'success'])
    await serves('2.0.0', sha)
    expect(await digestOf(`${API}:latest`)).toBe(await digestOf(`${API}:${sha}`))
    expect(ran.jobs).toMatchObject({ 'One image of all platforms': 'success', Publish: 'success', 'ci-ok': 'success', Deploy: 'success' })
    expectNoSecret(ran)
  })

  test('the reusable deploy says which secrets are empty, and with them finds what the registry has of this commit', async () => {
    const empty = await runs({ event: 'workflow_dispatch', file: 'called-deploy.yml' })
    expect(empty.code).not.toBe(0)
    expect(text(empty)).toContain('empty secrets: SSH_KEY REGISTRY_PASSWORD')
    const secrets = { SSH_KEY: sshKey, REGISTRY_PASSWORD: given('SANDBOX_REGISTRY_PASSWORD') }
    const before = await server.running(stack.name)
    const ran = await runs({ event: 'workflow_dispatch', file: 'called-deploy.yml', secrets })
    succeeded(ran)
    expect(text(ran)).toContain('::set-output:: outcome=unchanged')
    expect(await server.running(stack.name)).toEqual(before)
  })

  test('every night: what runs is what was deployed, is scanned anew, and what nothing needs is shown', async () => {
    const environment = { ...scanner, ...registryOfMachine() }
    const before = await writesTo(stack.name)
    const ran = await runs({ event: 'schedule', file: 'scheduled.yml', secrets: { SSH_KEY: sshKey }, environment })
    succeeded(ran)
    expect(ran.jobs).toEqual({ Drift: 'success', 'Scan what is deployed': 'success', 'What nothing needs any more': 'success' })
    expect(text(ran)).toContain('3 platform images that are deployed were scanned, none violates the policy')
    expect(text(ran)).toContain('everything in the registry is needed')
    expect(await writesTo(stack.name)).toEqual(before)
  })

  test('a service that somebody stopped makes the night red, also by call, and what is deployed is scanned all the same', async () => {
    const bot = (await server.containers(stack.name, false)).find(({ service }) => service === 'bot')
    await server.run(`docker stop ${bot?.id}`)
    const environment = { ...scanner, ...registryOfMachine() }
    const ran = await runs({ event: 'schedule', file: 'called-scheduled.yml', secrets: { SSH_KEY: sshKey }, environment })
    expect(ran.jobs).toMatchObject({ Drift: 'failure', 'Scan what is deployed': 'success', 'What nothing needs any more': 'success' })
    expect(text(ran)).toContain('what runs is not what was deployed: ["bot does not run"]')
    expect(posted()).toEqual([])
  })

  test('a failing check on a push ends the road before anything is built', async () => {
    await fixture.write('broken', '')
    const before = await writesTo(stack.name)
    const ran = await runs({
      event: 'push',
      file: 'pipeline.yml',
      secrets: { SSH_KEY: sshKey, REGISTRY_PASSWORD: given('SANDBOX_REGISTRY_PASSWORD') },
    })
    expect(ran.code).not.toBe(0)
    expect(ran.jobs).toMatchObject({ Check: 'failure', 'ci-ok': 'failure' })
    expect(Object.keys(ran.jobs).filter((job) => job.startsWith('Build'))).toEqual([])
    expect(await writesTo(stack.name)).toEqual(before)
  })
})

/** Neither the registry's password nor a line of the key in what people see: the words that mask them are not shown. */
const expectNoSecret = (ran: Ran): void => {
  const lines = sshKey.split('\n').filter((line) => line.length > 20 && !line.startsWith('-----'))
  const seen = text(ran)
  for (const secret of [given('SANDBOX_REGISTRY_PASSWORD'), ...lines]) expect(seen.includes(secret)).toBe(false)
}
