import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from '@jest/globals'
import { floodGate, lineReader } from '../../src/adapters/output.ts'
import { systemPrograms } from '../../src/adapters/programs.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const read = (chunks: readonly string[], mostBytes?: number): string[] => {
  const lines: string[] = []
  const reader = lineReader((line) => lines.push(line), mostBytes)
  for (const chunk of chunks) reader.add(Buffer.from(chunk))
  reader.end()
  return lines
}

describe('what a program prints', () => {
  test('is told line by line, also the last one, whatever ends a line', () => {
    expect(read(['one\r\ntw', 'o\n\nthree'])).toEqual(['one', 'two', '', 'three'])
  })

  test('of a flood is told at its beginning and at its end, with how much is missing between', () => {
    const lines = read(
      Array.from({ length: 1000 }, (_, index) => `line ${index}\n`),
      1024,
    )
    expect(lines[0]).toBe('line 0')
    expect(lines.at(-1)).toBe('line 999')
    expect(lines.join('\n')).toMatch(/more than 1 kB: from here on only the last 40 lines are shown\n… \d+ lines are not shown\nline 960\n/)
    expect(lines.join('\n').length).toBeLessThan(2048)
  })

  test('of a flood that is shorter than its end is told whole', () => {
    const lines: string[] = []
    const gate = floodGate((line) => lines.push(line), 4)
    for (const line of ['aaa', 'bbb', 'ccc']) gate.add(line)
    gate.end()
    expect(lines.filter((line) => !line.startsWith('…'))).toEqual(['aaa', 'bbb', 'ccc'])
  })

  /** What is held, without what waits to be collected: how much of that there is says more of the machine than of us. */
  const held = (): number => {
    collect()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }

  /** The most that was held while a program printed. */
  const growth = async (script: string): Promise<{ readonly mebibytes: number; readonly lines: readonly string[] }> => {
    const before = held()
    let most = before
    const lines: string[] = []
    const watch = setInterval(() => {
      most = Math.max(most, held())
    }, 100)
    const result = await systemPrograms().run(['sh', '-c', script], { onLine: (line) => lines.push(line) })
    clearInterval(watch)
    expect(result.code).toBe(0)
    return { mebibytes: (most - before) / 1024 / 1024, lines }
  }

  test.each([
    ['two hundred megabytes of lines', 'yes "::error::a line of a flood" | head -c 200M; echo; echo the end'],
    ['half a gigabyte without a newline', 'head -c 1G /dev/zero | tr "\\0" x; echo; echo the end'],
    ['binary', 'head -c 64M /dev/urandom; echo; echo the end'],
  ])(
    'fills no memory: %s',
    async (_, script) => {
      const { mebibytes, lines } = await growth(script)
      expect(lines.at(-1)).toBe('the end')
      expect(lines.join('\n').length).toBeLessThan(6 * 1024 * 1024)
      // what is kept is 8 MiB, as bytes and as text
      expect(mebibytes).toBeLessThan(64)
    },
    180_000,
  )
})
