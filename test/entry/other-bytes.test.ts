import { expect, test } from '@jest/globals'
import { refuseOtherBytes, type Wanted } from '../../src/entry/stack.ts'
import { DeployError } from '../../src/errors.ts'
import type { ComposeModel } from '../../src/plan/observed.ts'
import { testContext } from '../pipeline/support/context.ts'

const wanted = { images: { web: { reference: 'ghcr.io/acme/web@sha256:00' } }, ownership: { web: 'web' } } as unknown as Wanted
const refused = (image: string, services: Readonly<Record<string, { readonly image: string }>> = {}): unknown => {
  const context = testContext({
    project: '/nowhere',
    config: { registry: { namespace: 'Acme' }, images: { web: { name: 'web' } }, compose: { elsewhere: ['theirs'] } },
  })
  try {
    refuseOtherBytes(context, { services: { web: { image }, ...services } } as unknown as ComposeModel, wanted)
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

const PINNED = 'ghcr.io/acme/web@sha256:00'

test.each(['ghcr.io/acme/web', 'ghcr.io/acme/web:latest', `ghcr.io/acme/web@sha256:${'1'.repeat(64)}`])(
  'a service that has an image of ours from elsewhere in the compose files is refused: %s',
  (image) => {
    expect(refused(PINNED, { worker: { image } })).toMatchObject({
      code: 'CONFIG',
      message: expect.stringContaining(`worker would run ${image}, whatever is deployed`),
    })
  },
)

test('one that another repository ships, and one of another image, are not', () => {
  expect(refused(PINNED, { theirs: { image: 'ghcr.io/acme/web:latest' }, other: { image: 'ghcr.io/acme/web-tools:latest' } })).toBeNull()
  expect(refused(PINNED, { other: { image: 'localhost:5000/acme/web' } })).toBeNull()
})
