import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { redaction } from '../../src/adapters/redaction.ts'
import { runnerLog } from '../../src/adapters/runner-log.ts'
import { type TerminalOptions, terminalLog } from '../../src/adapters/terminal-log.ts'
import type { Log } from '../../src/ports.ts'
import { JobLog } from '../runner/job-log.ts'
import { Masks } from '../runner/masks.ts'

describe('in a terminal', () => {
  const logTo = (options: Partial<TerminalOptions> = {}): { readonly log: Log; readonly lines: () => readonly string[] } => {
    let text = ''
    let now = 0
    const write = (more: string): void => {
      text += more
    }
    const log = terminalLog(redaction(), { write, colours: false, debug: false, elapsed: () => (now += 1500), ...options })
    return { log, lines: () => text.split('\n').slice(0, -1) }
  }

  test('a step is a sentence, its lines below it, and its time', async () => {
    const { log, lines } = logTo()
    await log.group('pull (api: image changed)', async () => log.info('two\nlines'))
    expect(lines()).toEqual(['pull (api: image changed)', '  two', '  lines', '  1.5 s'])
  })

  test('a step that throws is closed, too', async () => {
    const { log, lines } = logTo()
    await expect(log.group('pull', async () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    log.info('after')
    expect(lines().at(-1)).toBe('after')
  })

  test('there are colours only where they are seen', () => {
    const plain = logTo()
    const coloured = logTo({ colours: true })
    for (const { log } of [plain, coloured]) log.error('no')
    expect([plain.lines(), coloured.lines()]).toEqual([['error: no'], ['\u001b[31merror: no\u001b[0m']])
  })

  test('a place stands before its message, debugging is silent, secrets are stars', () => {
    const { log, lines } = logTo()
    log.mask('s3cret')
    log.warning('s3cret is old', { file: 'deploy.yml', line: 3, column: 9 })
    log.debug('quiet')
    expect(lines()).toEqual(['warning: deploy.yml:3:9: *** is old'])
  })

  test('nothing is a command, should a job run the command line', () => {
    const { log, lines } = logTo()
    for (const line of ['::error::x', '  ::error::x', 'a ##[error]x']) {
      log.info(line)
      log.foreign(line)
    }
    const job = new JobLog(new Masks())
    for (const line of lines()) job.line(line)
    expect(job.commands).toEqual([])
  })
})

describe('on a runner', () => {
  let job: JobLog
  let spy: ReturnType<typeof jest.spyOn>
  beforeEach(() => {
    job = new JobLog(new Masks())
    spy = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      for (const line of String(text).split('\n').slice(0, -1)) job.line(line)
      return true
    })
  })
  afterEach(() => {
    spy.mockRestore()
  })

  test('text of others between lines of ours never becomes a command, and ours stay commands', async () => {
    const log = runnerLog(redaction())
    await log.group('pull', async () => {
      log.foreign('::error::forged')
      log.foreign('##[error]forged')
      log.warning('ours')
      log.foreign('::endgroup::')
    })
    log.info('::error::from a name in a message')
    log.error('ours, too', { file: 'deploy.yml', line: 3, column: 9 })
    expect(job.commands.map(({ name, data }) => [name, data])).toEqual([
      ['group', 'pull'],
      ['warning', 'ours'],
      ['endgroup', ''],
      ['error', 'ours, too'],
    ])
    expect(job.lines.find((line) => line.startsWith('✓ pull'))).toMatch(/^✓ pull: \d+\.\d s$/)
    expect(job.annotations.at(-1)?.properties).toMatchObject({ file: 'deploy.yml', line: '3', col: '9' })
    expect(job.lines).toEqual(expect.arrayContaining(['│ ::error::forged', '│ ##[error]forged', '::error::from a name in a message']))
  })

  test('a group that failed says so beside it, with its time', async () => {
    await expect(runnerLog(redaction()).group('pull', async () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(job.lines.at(-1)).toMatch(/^✗ pull: \d+\.\d s$/)
  })

  test('a mask holds for what is printed while commands are stopped', () => {
    const log = runnerLog(redaction())
    log.foreign('first')
    log.mask('c4nary-value')
    log.foreign('c4nary-value')
    log.info(`hex ${Buffer.from('c4nary-value').toString('hex')}`)
    expect(job.commands.map(({ name }) => name)).toContain('add-mask')
    expect(job.lines).toEqual(expect.arrayContaining(['│ ***', 'hex ***']))
  })

  test('the word that stops commands is another one each time', () => {
    const log = runnerLog(redaction())
    const seen: string[] = []
    spy.mockImplementation((text: string | Uint8Array) => {
      seen.push(
        ...String(text)
          .split('\n')
          .filter((line) => line.startsWith('::stop-commands::')),
      )
      return true
    })
    for (let round = 0; round < 3; round++) {
      log.foreign('x')
      log.info('y')
    }
    expect([seen.length, new Set(seen).size]).toEqual([3, 3])
  })
})
