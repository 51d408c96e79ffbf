import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { CommandName } from '../../src/entry/context.ts'
import { jobEvent, refuseEvent } from '../../src/entry/job-event.ts'
import { DeployError } from '../../src/errors.ts'
import { request } from './fakes.ts'

const folder = mkdtempSync(join(tmpdir(), 'event-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** null where the event is let through. */
const refusal = (
  command: CommandName,
  name: string,
  payload: unknown,
  more: { dryRun?: boolean; env?: Record<string, string> } = {},
): string | null => {
  const path = join(folder, 'event.json')
  writeFileSync(path, typeof payload === 'string' ? payload : JSON.stringify(payload))
  const env = { GITHUB_ACTIONS: 'true', GITHUB_EVENT_NAME: name, GITHUB_EVENT_PATH: path, GITHUB_REPOSITORY: 'Acme/Shop', ...more.env }
  try {
    refuseEvent({ ...request, command, dryRun: more.dryRun ?? false }, env)
    return null
  } catch (error) {
    if (error instanceof DeployError && error.code === 'CONFIG') return error.message
    throw error
  }
}
const fork = { pull_request: { head: { repo: { full_name: 'mallory/shop' } } } }
const ofRun = (repository: unknown) => ({ workflow_run: { head_repository: { full_name: repository } } })

describe('nothing is changed', () => {
  test.each(['build', 'publish', 'deploy', 'rollback', 'all'] as const)(
    'by %s in a job of a pull request, whatever its secrets',
    (command) => {
      for (const name of ['pull_request', 'pull_request_target', 'pull_request_review'])
        for (const payload of [fork, {}, 'no JSON', '']) expect(refusal(command, name, payload)).toContain('a pull request is a proposal')
    },
  )

  test.each([
    ['a workflow after one of a fork', 'workflow_run', ofRun('mallory/shop'), 'the code of mallory/shop, a fork'],
    ['a workflow after nobody knows whose', 'workflow_run', {}, 'does not say whose code'],
    ['a workflow whose payload is of another kind', 'workflow_run', ofRun(7), 'does not say whose code'],
    ['a merge queue', 'merge_group', {}, 'may never reach the branch'],
    ['a push that deleted the branch', 'push', { deleted: true }, 'the branch was deleted'],
  ])('by %s', (_, name, payload, why) => {
    expect(refusal('deploy', name, payload)).toContain(why)
  })
})

describe('a job may', () => {
  test.each([
    ['deploy on a push', 'deploy', 'push', { deleted: false }],
    ['deploy on a push whose payload cannot be read', 'deploy', 'push', 'no JSON'],
    ['deploy by hand, by a tag, by a clock', 'deploy', 'workflow_dispatch', {}],
    ['deploy after a workflow of its own repository', 'deploy', 'workflow_run', ofRun('acme/shop')],
    ['check, scan and plan a pull request', 'plan', 'pull_request', fork],
  ] as const)('%s', (_, command, name, payload) => {
    expect(refusal(command, name, payload)).toBeNull()
  })

  test('try everything dry, and a laptop has no event', () => {
    expect(refusal('all', 'pull_request', fork, { dryRun: true })).toBeNull()
    expect(refusal('deploy', 'pull_request', fork, { env: { GITHUB_ACTIONS: 'false' } })).toBeNull()
    expect(refusal('deploy', 'push', {}, { env: { GITHUB_EVENT_PATH: '/no/such/file' } })).toBeNull()
  })
})

test('no payload makes the reader fail, and none makes a fork ours', () => {
  const names = fc.constantFrom('push', 'workflow_run', 'pull_request', '', '__proto__')
  const payloads = fc.oneof(
    fc.json(),
    fc.string(),
    fc.record({ workflow_run: fc.anything(), pull_request: fc.anything(), deleted: fc.anything() }, { requiredKeys: [] }).map((value) => {
      try {
        return JSON.stringify(value) ?? ''
      } catch {
        return ''
      }
    }),
  )
  fc.assert(
    fc.property(names, payloads, (name, payload) => {
      const event = jobEvent(name, payload)
      expect(typeof event.deleted).toBe('boolean')
      expect(event.headRepository === null || typeof event.headRepository === 'string').toBe(true)
      if (name === 'workflow_run') expect(refusal('deploy', name, payload)).not.toBeNull()
    }),
    { seed: 20261121, numRuns: 500 },
  )
})
