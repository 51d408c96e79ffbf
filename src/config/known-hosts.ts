import { createHmac, timingSafeEqual } from 'node:crypto'

/** One line of a known_hosts file. */
export interface KnownHost {
  readonly kind: 'key' | 'revoked' | 'authority'
  /** Patterns of names, or one hashed name. */
  readonly names: readonly string[]
  readonly keyType: string
  /** The key as SSH sends it. */
  readonly key: Buffer
  readonly line: number
}

export interface KnownHosts {
  readonly hosts: readonly KnownHost[]
  readonly problems: readonly { readonly line: number; readonly message: string }[]
}

/** The host keys that a connection may meet, and those that it must not. */
export interface Pins {
  readonly accepted: readonly { readonly keyType: string; readonly key: Buffer }[]
  readonly revoked: readonly { readonly keyType: string; readonly key: Buffer }[]
}

const MARKERS: Readonly<Record<string, KnownHost['kind']>> = { '@revoked': 'revoked', '@cert-authority': 'authority' }

/** Lines as in ~/.ssh/known_hosts; comments and empty lines are left out. */
export const parseKnownHosts = (text: string): KnownHosts => {
  const hosts: KnownHost[] = []
  const problems: { line: number; message: string }[] = []
  for (const [index, raw] of text.split(/\r\n|\n|\r/).entries()) {
    const content = raw.trim()
    if (content === '' || content.startsWith('#')) continue
    const host = parseLine(content, index + 1)
    if (typeof host === 'string') problems.push({ line: index + 1, message: host })
    else hosts.push(host)
  }
  return { hosts, problems }
}

/** A line, or why it is none. */
const parseLine = (content: string, line: number): KnownHost | string => {
  const words = content.split(/[ \t]+/)
  const marker = words[0]?.startsWith('@') ? words.shift() : undefined
  const kind = marker === undefined ? 'key' : Object.hasOwn(MARKERS, marker) ? MARKERS[marker] : undefined
  if (kind === undefined) return `has an unknown marker ${JSON.stringify(marker)}`
  const [names, keyType, base64] = words
  if (names === undefined || keyType === undefined || base64 === undefined) return 'must be "host keytype key", as `ssh-keyscan` prints it'
  const key = decodedKey(base64)
  if (key === null) return 'has a key that is not base64'
  if (typeInside(key) !== keyType) return `says ${JSON.stringify(keyType.slice(0, 40))}, but its key is of another type, or cut`
  return { kind, names: names.split(','), keyType, key, line }
}

const decodedKey = (base64: string): Buffer | null => {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64) || base64.length % 4 === 1) return null
  return Buffer.from(base64, 'base64')
}

/** The key begins with the length and the text of its type (RFC 4253, section 6.6). */
const typeInside = (key: Buffer): string | null => {
  if (key.length < 4) return null
  const length = key.readUInt32BE(0)
  return length > 64 || key.length <= 4 + length ? null : key.toString('latin1', 4, 4 + length)
}

/** What is pinned for one host and port. */
export const pinsFor = ({ hosts }: KnownHosts, host: string, port: number): Pins => {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase()
  const asked = port === 22 ? name : `[${name}]:${port}`
  const matching = hosts.filter((entry) => matches(entry.names, asked))
  const keys = (kind: KnownHost['kind']): Pins['accepted'] =>
    matching.filter((entry) => entry.kind === kind).map(({ keyType, key }) => ({ keyType, key }))
  const revoked = keys('revoked')
  return { accepted: keys('key').filter(({ key }) => !revoked.some((bad) => bad.key.equals(key))), revoked }
}

const matches = (names: readonly string[], asked: string): boolean => {
  if (names.some((name) => name.startsWith('!') && globMatches(name.slice(1), asked))) return false
  return names.some((name) => (name.startsWith('|1|') ? hashMatches(name, asked) : !name.startsWith('!') && globMatches(name, asked)))
}

/** `*` and `?` as OpenSSH has them. Without regular expressions: hostile patterns cannot make it slow. */
const globMatches = (pattern: string, name: string): boolean => {
  let [at, position, star, retry] = [0, 0, -1, 0]
  const wanted = pattern.toLowerCase()
  while (position < name.length) {
    if (wanted[at] === '*') {
      star = at++
      retry = position
    } else if (wanted[at] === '?' || wanted[at] === name[position]) {
      at++
      position++
    } else if (star >= 0) {
      at = star + 1
      position = ++retry
    } else return false
  }
  while (wanted[at] === '*') at++
  return at === wanted.length
}

/** "|1|salt|hash": HMAC-SHA1 of the name, as `ssh-keygen -H` writes it. */
const hashMatches = (name: string, asked: string): boolean => {
  const [, , salt, hash] = name.split('|')
  if (salt === undefined || hash === undefined) return false
  const wanted = Buffer.from(hash, 'base64')
  const made = createHmac('sha1', Buffer.from(salt, 'base64')).update(asked).digest()
  return wanted.length === made.length && timingSafeEqual(wanted, made)
}
