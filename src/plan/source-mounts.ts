import type { DeclaredService } from './compose-files.ts'
import type { Mount } from './mounts.ts'
import type { ComposeModel } from './observed.ts'
import { isWithin, normal } from './paths.ts'
import type { Finding } from './preflight.ts'

/**
 * The source of a project laid over an image that holds it, as people do while they develop. On a server that is a folder
 * which nobody keeps up to date, or an empty one: what runs is not what was tested.
 */

/** Files that are somebody's program, or a page of it. */
export const CODE = /\.(py|js|mjs|ts|tsx|jsx|go|rb|php|java|kt|cs|rs|vue|svelte|html|css)$/

/** Whether the folder is the build context, one around it, or one of code in it. Paths from the top, as `normal` yields them. */
export const hidesCode = (files: readonly string[], folder: string, context: string): boolean => {
  if (folder === '' || (context !== '' && isWithin(folder, context))) return true
  return isWithin(context, folder) && files.some((file) => file !== folder && isWithin(folder, file) && CODE.test(file))
}

/** Service → its mounts without those of the folders, where it has one of them. */
export const withoutFolders = (
  declared: readonly DeclaredService[],
  ownership: Readonly<Record<string, string>>,
  folders: readonly string[],
): Readonly<Record<string, { readonly kept: readonly Mount[]; readonly dropped: readonly Mount[] }>> =>
  Object.fromEntries(
    declared
      .filter(({ name }) => ownership[name] !== undefined)
      .flatMap(({ name, mounts }) => {
        const dropped = mounts.filter((mount) => folders.some((folder) => isOf(mount, folder)))
        return dropped.length === 0 ? [] : [[name, { kept: mounts.filter((mount) => !dropped.includes(mount)), dropped }]]
      }),
  )

/** Whether the mount is of that folder of the project, or of something in it. */
export const isOf = ({ kind, source }: Mount, folder: string): boolean => {
  const [inside, outer] = [/^[/~]/.test(source) ? null : normal(source), normal(folder)]
  return kind === 'bind' && inside !== null && outer !== null && isWithin(outer, inside)
}

/** "web without ./app", for people who want to know what the config took out. */
export const droppedSentences = (without: ReturnType<typeof withoutFolders>): readonly string[] =>
  Object.entries(without).map(([service, { dropped }]) => `${service} without ${dropped.map(({ source }) => source).join(', ')}`)

export interface SourceQuestion {
  /** Deploy directory. */
  readonly path: string
  readonly ownership: Readonly<Record<string, string>>
  /** Key of an image → its build context. */
  readonly contexts: Readonly<Record<string, string>>
  /** Files and folders that the release brings. */
  readonly brought: readonly string[]
  readonly dropped: readonly string[]
  /** All files of the project, asked for only where a mount may be of code. */
  readonly files: () => readonly string[]
}

/** Services of ours that would run what lies on the server, and not what is in their image. */
export const hiddenImages = (model: ComposeModel, question: SourceQuestion): readonly Finding[] =>
  Object.entries(question.ownership).flatMap(([service, key]) =>
    (model.services[service]?.binds ?? []).flatMap(({ source, target }) => {
      const folder = folderOf(source, question.path)
      if (folder === null || question.brought.some((path) => isWithin(normal(path) ?? path, folder))) return []
      const shown = `./${folder}`.replace(/\/$/, '')
      if (question.dropped.some((path) => isWithin(normal(path) ?? path, folder)))
        return [
          {
            sentence: `${service} still mounts ${shown}, which compose.dropBinds takes out`,
            hint: 'by hand: upgrade compose on the server to 2.24.4 or newer; where the service gets the mount by `extends`, write `volumes: !override` in a last compose file',
          },
        ]
      if (!hidesCode(question.files(), folder, normal(question.contexts[key] ?? '.') ?? '')) return []
      return [
        {
          sentence: `${service} mounts ${shown} of the server over ${target} of its image: what runs would not be what was tested`,
          hint: `by hand: compose.dropBinds: [${JSON.stringify(shown)}] in the config runs what is in the image; or compose.sync, where this folder of the commit is meant`,
        },
      ]
    }),
  )

/** Of a path on the server, from the top of the project; null outside of it. */
const folderOf = (source: string, path: string): string | null =>
  source === path ? '' : source.startsWith(`${path}/`) ? normal(source.slice(path.length + 1)) : null
