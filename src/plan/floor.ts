/** The oldest versions with which the whole road was run; see docs/decisions/version-floor.md. */
export const ENGINE_FLOOR = '20.10.24'
export const COMPOSE_FLOOR = '2.20.3'

/** Compares the numbers only: "28.5.2+dfsg4" is 28.5.2. */
export const isBelow = (version: string, floor: string): boolean => {
  const [found, wanted] = [numbers(version), numbers(floor)]
  for (const [index, number] of wanted.entries()) {
    const other = found[index] ?? 0
    if (other !== number) return other < number
  }
  return false
}

const numbers = (version: string): number[] => (version.match(/\d+/g) ?? []).slice(0, 3).map(Number)
