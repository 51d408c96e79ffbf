import { DeployError } from '../errors.ts'
import type { RegistryCredentials } from '../ports.ts'

/** What a registry asks for when it answers 401. */
export type Challenge =
  | { readonly kind: 'basic' }
  | {
      readonly kind: 'bearer'
      readonly realm: string
      readonly service: string | null
      readonly scope: string | null
      readonly error: string | null
    }

/** Reads a `WWW-Authenticate` header; null where it is neither Basic nor Bearer. */
export const parseChallenge = (header: string | null): Challenge | null => {
  if (header === null) return null
  if (/^basic\b/i.test(header)) return { kind: 'basic' }
  if (!/^bearer\b/i.test(header)) return null
  const fields = new Map([...header.matchAll(/([a-z_]+)="([^"]*)"/gi)].map(([, key, value]) => [key?.toLowerCase(), value]))
  const realm = fields.get('realm')
  if (realm === undefined) return null
  return {
    kind: 'bearer',
    realm,
    service: fields.get('service') ?? null,
    scope: fields.get('scope') ?? null,
    error: fields.get('error') ?? null,
  }
}

export const basicAuthorization = (credentials: RegistryCredentials): string =>
  `Basic ${Buffer.from(`${credentials.username}:${credentials.password.reveal()}`).toString('base64')}`

/** Where the token of a scope is asked for. A registry must not make us send the password in the clear. */
export const tokenUrl = (challenge: Extract<Challenge, { kind: 'bearer' }>, scope: string, registryIsPlain: boolean): URL => {
  const url = parseRealm(challenge.realm)
  if (url.protocol !== 'https:' && !registryIsPlain)
    throw new DeployError('AUTH', `the registry wants its password sent without encryption, to ${url.origin}`, {
      hint: 'by hand: check the registry host; its token service must use https',
    })
  if (challenge.service !== null) url.searchParams.set('service', challenge.service)
  url.searchParams.set('scope', challenge.scope ?? scope)
  return url
}

const parseRealm = (realm: string): URL => {
  try {
    return new URL(realm)
  } catch (cause) {
    throw new DeployError('AUTH', `the registry names no usable token service (${realm.slice(0, 200)})`, { cause })
  }
}
