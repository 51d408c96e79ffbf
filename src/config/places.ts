import { DeployError, type Place } from '../errors.ts'
import type { PlainDocument, Position } from './document.ts'
import { type Problem, pathKey, shownPath } from './problem.ts'

/** The one error that tells everything that is wrong with a file, in the order of its lines. */
export const refusal = (file: string, found: readonly Place[]): DeployError => {
  const places = [...found].sort((a, b) => a.line - b.line || a.column - b.column)
  const many = places.length === 1 ? 'an error' : `${places.length} errors`
  return new DeployError('CONFIG', `${file} has ${many}; nothing was started`, {
    places,
    evidence: places.map((place) => `${place.file}:${place.line}:${place.column}: ${place.message}`),
  })
}

/** Where a problem stands in the file. */
export const placeOf = (file: string, document: PlainDocument, problem: Problem): Place => {
  const text = shownPath(problem.path)
  const message = problem.at === 'key' || text === '' ? problem.message : `${text}: ${problem.message}`
  return { file, ...positionOf(document, problem), message }
}

/** Of the value, of its key, or of the nearest thing around it that is written in the file. */
const positionOf = (document: PlainDocument, { path, at }: Problem): Position => {
  for (let length = path.length; length >= 0; length--) {
    const found = document.positions.get(pathKey(path.slice(0, length)))
    if (found !== undefined) return at === 'key' || length < path.length ? (found.key ?? found.value) : found.value
  }
  return { line: 1, column: 1 }
}
