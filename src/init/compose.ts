import { type ComposeFile, readComposeFile } from './compose-file.ts'
import { mergedService } from './compose-merge.ts'
import { type Service, serviceOf } from './compose-service.ts'
import { type Json, record } from './compose-values.ts'
import { folderOf, type SourceTree } from './tree.ts'
import type { Variables } from './used-variables.ts'

export interface Compose extends Omit<ComposeFile, 'services' | 'replaced' | 'included'> {
  /** In the order in which compose reads them. */
  readonly files: readonly string[]
  readonly services: readonly Service[]
  readonly included: readonly string[]
  /** Those that a deploy starts: a service of one counts as one without. */
  readonly profiles: readonly string[]
}

/** What the files say together, later ones over earlier ones. */
export const readCompose = (tree: SourceTree, files: readonly string[], profiles: readonly string[] = []): Compose => {
  // the first says where the paths of all of them begin
  const top = folderOf(files[0] ?? '')
  const parts = files.map((file) => ({ home: top, ...readComposeFile(tree, file, { home: top, folder: '' }) }))
  // a loop of files that include each other ends where all were seen
  const included = new Set<string>()
  for (const part of parts)
    for (const { file, folder } of part.included.filter((one) => !included.has(one.file) && !files.includes(one.file))) {
      included.add(file)
      parts.push({ home: folder, ...readComposeFile(tree, file, { home: folder, folder }) })
    }
  const services = servicesOf(tree, parts).map((service) =>
    service.profiles.some((profile) => profiles.includes(profile)) ? { ...service, profiles: [] } : service,
  )
  return {
    files,
    name: parts.findLast(({ name }) => name !== null)?.name ?? null,
    services,
    external: parts.flatMap(({ external }) => external).filter(({ kind, key }) => services.some(uses(kind, key))),
    included: [...included],
    profiles,
    extended: [...new Set(parts.flatMap(({ extended }) => extended))].filter((file) => !files.includes(file) && !included.has(file)),
    secretFiles: parts.flatMap(({ secretFiles }) => secretFiles),
    // compose fills in those of a profile that is not started, too, but nobody misses them
    variables: together([...parts, ...services.filter(({ profiles }) => profiles.length === 0)]),
    insisted: [...new Set(parts.flatMap(({ insisted }) => insisted))],
    problems: parts.flatMap(({ problems }) => problems),
  }
}

const servicesOf = (tree: SourceTree, parts: readonly (ComposeFile & { readonly home: string })[]): readonly Service[] => {
  const found = new Map<string, { readonly home: string; readonly value: Json }>()
  for (const { home, services, replaced } of parts)
    for (const [name, value] of Object.entries(services)) {
      const before = found.get(name)
      found.set(name, { home: before?.home ?? home, value: mergedService(before?.value ?? {}, value, replaced.get(name)) })
    }
  const awaited = new Set(
    [...found.values()].flatMap(({ value }) =>
      Object.entries(record(value.depends_on)).flatMap(([name, how]) =>
        record(how).condition === 'service_completed_successfully' ? [name] : [],
      ),
    ),
  )
  return [...found].map(([name, { home, value }]) => serviceOf(tree, home, name, value, awaited.has(name)))
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
