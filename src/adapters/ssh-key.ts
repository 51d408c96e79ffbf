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
  return {
    key: withoutSha1(key),
    type: key.type,
    fingerprint: fingerprintOf(blob),
    publicLine: `${key.type} ${blob.toString('base64')}`,
  }
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
    hint: 'give the whole private key file, from -----BEGIN to -----END, without a passphrase; check it with: ssh-keygen -y -f FILE',
  })
