/** Is this the server that was meant? Pure: which key types to ask for, and whether an offered key is pinned. */
import { createHash } from 'node:crypto'
import type { ServerHostKeyAlgorithm } from 'ssh2'
import type { HostPins } from '../transaction/remote.ts'

/** Key type as in known_hosts → signature algorithms to ask for it with. SHA-1 (ssh-rsa) and DSA are not among them. */
const ALGORITHMS: Readonly<Record<string, readonly ServerHostKeyAlgorithm[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
}
const TYPES = Object.keys(ALGORITHMS)

export interface HostKey {
  readonly type: string
  readonly fingerprint: string
}

/** "SHA256:…" without padding, as `ssh-keygen -l` prints it. */
export const fingerprintOf = (blob: Buffer): string => `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`

/** A public key blob begins with the length and the name of its type. */
export const hostKeyOf = (blob: Buffer): HostKey => {
  const length = blob.length < 4 ? 0 : blob.readUInt32BE(0)
  const type = blob.subarray(4, 4 + Math.min(length, 64)).toString('latin1')
  return { type: TYPES.includes(type) ? type : 'unknown', fingerprint: fingerprintOf(blob) }
}

export const isPinned = (blob: Buffer, pins: HostPins): boolean =>
  pins.keys.some((key) => Buffer.from(key.blob, 'base64').equals(blob)) || pins.fingerprints.includes(fingerprintOf(blob))

/**
 * The key types to ask the server for first. Where whole keys are pinned, only theirs: otherwise the negotiation
 * may choose a key of another type and the right server looks like a wrong one.
 */
export const wantedTypes = (pins: HostPins): readonly string[] => {
  const pinned = TYPES.filter((type) => pins.keys.some((key) => key.type === type))
  return pins.fingerprints.length > 0 || pinned.length === 0 ? TYPES : pinned
}

/** The types that were not asked for or seen yet. */
export const otherTypes = (tried: ReadonlySet<string>): readonly string[] => TYPES.filter((type) => !tried.has(type))

export const algorithmsFor = (types: readonly string[]): ServerHostKeyAlgorithm[] => types.flatMap((type) => ALGORITHMS[type] ?? [])

/** One line a pin, for people. */
export const describePins = (pins: HostPins): readonly string[] => [
  ...pins.keys.map((key) => `pinned: ${key.type} ${fingerprintOf(Buffer.from(key.blob, 'base64'))}`),
  ...pins.fingerprints.map((fingerprint) => `pinned: ${fingerprint}`),
]
