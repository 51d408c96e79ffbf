/** The lanes of script/test: which tests, and what they need beforehand. */
export interface Lane {
  readonly name: string
  /** Regular expression on the path of the test file, from inside `test/`. */
  readonly pattern: string
  readonly needs: readonly ('sandbox' | 'bundle' | 'tools' | 'browser')[]
  /** How many files run at a time: 1 where they would disturb each other; on the sandbox each worker has a server of its own, and waits more than it computes. */
  readonly workers: number
  /** With `--mutations`: the tests of the tests alone. */
  readonly mutations?: string
  /** The lane that it runs at the same time as, where both are asked for: they share no server. */
  readonly beside?: string
  /** The lane whose workers take its files, too, where both are asked for: who is done early goes on with them. */
  readonly joins?: string
}

const others = ['contract', 'runner', 'sandbox', 'journeys', 'faults', 'workflows', 'demo']

export const LANES: readonly Lane[] = [
  { name: 'unit', pattern: `(?!(${others.join('|')})/)`, needs: [], workers: 2 },
  { name: 'contract', pattern: '(contract|runner)/', needs: ['bundle', 'browser'], workers: 2, beside: 'unit' },
  { name: 'sandbox', pattern: 'sandbox/', needs: ['bundle', 'sandbox'], workers: 3 },
  { name: 'users', pattern: 'journeys/', mutations: 'journeys/mutations', needs: ['bundle', 'sandbox'], workers: 3, joins: 'sandbox' },
  { name: 'workflows', pattern: 'workflows/', needs: ['bundle', 'sandbox', 'tools'], workers: 1 },
  { name: 'faults', pattern: 'faults/', needs: ['bundle', 'sandbox'], workers: 1, beside: 'workflows' },
  { name: 'demo', pattern: 'demo/', needs: ['bundle', 'sandbox'], workers: 1, beside: 'workflows' },
]

/** @throws where a name is no lane */
export const lanesNamed = (names: readonly string[]): readonly Lane[] => {
  const unknown = names.filter((name) => !LANES.some((lane) => lane.name === name))
  if (unknown.length > 0) throw new Error(`no lane ${unknown.join(', ')}; there are ${LANES.map((lane) => lane.name).join(', ')}`)
  return names.length === 0 ? LANES : LANES.filter((lane) => names.includes(lane.name))
}

/** Each lane whose files another one takes is a part of that one. */
export const joined = (lanes: readonly Lane[]): readonly Lane[] =>
  lanes.flatMap((lane) => {
    if (lanes.some(({ name }) => name === lane.joins)) return []
    const joining = lanes.filter(({ joins }) => joins === lane.name)
    if (joining.length === 0) return [lane]
    const all = [lane, ...joining]
    return [
      {
        ...lane,
        name: all.map(({ name }) => name).join(' and '),
        pattern: `(${all.map(({ pattern }) => pattern).join('|')})`,
        needs: [...new Set(all.flatMap(({ needs }) => needs))],
      },
    ]
  })

/** Lanes that run at the same time, one group after the other. */
export const groupsOf = (lanes: readonly Lane[]): readonly (readonly Lane[])[] => {
  const groups: Lane[][] = []
  for (const lane of lanes) {
    const group = groups.find((members) => members.some(({ name }) => name === lane.beside))
    if (group === undefined) groups.push([lane])
    else group.push(lane)
  }
  return groups
}
