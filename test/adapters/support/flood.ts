/**
 * Runs a shell line that prints a flood, and prints what was held of it at most, in bytes, and the end of what was told:
 * a process of its own, because in one that holds a whole test run, collecting takes longer than the flood.
 */
import { systemPrograms } from '../../../src/adapters/programs.ts'

/** What is held, without what waits to be collected: how much of that there is says more of the machine than of us. */
const held = (): number => {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const before = held()
let most = before
const lines: string[] = []
const watch = setInterval(() => {
  most = Math.max(most, held())
}, 50)
const { code } = await systemPrograms().run(['sh', '-c', process.argv[2] ?? ''], { onLine: (line) => lines.push(line) })
clearInterval(watch)
most = Math.max(most, held())
process.stdout.write(JSON.stringify({ code, bytes: most - before, told: lines.join('\n').length, last: lines.at(-1) }))
