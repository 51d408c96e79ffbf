/** What would change in a file, as lines with " ", "-" or "+" before them and three lines around each change; empty where nothing would. */
export const lineDiff = (before: string, after: string): readonly string[] => {
  const from = before.split('\n')
  const to = after.split('\n')
  if (before === after) return []
  // longest common subsequence: files that people write are short
  const lengths = Array.from({ length: from.length + 1 }, () => new Uint16Array(to.length + 1))
  for (let i = from.length - 1; i >= 0; i--)
    for (let j = to.length - 1; j >= 0; j--) {
      const row = lengths[i]
      if (row !== undefined)
        row[j] = from[i] === to[j] ? (lengths[i + 1]?.[j + 1] ?? 0) + 1 : Math.max(lengths[i + 1]?.[j] ?? 0, row[j + 1] ?? 0)
    }
  const lines: string[] = []
  let i = 0
  let j = 0
  while (i < from.length || j < to.length) {
    if (i < from.length && j < to.length && from[i] === to[j]) {
      lines.push(` ${from[i]}`)
      i++
      j++
    } else if (j < to.length && (i === from.length || (lengths[i]?.[j + 1] ?? 0) > (lengths[i + 1]?.[j] ?? 0))) lines.push(`+${to[j++]}`)
    else lines.push(`-${from[i++]}`)
  }
  return around(lines)
}

const CONTEXT = 3

const around = (lines: readonly string[]): readonly string[] => {
  const near = lines.map((_, at) => lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some((line) => !line.startsWith(' ')))
  return lines.flatMap((line, at) => (near[at] ? [line] : near[at - 1] ? [' …'] : []))
}
