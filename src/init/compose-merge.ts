import { mountOf } from '../plan/mounts.ts'
import { environmentOf, type Json, record } from './compose-values.ts'

/** Where each entry has a name, as a list or as a map. */
const NAMED: ReadonlySet<string> = new Set(['environment', 'labels', 'args', 'networks', 'depends_on'])
const LISTS: ReadonlySet<string> = new Set(['ports', 'expose', 'env_file', 'profiles'])

/**
 * A service over what stands below it, by an earlier file or by `extends`, as compose puts them together: maps are merged,
 * lists appended, all else is the later one's.
 * @param replaced keys of which nothing of before stays (`!override`, `!reset`)
 */
export const mergedService = (before: Json, after: Json, replaced: readonly string[] = []): Json => {
  const kept = Object.fromEntries(Object.entries(before).filter(([key]) => !replaced.includes(key)))
  return { ...kept, ...Object.fromEntries(Object.entries(after).map(([key, value]) => [key, mergedValue(key, kept[key], value)])) }
}

const mergedValue = (key: string, before: unknown, after: unknown): unknown => {
  if (before === undefined || before === null) return after
  if (after === undefined || after === null) return before
  if (NAMED.has(key)) return { ...named(before), ...named(after) }
  if (key === 'build') return mergedService(buildMap(before), buildMap(after))
  if (key === 'volumes') return byTarget([before, after].flat())
  if (LISTS.has(key)) return [before, after].flat()
  return isMap(before) && isMap(after) ? mergedService(before, after) : after
}

const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const named = (value: unknown): Json => (Array.isArray(value) ? environmentOf(value) : record(value))
export const buildMap = (value: unknown): Json => (typeof value === 'string' ? { context: value } : record(value))

/** One place in the container has one mount: the last. */
const byTarget = (volumes: readonly unknown[]): readonly unknown[] => {
  const targets = volumes.map((volume) => mountOf(volume).target)
  return volumes.filter((_, index) => targets.lastIndexOf(targets[index] ?? '') === index)
}
