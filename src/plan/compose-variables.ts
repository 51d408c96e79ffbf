/** `$NAME` and `${NAME…}` at the beginning of a text, and what stands in the braces. */
const PLAIN = /^\$[A-Za-z_]\w*/
const BRACED = /^([A-Za-z_]\w*)(?:(:?[-+?])([\s\S]*))?$/

/**
 * A text of a compose file as it is where none of its variables is set, with defaults in defaults: only "-" brings a
 * value, and `$$` is a dollar sign.
 */
export const withDefaults = (text: string): string => {
  const dollar = text.indexOf('$')
  if (dollar < 0) return text
  const rest = text.slice(dollar)
  const before = text.slice(0, dollar)
  if (rest.startsWith('$$')) return `${before}$${withDefaults(rest.slice(2))}`
  if (rest.startsWith('${')) {
    const end = closingBrace(rest)
    const [, name, operator = '', fallback = ''] = BRACED.exec(rest.slice(2, end)) ?? []
    if (name !== undefined && end > 0)
      return `${before}${operator.endsWith('-') ? withDefaults(fallback) : ''}${withDefaults(rest.slice(end + 1))}`
  }
  const [plain] = PLAIN.exec(rest) ?? []
  return plain === undefined ? `${before}$${withDefaults(rest.slice(1))}` : `${before}${withDefaults(rest.slice(plain.length))}`
}

/** Of the first brace, whatever is nested in it. */
const closingBrace = (text: string): number => {
  let depth = 0
  for (let at = 1; at < text.length; at++) {
    if (text[at] === '{' && text[at - 1] === '$') depth += 1
    if (text[at] === '}') depth -= 1
    if (depth === 0) return at
  }
  return -1
}
