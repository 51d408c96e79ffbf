import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import { floodGate, lineReader } from '../../src/adapters/output.ts'

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

  const FLOOD = join(import.meta.dirname, 'support/flood.ts')
  interface Held {
    readonly code: number
    readonly bytes: number
    readonly told: number
    readonly last: string
  }

  test.each([
    ['lines', 256, 'yes "::error::a line of a flood" | head -c 256M; echo; echo the end'],
    ['no newline', 1024, 'head -c 1G /dev/zero | tr "\\0" x; echo; echo the end'],
    ['binary', 256, 'head -c 256M /dev/urandom; echo; echo the end'],
  ])(
    'fills no memory: %s of %i MiB',
    async (_, size, script) => {
      const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', '--expose-gc', FLOOD, script])
      const { code, bytes, told, last } = JSON.parse(stdout) as Held
      expect([code, last]).toEqual([0, 'the end'])
      expect(told).toBeLessThan(6 * 1024 * 1024)
      // what is kept is 8 MiB, as bytes and as text; more is what a busy machine has not swept yet, far from all of it
      expect(bytes).toBeLessThan((size * 1024 * 1024) / 2)
    },
    180_000,
  )
})
