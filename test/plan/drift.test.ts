import { describe, expect, test } from '@jest/globals'
import { driftOf } from '../../src/plan/drift.ts'
import { deployedRelease } from '../../src/plan/release.ts'
import { container, MODEL, nothingThere, record, service, serving, target } from './support/observed.ts'

const of = record(1, '1', '1111111aaaa')

describe('drift', () => {
  test('is none where everything runs as recorded', () => {
    expect(driftOf([of], serving())).toEqual([])
  })

  test('is what does not run, and what runs other bytes', () => {
    const containers = [container('api', 'a1', { state: 'exited' }), container('bot', 'b2')]
    expect(driftOf([of], serving({ containers }))).toEqual(['api does not run', expect.stringMatching(/^bot runs b2, not sha256:b1/)])
  })

  test('is a replica that is missing, stopped or too many, as the release was deployed', () => {
    const { images } = of
    const { config, ownership, containerNames } = target()
    const model = { services: { ...MODEL.services, api: service('a1', { replicas: 3 }) } }
    const reports = Object.fromEntries(Object.entries(images).map(([name, image]) => [name, { ...image, tags: [] }]))
    const origin = { commit: of.commit, ref: null, repository: null, actor: null, run: null, reason: null, operation: 'o' }
    const three = deployedRelease(
      { id: of.id, fallback: null, origin, config, ownership, images: reports, containerNames, observed: nothingThere },
      model,
    )
    const running = (count: number, more: Parameters<typeof container>[2] = {}) =>
      serving({
        containers: [
          container('bot', 'b1'),
          ...Array.from({ length: count }, (_, index) => container('api', 'a1', { id: `api-${index}`, ...(index === 0 ? more : {}) })),
        ],
      })
    expect(driftOf([three], running(3))).toEqual([])
    expect(driftOf([three], running(2))).toEqual(['2 of 3 replicas of api run'])
    expect(driftOf([three], running(3, { state: 'exited' }))).toEqual(['2 of 3 replicas of api run'])
    expect(driftOf([three], running(4))).toEqual(['4 of 3 replicas of api run'])
  })
})

test('what runs once and ends, is of a profile that is off, or of which none is wanted, does not have to run', () => {
  const { config, containerNames } = target()
  const ownership = { ...target().ownership, setup: 'api', tool: 'api', none: 'api' }
  const model = {
    services: {
      ...MODEL.services,
      api: service('a1', { dependsOn: { setup: 'service_completed_successfully' } }),
      setup: service('a1'),
      none: service('a1', { replicas: 0 }),
    },
  }
  const images = Object.fromEntries(Object.entries(of.images).map(([name, image]) => [name, { ...image, tags: [] }]))
  const origin = { commit: of.commit, ref: null, repository: null, actor: null, run: null, reason: null, operation: 'o' }
  const whole = deployedRelease(
    { id: of.id, fallback: null, origin, config, ownership, images, containerNames, observed: nothingThere },
    model,
  )
  expect(driftOf([whole], serving())).toEqual([])
  // a tool that somebody started
  expect(driftOf([whole], serving({ containers: [...serving().containers, container('tool', 'a1')] }))).toEqual([])
  expect(driftOf([whole], serving({ containers: [container('api', 'a1')] }))).toEqual(['bot does not run'])
})

test('what a kept release ran and none in force has is told, unless it is infrastructure now', () => {
  const [first] = serving().releases
  const two = { ...record(2, '1', '2222222bbbb'), services: { api: first?.services.api } } as typeof of
  const observed = serving({ releases: [of, two], current: two.id })
  expect(driftOf([two], observed)).toEqual(['bot of release 1-1111111 runs still, and no release in force has it'])
  expect(driftOf([{ ...two, infrastructure: ['bot'] }], observed)).toEqual([])
})
