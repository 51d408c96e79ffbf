import { expect, jest, test } from '@jest/globals'
import { type Fault, faultProxy } from './support/fault-proxy.ts'
import { imageProject } from './support/image-project.ts'
import { command, commandEnvironment, crane, REGISTRY, uniqueName } from './support/sandbox.ts'

jest.setTimeout(180_000)

const buildThrough = async (decide: Parameters<typeof faultProxy>[0]) => {
  await using proxy = await faultProxy(decide)
  using environment = commandEnvironment()
  const name = uniqueName('faults')
  using project = imageProject({ name })
  const { code, document } = await command(project.folder, ['build', '--registry', proxy.host], environment.env)
  return { code, document, faults: proxy.faults(), repository: `${REGISTRY}/tests/${name}-app` }
}

test.each<[string, Fault]>([
  ['answers 500 now and then', { status: 500 }],
  ['is asked too often (429)', { status: 429, retryAfter: 1 }],
  ['cuts connections', 'cut'],
])('a registry that %s gets the whole image all the same', async (_what, fault) => {
  const seen = new Map<string, number>()
  // the first two of each kind of write go wrong
  const { code, document, faults, repository } = await buildThrough((request) => {
    seen.set(request.method ?? '', (seen.get(request.method ?? '') ?? 0) + 1)
    return ['PUT', 'POST'].includes(request.method ?? '') && (seen.get(request.method ?? '') ?? 0) <= 2 ? fault : 'pass'
  })
  expect([code, faults >= 2]).toEqual([0, true])
  expect(await crane('validate', '--remote', `${repository}@${document.images.app?.digest}`)).not.toBeNull()
})

test('a registry that takes no blob at all is PUBLISH, after a bounded number of attempts', async () => {
  const { code, document, faults } = await buildThrough((request) => (request.method === 'POST' ? { status: 503 } : 'pass'))
  expect([code, document.failureCode]).toEqual([14, 'PUBLISH'])
  expect(faults).toBeLessThanOrEqual(40)
})
