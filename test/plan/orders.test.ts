import { describe, expect, test } from '@jest/globals'
import { config } from '../../src/config/schema.ts'
import type { ComposeModel, ComposeService } from '../../src/plan/observed.ts'
import { impossibleOrders } from '../../src/plan/orders.ts'

const web: ComposeService = {
  image: 'x',
  containerName: null,
  restart: null,
  replicas: 1,
  ports: [],
  binds: [],
  mounted: [],
  dependsOn: {},
  healthcheck: false,
  limits: true,
  privileged: false,
  networkMode: null,
  user: null,
}
const model = (changes: Partial<ComposeService>): ComposeModel => ({ services: { web: { ...web, ...changes } } })
const services = (web: object) => config.parse({ project: 'shop', images: { web: {} }, services: { web } }).services
const sentences = (asked: object, changes: Partial<ComposeService>): string[] =>
  impossibleOrders(services(asked), model(changes), {}).map(({ sentence }) => sentence)

describe('an order that cannot work is refused', () => {
  const port = { address: '', published: 8000, target: 8000, protocol: 'tcp' }

  test('start-first with a published port, which both would want', () => {
    expect(sentences({ order: 'start-first' }, { ports: [port] })).toEqual([
      'web cannot start first: its successor could not have port 8000 while it runs',
    ])
  })

  test('start-first on the network of the host', () => {
    expect(sentences({ order: 'start-first' }, { networkMode: 'host' })).toHaveLength(1)
  })

  test('start-first with a name of its own, which both would want', () => {
    expect(sentences({ order: 'start-first' }, { containerName: 'our-web' })).toEqual([
      'web cannot start first: its successor could not be called our-web while it runs, and whoever asks for that name would meet nobody in between',
    ])
  })

  test('several replicas with one name', () => {
    expect(sentences({}, { containerName: 'our-web', replicas: 2 })).toEqual(['web has 2 replicas, which cannot all be called our-web'])
  })

  test('once, with replicas', () => {
    expect(sentences({ exactly: 1 }, { replicas: 3 })).toEqual(['web may exist once, but its compose file wants 3 replicas'])
  })
})

test('what can work is not refused', () => {
  expect(sentences({ order: 'start-first' }, { ports: [{ address: '', published: 0, target: 8000, protocol: 'tcp' }] })).toEqual([])
  expect(sentences({}, { replicas: 3 })).toEqual([])
  expect(sentences({ exactly: 1 }, {})).toEqual([])
  expect(sentences({}, { containerName: 'our-web' })).toEqual([])
})

test('a name that its container gets after the switch is one, too', () => {
  const asked = services({ order: 'start-first' })
  expect(impossibleOrders(asked, model({}), { web: 'shop-web' }).map(({ sentence }) => sentence)).toEqual([
    expect.stringContaining('its successor could not be called shop-web'),
  ])
  expect(impossibleOrders(asked, model({}), { web: '' })).toEqual([])
})
