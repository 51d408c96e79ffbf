import { describe, expect, test } from '@jest/globals'
import ssh2 from 'ssh2'
import { identityOf } from '../../src/adapters/ssh-key.ts'
import { DeployError } from '../../src/errors.ts'
import { Secret } from '../../src/ports.ts'
import { newKey } from '../ssh/keys.ts'

const identify = (text: string) => identityOf(new Secret(text), ssh2.utils.parseKey as Parameters<typeof identityOf>[1])

describe('our key', () => {
  test('is known by the type, fingerprint and line that people see elsewhere', () => {
    for (const kind of ['ed25519', 'ecdsa', 'rsa'] as const) {
      const key = newKey(kind)
      const { type, fingerprint, publicLine } = identify(key.privateText)
      expect({ type, fingerprint, publicLine }).toEqual({
        type: key.type,
        fingerprint: key.fingerprint,
        publicLine: `${key.type} ${key.blob}`,
      })
    }
  })

  test('never signs with SHA-1', () => {
    const { key } = identify(newKey('rsa').privateText)
    expect(key.sign('text', 'sha256')).toBeInstanceOf(Buffer)
    expect(key.sign('text', 'sha1')).toBeInstanceOf(Error)
  })

  test('is no public key, no empty text and no half of a file', () => {
    const { privateText, type, blob } = newKey()
    for (const text of ['', `${type} ${blob}`, privateText.slice(0, 120)])
      expect(() => identify(text)).toThrow(expect.objectContaining({ code: 'CONFIG', constructor: DeployError }))
  })
})
