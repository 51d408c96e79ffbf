import type { FailureDetails } from '../errors.ts'

const MOST_LINES = 60

/** What comes next, one by one: see FailureDetails.hint. */
export const nextSteps = (hint: string | null): readonly string[] => (hint === null ? [] : hint.split('\n'))

/** The same for a log. */
export const nextLines = (hint: string | null): readonly string[] => nextSteps(hint).map((step) => `Next: ${step}`)

/** What was seen, for the log. What is shown at its place in a file already is not shown again. */
export const failureLines = ({ evidence = [], places = [] }: FailureDetails): readonly string[] => {
  const told = new Set(places.map((place) => `${place.file}:${place.line}:${place.column}: ${place.message}`))
  const lines = evidence.filter((line) => !told.has(line)).flatMap((line) => line.split('\n'))
  return lines.length <= MOST_LINES ? lines : [`… ${lines.length - MOST_LINES} lines before these`, ...lines.slice(-MOST_LINES)]
}
