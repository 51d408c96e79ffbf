import { expect, test } from '@jest/globals'
import type { Ask, Readiness } from '../../src/plan/observed.ts'
import { stepDetail } from '../../src/plan/step-detail.ts'
import type { Step } from '../../src/plan/steps.ts'

const ready = (ask: Ask, stable = 0): Readiness => ({ ask, grace: 0, interval: 500, retries: 10, deadline: 60_000, stable })
const awaited = (readiness: Readiness): Step => ({ kind: 'await', service: 'db', cause: 'api needs it', readiness })
const http: Ask = { kind: 'http', port: 8000, path: '/health', status: [200, 204], contains: null, patterns: [] }
const switched = (...services: readonly (readonly [string, Ask])[]): Step => ({
  kind: 'switch',
  cause: 'c',
  services: services.map(([service, ask]) => ({
    service,
    order: 'stop-first',
    parallelism: 1,
    old: [],
    policy: 'no',
    readiness: ready(ask),
    readinessBefore: ready(ask),
  })),
})
const seed = (...run: readonly string[]): Step => ({ kind: 'seed', name: 's', cause: 'c', hash: '0', timeout: 1, run })

test.each<[Step, string | null]>([
  [
    { kind: 'pull', cause: 'c', references: [`ghcr.io/a/b@sha256:${'0'.repeat(64)}`, 'postgres:16'] },
    'ghcr.io/a/b@sha256:000000000000, postgres:16',
  ],
  [
    { kind: 'migrate', tool: 'alembic', cause: 'c', timeout: 1, run: ['--entrypoint', 'python3', 'api', '-c', 'long'] },
    'alembic upgrade head in api',
  ],
  [
    { kind: 'migrate', tool: 'command', cause: 'c', timeout: 1, run: ['web', 'python', 'manage.py', 'migrate'] },
    'python manage.py migrate in web',
  ],
  [seed('--entrypoint', 'sh', 'api', '-c', 'x'), 'sh -c x in api'],
  [seed('prestart'), 'its own command in prestart'],
  [awaited(ready(http)), 'ready by HTTP 200 or 204 at :8000/health'],
  [awaited(ready({ kind: 'log', text: 'up' })), 'ready by "up" in its log'],
  [awaited(ready({ kind: 'exec', argv: ['x'] })), 'ready by a command in its container'],
  [awaited(ready({ kind: 'auto' }, 2500)), 'ready by its own health check, if it has one, and 2.5 s without a restart'],
  [awaited(ready({ kind: 'auto' })), 'ready by its own health check, else when it runs'],
  [
    switched(['a', http], ['b', { kind: 'auto' }], ['c', http]),
    'a, c ready by HTTP 200 or 204 at :8000/health; b ready by its own health check, else when it runs',
  ],
  [switched(['a', http], ['b', http]), 'ready by HTTP 200 or 204 at :8000/health'],
  [{ kind: 'commit', cause: 'c' }, null],
])('%j is told as %s', (step, detail) => expect(stepDetail(step)).toBe(detail))
