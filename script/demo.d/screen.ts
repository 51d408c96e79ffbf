/** The one screen of the story: lines on standard output, and what goes on right now on a terminal's last line. */
export class Screen {
  readonly lines: string[] = []
  readonly #isTerminal = process.stdout.isTTY === true
  readonly #width = 100

  say(line: string): void {
    this.#clear()
    const fitting = line.length > this.#width ? `${line.slice(0, this.#width - 1)}…` : line
    this.lines.push(fitting)
    console.log(this.#isTerminal ? coloured(fitting) : fitting)
  }

  /** Shown until the next line; nothing of it stays. */
  now(line: string): void {
    if (this.#isTerminal)
      process.stdout.write(`\r\u001b[2K\u001b[2m… ${line.replaceAll(/\p{Cc}/gu, ' ').slice(0, this.#width - 3)}\u001b[0m`)
  }

  #clear(): void {
    if (this.#isTerminal) process.stdout.write('\r\u001b[2K')
  }
}

const COLOURS = { '✓': 32, '✗': 31 } as const

const coloured = (line: string): string => {
  if (/^\d /.test(line)) return `\u001b[1m${line}\u001b[0m`
  return line.replace(/[✓✗]/, (mark) => `\u001b[${COLOURS[mark as keyof typeof COLOURS]}m${mark}\u001b[0m`)
}
