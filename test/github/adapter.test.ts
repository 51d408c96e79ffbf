import { afterEach, describe, expect, test } from '@jest/globals'
import { openGitHub } from '../../src/adapters/github.ts'
import { type Clock, type GitHub, NotPosted, Secret } from '../../src/ports.ts'
import { FakeGitHub, type FakeOptions, TOKEN } from './fake-api.ts'

const SHA = 'a'.repeat(40)
const started: FakeGitHub[] = []
afterEach(async () => {
  for (const fake of started.splice(0)) {
    await fake.stop()
  }
})

interface Opened {
  readonly fake: FakeGitHub
  readonly github: GitHub
  readonly slept: number[]
  readonly giveUp: AbortController
}

const opened = async (options: FakeOptions = {}, token = TOKEN): Promise<Opened> => {
  const fake = await FakeGitHub.start(options)
  started.push(fake)
  const slept: number[] = []
  const clock: Clock = { now: () => new Date('2026-11-21T12:00:00Z'), elapsed: () => 0, sleep: async (ms) => void slept.push(ms) }
  const giveUp = new AbortController()
  const github = openGitHub({ token: new Secret(token), apiUrl: fake.url, owner: 'acme', repo: 'shop', clock, giveUp: giveUp.signal })
  return { fake, github, slept, giveUp }
}

const status = { state: 'success', context: 'deploy-action / check', description: 'fine', url: 'https://github.com/acme/shop' } as const
const refusalOf = async (work: Promise<unknown>): Promise<NotPosted> => {
  try {
    await work
  } catch (error) {
    if (error instanceof NotPosted) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('every call', () => {
  test('is one that GitHub describes, and its answer is understood', async () => {
    const { fake, github } = await opened()
    const id = await github.createDeployment({ sha: SHA, environment: 'production', description: 'x', payload: { by: 'us' } })
    await github.setDeploymentStatus(id, { state: 'success', description: 'y', logUrl: 'https://x.example', url: 'https://y.example' })
    expect(await github.deployments({ environment: 'production' })).toEqual([
      { id, sha: SHA, environment: 'production', creator: 'github-actions[bot]', payload: { by: 'us' } },
    ])
    expect(await github.deployments({ sha: 'b'.repeat(40) })).toEqual([])
    expect(await github.deploymentStatus(id)).toEqual({ state: 'success', description: 'y', logUrl: 'https://x.example' })
    await github.setCommitStatus(SHA, status)
    await github.createComment(7, 'first')
    const [comment] = await github.comments(7)
    expect(comment).toMatchObject({ body: 'first', author: { login: 'github-actions[bot]', isBot: true } })
    await github.updateComment(comment?.id ?? 0, 'second')
    expect(fake.comments.map(({ body }) => body)).toEqual(['second'])
    await github.uploadSarif({ sha: SHA, ref: 'refs/heads/main', text: JSON.stringify({ version: '2.1.0', runs: [] }) })
    expect(fake.sarifs).toHaveLength(1)
    expect(fake.strays).toEqual([])
  })

  test('reads a file at a branch; where there is none there is nothing', async () => {
    const { fake, github } = await opened()
    const text = `${'é'.repeat(200)}\n`
    fake.files.set('sub folder/deploy.yml at refs/heads/release/1', text)
    expect(Buffer.from((await github.fileAt('sub folder/deploy.yml', 'release/1')) ?? []).toString()).toBe(text)
    expect(await github.fileAt('sub folder/deploy.yml', 'main')).toBeNull()
    expect(fake.strays).toEqual([])
  })

  test.each([
    [{ encoding: 'none', content: '' }, /^it gives deploy\.yml as none/],
    [{ encoding: 'utf-8', content: 'scan: {}' }, /^it gives deploy\.yml as utf-8/],
  ])('believes no file that it gives otherwise: %j', async (given, why) => {
    const { fake, github } = await opened()
    fake.files.set('deploy.yml at refs/heads/main', 'x')
    fake.instead = given
    expect((await refusalOf(github.fileAt('deploy.yml', 'main'))).message).toMatch(why)
  })

  test('takes a link or a submodule for no file', async () => {
    const { fake, github } = await opened()
    fake.files.set('deploy.yml at refs/heads/main', 'x')
    fake.instead = { type: 'symlink', target: '/etc/passwd' }
    expect(await github.fileAt('deploy.yml', 'main')).toBeNull()
  })

  test('reads every page of a long conversation', async () => {
    const { fake, github } = await opened()
    for (let number = 0; number < 230; number += 1) fake.addComment(`comment ${number}`)
    expect(await github.comments(7)).toHaveLength(230)
    expect(fake.calls).toHaveLength(3)
  })

  test('keeps descriptions within what GitHub takes', async () => {
    const { fake, github } = await opened()
    await github.setCommitStatus(SHA, { ...status, description: `${'long '.repeat(60)}\n${'🙂'.repeat(200)}` })
    const [kept] = fake.statuses
    expect([...(kept?.description ?? '')]).toHaveLength(140)
    expect(kept?.description).toMatch(/…$/)
  })

  test("asks who a person's token is of, and never an app's", async () => {
    const { github } = await opened()
    expect(await github.person()).toBeNull()
    const { github: personal } = await opened({}, 'ghp_0123456789')
    expect(await personal.person()).toBe('octocat')
  })
})

describe('what GitHub refuses', () => {
  test.each([
    ['no permission', { permissions: [] }, 'forbidden', /403 Resource not accessible by integration/],
    ['an unknown commit', { commits: [] }, 'refused', /422 No commit found for SHA/],
    ['a wrong token', { fault: () => ({ status: 401, message: 'Bad credentials' }) }, 'forbidden', /401 Bad credentials/],
    [
      'elsewhere',
      { fault: () => ({ status: 301, headers: { location: 'https://x.example' } }) },
      'silent',
      /301: it is at https:\/\/x\.example now/,
    ],
  ] as const)('%s is told as what it is', async (_, options, kind, message) => {
    const { github } = await opened(options as FakeOptions)
    const refusal = await refusalOf(github.setCommitStatus(SHA, status))
    expect(refusal.kind).toBe(kind)
    expect(refusal.message).toMatch(message)
  })

  test('is refused by the fake, too: unknown fields, long descriptions, a completed check without conclusion', async () => {
    const { fake } = await opened()
    const post = async (path: string, body: unknown): Promise<number> => {
      const headers = { authorization: `token ${TOKEN}`, 'content-type': 'application/json' }
      return (await fetch(`${fake.url}/repos/acme/shop${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).status
    }
    const check = { name: 'x', head_sha: SHA }
    expect(await post(`/statuses/${SHA}`, { state: 'success' })).toBe(201)
    expect(await post(`/statuses/${SHA}`, { state: 'rolled_back' })).toBe(422)
    expect(await post(`/statuses/${SHA}`, { state: 'success', contxt: 'x' })).toBe(422)
    expect(await post(`/statuses/${SHA}`, { state: 'success', description: 'x'.repeat(141) })).toBe(422)
    expect(await post(`/statuses/${SHA}`, { state: 'success', target_url: 'javascript:x' })).toBe(422)
    expect(await post('/check-runs', { ...check, status: 'completed' })).toBe(422)
    expect(await post('/deployments', { environment: 'production' })).toBe(422)
    expect(await post('/deployments/text/statuses', { state: 'success' })).toBe(422)
    expect(await post('/issues/1/comments', { body: 'x'.repeat(65_537) })).toBe(422)
    expect(await post('/code-scanning/sarifs', { commit_sha: SHA, ref: 'refs/heads/main', sarif: 'bm90IGd6aXA=' })).toBe(422)
    expect(await post('/code-scanning/sarifs', { commit_sha: 'short', ref: 'refs/heads/main', sarif: 'x' })).toBe(422)
    expect(await post('/nowhere', {})).toBe(404)
    expect(fake.strays).toHaveLength(11)
  })
})

describe('a GitHub that is slow, busy or gone', () => {
  const times =
    (count: number, fault: NonNullable<FakeOptions['fault']>): NonNullable<FakeOptions['fault']> =>
    (call, before) =>
      before < count ? fault(call, before) : undefined

  test.each([429, 403])('is given the time that it asks for with %i, also for what must not happen twice', async (code) => {
    const { fake, github, slept } = await opened({ fault: times(2, () => ({ status: code, headers: { 'retry-after': '7' } })) })
    await github.createComment(7, 'once')
    expect(slept).toEqual([7000, 7000])
    expect(fake.comments).toHaveLength(1)
  })

  test('is given until its limit is over, by its own clock', async () => {
    const reset = String(Date.parse('2026-11-21T12:00:09Z') / 1000)
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset }
    const { github, slept } = await opened({ fault: times(1, () => ({ status: 403, headers })) })
    await github.setCommitStatus(SHA, status)
    expect(slept).toEqual([9000])
  })

  test('is not waited for an hour', async () => {
    const { github, slept } = await opened({ fault: () => ({ status: 429, headers: { 'retry-after': '3600' } }) })
    expect(await refusalOf(github.setCommitStatus(SHA, status))).toMatchObject({
      kind: 'silent',
      message: 'GitHub asks to wait 3600 s (429)',
    })
    expect(slept).toEqual([])
  })

  test.each(['cut', { status: 502 }] as const)('is asked again after %j where a second time changes nothing', async (fault) => {
    const { fake, github, slept } = await opened({ fault: times(2, () => fault) })
    await github.setCommitStatus(SHA, status)
    expect(slept).toEqual([1000, 2000])
    expect(fake.statuses).toHaveLength(1)
  })

  test.each(['cut', { status: 502 }] as const)('is not asked again after %j where it could make a second one', async (fault) => {
    const { fake, github } = await opened({ fault: () => fault })
    const deployment = { sha: SHA, environment: 'production', description: '', payload: {} }
    expect((await refusalOf(github.createDeployment(deployment))).kind).toBe('silent')
    expect((await refusalOf(github.createComment(7, 'x'))).kind).toBe('silent')
    expect(fake.calls).toHaveLength(2)
  })

  test('is given up at once when there is no more time, in the middle of a call and before one', async () => {
    const { fake, github, giveUp } = await opened({ fault: () => 'hang' })
    const waiting = refusalOf(github.setCommitStatus(SHA, status))
    while (fake.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    giveUp.abort()
    expect(await waiting).toMatchObject({ kind: 'silent', message: 'GitHub did not answer in the time there was' })
    expect((await refusalOf(github.deployments({}))).kind).toBe('silent')
    expect(fake.calls).toHaveLength(1)
  })

  test('that is not there is told with its address', async () => {
    const { fake, github } = await opened()
    await fake.stop()
    expect((await refusalOf(github.setCommitStatus(SHA, status))).message).toMatch(/^GitHub was not reached: .*ECONNREFUSED/)
    started.splice(0)
  })
})
