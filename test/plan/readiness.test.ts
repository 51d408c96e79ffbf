import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { TAKES_CONNECTIONS } from '../../src/config/database-servers.ts'
import { infrastructureReadiness, jsonPattern, readinessOf } from '../../src/plan/readiness.ts'
import { configOf } from '../config/problems.ts'
import { service } from './support/observed.ts'

const configured = (text: string) =>
  configOf(`project: p\nregistry: { namespace: a }\nimages: { api: {} }\nservices: { api: ${text} }\n`).services.api

describe('how a service is asked', () => {
  test('one that nobody describes is asked by its own health check, or has to stay up', () => {
    expect(readinessOf(undefined, service('a'))).toEqual({
      ask: { kind: 'auto' },
      grace: 0,
      interval: 500,
      retries: 10_000,
      deadline: 60_000,
      stable: 0,
    })
    expect(readinessOf(undefined, service('a', { healthcheck: false })).stable).toBe(10_000)
    expect(readinessOf(undefined, undefined).stable).toBe(10_000)
  })
  test('what the config says holds', () => {
    expect(
      readinessOf(
        configured(
          '{ stable: 2s, health: { http: { port: 80, path: /h, status: [200, 204], contains: ok }, grace: 1s, interval: 2s, retries: 3, deadline: 4s } }',
        ),
        undefined,
      ),
    ).toEqual({
      ask: { kind: 'http', port: 80, path: '/h', status: [200, 204], contains: 'ok', patterns: [] },
      grace: 1000,
      interval: 2000,
      retries: 3,
      deadline: 4000,
      stable: 2000,
    })
    expect(readinessOf(configured('{ health: { exec: [a, b] } }'), undefined)).toMatchObject({
      ask: { kind: 'exec', argv: ['a', 'b'] },
      stable: 0,
    })
    expect(readinessOf(configured('{ health: { log: ready } }'), undefined)).toMatchObject({
      ask: { kind: 'log', text: 'ready' },
      stable: 0,
    })
    expect(readinessOf(configured('{ stable: 0s }'), service('a', { healthcheck: false })).stable).toBe(0)
  })
  test('infrastructure need not stay up for a while, and may take longer', () => {
    expect(infrastructureReadiness(undefined, service('redis:7'))).toMatchObject({ ask: { kind: 'auto' }, stable: 0, deadline: 120_000 })
    const config = configured('{ health: { exec: [mine] } }')
    expect(infrastructureReadiness(config, service('postgres:16', { healthcheck: false }))).toMatchObject({
      ask: { kind: 'exec', argv: ['mine'] },
      stable: 0,
    })
  })
  test('a database server that nobody describes has to take connections before anything migrates', () => {
    const silent = { healthcheck: false }
    const askOf = (image: string, more = silent) => infrastructureReadiness(configured('{ stable: 0s }'), service(image, more)).ask
    expect(askOf('docker.io/library/postgres:16-alpine')).toMatchObject({
      kind: 'exec',
      argv: ['sh', '-c', expect.stringContaining('pg_isready')],
    })
    expect(askOf('mariadb:11')).toMatchObject({ kind: 'exec', argv: ['sh', '-c', expect.stringContaining('mariadb-admin')] })
    expect(askOf('redis:7-alpine')).toEqual({ kind: 'auto' })
    // its own health check says more
    expect(askOf('postgres:16', { healthcheck: true })).toEqual({ kind: 'auto' })
  })
  test('an image that is named like a database server and has none of its tools is not waited for', () => {
    for (const [program = '', ...args] of Object.values(TAKES_CONNECTIONS))
      expect(execFileSync(join('/bin', program), args, { env: { PATH: '' }, encoding: 'utf8' })).toBe('')
  })
})

describe('a key and value in JSON', () => {
  const finds = (pattern: string, text: string): boolean => {
    try {
      execFileSync('grep', ['-qaE', '--', pattern], { input: text, env: { LC_ALL: 'C' } })
      return true
    } catch {
      return false
    }
  }
  test('are found by real grep however the JSON is set, and nothing like them is', () => {
    const pattern = jsonPattern('online', 1)
    expect(
      ['{"online":1}', '{"a":0, "online" : 1 , "b":2}', '[{"online":1}]', '{"online":\t1}'].map((text) => finds(pattern, text)),
    ).toEqual([true, true, true, true])
    expect(
      ['{"online":11}', '{"online":0}', '{"xonline":1}', '{"online":"1"}', '{"online":1.5}', 'online 1'].map((text) =>
        finds(pattern, text),
      ),
    ).toEqual([false, false, false, false, false, false])
  })
  test('of any text are taken literally', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'ab.*+?^$()[]{}|\\"/ é') }),
        fc.string({ unit: fc.constantFrom(...'ab.*+?^$()[]{}|\\"/ é') }),
        (key, value) => {
          const text = JSON.stringify({ before: 1, [`k${key}`]: value, after: [] })
          expect(finds(jsonPattern(`k${key}`, value), text)).toBe(true)
          expect(finds(jsonPattern(`k${key}`, `${value}x`), text)).toBe(false)
        },
      ),
      { numRuns: 80 },
    )
  })
})
