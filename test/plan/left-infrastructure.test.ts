import { expect, test } from '@jest/globals'
import { secondServers } from '../../src/plan/left-infrastructure.ts'
import { container, MODEL, planOf, service, serving } from './support/observed.ts'

const { db: _, ...others } = MODEL.services
const [release] = serving().releases
const current = release === undefined ? null : { ...release, infrastructure: ['db'] }
const found = (image: string, observed = serving()) => {
  const services = { ...others, database: service(image) }
  return secondServers(planOf(observed, { commit: '2222222bbbb' }, services), { services }, observed, current)
}

test('a database under another name is refused while the one of before runs', () => {
  expect(found('postgres:17')).toEqual([
    {
      sentence:
        'database would be a second postgres beside db, which the compose files have no more and which runs still; two of them on the same data would damage it',
      hint: 'on the server: docker rm --force shop-db-1\nby hand: its volumes with a name stay; or give database its name db back',
    },
  ])
})

test('not what has another image, nor where the one of before is stopped or gone, or is there under both names', () => {
  expect(found('redis:7')).toEqual([])
  const stopped = serving({ containers: [container('db', 'postgres:16', { state: 'exited' }), container('api', 'a1')] })
  expect(found('postgres:16', stopped)).toEqual([])
  const both = serving({ containers: [...serving().containers, container('database', 'postgres:16')] })
  expect(found('postgres:16', both)).toEqual([])
})
