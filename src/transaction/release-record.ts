import type { ReleaseRecord } from '../plan/observed.ts'

/** Where a value is not what it has to be, as a path; null where it is. */
type Check = (value: unknown, path: string) => string | null

const LONGEST = 8192
const MOST = 1000

const is =
  (fits: (value: unknown) => boolean): Check =>
  (value, path) =>
    fits(value) ? null : path

const text = is((value) => typeof value === 'string' && value.length <= LONGEST && !value.includes('\0'))
const matching = (pattern: RegExp): Check => is((value) => typeof value === 'string' && value.length <= LONGEST && pattern.test(value))
const oneOf = (...words: readonly string[]): Check => is((value) => words.includes(value as string))
const flag = is((value) => typeof value === 'boolean')
/** Times of a day at most, in milliseconds, and everything that is counted. */
const natural = is((value) => Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= 86_400_000)
const nullable =
  (check: Check): Check =>
  (value, path) =>
    value === null ? null : check(value, path)
const optional =
  (check: Check): Check =>
  (value, path) =>
    value === undefined ? null : check(value, path)
const listOf =
  (check: Check): Check =>
  (value, path) =>
    Array.isArray(value) && value.length <= MOST ? first(value.map((item, index) => check(item, `${path}[${index}]`))) : path
const mapOf =
  (name: RegExp, check: Check): Check =>
  (value, path) => {
    const entries = isObject(value) ? Object.entries(value) : null
    if (entries === null || entries.length > MOST) return path
    return first(entries.map(([key, item]) => (name.test(key) ? check(item, `${path}.${key}`) : `${path}.${key.slice(0, 60)}`)))
  }
/** Further keys are allowed: a newer version of ours may have written them. */
const object =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value, path) =>
    isObject(value)
      ? first(Object.entries(fields).map(([key, check]) => check(own(value, key), path === '' ? key : `${path}.${key}`)))
      : path

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const own = (value: Readonly<Record<string, unknown>>, key: string): unknown => (Object.hasOwn(value, key) ? value[key] : undefined)
const first = (found: readonly (string | null)[]): string | null => found.find((path) => path !== null) ?? null

const NAME = /^[A-Za-z0-9][\w.-]{0,127}$/
const ID = /^[\w.-]{1,128}$/
const digest = matching(/^sha256:[0-9a-f]{64}$/)
const reference = matching(/^[a-z0-9][a-z0-9._:/-]*@sha256:[0-9a-f]{64}$/)

const asks: Readonly<Record<string, Check>> = {
  http: object({
    port: is((value) => Number.isSafeInteger(value) && (value as number) > 0 && (value as number) < 65_536),
    path: matching(/^\/[^\r\n]*$/),
    status: listOf(is((value) => Number.isSafeInteger(value) && (value as number) >= 100 && (value as number) <= 599)),
    contains: nullable(text),
    patterns: listOf(text),
  }),
  exec: object({ argv: listOf(text) }),
  log: object({ text }),
  auto: () => null,
}
const ask: Check = (value, path) => {
  const kind = isObject(value) ? own(value, 'kind') : undefined
  const check = typeof kind === 'string' && Object.hasOwn(asks, kind) ? asks[kind] : undefined
  return check === undefined ? `${path}.kind` : check(value, path)
}

const whole = object({
  id: matching(ID),
  number: natural,
  kind: optional(oneOf('deploy', 'rollback')),
  of: optional(nullable(matching(ID))),
  fallback: optional(nullable(matching(ID))),
  commit: matching(/^[0-9a-f]{7,64}$/),
  ref: optional(nullable(text)),
  repository: optional(nullable(text)),
  actor: optional(nullable(text)),
  run: optional(nullable(text)),
  reason: optional(nullable(text)),
  operation: optional(matching(ID)),
  images: mapOf(NAME, object({ reference, digest, platforms: mapOf(/^[a-z0-9]+(\/[a-z0-9]+){1,2}$/, digest) })),
  services: mapOf(
    NAME,
    object({
      image: matching(NAME),
      digest,
      order: oneOf('stop-first', 'start-first'),
      parallelism: optional(is((value) => Number.isSafeInteger(value) && (value as number) >= 1)),
      replicas: optional(natural),
      exactly: flag,
      last: optional(flag),
      after: listOf(matching(NAME)),
      readiness: object({ ask, grace: natural, interval: natural, retries: natural, deadline: natural, stable: natural }),
      containerName: matching(/^([A-Za-z0-9][\w.-]*)?$/),
    }),
  ),
  smoke: listOf(object({ name: text, service: matching(NAME), ask, retries: natural, timeout: natural })),
  infrastructure: optional(listOf(matching(NAME))),
  stack: optional(mapOf(/^[\w./-]{1,256}$/, object({ release: matching(ID), commit: text, images: mapOf(NAME, reference) }))),
  schema: object({ before: text, after: text }),
  compatible: optional(flag),
  committed: optional(text),
})

/**
 * The record is ours, but whoever owns the server can write it, and a rollback runs what it says.
 * @returns the record, or where it is not one
 */
export const releaseRecord = (value: unknown): ReleaseRecord | string => {
  const wrong = whole(value, '')
  if (wrong !== null) return wrong === '' ? 'it is no object' : `\`${wrong}\` is not what we write there`
  const record = value as ReleaseRecord
  return { ...record, infrastructure: record.infrastructure ?? [], stack: record.stack ?? {} }
}
