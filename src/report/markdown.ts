/** Text of others in the summary of a job: it may hold anything, and must only ever be read. */
const LONGEST = 2000

/** One line of Markdown that shows the text as it is. */
export const inline = (text: string, limit = LONGEST): string => {
  const line = cut(text.replace(/\s+/g, ' ').trim(), limit)
  return withoutControls(line)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_{}[\]()#+!|~$]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replaceAll('@', '&#64;')
    .replaceAll('://', ':&#47;&#47;')
    .replaceAll('www.', 'www&#46;')
}

/** The same inside a table cell, where an empty one would look like a mistake. */
export const cell = (text: string): string => (text.trim() === '' ? '–' : inline(text, 500))

/** Code in one line: `<code>` and entities, because no number of backticks is safe. */
export const code = (text: string): string => `<code>${inline(text, 500)}</code>`

/** One step of a hint (see FailureDetails): what is to be typed as code, what a person decides as a sentence. */
export const nextStep = (step: string): string => {
  const [, where, rest = ''] = /^(by hand|on the server): (.*)$/s.exec(step) ?? []
  if (where === undefined) return `Next: ${code(step)}`
  return `Next, ${where}: ${where === 'by hand' ? inline(rest) : code(rest)}`
}

/** Lines as they are, in a block that no text can end. */
export const block = (lines: readonly string[]): string => {
  const shown = lines.map((line) => withoutControls(cut(line, LONGEST)))
  const longest = Math.max(2, ...shown.flatMap((line) => [...line.matchAll(/`+/g)].map((match) => match[0].length)))
  const fence = '`'.repeat(longest + 1)
  return [`${fence}text`, ...shown, fence].join('\n')
}

/** A link that goes where it says; only to http and https. */
export const link = (text: string, url: string): string =>
  /^https?:\/\/[^\s<>()"'\\`|]+$/.test(url) ? `[${inline(text)}](${url})` : inline(text)

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

const cut = (text: string, limit: number): string => (text.length > limit ? `${text.slice(0, limit)}…` : text).toWellFormed()

/** Controls, and what turns or hides text. */
const withoutControls = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '')
