/** What a person's own machine knows of the servers: where their names lead, and an agent that holds the key. */
import { type NamedPlace, placeNamed } from '../adapters/ssh-config.ts'
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
