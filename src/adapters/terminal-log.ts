import type { Log } from '../ports.ts'
import { plainText } from './plain-text.ts'
import type { Redaction } from './redaction.ts'

export interface TerminalOptions {
  readonly write: (text: string) => void
  readonly colours: boolean
  readonly debug: boolean
  readonly elapsed: () => number
}

const COLOURS = { error: '31', warning: '33', dim: '2', bold: '1' } as const

/** For people at a terminal, and for `--json`: lines on standard error, colours only where somebody sees them. */
export const terminalLog = (hidden: Redaction, { write, colours, debug, elapsed }: TerminalOptions): Log => {
  let depth = 0
  const paint = (text: string, colour: keyof typeof COLOURS): string => (colours ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text)
  const print = (text: string, colour?: keyof typeof COLOURS): void => {
    for (const line of hidden.apply(text).split('\n')) {
      // a job may run the command line, too: nothing here becomes a command of the runner's
      const shown = plainText(line)
        .replace(/^(\s*)::/, '$1: :')
        .replaceAll('##[', '## [')
      write(`${'  '.repeat(depth)}${colour === undefined ? shown : paint(shown, colour)}\n`)
    }
  }
  const placed = (line: string, place?: { readonly file: string; readonly line: number; readonly column?: number }): string =>
    place === undefined ? line : `${place.file}:${place.line}${place.column === undefined ? '' : `:${place.column}`}: ${line}`

  return {
    group: async (sentence, work) => {
      const start = elapsed()
      print(sentence, 'bold')
      depth += 1
      try {
        return await work()
      } finally {
        print(`${seconds(elapsed() - start)}`, 'dim')
        depth -= 1
      }
    },
    info: (line) => print(line),
    debug: (line) => {
      if (debug) print(line, 'dim')
    },
    warning: (line, place) => print(`warning: ${placed(line, place)}`, 'warning'),
    error: (line, place) => print(`error: ${placed(line, place)}`, 'error'),
    foreign: (line) => print(`│ ${plainText(line)}`, 'dim'),
    mask: hidden.add,
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
