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

/** Forms that are in the text, by their names. */
export const formsFound = (secret: string, text: string): readonly string[] =>
  canaryForms(secret).flatMap(({ name, traces }) => (traces.some((trace) => text.includes(trace)) ? [name] : []))

/**
 * The first holds what each encoding treats specially. In each of the others one kind of special character stands so
 * close that no piece of the plain value is left in the encoded one: only the form itself hides that.
 */
export const CANARIES: readonly string[] = [
  `c4N"a&7<y'Q2$w>Z9/k+T5%e*L8 (b)R3~h=X6;p`,
  `jS"0n\\q1"Wb\\R7"uV\\3m"Kx\\9c"Tz\\4p"Ge\\8d`,
  `xM&l0<z7>Qa&5s<Wd>3f&Gh<1j>Kq&9e<Rt>2y&Ui<o6`,
  `sH'e1L'q2W'e3R't4Y'u5I'o6P'a7S'd8F'g9H'j0K`,
  `uR l%0A/b+7C d%2E/f+9G h%4I/j+1K l%6M/n+3O`,
]
