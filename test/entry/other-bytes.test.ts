import { expect, test } from '@jest/globals'
import { refuseOtherBytes, type Wanted } from '../../src/entry/stack.ts'
import { DeployError } from '../../src/errors.ts'
import type { ComposeModel } from '../../src/plan/observed.ts'

const wanted = { images: { web: { reference: 'ghcr.io/acme/web@sha256:00' } }, ownership: { web: 'web' } } as unknown as Wanted
const refused = (image: string): unknown => {
  try {
    refuseOtherBytes({ services: { web: { image } } } as unknown as ComposeModel, wanted)
    return null
  } catch (error) {
    return error
  }
}

test('a compose file that runs something else than the wanted bytes is refused, with what it would run', () => {
  const error = refused('ghcr.io/acme/web:latest')
  expect(error).toBeInstanceOf(DeployError)
  expect(error).toMatchObject({
    code: 'CONFIG',
    message: expect.stringContaining('web would run ghcr.io/acme/web:latest, not ghcr.io/acme/web@sha256:00'),
  })
})

test('one that runs them is not', () => {
  expect(refused('ghcr.io/acme/web@sha256:00')).toBeNull()
})
