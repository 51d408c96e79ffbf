import { expect, test } from '@jest/globals'
import type { Context } from '../../src/entry/context.ts'
import { goingBack, runningOf } from '../../src/entry/going-back.ts'
import type { ReleaseRecord } from '../../src/plan/observed.ts'
import { configOf } from '../config/problems.ts'
import { testContext } from '../pipeline/support/context.ts'
import { container, nothingThere, record } from '../plan/support/observed.ts'

const release = (number: number, after: string): ReleaseRecord => ({
  ...record(number, String(number), String(number).repeat(8)),
  schema: { before: after, after },
})
const [first, second] = [release(1, 'a'), release(2, 'b')]
const observed = { ...nothingThere, releases: [first, second], current: second.id }

const down = (migrate: string): ReturnType<typeof goingBack> => {
  const base = testContext({ project: '/nowhere', config: {}, request: { command: 'rollback', down: true } })
  const context: Context = { ...base, config: configOf(`project: shop\nimages: { api: {} }\nmigrate: { service: api, ${migrate} }\n`) }
  return goingBack(context, observed, first)
}

test.each(['preset: django, current: [current]', 'preset: flyway, current: [current]', 'up: [up], current: [current]'])(
  'the schema goes nowhere by a command that nobody wrote: %s',
  (migrate) => {
    // an empty command would start the service instead
    expect(() => down(migrate)).toThrow('--down needs migrate.down in the config, or the preset alembic; nothing was touched')
  },
)

test.each([
  'preset: alembic',
  'preset: django, current: [current], down: [back, "{revision}"]',
  'up: [up], current: [c], down: [back, "{revision}"]',
])('the schema goes back to the revision of that release by %s', (migrate) => {
  const [step] = down(migrate).beforeSwitch
  expect(step).toMatchObject({ kind: 'down', revision: 'a' })
  expect(step?.kind === 'down' && step.run.at(-1)).toBe('a')
})

test('what an earlier release left running is halted, too, before the data goes back', () => {
  const renamed = { ...second, services: { api: first.services.api } } as ReleaseRecord
  const containers = [container('api', 'a1'), container('bot', 'b1'), container('db', 'postgres:16')]
  expect(runningOf({ ...observed, releases: [first, renamed], containers })).toEqual([
    { service: 'api', ids: ['api-old'] },
    { service: 'bot', ids: ['bot-old'] },
  ])
})
