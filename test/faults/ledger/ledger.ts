/**
 * What came of the tries of a sweep, each on the disk as soon as it is over: a sweep takes hours, and may be broken off at
 * any moment, or go on upon another machine. One file for each state of the code that the tries depend on (key.ts), one line
 * for each try.
 */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Passed } from '../sweep/schedule.ts'
import type { Fault, Tried } from '../sweep/try.ts'

type Line =
  | { readonly kind: 'passed'; readonly passed: Passed }
  /** @property sitting when it began @property seconds since then */
  | { readonly kind: 'tried'; readonly sitting: string; readonly seconds: number; readonly tried: Tried }
  | Carried

/** A person said, and why, that the tries before this line count although they were judged by another judge of the same sources. */
export interface Carried {
  readonly kind: 'carried'
  readonly from: string
  readonly tries: number
  /** Those that broke an invariant: the judge of today tries them again. */
  readonly dropped: readonly string[]
  readonly because: string
}

/** What docs/faults.md tells, and whoever doubts it reads. */
export const TRIES = join(import.meta.dirname, 'tries')

/** A failpoint that is not reached this often, as others are asked in another order, is given up. */
const ATTEMPTS = 3

export class Ledger {
  readonly file: string
  readonly key: string
  readonly #lines: Line[]

  private constructor(file: string, key: string, lines: Line[]) {
    this.file = file
    this.key = key
    this.#lines = lines
  }

  /** What is there for this key, without a line whose writing was cut off. @throws where another line cannot be read */
  static open(folder: string, key: string): Ledger {
    mkdirSync(folder, { recursive: true })
    const file = join(folder, `${key}${ENDING}`)
    const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    // what comes next must not be written behind half a line
    if (whole !== text) truncateSync(file, Buffer.byteLength(whole))
    const lines = whole.split('\n').slice(0, -1)
    return new Ledger(
      file,
      key,
      lines.map((line, index) => parsed(line, file, index + 1)),
    )
  }

  /** The one that is in a folder. @throws where there is none, or more than one */
  static only(folder: string): Ledger {
    const [name, ...others] = ledgersIn(folder)
    if (name === undefined || others.length > 0)
      throw new Error(
        `${folder} holds ${name === undefined ? 'no ledger' : 'several ledgers'}. Next: script/node24 test/faults/sitting.ts, which leaves the one of today's sources`,
      )
    return Ledger.open(folder, name.slice(0, -ENDING.length))
  }

  /** Ledgers of other keys go: they tell of sources that are no more. */
  replaceOthers(): void {
    const folder = dirname(this.file)
    for (const name of ledgersIn(folder)) if (name !== basename(this.file)) rmSync(join(folder, name))
  }

  /** Where the scenarios came by when nobody was killed; null before anybody looked. */
  get passed(): Passed | null {
    return this.#lines.flatMap((line) => (line.kind === 'passed' ? [line.passed] : []))[0] ?? null
  }

  get tried(): readonly Tried[] {
    return this.#lines.flatMap((line) => (line.kind === 'tried' ? [line.tried] : []))
  }

  get carried(): readonly Carried[] {
    return this.#lines.flatMap((line) => (line.kind === 'carried' ? [line] : []))
  }

  /**
   * Takes over what another ledger holds, but for what broke. @throws where that is of other sources: a sweep of those tells
   * nothing of these
   */
  carry(other: Ledger, because: string): void {
    const [sources, theirs] = [this, other].map(({ key }) => key.split('-')[0])
    if (sources !== theirs) throw new Error(`${other.key} is of other sources than ${this.key}: sweep anew`)
    if (this.#lines.length > 0) throw new Error(`${this.file} has tries of its own`)
    const isBroken = (line: Line): boolean => line.kind === 'tried' && line.tried.violations.length > 0
    for (const line of other.#lines.filter((one) => !isBroken(one))) this.add(line)
    const dropped = other.tried.flatMap((tried) =>
      tried.violations.map(({ invariant, evidence }) => `${tried.visit.name} (${tried.victim}): ${invariant}, ${evidence}`),
    )
    this.add({ kind: 'carried', from: other.key, tries: this.tried.length, dropped, because })
  }

  /** Of all sittings together. */
  get seconds(): number {
    const longest = new Map<string, number>()
    for (const line of this.#lines)
      if (line.kind === 'tried') longest.set(line.sitting, Math.max(line.seconds, longest.get(line.sitting) ?? 0))
    return [...longest.values()].reduce((sum, seconds) => sum + seconds, 0)
  }

  /** On the disk when this returns. */
  add(line: Line): void {
    appendFileSync(this.file, `${written(line)}\n`, { flush: true })
    this.#lines.push(line)
  }

  /** Those of the faults that are still to be tried. What broke is not: it stays as it was seen until the code is another. */
  left(faults: readonly Fault[]): readonly Fault[] {
    const tries = Map.groupBy(this.tried, identity)
    return faults.filter((fault) => {
      const mine = tries.get(identity(fault)) ?? []
      return mine.length < ATTEMPTS && !mine.some(({ struck, violations }) => struck || violations.length > 0)
    })
  }
}

const ENDING = '.jsonl'
const ledgersIn = (folder: string): readonly string[] => readdirSync(folder).filter((name) => name.endsWith(ENDING))

/** Seconds and milliseconds to a tenth: nobody measured more. */
const written = (line: Line): string =>
  JSON.stringify(line, (_, value) => (typeof value === 'number' ? Math.round(value * 10) / 10 : value))

/** The how-manieth blow of a victim at a failpoint, whichever of its places is taken. */
const identity = ({ visit, victim, turn }: Fault): string => `${visit.name}\n${victim}\n${turn}`

const parsed = (line: string, file: string, number: number): Line => {
  try {
    return JSON.parse(line) as Line
  } catch (error) {
    throw new Error(`${file}:${number} is no line of a ledger. Next: by hand: look at it, and take it out`, { cause: error })
  }
}
