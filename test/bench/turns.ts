export interface Turns<Value> {
  readonly ours: readonly Value[]
  readonly theirs: readonly Value[]
}

/** A B A B: whatever else the machine does weighs on both. */
export const inTurns = async <Value>(count: number, ours: () => Promise<Value>, theirs: () => Promise<Value>): Promise<Turns<Value>> => {
  const turns: { ours: Value[]; theirs: Value[] } = { ours: [], theirs: [] }
  for (let turn = 0; turn < count; turn += 1) {
    turns.ours.push(await ours())
    turns.theirs.push(await theirs())
  }
  return turns
}
