import type { Mount } from '../plan/mounts.ts'
import { isWithin, normal } from '../plan/paths.ts'
import { hidesCode } from '../plan/source-mounts.ts'
import { bringsCode } from './code-in-image.ts'
import type { Compose } from './compose.ts'
import type { Service } from './compose-service.ts'
import { type IgnoredFile, ignoredIn } from './ignored-files.ts'
import type { OwnService } from './kinds.ts'
import type { SourceTree } from './tree.ts'

export interface Mounts {
  /** Files and folders of the repository that services need on the server. */
  readonly sync: readonly string[]
  /** Services whose image would be hidden behind the source, with the mounts that stay. */
  readonly hidden: readonly { readonly service: Service; readonly dropped: readonly Mount[]; readonly kept: readonly Mount[] }[]
  /** Folders and files that are made on the server. */
  readonly data: readonly { readonly service: string; readonly source: string; readonly isFile: boolean }[]
  /** Files that belong into folders of the repository, and that no commit brings. */
  readonly ignored: readonly (IgnoredFile & { readonly service: string })[]
  /** Paths outside of the deploy directory. */
  readonly elsewhere: readonly { readonly service: string; readonly source: string }[]
  readonly notes: readonly string[]
}

const SYSTEM = /docker\.sock$|^\/(etc\/(localtime|timezone)|proc|sys|dev|var\/run|run)(\/|$)/

/** What a bind mount is there for: a file of the repository, data, or the source laid over the image while somebody develops. */
export const mountsOf = (tree: SourceTree, compose: Compose, own: readonly OwnService[]): Mounts => {
  // what compose asks for on the server
  const sync = new Set<string>([...compose.included, ...compose.extended])
  const data: { service: string; source: string; isFile: boolean }[] = []
  const elsewhere: { service: string; source: string }[] = []
  const ignored: (IgnoredFile & { service: string })[] = []
  const hidden: { service: Service; dropped: Mount[]; kept: Mount[] }[] = []
  for (const service of compose.services) {
    if (service.profiles.length > 0) continue
    const mine = own.find((one) => one.service.name === service.name)
    const dropped: Mount[] = []
    for (const mount of service.mounts.filter(({ kind }) => kind === 'bind')) {
      const path = mount.source.startsWith('/') || mount.source.startsWith('~') ? null : normal(mount.source)
      if (path === null) {
        if (!SYSTEM.test(mount.source)) elsewhere.push({ service: service.name, source: mount.source })
      } else if (mine !== undefined && hidesCode(tree.files, path, mine.image.context)) dropped.push(mount)
      else if (path !== '' && hasContent(tree, path) && !/(^|\/)\.env[^/]*$/.test(path)) {
        sync.add(path)
        for (const file of ignoredIn(tree, path))
          if (!ignored.some(({ source }) => source === file.source)) ignored.push({ ...file, service: service.name })
      } else if (path !== '' && !/(^|\/)\.env[^/]*$/.test(path))
        data.push({ service: service.name, source: path, isFile: isFile(tree, path) })
    }
    // a nameless volume that kept the packages of the image in sight while the source lay over them
    const shields =
      dropped.length === 0
        ? []
        : service.mounts.filter(
            ({ kind, source, target }) => kind === 'volume' && (source === '' || /node_modules|vendor|venv/.test(target)),
          )
    const gone = [...dropped, ...shields]
    if (dropped.length > 0) hidden.push({ service, dropped: gone, kept: service.mounts.filter((mount) => !gone.includes(mount)) })
  }
  for (const file of compose.secretFiles) {
    const path = normal(file)
    if (path !== null && path !== '' && !file.startsWith('/') && hasContent(tree, path)) sync.add(path)
    else data.push({ service: 'secrets', source: file, isFile: true })
  }
  const notes = [...new Set(own.map(({ image }) => image))].flatMap((image) => {
    const names = image.services.filter((service) => hidden.some((one) => one.service === service)).map(({ name }) => name)
    return names.length === 0 || bringsCode(tree, image)
      ? []
      : [
          `${names.join(', ')}: only the mounts that are taken away for the server were seen to bring the source, not ${image.dockerfile?.path}: write a COPY of it there`,
        ]
  })
  const paths = [...sync].toSorted()
  return {
    sync: paths.filter((path) => !paths.some((other) => other !== path && isWithin(other, path))),
    hidden,
    data,
    ignored,
    elsewhere,
    notes,
  }
}

/** It is one on this machine, or is named like one: what only the server has is not seen here. */
const isFile = (tree: SourceTree, path: string): boolean => tree.isFile(path) || NAMED_LIKE_A_FILE.test(path)
const NAMED_LIKE_A_FILE = /\.(db|sqlite3?|json|ya?ml|toml|ini|conf|cfg|txt|log|xml|properties|pem|crt|key)$/i

/** A folder that git keeps for what will be in it has none. */
const hasContent = (tree: SourceTree, path: string): boolean =>
  tree.files.some((file) => isWithin(path, file) && !/(^|\/)\.git(ignore|keep)$|(^|\/)\.keep$/.test(file))

/** In the first line of a file of ours. */
export const WRITTEN_BY_US = 'written by deploy-action init'

/** A last compose file of the project's own: without the mounts that hide the images. Null where none does. */
export const withoutSource = ({ hidden }: Mounts, toYaml: (value: unknown) => string): string | null => {
  if (hidden.length === 0) return null
  const lines = hidden.flatMap(({ service, dropped, kept }) => {
    const names = dropped.map(({ source, target }) => (source === '' ? target : source)).join(', ')
    const head = [`  ${service.name}:`, `    # without ${names}: on the server the image is what runs`]
    if (kept.length === 0) return [...head, '    volumes: !reset []']
    return [
      ...head,
      '    volumes: !override',
      ...kept.map(({ written }) => `      - ${toYaml(written).trim().replaceAll('\n', '\n        ')}`),
    ]
  })
  const needs = hidden.some(({ kept }) => kept.length > 0) ? '# !override needs Docker Compose 2.24.4 or newer on the server.\n' : ''
  return `# For the server, after the compose file of the project; ${WRITTEN_BY_US}.\n${needs}services:\n${lines.join('\n')}\n`
}
