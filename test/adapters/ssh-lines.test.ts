import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { LineSplitter, Tail } from '../../src/adapters/output.ts'
import { LineQueue } from '../../src/adapters/ssh-lines.ts'

/** Cuts bytes at these places. */
const chunked = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b)
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end))
}

const split = (chunks: readonly Buffer[], maxLineBytes: number): string[] => {
  const splitter = new LineSplitter(maxLineBytes)
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()]
}

describe('bytes become lines', () => {
  test('wherever the packets are cut, the lines are the same', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), fc.array(fc.nat()), (parts, cuts) => {
        const lines = parts.map((part) => part.replaceAll('\n', ' '))
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
        expect(split(chunked(bytes, cuts), 1 << 20)).toEqual(lines)
      }),
    )
  })

  test('a line longer than allowed is cut between characters and marked, and the next one is whole', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.array(fc.nat()), (part, cuts) => {
        const long = part.replaceAll('\n', ' ').repeat(20)
        const bytes = Buffer.from(`${long}\nnext\n`)
        const [first = '', second] = split(chunked(bytes, cuts), 16)
        expect(second).toBe('next')
        const whole = Buffer.byteLength(long) <= 16
        expect(whole ? first === long : first.endsWith('…') && long.startsWith(first.slice(0, -1))).toBe(true)
        expect(Buffer.byteLength(first)).toBeLessThanOrEqual(16 + 3)
      }),
    )
  })

  test('bytes that are no text do not disturb the lines around them', () => {
    expect(split([Buffer.from([0x61, 0x0a, 0xff, 0xfe, 0x00, 0x0a, 0x62, 0x0a])], 100)).toEqual(['a', '\uFFFD\uFFFD\0', 'b'])
  })
})

describe('lines wait for their reader', () => {
  const noted = () => {
    const calls: string[] = []
    return { calls, pause: () => calls.push('pause'), resume: () => calls.push('resume') }
  }

  test('too many of them pause the source until half are read', async () => {
    const flow = noted()
    const queue = new LineQueue(flow, 1000)
    queue.push(Array.from({ length: 20 }, () => 'x'))
    expect(flow.calls).toEqual(['pause'])
    queue.end()
    let read = 0
    for await (const line of queue) {
      read += line.length
      if (read < 12) expect(flow.calls).toEqual(['pause'])
    }
    expect(read).toBe(20)
    expect(flow.calls).toEqual(['pause', 'resume'])
  })

  test('a reader that leaves sets the source free for good', async () => {
    const flow = noted()
    const queue = new LineQueue(flow, 1000)
    const many = Array.from({ length: 50 }, () => 'x')
    queue.push(many)
    for await (const line of queue) if (line) break
    queue.push(many)
    expect(flow.calls).toEqual(['pause', 'resume'])
  })

  test('none is lost or told twice, however writing and reading alternate', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.string(), { maxLength: 30 }), { maxLength: 20 }), async (batches) => {
        const queue = new LineQueue(noted(), 500)
        const writing = (async () => {
          for (const batch of batches) {
            queue.push(batch)
            await Promise.resolve()
          }
          queue.end()
        })()
        const read: string[] = []
        for await (const line of queue) read.push(line)
        await writing
        expect(read).toEqual(batches.flat())
      }),
    )
  })
})

describe('the end of a stream', () => {
  test('is exactly its last bytes, however they came', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.array(fc.nat()), (raw, cuts) => {
        const bytes = Buffer.from(raw.map((byte) => byte & 0x7f))
        const tail = new Tail(50)
        for (const chunk of chunked(bytes, cuts)) tail.push(chunk)
        expect(tail.text()).toBe(bytes.subarray(-50).toString())
      }),
    )
  })
})
