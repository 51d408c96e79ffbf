/** What the program on the server wrote down, one event a line: "TICKS KIND …", ticks in hundredths of a second. */
export type JournalEvent =
  | { readonly kind: 'start'; readonly at: number; readonly epoch: number }
  | { readonly kind: 'step' | 'done'; readonly at: number; readonly step: number }
  | { readonly kind: 'fail'; readonly at: number; readonly step: number; readonly code: string; readonly sentence: string }
  | { readonly kind: 'switch' | 'committed' | 'settle'; readonly at: number }
  | { readonly kind: 'note'; readonly at: number; readonly topic: string; readonly name: string; readonly text: string }
  | { readonly kind: 'undo' | 'undo-failed'; readonly at: number; readonly text: string }
  | { readonly kind: 'end'; readonly at: number; readonly end: ProgramEnd }

export type ProgramEnd = 'committed' | 'aborted' | 'rolled-back' | 'broken'

/** Yields null for a line that is none: the server is not trusted to write well. */
export const journalEvent = (line: string): JournalEvent | null => {
  const [ticks = '', kind, ...rest] = line.split(' ')
  if (!/^\d{1,15}$/.test(ticks)) return null
  const at = Number(ticks) * 10
  switch (kind) {
    case 'start':
      return { kind, at, epoch: Number(rest[0]) }
    case 'step':
    case 'done':
      return { kind, at, step: Number(rest[0]) }
    case 'fail':
      return { kind, at, step: Number(rest[0]), code: rest[1] ?? '', sentence: decode(rest[2]) }
    case 'switch':
    case 'committed':
    case 'settle':
      return { kind, at }
    case 'note':
      return { kind, at, topic: rest[0] ?? '', name: rest.slice(1, -1).join(' '), text: decode(rest.at(-1)) }
    case 'undo':
    case 'undo-failed':
      return { kind, at, text: decode(rest[0]) }
    case 'end':
      return isEnd(rest[0]) ? { kind, at, end: rest[0] } : null
    default:
      return null
  }
}

const decode = (text: string | undefined): string => Buffer.from(text ?? '', 'base64').toString()
const isEnd = (text: string | undefined): text is ProgramEnd =>
  text === 'committed' || text === 'aborted' || text === 'rolled-back' || text === 'broken'
