import { createHmac } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseKnownHosts, pinsFor } from '../../src/config/known-hosts.ts'

const key = (type: string, body = 'x'.repeat(32)): string => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(type.length)
  return Buffer.concat([length, Buffer.from(type), Buffer.from(body)]).toString('base64')
}
const ED = `ssh-ed25519 ${key('ssh-ed25519')}`
const RSA = `ssh-rsa ${key('ssh-rsa')}`
const hashed = (name: string): string => {
  const salt = Buffer.from('salt of twenty bytes')
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
}
const types = (text: string, host: string, port = 22): readonly string[] =>
  pinsFor(parseKnownHosts(text), host, port).accepted.map((pin) => pin.keyType)

describe('pins of a host', () => {
  test.each([
    ['its name', `web-1 ${ED}`, 'web-1', 22],
    ['one of several names', `10.0.0.1,web-1 ${ED}`, 'web-1', 22],
    ['a name in another case', `Web-1 ${ED}`, 'WEB-1', 22],
    ['another port', `[web-1]:2222 ${ED}`, 'web-1', 2222],
    ['an IPv6 address', `2001:db8::1 ${ED}`, '[2001:db8::1]', 22],
    ['a hashed name', `${hashed('web-1')} ${ED}`, 'web-1', 22],
    ['a hashed name with port', `${hashed('[web-1]:2222')} ${ED}`, 'web-1', 2222],
    ['a pattern', `web-* ${ED}`, 'web-17', 22],
    ['Windows line ends, comments and empty lines', `# ours\r\n\r\nweb-1 ${ED} root@web-1\r\n`, 'web-1', 22],
  ])('are found by %s', (_, text, host, port) => {
    expect(types(text, host, port)).toEqual(['ssh-ed25519'])
  })

  test.each([
    ['another name', `web-2 ${ED}`, 'web-1', 22],
    ['the same name at another port', `web-1 ${ED}`, 'web-1', 2222],
    ['a port that is not asked for', `[web-1]:2222 ${ED}`, 'web-1', 22],
    ['a pattern that excludes it', `web-*,!web-1 ${ED}`, 'web-1', 22],
    ['a certificate authority', `@cert-authority web-1 ${ED}`, 'web-1', 22],
    ['a revoked key', `@revoked web-1 ${ED}`, 'web-1', 22],
    ['a key that another line revokes', `web-1 ${ED}\n@revoked * ${ED}`, 'web-1', 22],
  ])('are not those of %s', (_, text, host, port) => {
    expect(types(text, host, port)).toEqual([])
  })

  test('may be of several types', () => {
    expect(types(`web-1 ${RSA}\nweb-1 ${ED}`, 'web-1')).toEqual(['ssh-rsa', 'ssh-ed25519'])
  })
})

test.each([
  ['nonsense', 'must be "host keytype key"'],
  [`@trusted web-1 ${ED}`, 'has an unknown marker "@trusted"'],
  [`@constructor web-1 ${ED}`, 'has an unknown marker "@constructor"'],
  ['web-1 ssh-ed25519 !!!', 'has a key that is not base64'],
  [`web-1 ssh-rsa ${key('ssh-ed25519')}`, 'its key is of another type, or cut'],
  ['web-1 ssh-ed25519 AAAA', 'its key is of another type, or cut'],
])('the line %j is refused', (line, message) => {
  expect(parseKnownHosts(`\n${line}`).problems).toEqual([{ line: 2, message: expect.stringContaining(message) }])
})

test('no text makes the parser throw, and no pattern makes it slow', () => {
  const word = fc.constantFrom(
    'web-1',
    '*',
    '?',
    '!',
    ',',
    '|1|',
    ' ',
    '\n',
    '@revoked',
    '@cert-authority',
    '[',
    ']:22',
    ED,
    '=',
    '\u0000',
    '\t',
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 40 }), (words) => void pinsFor(parseKnownHosts(words.join('')), 'web-1', 22)),
    { numRuns: 300 },
  )
  expect(types(`${'*a'.repeat(2000)} ${ED}`, 'a'.repeat(1999))).toEqual([])
})
