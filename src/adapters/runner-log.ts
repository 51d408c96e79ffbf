import { randomUUID } from 'node:crypto'
import * as core from '@actions/core'
import type { Log } from '../ports.ts'
import { plainText } from './plain-text.ts'
import type { Redaction } from './redaction.ts'
import { secretForms } from './secret-forms.ts'

type Place = { readonly file: string; readonly line: number; readonly column?: number }

/** Text in which the runner could see a command: `::name::` at the start of a line, `##[name]` anywhere. */
const looksLikeCommand = (line: string): boolean => line.trimStart().startsWith('::') || line.includes('##[')

/**
 * For the log of a GitHub job: groups, annotations, masks. Everything goes to standard output, because the order
 * between two streams is not kept. Text of others is printed while commands are stopped by a random word.
 */
export const runnerLog = (hidden: Redaction): Log => {
  const write = (text: string): void => void process.stdout.write(text)
  let stopWord: string | undefined

  const resume = (): void => {
    if (stopWord !== undefined) write(`::${stopWord}::\n`)
    stopWord = undefined
  }
  const printForeign = (line: string): void => {
    if (stopWord === undefined) {
      stopWord = randomUUID()
      write(`::stop-commands::${stopWord}\n`)
    }
    write(`${plainText(hidden.apply(line))}\n`)
  }
  const print = (text: string): void => {
    for (const line of text.split('\n')) {
      if (looksLikeCommand(plainText(line))) printForeign(line)
      else {
        resume()
        write(`${plainText(hidden.apply(line))}\n`)
      }
    }
    resume()
  }
  const annotate = (kind: 'warning' | 'error', text: string, place?: Place): void => {
    resume()
    const lines = text.split('\n').map((line) => plainText(hidden.apply(line)))
    const annotation = kind === 'error' ? core.error : core.warning
    annotation(
      lines.join('\n'),
      place === undefined
        ? {}
        : { file: place.file, startLine: place.line, ...(place.column === undefined ? {} : { startColumn: place.column }) },
    )
  }

  return {
    group: async (sentence, work) => {
      resume()
      core.startGroup(plainText(hidden.apply(sentence)))
      try {
        return await work()
      } finally {
        resume()
        core.endGroup()
      }
    },
    info: print,
    debug: (line) => {
      resume()
      core.debug(plainText(hidden.apply(line)))
    },
    warning: (line, place) => annotate('warning', line, place),
    error: (line, place) => annotate('error', line, place),
    foreign: (line) => printForeign(`│ ${line}`),
    mask: (value) => {
      resume()
      hidden.add(value)
      for (const form of secretForms(value)) core.setSecret(form)
    },
  }
}
