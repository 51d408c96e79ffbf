import { expect, test } from '@jest/globals'
import { childSafeEnvironment } from '../../src/entry/environment.ts'

test('what was given to us is asked for by name, and inherited by nobody', () => {
  const real = {
    PATH: '/bin',
    GITHUB_TOKEN: 'job',
    'INPUT_GITHUB-TOKEN': 'ours',
    DEPLOY_SSH_KEY: 'key',
    DEPLOY_REGISTRY_PASSWORD: 'word',
    DEPLOY_CONFIG: 'x.yml',
  }
  const env = childSafeEnvironment(real)
  expect([env['INPUT_GITHUB-TOKEN'], env.DEPLOY_SSH_KEY, env.DEPLOY_REGISTRY_PASSWORD]).toEqual(['ours', 'key', 'word'])
  expect(Object.keys(env)).toEqual(['PATH', 'GITHUB_TOKEN', 'DEPLOY_CONFIG'])
  expect({ ...env }).toEqual(real)
  expect(Object.keys(real)).toEqual(['PATH', 'GITHUB_TOKEN', 'DEPLOY_CONFIG'])
})
