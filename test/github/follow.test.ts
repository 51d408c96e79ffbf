import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, afterEach, describe, expect, test } from '@jest/globals'
import { type Context, type Following, POSTS } from '../../src/entry/context.ts'
import { followOnGitHub } from '../../src/entry/github/follow.ts'
import type { Job } from '../../src/entry/github/job.ts'
import { type Log, Secret } from '../../src/ports.ts'
import type { ResultDocument } from '../../src/report/document.ts'
import { planMarker } from '../../src/report/plan-comment.ts'
import { configOf } from '../config/problems.ts'
import { context as fakeContext, ports as fakePorts, request, silent, steppingClock } from '../entry/fakes.ts'
import { deployed } from '../report/document.ts'
import { FakeGitHub, type FakeOptions, TOKEN } from './fake-api.ts'

const NEW = 'a'.repeat(40)
const OLD = 'b'.repeat(40)
const RUN = 'https://github.com/acme/shop/actions/runs/77'
const started: FakeGitHub[] = []
const folder = mkdtempSync(join(tmpdir(), 'follow-'))
afterEach(async () => {
  const fakes = started.splice(0)
  for (const fake of fakes) await fake.stop()
  // no test may lead to a call that GitHub does not know
  expect(fakes.flatMap(({ strays }) => strays)).toEqual([])
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const CONFIG = `project: shop
images: { api: {} }
environments: { production: { host: 192.0.2.1, path: /opt/stacks/shop, url: "https://shop.example.org" } }
`

interface Run {
  readonly fake: FakeGitHub
  readonly following: Following
  readonly context: Context
  readonly lines: string[]
  readonly cancel: () => void
}

const run = async (
  options: FakeOptions & { job?: Partial<Job>; asked?: boolean; hide?: (text: string) => string; context?: Partial<Context> } = {},
): Promise<Run> => {
  const fake = await FakeGitHub.start(options)
  started.push(fake)
  const lines: string[] = []
  const keep =
    (kind: string) =>
    (line: string): void =>
      void lines.push(`${kind}: ${line}`)
  const log: Log = { ...silent, info: keep('info'), debug: keep('debug'), warning: keep('warning') }
  const cancellation = new AbortController()
  const ports = fakePorts({ log, cancellation, clock: steppingClock() })
  const config = configOf(CONFIG)
  const context = fakeContext({
    ports,
    config,
    environment: () => ({ name: 'production', config: config.environments.production as ReturnType<Context['environment']>['config'] }),
    ...options.context,
  })
  const job: Job = {
    owner: 'acme',
    repo: 'shop',
    apiUrl: fake.url,
    runId: '77',
    runUrl: RUN,
    sha: NEW,
    ref: 'refs/heads/main',
    pullRequest: null,
    ...options.job,
  }
  const following = followOnGitHub({
    job,
    token: new Secret(TOKEN),
    post: POSTS,
    asked: options.asked === true,
    ports,
    hide: options.hide ?? ((text) => text),
  })
  return { fake, following, context, lines, cancel: () => cancellation.abort('SIGINT') }
}

/** The server was seen with two releases; the first is of the commit before. */
const seen = (context: Context): void =>
  void Object.assign(context.noted, {
    looked: true,
    current: '16-bbbbbbb',
    releases: [
      { id: '15-ccccccc', commit: 'c'.repeat(40) },
      { id: '16-bbbbbbb', commit: OLD },
    ],
  })

const good: ResultDocument = { ...deployed, release: '17-aaaaaaa', message: 'release 17-aaaaaaa serves' }
const rolledBack: ResultDocument = {
  ...deployed,
  outcome: 'rolled-back',
  failureCode: 'HEALTH',
  message: 'HEALTH: api was "starting" after 60 s; rolled back, release 16-bbbbbbb serves',
  release: '16-bbbbbbb',
}

const deployWith = async ({ following, context }: Run, document: ResultDocument): Promise<readonly string[]> => {
  following.begins('deploy', context)
  seen(context)
  following.ends('deploy', context, document)
  return following.finish(document)
}

describe('a deploy in a job without `environment:`', () => {
  test('is a deployment under way, then one that succeeded', async () => {
    const one = await run()
    one.following.begins('deploy', one.context)
    while (one.fake.deployments[0]?.statuses.length !== 1) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(one.fake.deployments).toMatchObject([
      { sha: NEW, environment: 'production', statuses: [{ state: 'in_progress', log_url: RUN }] },
    ])
    one.following.ends('deploy', one.context, good)
    expect(await one.following.finish(good)).toEqual([])
    expect(one.fake.deployments[0]?.statuses.at(-1)).toMatchObject({
      state: 'success',
      description: 'release 17-aaaaaaa serves',
      environment_url: 'https://shop.example.org',
    })
    expect(one.fake.deployments).toHaveLength(1)
  })

  test('that rolled itself back fails, and what serves again is the newest deployment', async () => {
    const one = await run()
    await deployWith(one, rolledBack)
    expect(one.fake.deployments.map(({ sha, statuses }) => [sha, statuses.at(-1)?.state])).toEqual([
      [NEW, 'failure'],
      [OLD, 'success'],
    ])
    expect(one.fake.deployments.at(-1)?.description).toBe('rolled back: release 16-bbbbbbb serves')
  })

  test.each([
    ['failed', 'MIGRATE', 'failure'],
    ['failed', 'PULL', 'failure'],
    ['refused', 'LOCK', 'error'],
    ['refused', 'CONFIG', 'error'],
    ['failed', 'BROKEN', 'error'],
    ['failed', 'CANCELLED', 'error'],
    ['failed', 'BUG', 'error'],
    ['unknown', 'UNKNOWN', 'in_progress'],
  ] as const)('that %s by %s leaves it %s', async (outcome, failureCode, state) => {
    const one = await run()
    await deployWith(one, { ...deployed, outcome, failureCode, message: `${failureCode}: x`, release: '16-bbbbbbb' })
    expect(one.fake.deployments.map(({ statuses }) => statuses.at(-1))).toMatchObject([{ state, description: `${failureCode}: x` }])
  })

  test('that was broken off in the middle has a final status all the same', async () => {
    const one = await run()
    one.following.begins('deploy', one.context)
    one.cancel()
    await one.following.finish({ ...deployed, outcome: 'failed', failureCode: 'CANCELLED', message: 'CANCELLED: x' })
    expect(one.fake.deployments.map(({ statuses }) => statuses.at(-1)?.state)).toEqual(['error'])
    expect(one.fake.statuses.map(({ context, state }) => `${context}: ${state}`)).toEqual([
      'deploy-action / deploy (production): pending',
      'deploy-action / deploy (production): error',
    ])
  })
})

describe('a deployment that a dead run left open', () => {
  const left = (fake: FakeGitHub, sha: string, state = 'in_progress', more: object = {}): void =>
    void fake.addDeployment({
      sha,
      payload: { by: 'deploy-action', run: '76', config: 'deploy.yml', ...more },
      statuses: [{ state, description: '', log_url: '', environment_url: '' }],
    })

  test.each([
    ['serves', OLD, 'success', /the server's record says: release 16-bbbbbbb serves/],
    ['served before', 'c'.repeat(40), 'inactive', /it was release 15-ccccccc, and release 16-bbbbbbb serves now/],
    ['is no release', 'd'.repeat(40), 'error', /the server has no such release; release 16-bbbbbbb serves/],
  ])('is closed by the next run, which has seen that it %s', async (_, sha, state, description) => {
    const one = await run()
    left(one.fake, sha)
    await deployWith(one, { ...rolledBack, outcome: 'failed', failureCode: 'MIGRATE' })
    expect(one.fake.deployments[0]?.statuses.at(-1)).toMatchObject({ state, description: expect.stringMatching(description) })
  })

  test('is closed by a good deploy as what served before', async () => {
    const one = await run()
    left(one.fake, OLD)
    await deployWith(one, good)
    expect(one.fake.deployments[0]?.statuses.at(-1)?.description).toMatch(/it was release 16-bbbbbbb, and release 17-aaaaaaa serves now/)
  })

  test('also where it died before it could say anything', async () => {
    const one = await run()
    one.fake.addDeployment({ sha: OLD, payload: JSON.stringify({ by: 'deploy-action', run: '76', config: 'deploy.yml' }) })
    await deployWith(one, good)
    expect(one.fake.deployments[0]?.statuses.at(-1)?.state).toBe('inactive')
  })

  test('stays as it is where it ended, is of another config, or of somebody else, or nobody saw the server', async () => {
    const one = await run()
    left(one.fake, OLD, 'failure')
    left(one.fake, OLD, 'in_progress', { config: 'bot/deploy.yml' })
    left(one.fake, OLD, 'in_progress', { by: 'another tool' })
    await deployWith(one, good)
    expect(one.fake.deployments.slice(0, 3).map(({ statuses }) => statuses.length)).toEqual([1, 1, 1])
    const blind = await run()
    left(blind.fake, OLD)
    blind.following.begins('deploy', blind.context)
    await blind.following.finish({ ...deployed, outcome: 'failed', failureCode: 'CONNECT' })
    expect(blind.fake.deployments[0]?.statuses).toHaveLength(1)
  })
})

describe('a status that a dead run left pending at an earlier commit', () => {
  const NAME = 'deploy-action / deploy (production)'
  const pending = (fake: FakeGitHub, sha: string, state = 'pending', context = NAME): void =>
    void fake.statuses.push({ sha, state, context, description: '' })
  const endOf = (fake: FakeGitHub, sha: string, context = NAME) =>
    fake.statuses.findLast((one) => one.sha === sha && one.context === context)

  test.each([
    ['serves', OLD, 'success', /the server's record says: release 16-bbbbbbb serves/],
    ['served before', 'c'.repeat(40), 'success', /it was release 15-ccccccc, and release 16-bbbbbbb serves now/],
    ['is no release', 'd'.repeat(40), 'error', /the server has no such release; release 16-bbbbbbb serves/],
  ])('is ended by the next run, which has seen that it %s', async (_, sha, state, description) => {
    const one = await run()
    one.fake.addDeployment({ sha })
    pending(one.fake, sha)
    await deployWith(one, { ...rolledBack, outcome: 'failed', failureCode: 'MIGRATE' })
    expect(endOf(one.fake, sha)).toMatchObject({ state, description: expect.stringMatching(description) })
  })

  test('also where the deployments are those that GitHub makes for `environment:`', async () => {
    const one = await run()
    const ofJob = { environment: 'Production EU' }
    one.fake.addDeployment({ sha: OLD, ...ofJob })
    pending(one.fake, OLD)
    const log_url = 'https://github.com/acme/shop/actions/runs/77/job/5'
    one.fake.addDeployment({ sha: NEW, ...ofJob, statuses: [{ state: 'in_progress', description: '', log_url, environment_url: '' }] })
    await deployWith(one, good)
    expect(endOf(one.fake, OLD)).toMatchObject({ state: 'success' })
  })

  test('stays where its run began after this one: it is under way', async () => {
    const one = await run()
    one.following.begins('deploy', one.context)
    while (one.fake.deployments[0]?.statuses.length !== 1) await new Promise((resolve) => setTimeout(resolve, 5))
    one.fake.addDeployment({ sha: 'e'.repeat(40) })
    pending(one.fake, 'e'.repeat(40))
    seen(one.context)
    one.following.ends('deploy', one.context, good)
    await one.following.finish(good)
    expect(endOf(one.fake, 'e'.repeat(40))).toMatchObject({ state: 'pending' })
  })

  test('stays where it ended, is of another name, or nobody saw the server', async () => {
    const one = await run()
    one.fake.addDeployment({ sha: OLD })
    pending(one.fake, OLD, 'failure')
    pending(one.fake, OLD, 'pending', 'deploy-action / deploy (staging)')
    await deployWith(one, good)
    expect(one.fake.statuses.filter(({ sha }) => sha === OLD).map(({ state }) => state)).toEqual(['failure', 'pending'])
    const blind = await run()
    blind.fake.addDeployment({ sha: OLD })
    pending(blind.fake, OLD)
    blind.following.begins('deploy', blind.context)
    await blind.following.finish({ ...deployed, outcome: 'failed', failureCode: 'CONNECT' })
    expect(endOf(blind.fake, OLD)).toMatchObject({ state: 'pending' })
  })
})

describe('a job that says `environment:`', () => {
  const ofJob = (fake: FakeGitHub, run = '77', state = 'in_progress', environment = 'Production EU'): void =>
    void fake.addDeployment({
      sha: NEW,
      environment,
      statuses: [{ state, description: '', log_url: `https://github.com/acme/shop/actions/runs/${run}/job/5`, environment_url: '' }],
    })

  test('has its deployment from GitHub: none of ours is made beside it', async () => {
    const one = await run()
    ofJob(one.fake)
    await deployWith(one, good)
    expect(one.fake.deployments).toHaveLength(1)
    expect(one.fake.deployments[0]?.statuses).toHaveLength(1)
  })

  test('gets the deployment of what serves again after a rollback, in its own environment', async () => {
    const one = await run()
    ofJob(one.fake)
    await deployWith(one, rolledBack)
    expect(one.fake.deployments.map(({ sha, environment }) => [sha, environment])).toEqual([
      [NEW, 'Production EU'],
      [OLD, 'Production EU'],
    ])
  })

  test('is told from other jobs of the run that say it by the name of the environment', async () => {
    const one = await run()
    ofJob(one.fake)
    ofJob(one.fake, '77', 'in_progress', 'production')
    ofJob(one.fake)
    await deployWith(one, rolledBack)
    expect(one.fake.deployments.slice(3).map(({ environment }) => environment)).toEqual(['production'])
  })

  test('is not known among several of other names: ours is made beside them', async () => {
    const one = await run()
    ofJob(one.fake)
    ofJob(one.fake, '77', 'in_progress', 'us')
    await deployWith(one, good)
    expect(one.fake.deployments.slice(2).map(({ environment }) => environment)).toEqual(['production'])
  })

  test('is not taken for the job of another run, or for one that ended', async () => {
    const one = await run()
    ofJob(one.fake, '7')
    ofJob(one.fake, '77', 'success')
    await deployWith(one, good)
    expect(one.fake.deployments).toHaveLength(3)
  })
})

describe('a rollback by hand', () => {
  test('is a deployment of the commit that serves again, not of the one that the job is about', async () => {
    const one = await run()
    one.following.begins('rollback', one.context)
    seen(one.context)
    const document: ResultDocument = { ...deployed, command: 'rollback', release: '17-ccccccc' }
    one.following.ends('rollback', one.context, document)
    await one.following.finish(document)
    expect(one.fake.deployments.map(({ sha, statuses }) => [sha, statuses.at(-1)?.state])).toEqual([['c'.repeat(40), 'success']])
    expect(one.fake.statuses).toEqual([])
  })
})

describe('stages', () => {
  test('are statuses of the commit, each told apart', async () => {
    const one = await run({ context: { request: { ...request, configPath: 'bot/deploy.yml' } } })
    one.following.begins('check', one.context)
    one.following.ends('check', one.context, { failureCode: null, message: '3 stages passed' })
    one.following.begins('scan', one.context)
    one.following.ends('scan', one.context, { failureCode: 'SCAN', message: 'SCAN: api: 1 CRITICAL' })
    await one.following.finish({ ...deployed, outcome: 'failed', failureCode: 'SCAN' })
    expect(one.fake.statuses.map(({ sha, state, context, description }) => [sha, state, context, description])).toEqual([
      [NEW, 'pending', 'deploy-action / check (bot/deploy.yml)', 'under way'],
      [NEW, 'success', 'deploy-action / check (bot/deploy.yml)', '3 stages passed'],
      [NEW, 'pending', 'deploy-action / scan (bot/deploy.yml)', 'under way'],
      [NEW, 'failure', 'deploy-action / scan (bot/deploy.yml)', 'SCAN: api: 1 CRITICAL'],
    ])
  })

  test('of a matrix are one status for each of its machines', async () => {
    const one = await run({ context: { request: { ...request, only: ['api'], platforms: ['linux/arm64'] } } })
    one.following.begins('build', one.context)
    one.following.ends('build', one.context, { failureCode: null, message: 'built' })
    await one.following.finish(deployed)
    expect(one.fake.statuses.at(-1)?.context).toBe('deploy-action / build (api, linux/arm64)')
  })

  test('are not told to a pull request, and not of a dry run', async () => {
    const pull = await run({ job: { pullRequest: { number: 7, headSha: OLD, fromFork: false } } })
    pull.following.begins('check', pull.context)
    await pull.following.finish(deployed)
    const dry = await run({ context: { request: { ...request, dryRun: true } } })
    dry.following.begins('deploy', dry.context)
    dry.following.ends('deploy', dry.context, good)
    await dry.following.finish(good)
    expect([...pull.fake.calls, ...dry.fake.calls]).toEqual([])
  })
})

describe('the plan of a pull request', () => {
  const planned: ResultDocument = {
    ...deployed,
    command: 'plan',
    message: 'a deploy would take 2 steps; nothing was written',
    steps: [{ name: 'switch api', cause: 'api: image changed', start: null, duration: null, result: 'planned' }],
  }
  const pullRequest = { number: 7, headSha: OLD, fromFork: false }
  const plan = async (one: Run, document = planned): Promise<readonly string[]> => {
    one.following.begins('plan', one.context)
    one.following.ends('plan', one.context, document)
    return one.following.finish(document)
  }

  test('is one comment, changed in place, and left alone where it would say the same', async () => {
    const one = await run({ job: { pullRequest } })
    await plan(one)
    expect(one.fake.comments).toHaveLength(1)
    expect(one.fake.comments[0]?.body).toContain('| 📋 | switch api | api: image changed |')
    await plan(one)
    expect(one.fake.writes).toEqual(['POST /issues/7/comments'])
    await plan(one, { ...planned, outcome: 'unchanged', message: 'nothing to do: this commit serves already', steps: [] })
    expect(one.fake.writes).toEqual(['POST /issues/7/comments', `PATCH /issues/comments/${one.fake.comments[0]?.id}`])
    expect(one.fake.comments[0]?.body).toContain('nothing to do')
  })

  test('does not touch what others wrote, whatever they wrote, nor the plans of other configs', async () => {
    const one = await run({ job: { pullRequest } })
    const marker = planMarker({ environment: 'production', config: 'deploy.yml' })
    one.fake.addComment(`${marker}\nforged`, 'mallory', 'User')
    one.fake.addComment(planMarker({ environment: 'staging', config: 'deploy.yml' }))
    one.fake.addComment(planMarker({ environment: 'production', config: 'bot/deploy.yml' }))
    one.fake.addComment(`quoted: ${marker}`)
    const before = one.fake.comments.map(({ body }) => body)
    await plan(one)
    expect(one.fake.comments.slice(0, 4).map(({ body }) => body)).toEqual(before)
    expect(one.fake.comments).toHaveLength(5)
  })

  test('that failed replaces the plan that held before; one that was cancelled says nothing', async () => {
    const one = await run({ job: { pullRequest } })
    await plan(one)
    await plan(one, { ...planned, outcome: 'failed', failureCode: 'CANCELLED', message: 'CANCELLED: x' })
    await plan(one, { ...planned, outcome: 'refused', failureCode: 'LOCK', message: 'LOCK: held by x', steps: [] })
    expect(one.fake.writes).toHaveLength(2)
    expect(one.fake.comments[0]?.body).toContain('LOCK: held by x')
  })

  test('from a fork is in the summary only, which says so; nothing is called', async () => {
    const one = await run({ job: { pullRequest: { ...pullRequest, fromFork: true } } })
    expect(await plan(one)).toEqual([
      'no comment with the plan: the token of a pull request from a fork may only read; the plan is in the summary',
    ])
    expect(one.fake.calls).toEqual([])
  })
})

describe('reports of a scan', () => {
  const sarif = { version: '2.1.0', runs: [{ tool: { driver: { name: 'Trivy' } }, results: [] }] }

  test('go to code scanning, for the commit and ref of the job', async () => {
    const path = join(folder, 'a.sarif')
    writeFileSync(path, JSON.stringify(sarif))
    const one = await run({ job: { ref: 'refs/pull/7/merge', pullRequest: { number: 7, headSha: OLD, fromFork: false } } })
    one.context.noted.sarif = [path]
    one.following.begins('scan', one.context)
    one.following.ends('scan', one.context, { failureCode: 'SCAN', message: 'SCAN: x' })
    await one.following.finish(deployed)
    const [sent] = one.fake.sarifs
    expect(sent).toMatchObject({ sha: NEW, ref: 'refs/pull/7/merge' })
    expect(JSON.parse(gunzipSync(Buffer.from(sent?.sarif ?? '', 'base64')).toString())).toEqual(sarif)
  })

  test('go there whole, whatever is hidden in them', async () => {
    const path = join(folder, 'hidden.sarif')
    writeFileSync(path, JSON.stringify({ ...sarif, line: 1443, text: 'password 144' }))
    const one = await run({ hide: (text) => text.replaceAll('144', '***') })
    one.context.noted.sarif = [path]
    one.following.begins('scan', one.context)
    one.following.ends('scan', one.context, { failureCode: null, message: 'x' })
    await one.following.finish(deployed)
    const text = gunzipSync(Buffer.from(one.fake.sarifs[0]?.sarif ?? '', 'base64')).toString()
    expect(JSON.parse(text)).toEqual({ ...sarif, line: 1443, text: 'password ***' })
  })

  test('of another commit than the job is about go nowhere', async () => {
    const one = await run({ job: { sha: OLD } })
    one.context.noted.sarif = ['nowhere.sarif']
    one.following.begins('scan', one.context)
    one.following.ends('scan', one.context, { failureCode: null, message: 'x' })
    await one.following.finish(deployed)
    expect(one.fake.sarifs).toEqual([])
  })
})

describe('what GitHub does not take', () => {
  test('because the token may not is a line with the permission, and no warning; statuses are not worth one', async () => {
    const one = await run({ permissions: [] })
    const notes = await deployWith(one, good)
    expect(notes).toEqual([
      expect.stringMatching(/^not posted to GitHub: the deployment of production: .*`permissions: deployments: write`/),
    ])
    expect(one.lines.filter((line) => line.startsWith('warning'))).toEqual([])
    expect(one.lines.filter((line) => line.startsWith('debug'))).toEqual([expect.stringContaining('`permissions: statuses: write`')])
    // each permission is asked for once
    expect(one.fake.calls.map(({ status }) => status)).toEqual([403, 403])
  })

  test('is a warning where somebody asked for it', async () => {
    const one = await run({ permissions: ['deployments: write'], asked: true })
    const notes = await deployWith(one, good)
    expect(notes).toEqual([expect.stringContaining('`permissions: statuses: write`')])
    expect(one.lines.filter((line) => line.startsWith('warning'))).toHaveLength(1)
  })

  test('because it is down is one warning with all of it; nothing more is tried', async () => {
    const one = await run({ fault: () => ({ status: 503 }) })
    const notes = await deployWith(one, rolledBack)
    expect(notes).toHaveLength(1)
    expect(notes[0]).toMatch(/GitHub failed: 503 fault; what the run did is not changed by it$/)
    for (const part of [
      'the status "deploy-action / deploy (production)"',
      'the end of the deployment of production',
      '`deployments: write`',
    ])
      expect(notes[0]).toContain(part)
    expect(one.fake.calls).toHaveLength(3)
    expect(one.lines.filter((line) => line.startsWith('warning'))).toHaveLength(1)
  })

  test('because the commit is gone is told, and the rest is posted', async () => {
    const one = await run({ commits: [NEW] })
    const notes = await deployWith(one, rolledBack)
    expect(notes).toEqual([expect.stringMatching(/that release 16-bbbbbbb serves in production again .*422 No ref found for: b{40}/)])
    expect(one.fake.deployments[0]?.statuses.at(-1)?.state).toBe('failure')
  })

  test('because it says nothing does not keep a cancelled run', async () => {
    const one = await run({ fault: () => 'hang' })
    one.following.begins('deploy', one.context)
    one.cancel()
    const from = performance.now()
    const notes = await one.following.finish({ ...deployed, outcome: 'failed', failureCode: 'CANCELLED' })
    expect(performance.now() - from).toBeLessThan(5000)
    expect(notes[0]).toContain('GitHub did not answer in the time there was')
  })
})
