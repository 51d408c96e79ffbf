import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { FakeGitHub, type FakeOptions, TOKEN } from '../github/fake-api.ts'
import { dist } from './dist.ts'
import { configWithCheck, type Project, project } from './project.ts'
import { runStep, type Step, type StepResult } from './runner.ts'

const main = join(dist, 'action.js')
const projects: Project[] = []
const fakes: FakeGitHub[] = []
afterEach(async () => {
  for (const one of projects.splice(0)) one.remove()
  const all = fakes.splice(0)
  for (const fake of all) await fake.stop()
  expect(all.flatMap(({ strays }) => strays)).toEqual([])
})

const runAction = async (
  files: Readonly<Record<string, string>>,
  step: Partial<Step> & { readonly api?: FakeOptions } = {},
): Promise<StepResult & { readonly fake: FakeGitHub; readonly sha: string }> => {
  const one = project(files)
  projects.push(one)
  const fake = await FakeGitHub.start(step.api)
  fakes.push(fake)
  const result = await runStep({
    main,
    workspace: one.folder,
    ...step,
    inputs: { command: 'check', 'github-token': TOKEN, ...step.inputs },
    env: { GITHUB_API_URL: fake.url, GITHUB_SHA: one.sha, ...step.env },
  })
  return { ...result, fake, sha: one.sha }
}

const ENVIRONMENT = 'environments: { production: { host: 192.0.2.1, path: /opt/stacks/shop } }\n'
const cancelAt =
  (text: string): NonNullable<Step['onLine']> =>
  (line, cancel) => {
    if (line.includes(text)) cancel()
  }

describe('the bundle', () => {
  test('posts the status of a stage, under way and at its end', async () => {
    const { fake, sha, code } = await runAction({ 'deploy.yml': configWithCheck('echo fine') })
    expect(code).toBe(0)
    expect(fake.statuses).toEqual([
      { sha, state: 'pending', context: 'deploy-action / check', description: 'under way' },
      { sha, state: 'success', context: 'deploy-action / check', description: '1 stages passed' },
    ])
    expect(fake.calls.map(({ body }) => body?.target_url)).toEqual(Array(2).fill('https://github.com/Acme/Shop/actions/runs/1'))
  })

  test('does not say a secret in a status, or in anything else that it posts', async () => {
    const secret = 'c4nary-of-the-registry'
    const { fake, outputs } = await runAction(
      { 'deploy.yml': configWithCheck('exit 1', ENVIRONMENT).replace('name: unit', `name: ${secret}`) },
      { inputs: { command: 'all', 'registry-password': secret } },
    )
    expect(outputs['failure-code']).toBe('CHECK')
    expect(fake.statuses.at(-1)?.description).toContain('***')
    expect(JSON.stringify(fake.calls)).not.toContain(secret)
  })

  test.each<readonly [string, Readonly<Record<string, string>>]>([
    ['is told to', { post: 'none' }],
    ['has no token', { 'github-token': '' }],
  ])('posts nothing where it %s', async (_, inputs) => {
    const { fake, code } = await runAction({ 'deploy.yml': configWithCheck('true') }, { inputs })
    expect(code).toBe(0)
    expect(fake.calls).toEqual([])
  })

  test('refuses a misspelt kind before anything is called', async () => {
    const { fake, annotations } = await runAction({ 'deploy.yml': configWithCheck('true') }, { inputs: { post: 'deployment, comment' } })
    expect(annotations.at(-1)?.data).toContain('the input post: "deployment" is nothing that is posted; did you mean "deployments"?')
    expect(fake.calls).toEqual([])
  })

  test.each<readonly [string, FakeOptions]>([
    ['may not', { permissions: [] }],
    ['is down', { fault: () => ({ status: 500 }) }],
    ['throttles for an hour', { fault: () => ({ status: 429, headers: { 'retry-after': '3600' } }) }],
    ['closes its connections', { fault: () => 'cut' }],
  ])('succeeds where the work did, also when GitHub %s', async (_, api) => {
    const { code, outputs, annotations } = await runAction({ 'deploy.yml': configWithCheck('true') }, { api })
    expect({ code, outcome: outputs.outcome }).toEqual({ code: 0, outcome: 'succeeded' })
    expect(annotations.filter(({ name }) => name === 'error')).toEqual([])
    const warnings = annotations.filter(({ name }) => name === 'warning').map(({ data }) => data)
    if ('permissions' in api) expect(warnings).toEqual([])
    else
      expect(warnings).toEqual([
        expect.stringMatching(/^not posted to GitHub: .*`statuses: write`.*what the run did is not changed by it$/),
      ])
  })

  test('says in the log only, under the debug switch, that a status may not be posted', async () => {
    const { commands, log } = await runAction({ 'deploy.yml': configWithCheck('true') }, { api: { permissions: [] } })
    expect(log).not.toContain('not posted')
    expect(commands.filter(({ name }) => name === 'debug').map(({ data }) => data)).toContainEqual(
      expect.stringContaining('`permissions: statuses: write`'),
    )
  })
})

describe('a cancelled run', () => {
  const files = { 'deploy.yml': configWithCheck('echo works; sleep 600') }

  test('leaves a final status', async () => {
    const { fake, signals, outputs } = await runAction(files, { onLine: cancelAt('works') })
    expect(signals).toEqual(['SIGINT'])
    expect(outputs['failure-code']).toBe('CANCELLED')
    expect(fake.statuses.map(({ state }) => state)).toEqual(['pending', 'error'])
    expect(fake.statuses.at(-1)?.description).toMatch(/^CANCELLED: /)
  })

  test('ends in time with its outputs and summary where GitHub says nothing', async () => {
    const { signals, outputs, summary, log } = await runAction(files, { onLine: cancelAt('works'), api: { fault: () => 'hang' } })
    expect(signals).toEqual(['SIGINT'])
    expect(outputs['failure-code']).toBe('CANCELLED')
    expect(summary).toContain('CANCELLED')
    expect(log).not.toContain('BUG')
  })
})

describe('a pull request', () => {
  const event = (from: string): string =>
    JSON.stringify({ pull_request: { number: 7, head: { sha: 'b'.repeat(40), repo: { full_name: from } } } })
  const plan = { command: 'plan' }
  const files = (from: string): Record<string, string> => ({
    'deploy.yml': configWithCheck('true', ENVIRONMENT),
    'event.json': event(from),
  })
  const env = { GITHUB_EVENT_NAME: 'pull_request', GITHUB_EVENT_PATH: 'event.json' }

  test('has a comment with what came of its plan, written once', async () => {
    const { fake, outputs } = await runAction(files('acme/shop'), { inputs: plan, env })
    expect(outputs['failure-code']).toBe('CONFIG')
    expect(fake.writes).toEqual(['POST /issues/7/comments'])
    expect(fake.comments[0]?.body).toContain('### ⛔ Plan for production')
    expect(fake.comments[0]?.body).toContain('no SSH key')
  })

  test('from a fork has it in the summary, which says so', async () => {
    const { fake, summary } = await runAction(files('mallory/shop'), { inputs: plan, env })
    expect(fake.calls).toEqual([])
    expect(summary).toContain('no comment with the plan: the token of a pull request from a fork may only read')
  })

  test('without the right to comment says in the summary which one', async () => {
    const { summary, annotations } = await runAction(files('Acme/Shop'), { inputs: plan, env, api: { permissions: [] } })
    expect(summary).toContain('not posted to GitHub: the comment with the plan, which is in the summary')
    expect(summary).toContain('permissions: pull-requests: write')
    expect(annotations.filter(({ name }) => name === 'warning')).toEqual([])
  })
})
