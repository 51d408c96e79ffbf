/** What was measured, and whether it keeps its limit. Pure. */

/** Values of ours against a fixed limit, or turn by turn against somebody else's. */
export interface Measurement {
  readonly figure: string
  readonly what: string
  readonly unit: 'B' | 'ms' | 'MiB' | 'round trips' | 'requests'
  readonly ours: readonly number[]
  /** As many as ours, each taken right after it; absent where the limit is a number and not a ratio. */
  readonly theirs?: readonly number[]
  /** Of the median ratio, or of the median of ours. Absent: shown only, for what explains the others. */
  readonly limit?: number
}

export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

export const spread = (values: readonly number[]): Spread => {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = (sorted.length - 1) / 2
  const at = (index: number): number => sorted[index] ?? Number.NaN
  return { min: at(0), median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, max: at(sorted.length - 1) }
}

/** Turn by turn, so that a minute in which the machine is busy weighs on both sides. */
export const ratios = ({ ours, theirs = [] }: Pick<Measurement, 'ours' | 'theirs'>): readonly number[] =>
  ours.map((value, turn) => value / (theirs[turn] ?? Number.NaN))

/** What is held against the limit. */
export const decisive = (measurement: Measurement): number =>
  spread(measurement.theirs === undefined ? measurement.ours : ratios(measurement)).median

export type Verdict = 'kept' | 'broken' | 'shown'

/** A value that is no number, as from a turn that gave none, keeps no limit. */
export const verdict = (measurement: Measurement): Verdict => {
  if (measurement.limit === undefined) return 'shown'
  return decisive(measurement) <= measurement.limit ? 'kept' : 'broken'
}
