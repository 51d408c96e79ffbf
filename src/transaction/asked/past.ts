import { journalEvent, type ProgramEnd } from '../journal.ts'

/** One operation, as its records tell it. */
export interface Past {
  readonly operation: string
  /** "deploy", "rollback" or "restore"; null where nothing says it. */
  readonly kind: string | null
  readonly release: string | null
  /** ISO 8601, by the server's clock; null where it is not known any more. */
  readonly started: string | null
  /** Milliseconds; null where it did not end, or is not known any more. */
  readonly duration: number | null
  readonly result: 'succeeded' | 'failed' | 'rolled-back' | 'broken' | 'unfinished'
  /** Of what failed. */
  readonly code: string | null
  readonly sentence: string | null
  readonly actor: string | null
  readonly commit: string | null
  readonly reason: string | null
  readonly run: string | null
}

const RESULTS: Readonly<Record<ProgramEnd, Past['result']>> = {
  committed: 'succeeded',
  aborted: 'failed',
  'rolled-back': 'rolled-back',
  broken: 'broken',
}

/** Of what history.sh told, newest first: its last operations, and the releases whose operations are not kept any more. */
export const pastOf = (lines: readonly string[]): readonly Past[] => {
  const blocks: string[][] = []
  const releases: string[] = []
  for (const line of lines) {
    if (line.startsWith('operation ')) blocks.push([line])
    else if (line.startsWith('release ')) releases.push(line)
    else blocks.at(-1)?.push(line)
  }
  const operations = blocks.map(ofOperation)
  const known = new Set(operations.flatMap(({ release, result }) => (release === null || result !== 'succeeded' ? [] : [release])))
  const older = releases.flatMap((line) => ofRelease(line)).filter(({ release }) => release !== null && !known.has(release))
  return [...operations, ...older].toSorted((one, other) => (one.operation < other.operation ? 1 : -1))
}

const ofOperation = (block: readonly string[]): Past => {
  const said = (word: string): string[] => block.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []))
  const events = said('journal').flatMap((line) => journalEvent(line) ?? [])
  const start = events.find((event) => event.kind === 'start')
  const end = events.find((event) => event.kind === 'end')
  const failure = events.find((event) => event.kind === 'fail')
  const [, kind = null, release = null] = /: (\w+) of release (\S+)\. Made by/.exec(said('head')[0] ?? '') ?? []
  return {
    operation: said('operation')[0] ?? '',
    kind,
    release,
    started: start?.kind === 'start' && start.epoch > 0 ? new Date(start.epoch * 1000).toISOString() : null,
    duration: start === undefined || end === undefined ? null : end.at - start.at,
    result: end?.kind === 'end' ? RESULTS[end.end] : 'unfinished',
    code: failure?.kind === 'fail' ? failure.code : null,
    sentence: failure?.kind === 'fail' ? failure.sentence : null,
    ...recorded(
      Buffer.from(said('record')[0] ?? '', 'base64')
        .toString()
        .replaceAll(`'\\''`, "'"),
    ),
  }
}

const ofRelease = (line: string): readonly Past[] => {
  const [, id = '', encoded = ''] = line.split(' ')
  const text = Buffer.from(encoded, 'base64').toString()
  const operation = field(text, 'operation')
  return [
    {
      operation: operation ?? id,
      kind: field(text, 'kind') ?? 'deploy',
      release: id,
      started: field(text, 'committed'),
      duration: null,
      result: 'succeeded',
      code: null,
      sentence: null,
      ...recorded(text),
    },
  ]
}

/** The record may be cut, or written by somebody else: only texts are taken out of it. */
const recorded = (text: string): Pick<Past, 'actor' | 'commit' | 'reason' | 'run'> => ({
  actor: field(text, 'actor'),
  commit: field(text, 'commit'),
  reason: field(text, 'reason'),
  run: field(text, 'run'),
})

const field = (text: string, name: string): string | null => {
  const [, value] = new RegExp(`"${name}":("(?:[^"\\\\]|\\\\.)*")`).exec(text) ?? []
  try {
    return value === undefined ? null : String(JSON.parse(value)).slice(0, 500)
  } catch {
    return null
  }
}
