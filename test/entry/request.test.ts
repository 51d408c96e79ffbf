import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { askedByArguments } from '../../src/entry/arguments.ts'
import { askedByInputs } from '../../src/entry/inputs.ts'
import { inputVariableOf, OPTIONS, type Option, variableOf } from '../../src/entry/options.ts'
import { requestOf } from '../../src/entry/request.ts'
import { DeployError } from '../../src/errors.ts'
import { Secret } from '../../src/ports.ts'

const refusal = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (error instanceof DeployError && error.code === 'CONFIG') return [error.message, ...(error.details.evidence ?? [])].join('\n')
    throw error
  }
  throw new Error('nothing was refused')
}

const REPORT = {
  reference: `registry.test:5000/acme/api@sha256:${'a'.repeat(64)}`,
  digest: `sha256:${'a'.repeat(64)}`,
  tags: [],
  platforms: { 'linux/amd64': `sha256:${'a'.repeat(64)}` },
}
const PARTS = JSON.stringify({ 'images-1': JSON.stringify({ api: REPORT }) })
const IMAGE = `api=registry.test:5000/acme/api@sha256:${'a'.repeat(64)}`

describe('command line, inputs and environment', () => {
  test('ask the same in the same words', () => {
    const texts: Readonly<Record<string, string>> = {
      environment: 'production',
      registry: 'registry.test:5000',
      'registry-username': 'bot',
      reason: 'a b',
      reports: 'out',
      image: IMAGE,
      'dry-run': 'true',
      'no-seed': 'true',
      'from-broken': 'true',
      config: 'x/deploy.yml',
    }
    const args = Object.entries(texts).flatMap(([name, text]) => (text === 'true' ? [`--${name}`] : [`--${name}`, text]))
    const inputs = Object.fromEntries(Object.entries(texts).map(([name, text]) => [inputVariableOf(name), text]))
    const variables = Object.fromEntries(Object.entries(texts).map(([name, text]) => [variableOf(name), text]))
    const expected = {
      command: 'deploy',
      configPath: 'x/deploy.yml',
      environment: 'production',
      registry: 'registry.test:5000',
      registryUsername: 'bot',
      reason: 'a b',
      reports: 'out',
      images: Object.assign(Object.create(null), { api: IMAGE.slice(4) }),
      dryRun: true,
      noSeed: true,
      fromBroken: true,
      json: false,
    }
    expect(requestOf(askedByArguments(['deploy', ...args]), {})).toEqual(expected)
    expect(requestOf(askedByInputs({ ...inputs, INPUT_COMMAND: 'deploy' }), {})).toEqual(expected)
    expect(requestOf(askedByArguments(['deploy']), variables)).toEqual(expected)
  })

  test('agree on every option there is', () => {
    const known = OPTIONS.map((option: Option) => option.name)
    expect(new Set(known).size).toBe(known.length)
    for (const option of OPTIONS as readonly Option[]) expect(option.description).not.toMatch(/\.$/)
  })

  test('an option beats the environment, and an empty input asks nothing', () => {
    const env = { DEPLOY_ENVIRONMENT: 'staging' }
    expect(requestOf(askedByArguments(['deploy', '--environment', 'production']), env).environment).toBe('production')
    expect(requestOf(askedByInputs({ INPUT_COMMAND: 'deploy', INPUT_ENVIRONMENT: '' }), env).environment).toBe('staging')
    expect(requestOf(askedByArguments(['deploy']), { DEPLOY_ENVIRONMENT: ' ' }).environment).toBeUndefined()
  })

  test('a variable of an option means something only to the commands that have it', () => {
    const env = { DEPLOY_MATRIX: 'true', DEPLOY_ONLY: 'api', DEPLOY_AUDIT: 'true', DEPLOY_PARTS: '{}', DEPLOY_DRY_RUN: 'true' }
    const request = requestOf(askedByArguments(['deploy']), env)
    for (const field of ['matrix', 'only', 'audit', 'parts'] as const) expect(request[field]).toBeUndefined()
    expect(request.dryRun).toBe(true)
    expect(requestOf(askedByArguments(['prune']), env).dryRun).toBe(false)
    expect(requestOf(askedByArguments(['build']), { DEPLOY_ONLY: 'api' }).only).toEqual(['api'])
  })

  test.each([
    [['rollback', '--down', '--backup', 'latest', '--confirm', 'r1'], {}, 'down and backup do not go together'],
    [['rollback', '--confirm', 'r1'], {}, 'confirm needs backup'],
  ])('of two wishes none is ignored: %j with %j', (args, env, why) => {
    expect(refusal(() => requestOf(askedByArguments(args), env))).toContain(why)
  })

  test('what other machines built is not made one image for show', () => {
    const asked = askedByInputs({ INPUT_COMMAND: 'build', INPUT_PARTS: PARTS })
    expect(refusal(() => requestOf(asked, { DEPLOY_DRY_RUN: 'true' }))).toContain('parts and dry-run do not go together')
    expect(requestOf(asked, {}).parts).toBeDefined()
  })

  test('several images are several options, or lines of one input', () => {
    const second = IMAGE.replace('api=', 'bot=')
    const names = (request: { readonly images: object }): readonly string[] => Object.keys(request.images)
    expect(names(requestOf(askedByArguments(['deploy', '--image', IMAGE, `--image=${second}`]), {}))).toEqual(['api', 'bot'])
    expect(names(requestOf(askedByInputs({ INPUT_COMMAND: 'deploy', INPUT_IMAGE: `${IMAGE}\n\n  ${second}\n` }), {}))).toEqual([
      'api',
      'bot',
    ])
  })

  test('a release follows rollback, and nothing else', () => {
    expect(requestOf(askedByArguments(['rollback', '17-3f2c1ab', '--reason', 'broken']), {})).toMatchObject({
      release: '17-3f2c1ab',
      reason: 'broken',
    })
    expect(refusal(() => requestOf(askedByArguments(['deploy', '17']), {}))).toContain('"17" is one word too many')
  })

  test('everything that is wrong is told at once', () => {
    const text = refusal(() =>
      requestOf(askedByInputs({ INPUT_COMMAND: 'deplyo', INPUT_IMAGE: 'x', 'INPUT_DRY-RUN': 'perhaps', INPUT_REGISTY: 'y' }), {}),
    )
    for (const part of ['did you mean "deploy"', 'image must be', 'the input dry-run must be "true" or "false"', 'did you mean "registry"'])
      expect(text).toContain(part)
  })

  test.each(['__proto__', 'constructor'])('%s is no image', (name) => {
    expect(refusal(() => requestOf(askedByArguments(['deploy', '--image', IMAGE.replace('api', name)]), {}))).toContain('image must be')
  })
})

test('whatever is typed is a request or CONFIG, and never a file that was not named', () => {
  const word = fc.oneof(
    fc.string({ maxLength: 20, unit: 'binary' }),
    fc.constantFrom(
      'deploy',
      'rollback',
      '--',
      '-',
      '--json',
      '--image',
      '--image=',
      '--environment',
      '=',
      '--dry-run=true',
      '--no-such',
      '-x',
      '--__proto__',
      'constructor',
    ),
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (args) => {
      try {
        expect(requestOf(askedByArguments(args), {}).sshKey).toBeUndefined()
      } catch (error) {
        expect(error).toMatchObject({ code: 'CONFIG' })
      }
    }),
    { numRuns: 200 },
  )
})

test('a secret shows itself nowhere', () => {
  const { registryPassword } = requestOf(askedByArguments(['deploy']), { DEPLOY_REGISTRY_PASSWORD: 's3cret' })
  expect(registryPassword).toBeInstanceOf(Secret)
  expect(`${registryPassword} ${JSON.stringify({ registryPassword })}`).not.toContain('s3cret')
  expect(registryPassword?.reveal()).toBe('s3cret')
})
