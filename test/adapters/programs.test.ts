import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { systemPrograms } from '../../src/adapters/programs.ts'
import { DeployError } from '../../src/errors.ts'

const isAlive = (pid: number): boolean => {
  try {
    // a zombie still answers signals: its state is asked instead
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

/** Signals are delivered in the kernel's own time. */
const isGone = async (pid: number): Promise<true> => {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 5))
  return true
}

describe('programs of this machine', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'programs-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  test('arguments reach the program as they are', async () => {
    const args = ['$(touch x)', 'a b', "'q'", 'two\nlines', '*', '', '--help', '😀']
    const result = await systemPrograms().run(['sh', '-c', 'for a; do printf "%s\\0" "$a"; done', 'sh', ...args])
    expect(result.stdout.split('\0').slice(0, -1)).toEqual(args)
  })

  test('input is written and closed, and both streams are read line by line', async () => {
    const seen: string[] = []
    const result = await systemPrograms().run(['sh', '-c', 'cat; printf "no end" >&2; exit 3'], {
      input: 'one\r\ntwo\n',
      onLine: (line, stream) => seen.push(`${stream}:${line}`),
    })
    expect(result).toMatchObject({ code: 3, signal: null, timedOut: false, stdout: 'one\r\ntwo\n', stderr: 'no end' })
    expect(seen.sort()).toEqual(['stderr:no end', 'stdout:one', 'stdout:two'])
  })

  test('a program that reads nothing of a long input is no error', async () => {
    expect((await systemPrograms().run(['true'], { input: 'x'.repeat(1 << 20) })).code).toBe(0)
  })

  test('a deadline stops the program with all that it started', async () => {
    const result = await systemPrograms().run(['sh', '-c', 'sleep 100 & echo $!; sleep 100'], { timeoutMs: 300 })
    expect(result.timedOut).toBe(true)
    expect(await isGone(Number(result.stdout))).toBe(true)
  })

  test('a program that ignores the request to stop is killed', async () => {
    const result = await systemPrograms().run(['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'], { timeoutMs: 100 })
    expect(result).toMatchObject({ timedOut: true, code: null, signal: 'SIGKILL' })
  }, 15_000)

  test('a cancelled run stops what runs, and lets a teardown run afterwards', async () => {
    const cancellation = new AbortController()
    const programs = systemPrograms(cancellation.signal)
    const result = await programs.run(['sh', '-c', 'echo started; sleep 100'], { onLine: () => cancellation.abort() })
    expect(result).toMatchObject({ code: null, signal: 'SIGTERM', timedOut: false })
    expect((await programs.run(['echo', 'torn down'])).stdout).toBe('torn down\n')
  })

  test('a background child that holds the pipes does not hold us', async () => {
    const result = await systemPrograms().run(['sh', '-c', 'sleep 30 & echo $!'])
    process.kill(Number(result.stdout))
    expect(result.code).toBe(0)
    expect(result.durationMs).toBeLessThan(20_000)
  })

  test('the end of a long output is kept', async () => {
    const result = await systemPrograms().run(['sh', '-c', 'head -c 20000000 /dev/zero | tr "\\0" x; echo the end'])
    expect(result.stdout.length).toBeLessThan(5_000_000)
    expect(result.stdout.endsWith('the end\n')).toBe(true)
  })

  test('a program that is not there is named, with a command that shows it', async () => {
    const failure = await systemPrograms()
      .run(['no-such-program'])
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(DeployError)
    expect(failure).toMatchObject({ code: 'CONFIG', message: 'CONFIG: no-such-program is not installed, or not in PATH' })
  })

  test('a folder that is not there is named, not the program', async () => {
    await expect(systemPrograms().run(['true'], { cwd: join(folder, 'gone') })).rejects.toThrow(`the folder ${join(folder, 'gone')}`)
  })
})
