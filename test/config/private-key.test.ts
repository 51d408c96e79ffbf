import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { normalisedPrivateKey } from '../../src/config/private-key.ts'
import { DeployError } from '../../src/errors.ts'

const folder = mkdtempSync(join(tmpdir(), 'keys-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Real keys, by ssh-keygen where there is one. */
const generated = (name: string, ...options: readonly string[]): string => {
  execFileSync('ssh-keygen', ['-q', '-f', join(folder, name), ...options])
  return readFileSync(join(folder, name), 'utf8')
}
const ed25519 = generated('ed25519', '-t', 'ed25519', '-N', '')
const pem = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})

const refusal = (text: string): DeployError => {
  try {
    normalisedPrivateKey(text)
  } catch (error) {
    if (error instanceof DeployError) return error
    throw error
  }
  throw new Error('the key was accepted')
}

describe('a key is taken', () => {
  test.each([
    ['as it is', (key: string) => key],
    ['with Windows line ends', (key: string) => key.replaceAll('\n', '\r\n')],
    ['without its final newline', (key: string) => key.trimEnd()],
    ['with spaces and lines around it', (key: string) => `\n  \n${key.replaceAll('\n', '  \n')}\n\n`],
    ['with a byte order mark', (key: string) => `\ufeff${key}`],
  ])('%s', (_, change) => {
    for (const key of [ed25519, pem.privateKey]) expect(normalisedPrivateKey(change(key))).toBe(key)
  })
})

describe('a key is refused, and explained', () => {
  test.each([
    ['an empty one', '  \n', 'is empty'],
    ['the public half', readFileSync(join(folder, 'ed25519.pub'), 'utf8'), 'is a public key'],
    ['the public half as PEM', pem.publicKey, 'is a public key'],
    ['one with a passphrase', generated('locked', '-t', 'ed25519', '-N', 'open sesame'), 'is protected by a passphrase'],
    [
      'a PEM one with a passphrase',
      generated('locked-pem', '-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', 'open sesame'),
      'is protected by a passphrase',
    ],
    ['one of PuTTY', 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n', 'is in the format of PuTTY'],
    ['one without its last line', ed25519.split('\n').slice(0, -2).join('\n'), 'is cut'],
    [
      'one without a line in the middle',
      ed25519
        .split('\n')
        .filter((_, index) => index !== 2)
        .join('\n'),
      'is damaged',
    ],
    ['one in a single line', ed25519.replaceAll('\n', ' '), 'is all in one line'],
    ['one with written-out newlines', ed25519.replaceAll('\n', '\\n'), 'has "\\n" written out'],
    ['the body alone', ed25519.split('\n').slice(1, -2).join('\n'), 'has no "-----BEGIN'],
    ['a path', '/home/me/.ssh/id_ed25519', 'is a path'],
    ['a path of whoever asks', '~/.ssh/id_ed25519', 'is a path'],
  ])('%s', (_, key, message) => {
    const error = refusal(key)
    expect(error.code).toBe('CONFIG')
    expect(error.message).toContain(message)
    expect(error.details.hint).toBeTruthy()
  })

  test('without showing any of it', () => {
    const lines = ed25519.split('\n').slice(1, -2)
    for (let cut = 0; cut < ed25519.length - 30; cut += 7) {
      const { message, details } = refusal(ed25519.slice(0, cut))
      for (const line of lines) expect(`${message} ${details.hint}`).not.toContain(line.slice(0, 16))
    }
  })

  test('whatever it is, with CONFIG and nothing else', () => {
    const part = fc.constantFrom(
      '-----BEGIN OPENSSH PRIVATE KEY-----',
      '-----END OPENSSH PRIVATE KEY-----',
      '-----BEGIN PRIVATE KEY-----',
      '-----END PRIVATE KEY-----',
      '\n',
      'AAAA',
      'b3BlbnNzaC1rZXktdjEA',
      'MIIE',
      '=',
      ' ',
      '\\n',
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), (parts) => expect(refusal(parts.join('')).code).toBe('CONFIG')),
      { numRuns: 300 },
    )
  })
})
