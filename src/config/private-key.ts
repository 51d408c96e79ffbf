import { DeployError } from '../errors.ts'

const FRAME = /^-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----\n([\s\S]+?)\n-----END \1PRIVATE KEY-----$/
const OPENSSH_MAGIC = 'openssh-key-v1\0'

/** A key that cannot be used, explained without showing any of it. */
const unusable = (sentence: string, hint: string): DeployError =>
  new DeployError('CONFIG', `the SSH key ${sentence}`, { hint: `by hand: ${hint}` })

/**
 * The key as SSH libraries want it: line feeds, a final newline, nothing around it.
 * @throws DeployError CONFIG where it is no private key that can be used without a person
 */
export const normalisedPrivateKey = (given: string): string => {
  const text = given
    .replace(/^\ufeff/, '')
    .replace(/\r\n?/g, '\n')
    .replace(/[ \t]+$/gm, '')
    .trim()
  refuseOtherThings(text)
  const [, kind, body] = FRAME.exec(text) ?? []
  if (kind === undefined || body === undefined) {
    throw unusable(
      text.includes('-----BEGIN')
        ? 'is cut: its "-----END …-----" line is missing, or does not match its first line'
        : 'has no "-----BEGIN … PRIVATE KEY-----" line',
      'store the whole file, first and last line included: gh secret set SSH_KEY < ~/.ssh/id_ed25519',
    )
  }
  refuseEncrypted(kind, body)
  refuseDamaged(kind, body)
  return `${text}\n`
}

const refuseOtherThings = (text: string): void => {
  if (text === '') throw unusable('is empty', 'set the secret; on GitHub, secrets are empty in runs of pull requests from forks')
  if (/^(ssh-|ecdsa-|sk-)\S+ AAAA/.test(text) || text.includes('PUBLIC KEY')) {
    throw unusable('is a public key', 'give the private one, from the file without ".pub"')
  }
  if (/^[~./][^\n]*$/.test(text)) throw unusable('is a path', 'give what is in that file; on the command line: --ssh-key FILE')
  if (text.startsWith('PuTTY-User-Key-File'))
    throw unusable('is in the format of PuTTY', 'puttygen KEY.ppk -O private-openssh -o id_deploy')
  if (!text.includes('\n') && text.includes('\\n'))
    throw unusable('has "\\n" written out where its lines should end', 'store the file as it is: gh secret set SSH_KEY < ~/.ssh/id_ed25519')
  if (!text.includes('\n') && text.includes('-----BEGIN'))
    throw unusable('is all in one line', 'quote the variable wherever it passes a shell, and store the file as it is')
}

const refuseEncrypted = (kind: string, body: string): void => {
  const encrypted = kind === 'ENCRYPTED ' || /^Proc-Type: 4,ENCRYPTED/m.test(body) || (kind === 'OPENSSH ' && cipherOf(body) !== 'none')
  if (encrypted)
    throw unusable(
      'is protected by a passphrase, and nobody is there to type it',
      "make one without: ssh-keygen -t ed25519 -N '' -f id_deploy",
    )
}

/** The name of the cipher follows the magic word; an unreadable one is left to the check for damage. */
const cipherOf = (body: string): string => {
  const bytes = Buffer.from(body, 'base64')
  const start = OPENSSH_MAGIC.length
  if (bytes.length < start + 4) return 'none'
  return bytes.toString('latin1', start + 4, start + 4 + Math.min(bytes.readUInt32BE(start), 64))
}

const refuseDamaged = (kind: string, body: string): void => {
  const base64 = body.replace(/\n/g, '')
  const bytes = Buffer.from(base64, 'base64')
  const whole =
    /^[A-Za-z0-9+/]+={0,2}$/.test(base64) && base64.length % 4 === 0 && (kind === 'OPENSSH ' ? isWholeOpenSsh(bytes) : isWholeDer(bytes))
  if (!whole)
    throw unusable('is damaged: lines are missing or changed', 'store the file again, as it is: gh secret set SSH_KEY < ~/.ssh/id_ed25519')
}

/** magic, cipher, kdf, kdf options, number of keys, public key, private part: each with its length before it. */
const isWholeOpenSsh = (bytes: Buffer): boolean => {
  if (bytes.toString('latin1', 0, OPENSSH_MAGIC.length) !== OPENSSH_MAGIC) return false
  let at = OPENSSH_MAGIC.length
  const skip = (): void => {
    at = at + 4 > bytes.length ? Number.POSITIVE_INFINITY : at + 4 + bytes.readUInt32BE(at)
  }
  for (let field = 0; field < 3 && at <= bytes.length; field++) skip()
  at += 4
  for (let field = 0; field < 2 && at <= bytes.length; field++) skip()
  return at === bytes.length
}

/** One ASN.1 sequence, as long as it says it is. */
const isWholeDer = (bytes: Buffer): boolean => {
  if (bytes.length < 4 || bytes[0] !== 0x30) return false
  const first = bytes[1] ?? 0
  if (first < 0x80) return bytes.length === 2 + first
  const size = first & 0x7f
  return size > 0 && size <= 4 && bytes.length === 2 + size + bytes.readUIntBE(2, Math.min(size, bytes.length - 2))
}
