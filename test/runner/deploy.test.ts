/** Whole deploys by the bundle, told by the fake GitHub. */
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import type { FakeGitHub, FakeOptions } from '../github/fake-api.ts'
import { type StandInServer, until } from '../transaction/support/server.ts'
import { botOf, history, told, world } from './world.ts'

/** The second deploy of a stack, cancelled as that line is told; it ended by itself. */
const cancelledAt = async (begun: string, prepare: (server: StandInServer) => void) => {
  const one = await world()
  const first = one.next()
  expect(told(await one.run())).toBe('succeeded')
  const second = one.next()
  prepare(one.server)
  const cancelled = await one.run({
    onLine: (line, cancel) => {
      if (line.startsWith(begun)) cancel()
    },
  })
  expect(cancelled.signals[0]).toBe('SIGINT')
  expect(cancelled.signal).toBeNull()
  return { one, first, second, cancelled }
}

describe('a deploy', () => {
  test.each<readonly [string, FakeOptions]>([
    ['says nothing', { fault: ({ method }) => (method === 'GET' ? 'hang' : undefined) }],
    ['is down', { fault: () => ({ status: 503 }) }],
  ])(
    'that is well stays well where GitHub %s',
    async (_, api) => {
      const one = await world(api)
      one.next()
      const result = await one.run()
      expect([result.code, told(result)]).toEqual([0, 'succeeded'])
      expect(result.annotations.filter(({ name }) => name === 'warning').map(({ data }) => data)).toContainEqual(
        expect.stringMatching(/^not posted to GitHub: .*`deployments: write`.*what the run did is not changed by it$/),
      )
      expect(result.summary).toContain('what the run did is not changed by it')
    },
    90_000,
  )

  test('in a job with `environment:` has no second deployment beside it, until it goes back', async () => {
    const one = await world()
    const first = one.next()
    const ofJob = (sha: string, run: number): void =>
      void one.github.addDeployment({
        sha,
        statuses: [
          { state: 'in_progress', description: '', log_url: `https://github.com/Acme/Shop/actions/runs/${run}/job/1`, environment_url: '' },
        ],
      })
    ofJob(first, 1)
    expect(told(await one.run())).toBe('succeeded')
    const second = one.next()
    ofJob(second, 2)
    one.server.tell('sick', botOf(one, second))
    expect(told(await one.run())).toMatch(/^rolled-back HEALTH: /)
    expect(history(one.github, { [first]: 'first', [second]: 'second' })).toEqual([
      'first: in_progress',
      'second: in_progress',
      'first: success',
    ])
  })
})

describe('the environments page', () => {
  test('tells of a deploy, of one that rolled itself back, and what serves again', async () => {
    const one = await world()
    const first = one.next()
    const good = await one.run()
    expect(told(good)).toBe('succeeded')
    const second = one.next()
    one.server.tell('sick', botOf(one, second))
    const bad = await one.run()
    expect(told(bad)).toMatch(/^rolled-back HEALTH: /)
    expect(history(one.github, { [first]: 'first', [second]: 'second' })).toEqual([
      'first: in_progress, success',
      'second: in_progress, failure',
      'first: success',
    ])
    expect(one.github.deployments.at(-1)?.description).toBe(`rolled back: release ${bad.outputs.release} serves`)
    expect(bad.summary).toMatch(/^## ↩️ deploy to production: rolled-back\n/)
  })

  test('has a final status of a deploy that was cancelled while it migrated', async () => {
    const { one, first, second, cancelled } = await cancelledAt('migrate:', (server) => server.tell('one-off/migrate', 'sleep 30'))
    expect(told(cancelled)).toContain('CANCELLED: ')
    expect(history(one.github, { [first]: 'first', [second]: 'second' })).toEqual([
      'first: in_progress, success',
      'second: in_progress, error',
    ])
  })

  test('says of a deploy that was cancelled after the switch what the server made of it', async () => {
    const { one, first, second, cancelled } = await cancelledAt('switch bot', () => {})
    const isDone = cancelled.outputs.outcome === 'succeeded'
    expect(told(cancelled)).toContain(isDone ? 'succeeded' : 'CANCELLED: ')
    expect(history(one.github, { [first]: 'first', [second]: 'second' }).slice(0, 2)).toEqual([
      'first: in_progress, success',
      `second: in_progress, ${isDone ? 'success' : 'error'}`,
    ])
  })

  test('is repaired by the next run after one that was killed', async () => {
    const one = await world()
    const first = one.next()
    expect(told(await one.run())).toBe('succeeded')
    const second = one.next()
    let pid = 0
    // lasts until the server has missed its client; one that never does goes on, and commits
    const lost = join(one.server.directory, '.deploy/operations/*/lost')
    const wait = 'attempts=0; until ls $lost || [ $((attempts += 1)) = 300 ]; do sleep 0.1; done > /dev/null 2>&1'
    one.server.tell('one-off/migrate', `IFS=; lost='${lost}'; ${wait}`)
    const killed = await one.run({
      onStart: (started) => {
        pid = started
      },
      onLine: (line) => {
        if (line.startsWith('migrate:') && pid > 0) process.kill(pid, 'SIGKILL')
      },
    })
    expect(killed.signal).toBe('SIGKILL')
    // not before: a migration that had yet to begin would find nothing to wait for
    await until(() => globSync(lost).length > 0, 'the server misses its client')
    one.server.untell('one-off/migrate')
    const third = one.next()
    const good = await one.run()
    expect(told(good)).toBe('succeeded')
    expect(history(one.github, { [first]: 'first', [second]: 'second', [third]: 'third' })).toEqual([
      'first: in_progress, success',
      'second: in_progress, error',
      'third: in_progress, success',
    ])
    expect(one.github.deployments[1]?.statuses.at(-1)?.description).toMatch(/^its run ended without a word/)
  }, 60_000)
})

/** The statuses that stand, of every deployment and of every stage of a commit. */
const standing = ({ deployments, statuses }: FakeGitHub): readonly string[] => {
  const stages = new Map(statuses.map(({ sha, context, state }) => [`${sha} ${context}`, state]))
  return [...deployments.map((one) => one.statuses.at(-1)?.state ?? 'none'), ...stages.values()]
}

describe('a run that is cancelled', () => {
  test('at any step of a deploy leaves nothing open, and says what serves', async () => {
    const one = await world()
    one.next()
    expect(told(await one.run())).toBe('succeeded')
    for (const step of ['pull', 'files', 'create containers', 'containers created', 'switch api', 'verify', 'commit']) {
      const sha = one.next()
      const cancelled = await one.run({ onLine: (line, cancel) => line.startsWith(`${step}: `) && cancel() })
      expect([step, cancelled.signals[0], cancelled.signal]).toEqual([step, 'SIGINT', null])
      const isDone = cancelled.outputs.outcome === 'succeeded'
      expect([step, isDone ? '' : told(cancelled)]).toEqual([step, isDone ? '' : expect.stringContaining('CANCELLED: ')])
      expect([step, ...standing(one.github).filter((state) => OPEN.includes(state))]).toEqual([step])
      expect([step, cancelled.outputs.release?.endsWith(sha.slice(0, 7))]).toEqual([step, isDone])
    }
  }, 120_000)

  test.each(['plan', 'deploy'])('before a %s has seen the server leaves nothing open, and no comment', async (command) => {
    const one = await world()
    one.next()
    let cancel = (): void => {}
    // the registry is asked for the image of this commit, and says nothing
    one.registry.fault = () => {
      cancel()
      return true
    }
    const cancelled = await one.run({
      inputs: { command },
      onStart: (_, begin) => {
        cancel = begin
      },
    })
    expect([cancelled.signals[0], cancelled.signal]).toEqual(['SIGINT', null])
    expect(told(cancelled)).toContain('CANCELLED: ')
    expect(standing(one.github)).toEqual(command === 'plan' ? [] : ['error', 'error'])
    expect(one.github.comments).toEqual([])
  })
})

/** States with which GitHub goes on waiting. */
const OPEN = ['none', 'pending', 'queued', 'in_progress', 'waiting']
