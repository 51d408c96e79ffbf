import type { Log } from '../ports.ts'
import { plainText } from './plain-text.ts'
import type { Redaction } from './redaction.ts'

export interface TerminalOptions {
  readonly write: (text: string) => void
  readonly colours: boolean
  readonly debug: boolean
  readonly elapsed: () => number
}

type Place = Parameters<Log['error']>[1]

const COLOURS = { error: '31', warning: '33', dim: '2', bold: '1' } as const

/** For people at a terminal, and for `--json`: lines on standard error, colours only where somebody sees them. */
export const terminalLog = (hidden: Redaction, options: TerminalOptions): Log => new TerminalLog(hidden, options)

class TerminalLog implements Log {
  readonly #hidden: Redaction
  readonly #options: TerminalOptions
  #depth = 0

  constructor(hidden: Redaction, options: TerminalOptions) {
    this.#hidden = hidden
    this.#options = options
  }

  async group<T>(sentence: string, work: () => Promise<T>): Promise<T> {
    const start = this.#options.elapsed()
    this.#print(sentence, 'bold')
    this.#depth += 1
    try {
      return await work()
    } finally {
      this.#print(`${((this.#options.elapsed() - start) / 1000).toFixed(1)} s`, 'dim')
      this.#depth -= 1
    }
  }

  info(line: string): void {
    this.#print(line)
  }

  debug(line: string): void {
    if (this.#options.debug) this.#print(line, 'dim')
  }

  warning(line: string, place?: Place): void {
    this.#print(`warning: ${placed(line, place)}`, 'warning')
  }

  error(line: string, place?: Place): void {
    this.#print(`error: ${placed(line, place)}`, 'error')
  }

  foreign(line: string): void {
    this.#print(`│ ${this.#plain(line)}`, 'dim')
  }

  mask(value: string): void {
    this.#hidden.add(value)
  }

  #plain(line: string): string {
    return plainText(line, undefined, this.#hidden.apply)
  }

  #print(text: string, colour?: keyof typeof COLOURS): void {
    for (const line of text.split('\n')) {
      const shown = harmless(this.#plain(line))
      const painted = colour !== undefined && this.#options.colours ? `\u001b[${COLOURS[colour]}m${shown}\u001b[0m` : shown
      this.#options.write(`${'  '.repeat(this.#depth)}${painted}\n`)
    }
  }
}

/** A job may run the command line, too: nothing here becomes a command of the runner's. */
const harmless = (line: string): string => line.replace(/^(\s*)::/, '$1: :').replaceAll('##[', '## [')

const placed = (line: string, place: Place): string => {
  if (place === undefined) return line
  const column = place.column === undefined ? '' : `:${place.column}`
  return `${place.file}:${place.line}${column}: ${line}`
}
