/** What came of the tries, as people read it: one line for each failpoint and victim. */
import type { Tried } from './try.ts'
import { VICTIMS } from './victims.ts'

/** One try in one line. */
export const told = ({ scenario, victim, visit, how, struck, served, firstExit, secondExit, gap, seconds, violations }: Tried): string =>
  [
    `${scenario} | ${visit.name} #${visit.count} | ${struck ? `${victim}: ${how}` : 'not reached'} | served ${served}`,
    `${firstExit ?? 'killed'} → ${secondExit} | gap ${(gap / 1000).toFixed(1)} s | ${seconds.toFixed(1)} s`,
    violations.length === 0 ? 'holds' : violations.map(({ invariant, evidence }) => `${invariant}: ${evidence}`).join('; '),
  ].join(' | ')

export interface Row {
  readonly failpoint: string
  readonly victim: string
  readonly times: number
  /** What served once the fault was over, before anybody ran anything again. */
  readonly served: string
  readonly codes: string
  readonly gap: number
  readonly broken: readonly string[]
}

export const rowsOf = (tried: readonly Tried[]): readonly Row[] => {
  const groups = Map.groupBy(
    tried.filter(({ struck }) => struck),
    ({ visit, victim }) => `${visit.name}\n${victim}`,
  )
  return [...groups.values()]
    .map((group) => ({
      failpoint: group[0]?.visit.name ?? '',
      victim: group[0]?.victim ?? '',
      times: group.length,
      served: unique(group.map(servedWord)),
      codes: unique(group.map(({ firstExit, secondExit }) => `${firstExit ?? 'killed'} → ${secondExit}`)),
      gap: Math.max(...group.map(({ gap }) => gap)),
      broken: group.flatMap(({ violations }) => violations.map(({ invariant, evidence }) => `${invariant}: ${evidence}`)),
    }))
    .toSorted((one, other) => one.failpoint.localeCompare(other.failpoint) || one.victim.localeCompare(other.victim))
}

const servedWord = ({ served }: Tried): string => (served === '?' ? 'the rerun puts it right' : served)
const unique = (words: readonly string[]): string => [...new Set(words)].toSorted().join(', ')

export const tableOf = (rows: readonly Row[]): string =>
  [
    '| failpoint | victim | times | served after it | exit codes, first → rerun | longest gap | verdict |',
    '|---|---|---|---|---|---|---|',
    ...rows.map(
      ({ failpoint, victim, times, served, codes, gap, broken }) =>
        `| ${failpoint} | ${victim} | ${times} | ${served} | ${codes} | ${(gap / 1000).toFixed(1)} s | ${broken.length === 0 ? 'holds' : `BROKEN ${unique(broken)}`} |`,
    ),
  ].join('\n')

/** For each victim: how many were killed, how long nothing answered at worst, and how many invariants broke. */
export const summaryOf = (tried: readonly Tried[]): string =>
  [
    '| victim | kills | failpoints | longest gap | invariants broken |',
    '|---|---|---|---|---|',
    ...VICTIMS.map((victim) => {
      const mine = tried.filter((one) => one.struck && one.victim === victim)
      const gap = Math.max(0, ...mine.map((one) => one.gap)) / 1000
      const broken = mine.reduce((sum, { violations }) => sum + violations.length, 0)
      return `| ${victim} | ${mine.length} | ${new Set(mine.map(({ visit }) => visit.name)).size} | ${gap.toFixed(1)} s | ${broken} |`
    }),
  ].join('\n')
