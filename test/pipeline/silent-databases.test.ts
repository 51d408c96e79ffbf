import { expect, test } from '@jest/globals'
import { awaitedDatabases } from '../../src/pipeline/check/silent-databases.ts'

const added = (services: string): unknown => JSON.parse(awaitedDatabases(`services:\n${services}`) ?? 'null')
const WAITS = { condition: 'service_healthy' }

test('a database without a health check gets one, and who depends on it waits for it', () => {
  const text = `  db: { image: postgres:16-alpine }
  sql: { image: "mariadb:11" }
  tests: { build: ., depends_on: [db, web] }
  more: { build: ., depends_on: { sql: { condition: service_started }, db: { condition: service_healthy } } }
  web: { image: nginx }
`
  expect(added(text)).toEqual({
    services: {
      db: { healthcheck: { test: ['CMD', 'sh', '-c', expect.stringContaining('pg_isready')], interval: '500ms', retries: 1000 } },
      // compose puts variables in: each $ twice
      sql: { healthcheck: { test: ['CMD', 'sh', '-c', expect.stringContaining('"$$tool"')], interval: '500ms', retries: 1000 } },
      tests: { depends_on: { db: WAITS } },
      more: { depends_on: { sql: WAITS } },
    },
  })
})

test('nothing is added to what says by itself when it is ready, nor to a file that is none', () => {
  expect(added('  db: { image: postgres:16, healthcheck: { test: [CMD, pg_isready] } }\n  tests: { depends_on: [db] }\n')).toBeNull()
  expect(added('  redis: { image: redis:7 }\n  tests: { depends_on: [redis] }\n')).toBeNull()
  expect(awaitedDatabases('}{')).toBeNull()
  expect(awaitedDatabases('')).toBeNull()
})
