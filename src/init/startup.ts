import type { Service } from './compose-service.ts'
import type { Dockerfile } from './dockerfile.ts'
import { baseOf, below, folderOf, lineOf, type SourceTree } from './tree.ts'

/** What a container does when it starts, as far as it can be read: its command, and the scripts that this calls. */
export interface Startup {
  readonly text: string
  readonly parts: readonly { readonly file: string; readonly text: string }[]
}

const DEEPEST = 3

/** Compose's command is in the place of the image's own; an entrypoint of the image stays. */
export const startupOf = (tree: SourceTree, service: Service, dockerfile: Dockerfile | null, composeFile: string): Startup => {
  const context = service.build?.context ?? ''
  const parts: { file: string; text: string }[] = []
  if (service.command !== '') parts.push({ file: composeFile, text: service.command })
  if (dockerfile !== null) parts.push({ file: dockerfile.path, text: dockerfile.startup })
  const seen = new Set<string>()
  for (let depth = 0, from = 0; depth < DEEPEST; depth++) {
    const to = parts.length
    for (const { text } of parts.slice(from, to)) parts.push(...called(tree, context, dockerfile, text, seen))
    from = to
  }
  return { text: parts.map(({ text }) => text).join('\n'), parts }
}

/** Scripts of the project that a text names, and what `npm run` stands for. */
const called = (
  tree: SourceTree,
  context: string,
  dockerfile: Dockerfile | null,
  text: string,
  seen: Set<string>,
): { file: string; text: string }[] => {
  const found: { file: string; text: string }[] = []
  const take = (file: string | undefined, part?: string): void => {
    const key = `${file} ${part ?? ''}`
    if (file === undefined || seen.has(key)) return
    seen.add(key)
    found.push({ file, text: part ?? tree.read(file) ?? '' })
  }
  const near = [...below(tree, context, 4), ...below(tree, folderOf(dockerfile?.path ?? ''), 3)]
  for (const [, script = ''] of text.matchAll(/([\w./-]*(?:[\w-]+\.(?:sh|bash)|uwsgi[\w-]*\.ini))\b/g))
    take(near.find((file) => baseOf(file) === baseOf(script)))
  // programs without an ending, which a Dockerfile copied out of a folder for such things
  for (const [, script = ''] of text.matchAll(
    /(?:^|\s)(?:\.?\/)(?:[\w.-]+\/)*((?:docker-)?(?:entrypoint|start|start-\w+|init|run))(?=\s|$)/g,
  ))
    take(near.find((file) => baseOf(file) === script))
  const packages = near.filter((file) => baseOf(file) === 'package.json')
  for (const [, plain, other] of text.matchAll(
    /\b(?:npm (?:run |run-script )?|yarn (?:run )?|pnpm (?:run )?|bun run )([\w:.-]+)|\b(?:npm-run-all|run-s) ([\w:.-]+)/g,
  )) {
    const name = plain ?? other ?? ''
    for (const file of packages) {
      const line = scripts(tree, file)[name]
      if (line !== undefined) take(file, line)
    }
  }
  return found
}

export const scripts = (tree: SourceTree, file: string): Readonly<Record<string, string>> => {
  try {
    const { scripts: lines } = JSON.parse(tree.read(file) ?? '{}') as { scripts?: Record<string, string> }
    return Object.fromEntries(Object.entries(lines ?? {}).filter(([, line]) => typeof line === 'string'))
  } catch {
    return {}
  }
}

/** Where in the startup something is found: "entrypoint.sh:17". */
export const placeIn = (startup: Startup, pattern: RegExp): string | null => {
  for (const { file, text } of startup.parts) {
    const at = text.search(pattern)
    if (at >= 0) return /\.(sh|bash|ini)$/.test(file) ? `${file}:${lineOf(text, at)}` : file
  }
  return null
}
