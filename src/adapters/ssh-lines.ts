/** Lines that wait for their one reader, from a source that can be made to wait. */

/** What a waiting line costs beside its text: a flood of empty lines must fill the queue too. */
const LINE_COST = 64
/** Lines that were read leave the queue in lots: one at a time would copy the rest each time. */
const READ_LINES_KEPT = 4096

/** Where the lines come from, as far as it can be made to wait. */
interface Flow {
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
