/** The twelve forms in which a secret that was printed must not be found again. Written down here once more on purpose. */
export interface CanaryForm {
  readonly name: string
  /** As somebody prints it: one text, perhaps of several lines. */
  readonly text: string
  /** What must be found nowhere: every one of them. */
  readonly traces: readonly string[]
}

const base64At = (secret: string, offset: number): CanaryForm => {
  const around = `${'u'.repeat((3 - offset) % 3)}${secret}:`
  const bytes = Buffer.from(secret)
  const core = bytes.subarray(offset, bytes.length - ((bytes.length - offset) % 3)).toString('base64')
  return { name: `base64, alignment ${offset}`, text: Buffer.from(around).toString('base64'), traces: piecesOf(core) }
}

/** Whoever has all pieces has the whole. */
const piecesOf = (text: string, length = 12): readonly string[] =>
  Array.from({ length: Math.max(1, text.length - length + 1) }, (_, at) => text.slice(at, at + length))

const url = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
const xml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&apos;')

export const canaryForms = (secret: string): readonly CanaryForm[] => {
  const whole = (name: string, text: string): CanaryForm => ({ name, text, traces: piecesOf(text) })
  return [
    whole('plain', secret),
    base64At(secret, 0),
    base64At(secret, 1),
    base64At(secret, 2),
    whole('base64url', Buffer.from(secret).toString('base64url')),
    whole('hex', Buffer.from(secret).toString('hex')),
    whole('URL', url(secret)),
    whole('JSON', JSON.stringify(secret).slice(1, -1)),
    whole('XML', xml(secret)),
    whole('shell', secret.replaceAll("'", "'\\''")),
    whole('reversed', [...secret].reverse().join('')),
    { name: 'split over lines', text: secret.replaceAll(/.{13}/g, '$&\n'), traces: secret.match(/.{12}/g) ?? [] },
  ]
}

/** The same forms as other tools write them. */
export const variants = (secret: string): readonly CanaryForm[] => {
  const whole = (name: string, text: string): CanaryForm => ({ name, text, traces: piecesOf(text) })
  const bytes = Buffer.from(secret)
  const entities = (double: string, single: string): string => xml(secret).replaceAll('&quot;', double).replaceAll('&apos;', single)
  const inUrlSafe = [0, 1, 2]
    .map((offset) => base64At(secret, offset))
    .map(({ name, text, traces }) => ({
      name: `${name}, for URLs`,
      text: urlSafe(text),
      traces: traces.map(urlSafe),
    }))
  return [
    ...inUrlSafe,
    whole('hex in capitals', bytes.toString('hex').toUpperCase()),
    whole(
      'URL in small letters',
      url(secret).replaceAll(/%../g, (code) => code.toLowerCase()),
    ),
    whole('URL of a form', url(secret).replaceAll('%20', '+')),
    whole(
      'URL of a form in small letters',
      url(secret)
        .replaceAll(/%../g, (code) => code.toLowerCase())
        .replaceAll('%20', '+'),
    ),
    whole('URL as JavaScript has it', encodeURIComponent(secret)),
    whole('URL with slashes', url(secret).replaceAll('%2F', '/')),
    whole(
      'JSON as Go has it',
      JSON.stringify(secret)
        .slice(1, -1)
        .replaceAll(/[<>&]/g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`),
    ),
    whole('JSON of its quotes only', secret.replaceAll('"', '\\"')),
    whole('text of XML', secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')),
    whole('HTML', entities('&quot;', '&#39;')),
    whole('HTML as Go has it', entities('&#34;', '&#39;')),
    whole('HTML as Python has it', entities('&quot;', '&#x27;')),
    whole('shell, quotes in quotes', secret.replaceAll("'", `'"'"'`)),
    whole('SQL and YAML', secret.replaceAll("'", "''")),
    whole('double quotes of a shell', secret.replaceAll(/["$`\\]/g, '\\$&')),
    whole('backslashes of a shell', secret.replaceAll(/[^\w@%+=:,./-]/g, '\\$&')),
    whole('dollars of compose', secret.replaceAll('$', '$$$$')),
  ]
}

const urlSafe = (text: string): string => text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

/** Forms that are in the text, by their names. */
export const formsFound = (secret: string, text: string): readonly string[] =>
  [...canaryForms(secret), ...variants(secret)].flatMap(({ name, traces }) => (traces.some((trace) => text.includes(trace)) ? [name] : []))
