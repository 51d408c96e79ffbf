/** Shorter texts stand in too many innocent words: hiding them would hide the log. */
const SHORTEST_VALUE = 3
const SHORTEST_LINE = 6
const SHORTEST_ENCODED = 8

/** A value, each of its lines, and what tools make of both: everything that must not be printed. */
export const secretForms = (value: string): readonly string[] => {
  // the frame of a key is no secret
  const lines = value
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line.length >= SHORTEST_LINE && !line.startsWith('-----'))
  const texts = [value, value.trim(), ...lines].filter((text) => text.length >= SHORTEST_VALUE)
  return [...new Set(texts.flatMap((text) => [text, ...escaped(text), ...encoded(text).filter((form) => form.length >= SHORTEST_ENCODED)]))]
}

const escaped = (text: string): readonly string[] => [
  JSON.stringify(text).slice(1, -1),
  text.replaceAll('"', '\\"'),
  text.replaceAll("'", "'\\''"),
  text.replaceAll("'", "''"),
  text.replaceAll('$', '$$$$'),
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&apos;'),
]

const encoded = (text: string): readonly string[] => {
  const bytes = Buffer.from(text)
  const url = safeUrlEncoded(text)
  return [
    ...[0, 1, 2].flatMap((offset) => base64Core(bytes, offset)),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    url,
    url.replaceAll('%20', '+'),
    url.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    [...text].reverse().join(''),
  ]
}

/** The part of the base64 text that is the same whatever stands before and after the value ("user:" + password). */
const base64Core = (bytes: Buffer, offset: number): readonly string[] => {
  const core = bytes.subarray(offset, bytes.length - ((bytes.length - offset) % 3))
  return [core.toString('base64'), core.toString('base64url')]
}

/** encodeURIComponent throws on half a surrogate pair. */
const safeUrlEncoded = (text: string): string => encodeURIComponent(text.toWellFormed())
