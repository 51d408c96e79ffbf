import { type ComposeFile, readComposeFile, type Service, type Variables } from './compose-file.ts'
import type { SourceTree } from './tree.ts'

export interface Compose extends ComposeFile {
  /** In the order in which compose reads them. */
  readonly files: readonly string[]
}

/** What the files say together, later ones over earlier ones. */
export const readCompose = (tree: SourceTree, files: readonly string[]): Compose => {
  const parts = files.map((file) => readComposeFile(tree, file))
  // a loop of files that include each other ends where all were seen
  const included = new Set<string>()
  for (const part of parts)
    for (const file of part.included.filter((path) => !included.has(path) && !files.includes(path))) {
      included.add(file)
      parts.push(readComposeFile(tree, file))
    }
  const services = new Map<string, Service>()
  for (const part of parts) for (const service of part.services) services.set(service.name, merged(services.get(service.name), service))
  return {
    files,
    name: parts.findLast(({ name }) => name !== null)?.name ?? null,
    services: [...services.values()],
    external: parts.flatMap(({ external }) => external).filter(({ kind, key }) => [...services.values()].some(uses(kind, key))),
    included: [...included],
    extended: [...new Set(parts.flatMap(({ extended }) => extended))].filter((file) => !files.includes(file) && !included.has(file)),
    secretFiles: parts.flatMap(({ secretFiles }) => secretFiles),
    // compose fills in those of a profile that is not started, too, but nobody misses them
    variables: together([...parts, ...[...services.values()].filter(({ profiles }) => profiles.length === 0)]),
    insisted: [...new Set(parts.flatMap(({ insisted }) => insisted))],
    problems: parts.flatMap(({ problems }) => problems),
  }
}

const together = (parts: readonly { readonly variables: Variables }[]): Variables => ({
  all: [...new Set(parts.flatMap(({ variables }) => variables.all))],
  open: [...new Set(parts.flatMap(({ variables }) => variables.open))],
})

/** Compose asks for no other, nor for one of a profile that is not started. */
const uses =
  (kind: 'network' | 'volume', key: string) =>
  ({ networks, mounts, profiles }: Service): boolean =>
    profiles.length === 0 && (kind === 'network' ? networks.includes(key) : mounts.some(({ source }) => source === key))

const merged = (before: Service | undefined, after: Service): Service =>
  before === undefined
    ? after
    : {
        ...after,
        image: after.image ?? before.image,
        build: after.build ?? before.build,
        command: after.command || before.command,
        ports: [...before.ports, ...after.ports],
        publishedToAll: before.publishedToAll || after.publishedToAll,
        healthcheck: before.healthcheck || after.healthcheck,
        environment: { ...before.environment, ...after.environment },
        envFiles: [...before.envFiles, ...after.envFiles],
        mounts: [...before.mounts, ...after.mounts],
        networks: [...before.networks, ...after.networks],
        profiles: after.profiles.length > 0 ? after.profiles : before.profiles,
        platform: after.platform ?? before.platform,
        restart: after.restart ?? before.restart,
        labels: `${before.labels} ${after.labels}`,
        runsOnce: before.runsOnce || after.runsOnce,
        variables: together([before, after]),
      }
