/** What a person's own machine knows of the servers: where their names lead, an agent that holds the key, and host keys. */
import { readFileSync } from 'node:fs'
import { type NamedPlace, placeNamed } from '../adapters/ssh-config.ts'
import { type Pins, parseKnownHosts, pinsFor } from '../config/known-hosts.ts'
import type { Ports } from '../ports.ts'

/** By the name that the config has. */
export type OwnMachine = ReadonlyMap<string, NamedPlace>

/** A runner has no ~/.ssh/config that anybody wrote for it, and whatever lies there is not asked. */
export const isOwnMachine = ({ CI, GITHUB_ACTIONS }: Ports['env']): boolean => (CI ?? '') === '' && (GITHUB_ACTIONS ?? '') === ''

/** @throws DeployError CONFIG where it says what cannot be done */
export const ownMachine = async (hosts: readonly string[], ports: Pick<Ports, 'env' | 'programs'>): Promise<OwnMachine> => {
  const places = await Promise.all(hosts.map(async (host) => [host, await placeNamed(host.replace(/^\[|\]$/g, ''), ports)] as const))
  return new Map(places.flatMap(([host, place]) => (place === null ? [] : [[host, place] as const])))
}

/**
 * The host keys that a person's own ssh trusts already, for an environment that pins none. A line that OpenSSH would pass
 * over is passed over here, too; certificates are not looked at, so what only they vouch for stays unknown.
 *
 * @param names what the server is called
 */
export const ownPins = (place: NamedPlace, names: readonly string[], port: number): readonly Pins[] => {
  const known = parseKnownHosts(place.knownHostsFiles.map(textOf).join('\n'))
  return [...names.map((name) => pinsFor(known, name, port)), ...(place.alias === null ? [] : [pinsFor(known, place.alias, 22)])]
}

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
