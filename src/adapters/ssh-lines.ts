/** How does a stream of bytes become lines, without ever holding more than it may? */
import { StringDecoder } from 'node:string_decoder'

const NEWLINE = 0x0a
/** What a waiting line costs beside its text: a flood of empty lines must fill the queue too. */
const LINE_COST = 64
/** Lines that were read leave the queue in lots: one at a time would copy the rest each time. */
const READ_LINES_KEPT = 4096

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

/** Where the lines come from, as far as it can be made to wait. */
export interface Flow {
  pause(): void
  resume(): void
}

/** Lines that wait for their one reader. When too many do, their source is paused until half of them are read. */
export class LineQueue implements AsyncIterable<string> {
  readonly #flow: Flow
  readonly #maxBytes: number
  #lines: string[] = []
  #next = 0
  #bytes = 0
  #paused = false
  #ended = false
  #abandoned = false
  #wake: () => void = () => {}

  constructor(flow: Flow, maxBytes: number) {
    this.#flow = flow
    this.#maxBytes = maxBytes
  }

  push(lines: readonly string[]): void {
    if (this.#abandoned || lines.length === 0) return
    for (const line of lines) {
      this.#lines.push(line)
      this.#bytes += line.length + LINE_COST
    }
    if (!this.#paused && this.#bytes > this.#maxBytes) {
      this.#paused = true
      this.#flow.pause()
    }
    this.#wake()
  }

  end(): void {
    this.#ended = true
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, void, undefined> {
    try {
      for (;;) {
        const line = this.#take()
        if (line !== undefined) yield line
        else if (this.#ended) return
        else await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    } finally {
      this.#abandon()
    }
  }

  #take(): string | undefined {
    const line = this.#lines[this.#next]
    if (line === undefined) return undefined
    this.#next += 1
    this.#bytes -= line.length + LINE_COST
    if (this.#next === this.#lines.length || this.#next >= READ_LINES_KEPT) {
      this.#lines = this.#lines.slice(this.#next)
      this.#next = 0
    }
    if (this.#bytes < this.#maxBytes / 2) this.#continue()
    return line
  }

  /** A reader that leaves early must not keep the command waiting for ever. */
  #abandon(): void {
    this.#abandoned = true
    this.#lines = []
    this.#next = 0
    this.#bytes = 0
    this.#continue()
  }

  #continue(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#flow.resume()
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
