/** The one screen of the story: lines on standard output, and what goes on right now on a terminal's last line. */
export class Screen {
  readonly lines: string[] = []
  readonly #isTerminal = process.stdout.isTTY === true
  readonly #width = 100
  #lastSign = performance.now()

  say(line: string): void {
    this.#clear()
    this.#lastSign = performance.now()
    const fitting = line.length > this.#width ? `${line.slice(0, this.#width - 1)}…` : line
    this.lines.push(fitting)
    console.log(this.#isTerminal ? coloured(fitting) : fitting)
  }

  /** On a terminal: shown until the next line, nothing of it stays. Elsewhere a sign of life for each silent minute. */
  now(line: string): void {
    const text = `… ${line.replaceAll(/\p{Cc}/gu, ' ').slice(0, this.#width - 3)}`
    if (this.#isTerminal) process.stdout.write(`\r\u001b[2K\u001b[2m${text}\u001b[0m`)
    else if (performance.now() - this.#lastSign > SILENCE_MS) {
      this.#lastSign = performance.now()
      console.error(text)
    }
  }

  #clear(): void {
    if (this.#isTerminal) process.stdout.write('\r\u001b[2K')
  }
}

const SILENCE_MS = 60_000

const COLOURS = { '✓': 32, '✗': 31 } as const

const coloured = (line: string): string => {
  if (/^\d /.test(line)) return `\u001b[1m${line}\u001b[0m`
  return line.replace(/[✓✗]/, (mark) => `\u001b[${COLOURS[mark as keyof typeof COLOURS]}m${mark}\u001b[0m`)
}
