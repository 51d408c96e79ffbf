import { describe, expect, test } from '@jest/globals'
import {
  answers,
  newContainers,
  noOneOff,
  publishedAs,
  runs,
  sameContainers,
  seededOnce,
  triedAndFailed,
  wentBackToo,
} from '../../script/demo.d/claims.ts'
import { picture } from '../../script/demo.d/picture.ts'
import type { Container, ContainerEvent } from '../../script/demo.d/server.ts'

const digest = `sha256:${'a'.repeat(64)}`
const other = `sha256:${'b'.repeat(64)}`
const api: Container = {
  id: 'one',
  service: 'api',
  digest,
  state: 'running',
  health: 'healthy',
  started: '2026-01-02T03:04:05Z',
  restarts: 0,
}
const redis: Container = { ...api, id: 'two', service: 'redis' }
const event: ContainerEvent = { service: 'bot', action: 'die', id: 'x', image: `registry/bot@${digest}`, oneOff: false, exitCode: '1' }

describe('what the demo claims does not hold where', () => {
  test.each([
    ['the service has no container', []],
    ['there are two of it', [api, { ...api, id: 'three' }]],
    ['it runs other bytes', [{ ...api, digest: other }]],
    ['it has exited', [{ ...api, state: 'exited' }]],
    ['it is not healthy', [{ ...api, health: 'starting' }]],
    ['it has restarted', [{ ...api, restarts: 1 }]],
  ])('%s', (_, containers) => {
    expect(runs('api', [api], digest).holds).toBe(true)
    expect(runs('api', containers, digest).holds).toBe(false)
  })

  test('tags differ, or a platform is missing', () => {
    const both = { digest, platforms: ['linux/amd64', 'linux/arm64'] }
    expect(publishedAs('api', 'abc', both, both).holds).toBe(true)
    expect(publishedAs('api', 'abc', both, { ...both, digest: other }).holds).toBe(false)
    expect(publishedAs('api', 'abc', { digest, platforms: ['linux/amd64'] }, null).holds).toBe(false)
  })

  test('a container was made anew instead of brought back', () => {
    expect(sameContainers([api], [api], ['api']).holds).toBe(true)
    expect(sameContainers([api], [{ ...api, id: 'new' }], ['api']).holds).toBe(false)
  })

  test('the old container still runs, or the database was restarted', () => {
    expect(newContainers([api, redis], [{ ...api, id: 'new' }, redis], ['api']).holds).toBe(true)
    expect(newContainers([api, redis], [api, redis], ['api']).holds).toBe(false)
    expect(
      newContainers(
        [api, redis],
        [
          { ...api, id: 'new' },
          { ...redis, started: 'later' },
        ],
        ['api'],
      ).holds,
    ).toBe(false)
  })

  test('the answer has another value, or is none', () => {
    expect(answers('/', '{"version":"1"}', { version: '1' }).holds).toBe(true)
    expect(answers('/', '{"version":"2"}', { version: '1' }).holds).toBe(false)
    expect(answers('/', 'HTTP 503', { version: '1' }).holds).toBe(false)
  })

  test('the broken version never ran, or another one died', () => {
    expect(triedAndFailed('bot', [event], digest).holds).toBe(true)
    expect(triedAndFailed('bot', [], digest).holds).toBe(false)
    expect(triedAndFailed('bot', [event], other).holds).toBe(false)
    expect(triedAndFailed('bot', [{ ...event, exitCode: '0' }], digest).holds).toBe(false)
  })

  test('the healthy part of a broken version stayed', () => {
    const did = (...actions: readonly string[]) => actions.map((action) => ({ ...event, service: 'api', action }))
    expect(wentBackToo('api', did('start', 'stop', 'destroy'), digest).holds).toBe(true)
    expect(wentBackToo('api', did('start'), digest).holds).toBe(false)
    expect(wentBackToo('api', [], digest).holds).toBe(false)
  })

  test('a migration ran with the old image, or the seed ran twice', () => {
    expect(noOneOff([event]).holds).toBe(true)
    expect(noOneOff([{ ...event, oneOff: true, action: 'start' }]).holds).toBe(false)
    expect([seededOnce('1').holds, seededOnce('2').holds, seededOnce('').holds]).toEqual([true, false, false])
  })
})

test('the picture holds the screen as text that XML understands', () => {
  expect(picture(['1 a < b & c', '  ✓ yes'])).toContain('1 a &lt; b &amp; c')
  expect(picture(['  ✗ no'])).toContain('<tspan class="n">✗</tspan> no')
})
