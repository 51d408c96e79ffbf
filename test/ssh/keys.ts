/** Keys for tests: made anew each time, so that none is ever worth anything. */
import { createHash } from 'node:crypto'
import ssh2 from 'ssh2'
import type { HostPins } from '../../src/transaction/remote.ts'

export type KeyKind = 'ed25519' | 'ecdsa' | 'rsa'

export interface TestKey {
  readonly privateText: string
  readonly type: string
  /** base64, as in known_hosts and authorized_keys. */
  readonly blob: string
  readonly fingerprint: string
}

const generate = (kind: KeyKind) => {
  if (kind === 'ed25519') return ssh2.utils.generateKeyPairSync('ed25519')
  return kind === 'ecdsa' ? ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }) : ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 })
}

/** About one in 300 of ssh2's new ed25519 keys lacks a byte, and ssh-keygen cannot read it either: another one is made. */
const generateUsable = (kind: KeyKind) => {
  for (;;) {
    const pair = generate(kind)
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair
  }
}

export const newKey = (kind: KeyKind = 'ed25519'): TestKey => {
  const pair = generateUsable(kind)
  const [type = '', blob = ''] = pair.public.split(' ')
  const digest = createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64')
  return { privateText: pair.private, type, blob, fingerprint: `SHA256:${digest.replace(/=+$/, '')}` }
}

export const pinKeys = (...keys: readonly TestKey[]): HostPins => ({ keys, fingerprints: [] })
export const pinFingerprints = (...keys: readonly TestKey[]): HostPins => ({ keys: [], fingerprints: keys.map((key) => key.fingerprint) })
