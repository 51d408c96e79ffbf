import { describe, expect, test } from '@jest/globals'
import { given, loggedOut, output, ran, withFiles } from './machine.ts'

const registry = given('SANDBOX_REGISTRY')
const tokens = given('SANDBOX_TOKEN_REGISTRY')
const source = `${registry}/library/alpine:latest`

const login = (env: NodeJS.ProcessEnv, to: string, user: string, password: string) =>
  ran(['docker', 'login', to, '-u', user, '--password-stdin'], env, password)

/** Logged in at the registry with tokens as the account that has this right; the source stays readable. */
const withRight = <Result>(right: 'WRITE' | 'READ', work: (env: NodeJS.ProcessEnv) => Result): Result =>
  loggedOut((env) => {
    login(env, registry, given('SANDBOX_REGISTRY_USER'), given('SANDBOX_REGISTRY_PASSWORD'))
    login(env, tokens, given(`SANDBOX_TOKEN_${right}_USER`), given(`SANDBOX_TOKEN_${right}_PASSWORD`))
    return work(env)
  })

describe('the sandbox’s registry', () => {
  test('what was pushed comes back by its digest', () =>
    withFiles({ Dockerfile: 'FROM alpine:latest\nLABEL test=push\n' }, (folder) => {
      const name = `${registry}/checks/push:1`
      output(['docker', 'buildx', 'build', '-q', '--provenance=false', '--push', '-t', name, folder])
      const reference = `${registry}/checks/push@${output(['crane', 'digest', name])}`
      output(['docker', 'pull', '-q', reference])
      expect(output(['docker', 'image', 'inspect', '--format', '{{index .Config.Labels "test"}}', reference])).toBe('push')
    }))

  test('a wrong password is refused as such', () =>
    loggedOut((env) => {
      const refused = login(env, registry, given('SANDBOX_REGISTRY_USER'), 'wrong')
      expect(refused.code).not.toBe(0)
      expect(refused.all).toMatch(/unauthorized/i)
    }))

  test('without login nothing can be read', () =>
    loggedOut((env) => {
      expect(ran(['crane', 'manifest', source], env).all).toMatch(/UNAUTHORIZED/)
    }))
})

describe('the registry with tokens, as GHCR does it', () => {
  test('a token that may write pushes', () =>
    withRight('WRITE', (env) => {
      output(['crane', 'copy', source, `${tokens}/acme/tokens:1`], env)
      expect(output(['crane', 'digest', `${tokens}/acme/tokens:1`], env)).toBe(output(['crane', 'digest', source], env))
    }))

  test('a token that may only read pulls and is denied the push', () => {
    withRight('WRITE', (env) => output(['crane', 'copy', source, `${tokens}/acme/tokens:1`], env))
    withRight('READ', (env) => {
      output(['crane', 'manifest', `${tokens}/acme/tokens:1`], env)
      const denied = ran(['crane', 'copy', source, `${tokens}/acme/tokens-denied:1`], env)
      expect(denied.code).not.toBe(0)
      expect(denied.all).toMatch(/UNAUTHORIZED|DENIED|insufficient_scope/)
    })
  })

  test('an expired token is refused at the login', () =>
    loggedOut((env) => {
      const refused = login(env, tokens, given('SANDBOX_TOKEN_EXPIRED_USER'), given('SANDBOX_TOKEN_EXPIRED_PASSWORD'))
      expect(refused.code).not.toBe(0)
      expect(refused.all).toMatch(/unauthorized|denied|401/i)
    }))

  test('anybody may pull what is public and nothing else', () => {
    withRight('WRITE', (env) => {
      for (const name of ['public/open', 'acme/closed']) output(['crane', 'copy', source, `${tokens}/${name}:1`], env)
    })
    loggedOut((env) => {
      expect(ran(['crane', 'digest', `${tokens}/public/open:1`], env).code).toBe(0)
      expect(ran(['crane', 'digest', `${tokens}/acme/closed:1`], env).code).not.toBe(0)
    })
  })
})
