/** Which failpoint is tried with which victim, how often and in which order. */
import type { Visit } from './failpoint.ts'
import { COSTLY, type Fault, type Scenario, SWEPT } from './try.ts'
import { VICTIMS } from './victims.ts'

/** Where each scenario passes when nothing happens. */
export type Passed = Readonly<Partial<Record<Scenario, readonly Visit[]>>>

export const TIMES = 3

/** Every failpoint by its name, each with each victim, three times: at different places and in different scenarios where it is passed more than once. */
export const everything = (passed: Passed): readonly Fault[] =>
  [...placesOf(passed)].flatMap(([, places]) =>
    VICTIMS.flatMap((victim) =>
      Array.from({ length: TIMES }, (_, turn) => {
        const place = places[(turn * Math.max(1, Math.floor(places.length / TIMES))) % places.length]
        return place === undefined ? [] : [{ ...place, victim, turn }]
      }).flat(),
    ),
  )

/** The same order for the same seed. */
export const shuffled = <Item>(items: readonly Item[], seed: number): readonly Item[] => {
  const next = random(seed)
  return items
    .map((item) => ({ item, key: next() }))
    .toSorted((one, other) => one.key - other.key)
    .map(({ item }) => item)
}

export const namesOf = (passed: Passed): readonly string[] => [...placesOf(passed).keys()]

const placesOf = (passed: Passed): ReadonlyMap<string, readonly { readonly scenario: Scenario; readonly visit: Visit }[]> => {
  const places = new Map<string, { readonly scenario: Scenario; readonly visit: Visit }[]>()
  for (const scenario of SWEPT)
    for (const visit of passed[scenario] ?? []) {
      const known = places.get(visit.name) ?? []
      if (scenario === COSTLY && known.some((place) => place.scenario !== COSTLY)) continue
      places.set(visit.name, [...known, { scenario, visit }])
    }
  return places
}

/** Mulberry32: enough for an order. */
const random = (seed: number) => {
  let state = seed >>> 0
  return (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
