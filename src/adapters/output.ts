/** How does a stream of bytes of others become text, without ever holding or telling more than it may? */
import { StringDecoder } from 'node:string_decoder'

const NEWLINE = 0x0a
/** Of a longer line the beginning is told: a program that never ends its line must not fill the memory. */
const LONGEST_LINE_BYTES = 16 * 1024
/** Of a program that tells more than this, the beginning and the end are told: a gigabyte is no log. */
const MOST_TOLD_BYTES = 4 * 1024 * 1024
const LAST_LINES = 40

export interface ByteReader {
  readonly add: (chunk: Buffer) => void
  readonly end: () => void
}

/** Tells lines as they come, without their ends; of a flood the first, a notice, and the last. */
export const lineReader = (onLine: (line: string) => void, mostBytes = MOST_TOLD_BYTES): ByteReader => {
  const splitter = new LineSplitter(LONGEST_LINE_BYTES)
  const flood = floodGate(onLine, mostBytes)
  const tell = (lines: readonly string[]): void => {
    for (const line of lines) flood.add(line.replace(/\r$/, ''))
  }
  return {
    add: (chunk) => tell(splitter.push(chunk)),
    end: () => {
      tell(splitter.end())
      flood.end()
    },
  }
}

/** Lets lines through up to a limit; then counts them, and keeps the last. */
export const floodGate = (
  onLine: (line: string) => void,
  mostBytes: number,
): { readonly add: (line: string) => void; readonly end: () => void } => {
  let room = mostBytes
  let untold = 0
  let last: string[] = []
  return {
    add: (line) => {
      room -= line.length + 1
      if (room >= 0) return onLine(line)
      if (untold === 0) onLine(`… more than ${Math.round(mostBytes / 1024)} kB: from here on only the last ${LAST_LINES} lines are shown`)
      untold += 1
      last.push(line)
      if (last.length > 2 * LAST_LINES) last = last.slice(-LAST_LINES)
    },
    end: () => {
      if (untold > LAST_LINES) onLine(`… ${untold - LAST_LINES} lines are not shown`)
      for (const line of last.slice(-LAST_LINES)) onLine(line)
      untold = 0
      last = []
    },
  }
}

/** Cuts bytes into lines; of a line that is too long the beginning is kept and marked. */
export class LineSplitter {
  readonly #maxLineBytes: number
  #pieces: Buffer[] = []
  #held = 0
  #cut = false

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes
  }

  /** The lines that this chunk completes. */
  push(chunk: Buffer): string[] {
    const lines: string[] = []
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end))
      lines.push(this.#line())
      start = end + 1
    }
    this.#keep(chunk.subarray(start))
    return lines
  }

  /** The last line, where the stream ended without a newline. */
  end(): string[] {
    return this.#held > 0 || this.#cut ? [this.#line()] : []
  }

  /** Copies: a slice would keep the whole packet that it came in alive. */
  #keep(piece: Buffer): void {
    const room = this.#maxLineBytes - this.#held
    if (piece.length > room) this.#cut = true
    if (piece.length === 0 || room === 0) return
    const kept = Buffer.from(piece.subarray(0, room))
    this.#pieces.push(kept)
    this.#held += kept.length
  }

  #line(): string {
    const bytes = this.#pieces.length === 1 && this.#pieces[0] ? this.#pieces[0] : Buffer.concat(this.#pieces)
    // The decoder leaves out a character that the cut went through.
    const line = this.#cut ? `${new StringDecoder('utf8').write(bytes)}…` : bytes.toString('utf8')
    this.#pieces = []
    this.#held = 0
    this.#cut = false
    return line
  }
}

/** The last bytes of a stream. */
export class Tail {
  readonly #maxBytes: number
  #chunks: Buffer[] = []
  #held = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  push(chunk: Buffer): void {
    this.#chunks.push(Buffer.from(chunk))
    this.#held += chunk.length
    // Joined at twice the bound, so that a stream of single bytes costs no more than one of large chunks.
    if (this.#held > 2 * this.#maxBytes || this.#chunks.length > 1024) this.#join()
  }

  text(): string {
    this.#join()
    const bytes = this.#chunks[0] ?? Buffer.alloc(0)
    return bytes.subarray(firstWholeCharacter(bytes)).toString('utf8')
  }

  #join(): void {
    const all = Buffer.concat(this.#chunks)
    const kept = all.length > this.#maxBytes ? Buffer.from(all.subarray(-this.#maxBytes)) : all
    this.#chunks = [kept]
    this.#held = kept.length
  }
}

/** UTF-8 characters are at most 4 bytes; those after the first look like 10xxxxxx. */
const firstWholeCharacter = (bytes: Buffer): number => {
  const start = bytes.subarray(0, 4).findIndex((byte) => (byte & 0xc0) !== 0x80)
  return Math.max(start, 0)
}
