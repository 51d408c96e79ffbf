import { type Json, record } from './compose-values.ts'

/** What compose puts in from its environment; not for a build. */
export interface Variables {
  readonly all: readonly string[]
  /** Those without a default, outside of `image`: empty where nobody sets them. */
  readonly open: readonly string[]
}

/** Names of what is often not used, and then empty. */
export const OPTIONAL_KIND =
  /smtp|mail|sentry|analytics|amplitude|posthog|s3_|aws|oauth|google|github|facebook|twitter|stripe|webhook|proxy|spotify|openai/i
/** Nothing is meant by an empty port or path: compose refuses it, or takes another. */
const NEVER_EMPTY: ReadonlySet<string> = new Set(['ports', 'published', 'target', 'volumes', 'source'])

/** What follows a name that has no default, and that nothing else stands for. */
export const OPEN = /[^+-]$|^$/

/** What is only there to be taken over elsewhere, below `x-…`, is counted where it was. */
export const variablesIn = (part: Json): Variables => {
  const used = Object.fromEntries(Object.entries(part).filter(([key]) => !key.startsWith('x-')))
  const ofOthers = used.build === undefined ? { from: used.image } : {}
  // a secret or a config that is made of a variable: compose refuses to go on without
  const made = [used.secrets, used.configs]
    .flatMap((values) => Object.values(record(values)))
    .flatMap((value) => record(value).environment)
    .filter((name) => typeof name === 'string')
  const open = variablesWith(used, OPEN, (name, key) => OPTIONAL_KIND.test(name) && !NEVER_EMPTY.has(key))
  return { all: [...variablesWith({ ...used, ...ofOthers }, /(?:)/), ...made], open: [...open, ...made] }
}

/** What stands in `image` is replaced by a pin anyway, unless compose insists. */
export const variablesWith = (
  whole: Json,
  operator: RegExp,
  isLeftOut: (name: string, key: string) => boolean = () => false,
): readonly string[] => {
  const found = new Set<string>()
  const look = (value: unknown, key: string): void => {
    if (typeof value === 'string') {
      for (const [, name = '', rest = ''] of value.replaceAll('$$', '').matchAll(/\$\{?([A-Za-z_]\w*)((?::?[-?+])?)/g)) {
        if (!operator.test(rest) || (key === 'image' && !rest.endsWith('?')) || isLeftOut(name, key)) continue
        found.add(name)
      }
    } else if (Array.isArray(value)) for (const one of value) look(one, key)
    else if (typeof value === 'object' && value !== null)
      for (const [inner, one] of Object.entries(value)) if (inner !== 'build') look(one, inner)
  }
  look(whole, '')
  return [...found]
}
