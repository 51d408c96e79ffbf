import { unseen } from './plain-text.ts'

/** Shorter texts stand in too many innocent words: hiding them would hide the log. */
const SHORTEST_VALUE = 3
const SHORTEST_LINE = 6
const SHORTEST_ENCODED = 8
/** Fields of a secret that is a JSON object, such as a service account, by what they are called. */
const SECRET_FIELD = /pass|secret|token|key|credential/i

/** A value, each of its lines and secret fields, and what tools make of them: everything that must not be printed. */
export const secretForms = (value: string): readonly string[] => {
  const texts = [value, ...secretFields(value)].flatMap(withLines)
  return [...new Set(texts.flatMap((text) => [text, ...escaped(text), ...encoded(text).filter((form) => form.length >= SHORTEST_ENCODED)]))]
}

const withLines = (value: string): readonly string[] => {
  // the frame of a key is no secret
  const lines = value
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line.length >= SHORTEST_LINE && !line.startsWith('-----'))
  return [value, value.trim(), unseen(value), ...lines].filter((text) => text.length >= SHORTEST_VALUE)
}

const secretFields = (value: string): readonly string[] => {
  if (!/^\s*\{/.test(value)) return []
  const found: string[] = []
  try {
    JSON.parse(value, (name, field: unknown) => {
      if (typeof field === 'string' && SECRET_FIELD.test(name)) found.push(field)
      return field
    })
  } catch {
    // no JSON: it has no fields
  }
  return found
}

const escaped = (text: string): readonly string[] => [...inJson(text), ...inMarkup(text), ...inShell(text), text.replaceAll('$', '$$$$')]

/** JavaScript's, and Go's, which spells three more characters out. */
const inJson = (text: string): readonly string[] => {
  const plain = JSON.stringify(text).slice(1, -1)
  const go = plain.replaceAll(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)
  return [plain, go, text.replaceAll('"', '\\"')]
}

const inMarkup = (text: string): readonly string[] => {
  const plain = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return [
    plain,
    plain.replaceAll('"', '&quot;').replaceAll("'", '&apos;'),
    plain.replaceAll('"', '&#34;').replaceAll("'", '&#39;'),
    plain.replaceAll('"', '&quot;').replaceAll("'", '&#x27;'),
  ]
}

/** In single quotes, in YAML's, in double quotes, and with a backslash before what a shell treats specially. */
const inShell = (text: string): readonly string[] => [
  text.replaceAll("'", "'\\''"),
  text.replaceAll("'", `'"'"'`),
  text.replaceAll("'", "''"),
  text.replaceAll(/["$`\\]/g, '\\$&'),
  text.replaceAll(/[^\w@%+=:,./\n-]/g, '\\$&'),
]

const encoded = (text: string): readonly string[] => {
  const bytes = Buffer.from(text)
  return [
    ...[0, 1, 2].flatMap((offset) => base64Core(bytes, offset)),
    // of a short value, too few letters are the same everywhere
    bytes.toString('base64'),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...inUrl(text),
    [...text].reverse().join(''),
  ]
}

/** The part of the base64 text that is the same whatever stands before and after the value ("user:" + password). */
const base64Core = (bytes: Buffer, offset: number): readonly string[] => {
  const core = bytes.subarray(offset, bytes.length - ((bytes.length - offset) % 3))
  return [core.toString('base64'), core.toString('base64url')]
}

/** Encoders differ in what they leave as it is, in the blank, and in the case of their digits. */
const inUrl = (text: string): readonly string[] => {
  // encodeURIComponent throws on half a surrogate pair
  const loose = encodeURIComponent(text.toWellFormed())
  const strict = loose.replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
  const small = (form: string): string => form.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())
  return [loose, strict, strict.replaceAll('%2F', '/')].flatMap((form) => [
    form,
    form.replaceAll('%20', '+'),
    small(form),
    small(form.replaceAll('%20', '+')),
  ])
}
