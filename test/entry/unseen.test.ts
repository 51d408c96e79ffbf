import { describe, expect, test } from '@jest/globals'
import type { Context } from '../../src/entry/context.ts'
import { noteServing, refuseUnseen } from '../../src/entry/stack.ts'
import type { Observed } from '../../src/plan/observed.ts'
import { configOf } from '../config/problems.ts'
import { testContext } from '../pipeline/support/context.ts'
import { nothingThere, serving } from '../plan/support/observed.ts'

const config = configOf('project: shop\nimages: { api: {} }\nenvironments: { production: { host: web-1, path: /opt/stacks/shop } }\n')
const contextOf = (command: Context['request']['command'] = 'status'): Context => {
  const { production } = config.environments
  if (production === undefined) throw new Error('no environment')
  const base = testContext({ project: '/nowhere', config: {}, request: { command }, commit: { repository: 'acme/shop' } })
  return { ...base, config, environment: () => ({ name: 'production', config: production }) }
}
const refusal = (observed: Observed): string => {
  try {
    refuseUnseen(contextOf(), observed)
    return ''
  } catch (error) {
    return String(error)
  }
}

describe('a look that could see nothing says so, and not that there is nothing', () => {
  test.each<readonly [string, Partial<Observed>, string]>([
    ['without docker', { missingTools: ['docker'] }, 'the server lacks docker'],
    ['where the record is not ours to read', { directory: 'foreign' }, 'cannot write /opt/stacks/shop/.deploy on web-1'],
    ['where the directory is gone and cannot be made', { directory: 'missing' }, 'cannot create /opt/stacks/shop on web-1'],
    ['where the engine is down', { engine: { error: 'Cannot connect to the Docker daemon' } }, 'Docker does not answer on web-1'],
  ])('%s', (_, change, why) => {
    expect(refusal({ ...nothingThere, ...change })).toContain(why)
    expect(refusal({ ...nothingThere, ...change })).toContain('what is there and what runs is not known')
  })

  test('where the record of the release in force is gone, or none', () => {
    expect(refusal(serving({ releases: [] }))).toContain('the record of release 1-1111111, which is in force on web-1, cannot be used')
    expect(refusal(serving({ releases: [], unreadable: [{ id: '1-1111111', why: 'no number' }] }))).toContain('cannot be used: no number')
  })

  test('a server where nothing was deployed yet, and one that may be read and not written, are seen', () => {
    expect(refusal(nothingThere)).toBe('')
    expect(refusal(serving({ directory: 'unwritable' }))).toBe('')
    // neither hides a container
    expect(refusal(serving({ compose: { error: 'unknown shorthand flag' } }))).toBe('')
    expect(refusal(serving({ engine: { version: '19.3.0', platform: 'linux/amd64' } }))).toBe('')
  })
})

test('a stack is healed by a success of the repository that broke it, and by no restore', () => {
  const broken = { repository: 'acme/shop', operation: 'o', kind: 'deploy', release: '2-2222222', since: '', sentences: [] }
  const wasBroken = (command: Context['request']['command'], mark: Observed['broken']): boolean => {
    const context = contextOf(command)
    noteServing(context, serving({ broken: mark }))
    return context.facts.wasBroken === true
  }
  expect(wasBroken('deploy', broken)).toBe(true)
  expect(wasBroken('rollback', broken)).toBe(true)
  expect(wasBroken('restore', broken)).toBe(false)
  expect(wasBroken('deploy', { ...broken, repository: 'acme/other' })).toBe(false)
  expect(wasBroken('deploy', null)).toBe(false)
})
