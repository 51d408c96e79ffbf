import { expect, test } from '@jest/globals'
import { askedByArguments } from '../../src/entry/arguments.ts'
import { askedByInputs } from '../../src/entry/inputs.ts'
import { requestOf } from '../../src/entry/request.ts'
import { DeployError } from '../../src/errors.ts'

const digest = (character: string): string => `sha256:${character.repeat(64)}`
const INDEX = digest('a')
const IMAGE = {
  reference: `registry.example:5000/acme/api@${INDEX}`,
  digest: INDEX,
  platforms: { 'linux/amd64': digest('1'), 'linux/arm64': digest('2') },
  tags: ['v1'],
  scans: { 'linux/amd64': { digest: digest('1'), result: 'passed', scanner: 'trivy 0.74.0', at: '2026-01-01T00:00:00Z' } },
}

const asked = (inputs: Readonly<Record<string, string>>) =>
  requestOf(
    askedByInputs({
      INPUT_COMMAND: 'publish',
      ...Object.fromEntries(Object.entries(inputs).map(([k, v]) => [`INPUT_${k.toUpperCase()}`, v])),
    }),
    {},
  )

const refusal = (inputs: Readonly<Record<string, string>>): string => {
  try {
    asked(inputs)
  } catch (error) {
    if (error instanceof DeployError && error.code === 'CONFIG') return error.message
    throw error
  }
  throw new Error('nothing was refused')
}

test('the images of another job are read back as they were given out', () => {
  expect(asked({ images: JSON.stringify({ api: IMAGE }) }).handedOver).toEqual({ api: IMAGE })
  const { tags: _tags, scans: _scans, ...built } = IMAGE
  expect(asked({ images: JSON.stringify({ api: built }) }).handedOver).toEqual({ api: { ...built, tags: [], scans: {} } })
})

test('an absent output asks nothing', () => {
  expect(asked({ images: '' }).handedOver).toBeUndefined()
})

test.each<[string, string]>([
  ['no JSON', 'missing'],
  ['a list', '[]'],
  ['nothing at all', '{}'],
  ['a name that is none', JSON.stringify({ '../x': IMAGE })],
  ['a digest cut short', JSON.stringify({ api: { ...IMAGE, digest: 'sha256:12' } })],
  ['a reference of another digest', JSON.stringify({ api: { ...IMAGE, digest: digest('b') } })],
  ['no platform', JSON.stringify({ api: { ...IMAGE, platforms: {} } })],
  ['a platform without its digest', JSON.stringify({ api: { ...IMAGE, platforms: { 'linux/amd64': '' } } })],
  [
    'a verdict that is neither',
    JSON.stringify({ api: { ...IMAGE, scans: { 'linux/amd64': { ...IMAGE.scans['linux/amd64'], result: 'fine' } } } }),
  ],
  ['tags that are no texts', JSON.stringify({ api: { ...IMAGE, tags: [1] } })],
])('%s is refused as images', (_what, text) => {
  expect(refusal({ images: text })).toMatch(/the input images (must be|holds)/)
})

test('variables are lines of NAME=VALUE, and a value may hold anything', () => {
  expect(asked({ variables: 'SSH_HOST=10.0.0.1\n\nNOTE=a=b $(touch x) ${Y}' }).variables).toEqual(
    Object.assign(Object.create(null), { SSH_HOST: '10.0.0.1', NOTE: 'a=b $(touch x) ${Y}' }),
  )
  const args = ['check', '--variables', 'A=1', '--variables', 'B=2']
  expect(requestOf(askedByArguments(args), {}).variables).toEqual(Object.assign(Object.create(null), { A: '1', B: '2' }))
})

test.each<[string, string, string]>([
  ['no name', '=secret', 'NAME=VALUE'],
  ['no equals sign', 'SSH_HOST', 'NAME=VALUE'],
  ['a name with a hyphen', 'SSH-HOST=secret', 'NAME=VALUE'],
  ['a name twice', 'A=1\nA=secret', 'A is there twice'],
])('variables with %s are refused, without showing a value', (_what, text, why) => {
  const message = refusal({ variables: text })
  expect(message).toContain(why)
  expect(message).not.toContain('secret')
})
