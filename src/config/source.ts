import { DeployError, type Place } from '../errors.ts'

const LARGEST = 256 * 1024
/** What YAML calls non-printable, but tab and line ends. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u0080-\u0084\u0086-\u009f\ufffe\uffff]/g

/** The text of a config file. @throws DeployError CONFIG where it is too large, not UTF-8, or holds control characters */
export const sourceText = (bytes: Uint8Array, file: string): string => {
  if (bytes.length > LARGEST) throw refused(`${file} has ${bytes.length} bytes; the limit is 256 kB (${LARGEST} bytes)`, [])
  const text = decoded(bytes, file)
  const places = [...text.matchAll(CONTROL)]
    .slice(0, 20)
    .map((match) => placeAt(text, match.index, file, `control character U+${hex(match[0])}`))
  if (places.length > 0) throw refused(`${file} holds control characters`, places)
  return text
}

const decoded = (bytes: Uint8Array, file: string): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw refused(`${file} is not UTF-8`, [placeAt(validPart(bytes), undefined, file, 'the first byte that is not UTF-8')])
  }
}

/** Everything before the first byte that is wrong: found by halving. */
const validPart = (bytes: Uint8Array): string => {
  let low = 0
  let high = bytes.length
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (startsValid(bytes.subarray(0, middle))) low = middle
    else high = middle - 1
  }
  return new TextDecoder().decode(bytes.subarray(0, low))
}

/** A character that is cut at the end is no error here: `stream` waits for its rest. */
const startsValid = (bytes: Uint8Array): boolean => {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
    return true
  } catch {
    return false
  }
}

const placeAt = (text: string, index: number | undefined, file: string, message: string): Place => {
  const lines = text.slice(0, index).split('\n')
  return { file, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1, message }
}

const hex = (character: string): string => character.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()

const refused = (sentence: string, places: readonly Place[]): DeployError =>
  new DeployError('CONFIG', sentence, {
    places,
    evidence: places.map((place) => `${place.file}:${place.line}:${place.column}: ${place.message}`),
  })
