/** Who are we? The private key as ssh2 signs with it, and what may be said about it. */
import type { ParsedKey } from 'ssh2'
import { DeployError } from '../errors.ts'
import type { Secret } from '../ports.ts'
import { fingerprintOf } from './ssh-hostkey.ts'

export interface Identity {
  readonly key: ParsedKey
  readonly type: string
  readonly fingerprint: string
  /** The line for authorized_keys. */
  readonly publicLine: string
}

type ParseKey = (text: string) => ParsedKey | Error

/** @throws DeployError CONFIG where no private key can be read from it */
export const identityOf = (secret: Secret, parseKey: ParseKey): Identity => {
  const parsed = parseKey(secret.reveal())
  // A file may hold several keys; OpenSSH's own format holds one.
  const key = Array.isArray(parsed) ? (parsed[0] as ParsedKey) : parsed
  if (key instanceof Error) throw unusable(key.message)
  if (!key.isPrivateKey()) throw unusable('it is a public key')
  const blob = key.getPublicSSH()
  if (!belongsTogether(key, secret.reveal(), blob)) throw unusable('it is damaged: its public and private halves do not belong together')
  return {
    key: withoutSha1(key),
    type: key.type,
    fingerprint: fingerprintOf(blob),
    publicLine: `${key.type} ${blob.toString('base64')}`,
  }
}

/** ssh2 believes a key what it says of itself; OpenSSH would not, and a server refuses it without saying why. */
const belongsTogether = (key: ParsedKey, text: string, blob: Buffer): boolean => {
  const outer = outerPublicKey(text)
  if (outer !== null && !outer.equals(blob)) return false
  const probe = Buffer.from('the halves of a key')
  const algorithm = key.type === 'ssh-rsa' ? 'sha512' : undefined
  try {
    const signature = key.sign(probe, algorithm)
    return Buffer.isBuffer(signature) && key.verify(probe, signature, algorithm) === true
  } catch {
    return false
  }
}

/** OpenSSH's own format holds the public half twice: openssh-key-v1, cipher, kdf, its options, one key, and then that. */
const outerPublicKey = (text: string): Buffer | null => {
  const [, body] = /^-----BEGIN OPENSSH PRIVATE KEY-----\n([\s\S]+?)\n-----END/.exec(text) ?? []
  if (body === undefined) return null
  const bytes = Buffer.from(body, 'base64')
  let at = 'openssh-key-v1\0'.length
  for (let field = 0; field < 3; field++) at += 4 + bytes.readUInt32BE(at)
  at += 4
  return bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at))
}

/** Where a server names no signature algorithms, ssh2 would sign with RSA and SHA-1: that is refused here. */
const withoutSha1 = (key: ParsedKey): ParsedKey => {
  const sign = key.sign.bind(key)
  const refusal = new Error('the server asks for an RSA signature with SHA-1')
  // ssh2 takes an Error as result for "cannot sign"; its types do not say so.
  key.sign = (data, algorithm) => (algorithm === 'sha1' ? (refusal as unknown as Buffer) : sign(data, algorithm))
  return key
}

const unusable = (reason: string): DeployError =>
  new DeployError('CONFIG', `the SSH key cannot be used: ${reason}`, {
    hint: 'ssh-keygen -y -f FILE\nby hand: give the whole private key file, from -----BEGIN to -----END, without a passphrase',
  })
