import { expect, test } from '@jest/globals'
import { inLightOf } from '../../src/entry/cancelled.ts'
import { DeployError } from '../../src/errors.ts'

const failure = new DeployError('BUILD', 'docker buildx ended with SIGTERM')

test('what a stopped program makes of a cancellation is the cancellation', () => {
  const cancelled = inLightOf({ signal: AbortSignal.abort('SIGINT') }, failure)
  expect(cancelled).toMatchObject({ code: 'CANCELLED', message: 'CANCELLED: the run was cancelled by SIGINT', cause: failure })
})

test('without a cancellation, or with the word of the command itself, nothing is changed', () => {
  const told = new DeployError('CANCELLED', 'stopped before the push')
  expect(inLightOf({ signal: new AbortController().signal }, failure)).toBe(failure)
  expect(inLightOf({ signal: AbortSignal.abort() }, told)).toBe(told)
})
