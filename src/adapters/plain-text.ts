/** What others wrote may be long, coloured, and made to move the cursor. */
const LONGEST_SHOWN = 4000
const ESCAPE_SEQUENCES = new RegExp(
  [
    '\\u001b\\[[0-?]*[ -/]*[@-~]', // CSI: colours, cursor
    '\\u001b[\\]PX^_][^\\u0007\\u001b]*(?:\\u0007|\\u001b\\\\)?', // OSC, DCS: titles, links
    '\\u001b[ -/]*[0-~]', // two-character escapes
    '\\u009b[0-?]*[ -/]*[@-~]', // CSI in one character
  ].join('|'),
  'g',
)
/** Controls but tab; line and paragraph separators; what turns the direction of text; what is not seen. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
const UNSEEN = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** Text without what acts or is not seen. */
export const unseen = (text: string): string => text.replace(ESCAPE_SEQUENCES, '').replace(UNSEEN, '').toWellFormed()

/**
 * One line of plain text of bounded length: the text of others, with nothing in it that acts.
 * @param hide takes secrets out: after what stood invisibly inside of them is gone, before the text is cut
 */
export const plainText = (line: string, limit = LONGEST_SHOWN, hide: (text: string) => string = (text) => text): string => {
  // progress bars overwrite themselves: the last state is what people would see
  const last = line.replace(/\r+$/, '').split('\r').at(-1) ?? ''
  const text = hide(unseen(last.slice(0, limit * 4)))
  return text.length > limit ? `${text.slice(0, limit)}… (${last.length} characters)` : text
}
