import { posix } from 'node:path'
import { folderOf, type SourceTree } from './tree.ts'

/** What a Dockerfile says of the image that comes out of it. */
export interface Dockerfile {
  readonly path: string
  /** Images of all stages, without those that are stages themselves. */
  readonly bases: readonly string[]
  /** The image at the bottom of the last stage, or of the one that is asked for. */
  readonly base: string
  readonly exposed: readonly number[]
  readonly healthcheck: boolean
  /** ENTRYPOINT and CMD, as text. */
  readonly startup: string
  readonly directory: string
  /** All of it. */
  readonly text: string
  /** What is copied from the context. */
  readonly copies: readonly Copy[]
}

/** One file or folder of the context, and where it is in the image. */
export interface Copy {
  /** Relative to the context, "" for all of it. */
  readonly from: string
  /** Absolute. */
  readonly to: string
  /** A file keeps its name below `to`. */
  readonly intoFolder: boolean
}

interface Stage {
  readonly name: string
  readonly from: string
  readonly lines: readonly (readonly [string, string])[]
}

/** Reads the stage `target`, with what it takes from the stages it is made of. */
export const readDockerfile = (path: string, text: string, target?: string): Dockerfile => {
  const stages = stagesOf(text)
  const wanted = stages.find(({ name }) => target !== undefined && name === target.toLowerCase()) ?? stages.at(-1)
  const chain: Stage[] = []
  for (let stage = wanted; stage !== undefined && !chain.includes(stage); ) {
    chain.unshift(stage)
    const { from } = stage
    stage = stages.find(({ name }) => name === from.toLowerCase())
  }
  const lines = chain.flatMap((stage) => stage.lines)
  const last = (word: string): string => lines.findLast(([instruction]) => instruction === word)?.[1] ?? ''
  const names = new Set(stages.map(({ name }) => name))
  return {
    path,
    bases: stages.map(({ from }) => from).filter((from) => !names.has(from.toLowerCase())),
    base: chain[0]?.from ?? '',
    exposed: lines
      .filter(([word]) => word === 'EXPOSE')
      .flatMap(([, rest]) => rest.split(/\s+/))
      .flatMap((port) => (/^\d+(\/tcp)?$/.test(port) ? [Number.parseInt(port, 10)] : [])),
    healthcheck: /\S/.test(last('HEALTHCHECK')) && !/^NONE/i.test(last('HEALTHCHECK')),
    startup: `${shellText(last('ENTRYPOINT'))} ${shellText(last('CMD'))}`.trim(),
    directory: last('WORKDIR'),
    text,
    copies: copiesOf(lines),
  }
}

/** Each path belongs to the working directory of its line. Patterns and variables are left out: what they mean is not known here. */
const copiesOf = (lines: Stage['lines']): readonly Copy[] => {
  let directory = '/'
  const copies: Copy[] = []
  for (const [word, rest] of lines) {
    if (word === 'WORKDIR') directory = posix.resolve(directory, rest)
    if (!/^(COPY|ADD)$/.test(word) || /--from=/.test(rest)) continue
    const parts = [...pathsIn(rest.replace(/^(--\S+\s+)+/, ''))]
    const target = parts.pop() ?? ''
    const intoFolder = parts.length > 1 || /(^|\/)\.?$/.test(target)
    for (const part of parts.filter((one) => !/[$*?[\]]/.test(one)))
      copies.push({ from: posix.join('/', part).slice(1).replace(/\/+$/, ''), to: posix.resolve(directory, target), intoFolder })
  }
  return copies
}

/** In the form of a list, a name may hold blanks. */
const pathsIn = (text: string): readonly string[] => {
  try {
    if (text.startsWith('[')) return (JSON.parse(text) as readonly unknown[]).map(String)
  } catch {
    // the builder, too, takes it for plain words then
  }
  return text.split(/\s+/).filter(Boolean)
}

/** Where a file of the context is in the image; null where nothing copies it or a folder of it by name. */
export const pathInImage = ({ copies }: Dockerfile, file: string): string | null => {
  const copy = copies.findLast(({ from }) => from === '' || file === from || file.startsWith(`${from}/`))
  if (copy === undefined) return null
  if (file === copy.from) return copy.intoFolder ? posix.join(copy.to, posix.basename(file)) : copy.to
  return posix.join(copy.to, copy.from === '' ? file : file.slice(copy.from.length))
}

const stagesOf = (text: string): readonly Stage[] => {
  const stages: { name: string; from: string; lines: [string, string][] }[] = []
  const defaults: Record<string, string> = Object.create(null)
  for (const line of logicalLines(text)) {
    const [, word = '', rest = ''] = /^\s*([A-Za-z]+)\s+(.*)$/s.exec(line) ?? []
    const instruction = word.toUpperCase()
    if (instruction === 'ARG') {
      const [, name, value] = /^(\w+)=["']?([^"']*)/.exec(rest) ?? []
      if (name !== undefined && value !== undefined) defaults[name] ??= filled(value, defaults)
    }
    if (instruction === 'FROM') {
      const [, from = '', name = ''] = /^(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(rest) ?? []
      stages.push({ name: name.toLowerCase(), from: filled(from, defaults), lines: [] })
    } else stages.at(-1)?.lines.push([instruction, rest.trim()])
  }
  return stages
}

const filled = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(/\$\{?(\w+)(?::?-([^}]*))?\}?/g, (_, name: string, fallback?: string) => values[name] ?? fallback ?? '')

/** Comments inside a continued line are skipped, as the builder does. */
const logicalLines = (text: string): readonly string[] => {
  const lines: string[] = []
  let open = ''
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*#/.test(line)) continue
    open += line.replace(/\\\s*$/, ' ')
    if (/\\\s*$/.test(line)) continue
    if (open.trim() !== '') lines.push(open)
    open = ''
  }
  return open.trim() === '' ? lines : [...lines, open]
}

/** `["a", "b"]` and `a b` alike. */
const shellText = (text: string): string =>
  text.startsWith('[')
    ? text
        .replace(/[[\]",']/g, ' ')
        .replace(/\s+/g, ' ')
        .trim()
    : text

/** The context in which what it copies is found: its own folder, or the top. Null where that is not clear. */
export const contextOf = (tree: SourceTree, dockerfile: Dockerfile): string | null => {
  const fits = (folder: string): boolean =>
    dockerfile.copies.every(({ from }) => {
      const path = [folder, from].filter(Boolean).join('/')
      return path === '' || tree.files.some((file) => file === path || file.startsWith(`${path}/`))
    })
  const own = folderOf(dockerfile.path)
  if (fits(own)) return own
  return fits('') ? '' : null
}
