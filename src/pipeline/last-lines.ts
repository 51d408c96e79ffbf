/** The last lines of an output, without empty ones at its end, each bounded: what people need to see of a failure. */
export const lastLines = (text: string, count = 30): readonly string[] =>
  text
    .trimEnd()
    .split('\n')
    .slice(-count)
    .map((line) => line.replace(/\r$/, '').slice(0, 500))
    .filter((line, index, lines) => line !== '' || lines.slice(0, index).some((earlier) => earlier !== ''))

/** Keeps the last lines of an output that comes line by line. */
export const lineKeeper = (count: number): { readonly add: (line: string) => void; readonly lines: () => readonly string[] } => {
  const kept: string[] = []
  return {
    add: (line) => {
      kept.push(line)
      if (kept.length > count) kept.shift()
    },
    lines: () => lastLines(kept.join('\n'), count),
  }
}
