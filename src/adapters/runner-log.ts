import { randomUUID } from 'node:crypto'
import * as core from '@actions/core'
import type { Log } from '../ports.ts'
import { plainText } from './plain-text.ts'
import type { Redaction } from './redaction.ts'
import { secretForms } from './secret-forms.ts'

type Place = Parameters<Log['error']>[1]

/**
 * For the log of a GitHub job: groups, annotations, masks. Everything goes to standard output, because the order
 * between two streams is not kept. Text of others is printed while commands are stopped by a random word.
 */
export const runnerLog = (hidden: Redaction): Log => new RunnerLog(hidden)

class RunnerLog implements Log {
  readonly #hidden: Redaction
  /** Set while commands are stopped: several foreign lines share one pair of stops. */
  #stopWord: string | undefined

  constructor(hidden: Redaction) {
    this.#hidden = hidden
  }

  async group<T>(sentence: string, work: () => Promise<T>): Promise<T> {
    this.#resume()
    core.startGroup(this.#shown(sentence))
    const from = performance.now()
    let sign = '✗'
    try {
      const value = await work()
      sign = '✓'
      return value
    } finally {
      this.#resume()
      core.endGroup()
      // beside the folded group, where it is read without unfolding
      this.info(`${sign} ${sentence}: ${((performance.now() - from) / 1000).toFixed(1)} s`)
    }
  }

  info(text: string): void {
    for (const line of text.split('\n')) this.#line(line)
    this.#resume()
  }

  debug(line: string): void {
    this.#resume()
    core.debug(this.#shown(line))
  }

  warning(line: string, place?: Place): void {
    this.#resume()
    core.warning(this.#shownLines(line), annotation(place))
  }

  error(line: string, place?: Place): void {
    this.#resume()
    core.error(this.#shownLines(line), annotation(place))
  }

  foreign(line: string): void {
    this.#stop()
    write(this.#shown(`│ ${line}`))
  }

  mask(value: string): void {
    // masks are commands, too: they must not fall into a stop
    this.#resume()
    this.#hidden.add(value)
    for (const form of secretForms(value)) core.setSecret(form)
  }

  /** A line of ours, which may quote what others wrote. */
  #line(line: string): void {
    const shown = this.#shown(line)
    if (looksLikeCommand(shown)) this.#stop()
    else this.#resume()
    write(shown)
  }

  #stop(): void {
    if (this.#stopWord !== undefined) return
    this.#stopWord = randomUUID()
    write(`::stop-commands::${this.#stopWord}`)
  }

  #resume(): void {
    if (this.#stopWord === undefined) return
    write(`::${this.#stopWord}::`)
    this.#stopWord = undefined
  }

  #shown(line: string): string {
    return plainText(line, undefined, this.#hidden.apply)
  }

  #shownLines(text: string): string {
    const lines = text.split('\n')
    return lines.map((line) => this.#shown(line)).join('\n')
  }
}

/** Text in which the runner could see a command: `::name::` at the start of a line, `##[name]` anywhere. */
const looksLikeCommand = (line: string): boolean => line.trimStart().startsWith('::') || line.includes('##[')

const annotation = (place: Place): core.AnnotationProperties => {
  if (place === undefined) return {}
  const column = place.column === undefined ? {} : { startColumn: place.column }
  return { file: place.file, startLine: place.line, ...column }
}

const write = (line: string): void => void process.stdout.write(`${line}\n`)
