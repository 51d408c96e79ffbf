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

test('what servers keep is the output of one status, or of one for each environment', () => {
  const one = { environment: 'production', references: [IMAGE.reference] }
  const other = { environment: 'staging', references: [] }
  const kept = (value: unknown) => asked({ command: 'prune', kept: JSON.stringify(value) }).kept
  expect(kept(one)).toEqual([one])
  expect(kept({ a: JSON.stringify(one), b: other })).toEqual([one, other])
  expect(kept({ here: JSON.stringify(one), elsewhere: JSON.stringify({ b: other }) })).toEqual([one, other])
  for (const value of [
    { a: { b: { c: one } } },
    { a: '' },
    { ...one, references: ['registry.example/acme/api:latest'] },
    { a: { environment: 'production' } },
  ])
    expect(refusal({ command: 'prune', kept: JSON.stringify(value) })).toContain('a status that could not read every record gives none')
})

test('an audit is of what was handed over', () => {
  expect(asked({ command: 'scan', audit: 'true', images: JSON.stringify({ 'acme-bot.api': IMAGE }) }).audit).toBe(true)
  expect(refusal({ command: 'scan', audit: 'true' })).toContain('audit needs images')
  expect(refusal({ audit: 'true', images: JSON.stringify({ api: IMAGE }) })).toContain('means nothing to publish')
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

test('parts are the outputs of jobs, of which some built nothing', () => {
  const parts = (text: string) => asked({ command: 'build', parts: text }).parts
  const one = JSON.stringify({ api: IMAGE })
  expect(parts(JSON.stringify({ 'images-1': one, 'images-2': '', 'images-3': one }))).toEqual([{ api: IMAGE }, { api: IMAGE }])
  for (const [text, why] of [
    ['[]', 'must be a JSON object of outputs'],
    ['{}', 'the jobs that it comes from built nothing'],
    ['{"images-1":""}', 'the jobs that it comes from built nothing'],
    ['{"images-1":{}}', 'holds under "images-1" something that is no text'],
    [JSON.stringify({ 'images-2': '{"api":1}' }), 'holds under "images-2" something that holds something under "api"'],
  ] as const)
    expect(refusal({ command: 'build', parts: text })).toContain(why)
})

test('what is to be built where is asked with names that exist, and nothing that would be ignored', () => {
  const { runners, platforms, only, matrix } = asked({
    command: 'build',
    matrix: 'true',
    runners: 'linux/arm64=our-arm',
    platform: 'linux/arm64',
    only: 'api',
  })
  expect({ runners, platforms, only, matrix }).toEqual({
    runners: { 'linux/arm64': 'our-arm' },
    platforms: ['linux/arm64'],
    only: ['api'],
    matrix: true,
  })
  expect(refusal({ command: 'build', runners: 'arm64=x' })).toContain('linux/amd64=LABEL')
  expect(refusal({ command: 'build', platform: 'linux/riscv64' })).toContain('must be linux/amd64 or linux/arm64')
  expect(refusal({ command: 'build', matrix: 'true', 'dry-run': 'true' })).toContain('matrix and dry-run do not go together')
  const parts = JSON.stringify({ a: JSON.stringify({ api: IMAGE }) })
  expect(refusal({ command: 'build', parts, only: 'api' })).toContain('parts and only do not go together')
})
