import { expect, test } from '@jest/globals'
import type { Plan } from '../../src/plan/steps.ts'
import { volumesLeftBehind } from '../../src/plan/volumes.ts'
import { container, MODEL, nothingThere, service } from './support/observed.ts'

const readiness = { ask: { kind: 'auto' }, grace: 0, interval: 500, retries: 1, deadline: 1000, stable: 0 } as const
const planOf = (service: string): Plan => ({
  kind: 'deploy',
  release: '2-2222222',
  previous: '1-1111111',
  fallback: '1-1111111',
  steps: [
    {
      kind: 'switch',
      cause: 'image changed',
      services: [
        { service, order: 'stop-first', parallelism: 1, old: [`${service}-old`], policy: 'no', readiness, readinessBefore: readiness },
      ],
    },
  ],
})
const kept = [{ name: 'a'.repeat(64), path: '/data' }]
const observed = { ...nothingThere, containers: [container('api', 'a1', { anonymousVolumes: kept })] }

test('a switch that would leave a nameless volume behind is refused, with the commands that name it', () => {
  const [finding, ...more] = volumesLeftBehind(planOf('api'), MODEL, observed, 'shop')
  expect(more).toEqual([])
  expect(finding?.sentence).toBe('api keeps /data in a volume without a name, which its successor would not get')
  expect(finding?.hint).toContain(`docker run --rm -v ${'a'.repeat(64)}:/from -v shop_api-data:/to busybox cp -a /from/. /to`)
})

test('it goes through once the compose file mounts something there', () => {
  const named = { services: { ...MODEL.services, api: service('a1', { mounted: ['/data'] }) } }
  expect(volumesLeftBehind(planOf('api'), named, observed, 'shop')).toEqual([])
})

test('a service that is not switched keeps what it has', () => {
  expect(volumesLeftBehind(planOf('bot'), MODEL, observed, 'shop')).toEqual([])
})

test('a service that is gone must not take its data with it either', () => {
  const plan: Plan = {
    ...planOf('bot'),
    steps: [{ kind: 'retire', cause: 'gone', service: 'api', ids: ['api-old'], running: [], policy: 'no', readinessBefore: readiness }],
  }
  const [finding] = volumesLeftBehind(plan, MODEL, observed, 'shop')
  expect(finding?.sentence).toBe(
    'api, which this release has no more, keeps /data in a volume without a name, which nobody would know any more',
  )
  expect(finding?.hint).toMatch(/busybox cp -a \/from\/\. \/to\n.*docker rm --force --volumes shop-api-1$/)
})
