/** What every document holds, as the product's documentation promises it; written down here once more on purpose. */
import { expect } from '@jest/globals'
import type { Told } from './project.ts'

const PROMISED = [
  'command',
  'outcome',
  'failureCode',
  'message',
  'hint',
  'environment',
  'release',
  'previousRelease',
  'serving',
  'images',
  'steps',
  'reportPath',
]
const OUTCOMES = ['succeeded', 'unchanged', 'rolled-back', 'failed', 'refused', 'unknown']

/** The promised document of a command, with the facts that the caller expects, and the exit code that goes with it. */
export const expectDocument = ({ code, document, text }: Told, exit: number, facts: Readonly<Record<string, unknown>>): void => {
  expect({ code, ...facts, text: code === exit ? '' : text }).toEqual({ code: exit, ...facts, text: '' })
  expect(Object.keys(document)).toEqual(expect.arrayContaining(PROMISED))
  expect(document).toMatchObject(facts)
  expect(OUTCOMES).toContain(document.outcome)
  expect(document.message.length).toBeGreaterThan(0)
  for (const step of document.steps)
    expect(Object.keys(step)).toEqual(expect.arrayContaining(['name', 'cause', 'start', 'duration', 'result']))
}

/** A failure: its code is the first word of the message, and there is something to do next. */
export const expectFailure = (told: Told, code: string, exit: number, facts: Readonly<Record<string, unknown>> = {}): void => {
  expectDocument(told, exit, { failureCode: code, ...facts })
  expect(told.document.message).toMatch(new RegExp(`^${code}: `))
  expect(told.document.hint ?? '').not.toBe('')
}
