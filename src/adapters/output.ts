/** Longer lines are cut into pieces: a program that never ends its line must not fill the memory. */
const LONGEST_LINE = 16 * 1024

/** Turns pieces of text, as they come from a pipe, into lines without their ends. */
export const lineReader = (onLine: (line: string) => void): { readonly add: (text: string) => void; readonly end: () => void } => {
  let rest = ''
  return {
    add: (text) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) onLine(line.replace(/\r$/, ''))
      while (rest.length > LONGEST_LINE) {
        onLine(rest.slice(0, LONGEST_LINE))
        rest = rest.slice(LONGEST_LINE)
      }
    },
    end: () => {
      if (rest !== '') onLine(rest)
      rest = ''
    },
  }
}

/** Keeps the end of a text that may be long. */
export const tail = (limit: number): { readonly add: (text: string) => void; readonly text: () => string } => {
  let kept = ''
  return {
    add: (text) => {
      kept += text
      // cut seldom: twice the limit is the price of not copying at each piece
      if (kept.length > 2 * limit) kept = kept.slice(-limit)
    },
    text: () => kept.slice(-limit),
  }
}
