/** `${NAME}`, `${NAME:-default}` with no variable in the default, and `$$` for a dollar sign; a single `$` before anything else is itself. */
const VARIABLE = /\$\$|\$\{([^}]*)\}/g
const INSIDE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s

export type Environment = Readonly<Record<string, string | undefined>>

export interface Interpolated {
  readonly text: string
  /** Names that are not set, or empty, and have no default. */
  readonly missing: readonly string[]
  /** `${…}` that is no variable. */
  readonly malformed: readonly string[]
  /** Names whose default holds a `${…}`: it would end at the first brace. */
  readonly nested: readonly string[]
  readonly used: readonly string[]
}

/** Values are put in as they are: what they hold is never read again. */
export const interpolate = (template: string, environment: Environment): Interpolated => {
  const missing: string[] = []
  const malformed: string[] = []
  const nested: string[] = []
  const used: string[] = []
  const text = template.replace(VARIABLE, (whole, inside: string | undefined) => {
    if (inside === undefined) return '$'
    const [, name, fallback] = INSIDE.exec(inside) ?? []
    if (name === undefined) malformed.push(whole)
    else if (fallback?.includes('${')) nested.push(name)
    else {
      const value = Object.hasOwn(environment, name) ? environment[name] : undefined
      used.push(name)
      if (value !== undefined && value !== '') return value
      if (fallback === undefined) missing.push(name)
    }
    return fallback ?? ''
  })
  return { text, missing, malformed, nested, used }
}
