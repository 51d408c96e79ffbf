import { expect, test } from '@jest/globals'
import { along } from '../../src/entry/all.ts'
import type { Command } from '../../src/entry/context.ts'
import { DeployError } from '../../src/errors.ts'
import { context } from './fakes.ts'

test('a step is recorded with its cause, its time and its result, also when it throws', async () => {
  const here = context()
  await here.step('pull', 'api: image changed', async () => 'done')
  await expect(here.step('health', 'api: switched', async () => Promise.reject(new DeployError('HEALTH', 'api was down')))).rejects.toThrow(
    'HEALTH',
  )
  expect(here.facts.steps).toEqual([
    { name: 'pull', cause: 'api: image changed', start: '2026-11-21T00:00:00.000Z', duration: 100, result: 'succeeded' },
    {
      name: 'health',
      cause: 'api: switched',
      start: '2026-11-21T00:00:00.200Z',
      duration: 100,
      result: 'failed',
      detail: 'HEALTH: api was down',
    },
  ])
})

const stage =
  (name: string): Command =>
  async (here) => {
    await here.step(name, '', async () => {})
    here.facts.release = name
    return { outcome: 'succeeded', message: name }
  }

test('all is the steps of every command, one after the other, and the last verdict', async () => {
  const here = context()
  // a deploy may replace the list of steps by what the server reports: what was before stays
  const replacing: Command = async (inner) => {
    inner.facts.steps = [{ name: 'switch', cause: '', start: null, duration: null, result: 'succeeded' }]
    return { outcome: 'succeeded', message: 'deployed' }
  }
  expect((await along([stage('check'), stage('build'), replacing], here)).message).toBe('deployed')
  expect(here.facts.steps.map((step) => step.name)).toEqual(['check', 'build', 'switch'])
  expect(here.facts.release).toBe('build')
})

test('a command that fails ends the road, and its facts are reported', async () => {
  const here = context()
  const failing: Command = async (inner) => inner.step('scan', '', async () => Promise.reject(new DeployError('SCAN', 'a hole')))
  await expect(along([stage('check'), failing, stage('never')], here)).rejects.toThrow('SCAN')
  expect(here.facts.steps.map((step) => [step.name, step.result])).toEqual([
    ['check', 'succeeded'],
    ['scan', 'failed'],
  ])
})

test('a deploy that rolled itself back ends the road with its own code', async () => {
  const rolledBack: Command = async () => ({ outcome: 'rolled-back', message: 'x', failureCode: 'HEALTH' })
  expect((await along([rolledBack, stage('never')], context())).failureCode).toBe('HEALTH')
})

test('a cancelled run does not go on to the next command', async () => {
  const cancellation = new AbortController()
  const here = context()
  const cancelling: Command = async () => {
    cancellation.abort()
    return { outcome: 'succeeded', message: 'x' }
  }
  const cancelled = { ...here, ports: { ...here.ports, cancellation: { signal: cancellation.signal } } }
  await expect(along([cancelling, stage('never')], cancelled)).rejects.toThrow('CANCELLED')
  expect(here.facts.steps).toEqual([])
})
