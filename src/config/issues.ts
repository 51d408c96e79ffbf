import type * as z from 'zod'
import { nearest } from './nearest.ts'
import type { Path, Problem } from './problem.ts'
import { keysAt } from './schema-keys.ts'

type Issue = z.core.$ZodIssue

/** What zod found, as sentences for people who wrote YAML. */
export const problemsOf = (issues: readonly Issue[], schema: z.core.$ZodType, data: unknown): readonly Problem[] =>
  issues.flatMap((issue) => problems(issue, schema, data))

const problems = (issue: Issue, schema: z.core.$ZodType, data: unknown): readonly Problem[] => {
  const path = pathOf(issue)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], at: 'key', message: unknownKey(key, keysAt(schema, path)) }))
    case 'invalid_key':
      return issue.issues.map((inner) => ({ path, at: 'key', message: `"${String(path.at(-1))}" ${inner.message}` }))
    case 'invalid_union':
      return [{ path, at: 'value', message: union(issue, valueAt(data, path)) }]
    default:
      return [{ path, at: 'value', message: one(issue, valueAt(data, path)) }]
  }
}

const pathOf = (issue: Issue): Path => issue.path.map((part) => (typeof part === 'number' ? part : String(part)))

const unknownKey = (key: string, known: readonly string[]): string => {
  const meant = nearest(key, known)
  if (known.length === 0) return `"${key}" is not known here`
  return meant === undefined
    ? `"${key}" is not known here; there are ${known.join(', ')}`
    : `"${key}" is not known here; did you mean "${meant}"?`
}

const one = (issue: Issue, value: unknown): string => {
  if (value === undefined) return 'is missing'
  if (issue.code === 'invalid_type') return `must be ${article(issue.expected)}, not ${described(value)}`
  if (issue.code === 'invalid_value') return enumeration(issue.values, value)
  if (issue.code === 'too_small') return issue.origin === 'array' ? 'must not be empty' : bound(issue.message, `at least ${issue.minimum}`)
  if (issue.code === 'too_big') return bound(issue.message, `at most ${issue.maximum}`)
  if (issue.code === 'invalid_format' && issue.message.startsWith('Invalid'))
    return `must be a valid ${issue.format}, not ${described(value)}`
  return issue.message.startsWith('must') || issue.message.startsWith('needs')
    ? `${issue.message}, not ${described(value)}`.replace(/^(needs .*), not .*$/s, '$1')
    : issue.message
}

/** Messages that we wrote ourselves are kept; zod's own speak of types. */
const bound = (message: string, limit: string): string => (message.startsWith('Too') ? `must be ${limit}` : message)

const enumeration = (values: readonly unknown[], given: unknown): string => {
  const names = values.map((value) => (typeof value === 'string' ? `"${value}"` : String(value)))
  const meant =
    typeof given === 'string'
      ? nearest(
          given,
          values.filter((value) => typeof value === 'string'),
        )
      : undefined
  return `must be ${names.join(' or ')}, not ${described(given)}${meant === undefined ? '' : `; did you mean "${meant}"?`}`
}

/** Of a union, the branch that came furthest; where all failed at once, what each of them wants. */
const union = (issue: Extract<Issue, { code: 'invalid_union' }>, value: unknown): string => {
  const branches = issue.errors.map((branch) => branch[0]).filter((inner) => inner !== undefined)
  const fitting = branches.find((inner) => inner.code !== 'invalid_type')
  if (fitting !== undefined) return one(fitting, value)
  const wanted = branches.map((inner) => (inner.code === 'invalid_type' ? article(inner.expected) : inner.message))
  return value === undefined ? 'is missing' : `must be ${[...new Set(wanted)].join(' or ')}, not ${described(value)}`
}

const NAMES: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a map',
  record: 'a map',
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  int: 'a whole number',
}
const article = (type: string): string => NAMES[type] ?? type

const described = (value: unknown): string => {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  if (typeof value === 'string') return `the text ${JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)}`
  return String(value)
}

const valueAt = (data: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, part)
        ? (value as Record<string | number, unknown>)[part]
        : undefined,
    data,
  )
