/**
 * A sitting of the fault sweep: goes on where the last one was broken off, until everything is tried, its time is over, or
 * it is told to end (SIGTERM, or whoever started it is gone): then it finishes what is under way. On SIGINT, which the
 * deploys under way get as well, those tries do not count.
 *
 *   eval "$(script/sandbox env)"; script/node24 test/faults/sitting.ts     # and docs/faults.md is written
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writePage } from './document.ts'
import { sweepKey } from './ledger/key.ts'
import { Ledger, TRIES } from './ledger/ledger.ts'
import { everything, namesOf, shuffled } from './sweep/schedule.ts'
import type { Stack } from './sweep/stack.ts'
import { passedBy, sweep, withStacks } from './sweep/sweep.ts'
import { told } from './sweep/table.ts'
import { build } from './weave/build.ts'

export interface Sitting {
  readonly seed: number
  /** After which no new try begins. */
  readonly seconds: number
  /** How many faults at most, of the whole. */
  readonly tries: number
  readonly machines: number
  /** Which victims at which failpoints: "engine: undo bring_back". */
  readonly only: RegExp
  readonly ledger: Ledger
  readonly say: (text: string) => void
}

type Ending = 'finish' | 'drop'

export const sit = async ({ seed, seconds, tries, machines, only, ledger, say }: Sitting): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'faults-bundle-'))
  const sitting = new Date().toISOString()
  const began = performance.now()
  const elapsed = (): number => (performance.now() - began) / 1000
  const ending = endingOf(say)
  try {
    await build(folder, ['failpoints'])
    await withStacks(folder, machines, async (stacks) => {
      if (ledger.passed === null) ledger.add({ kind: 'passed', passed: await passedBy(stacks[0] as Stack) })
      const all = everything(ledger.passed ?? {})
      const asked = shuffled(all, seed)
        .filter(({ victim, visit }) => only.test(`${victim}: ${visit.name}`))
        .slice(0, tries)
      const left = ledger.left(asked)
      say(`${namesOf(ledger.passed ?? {}).length} failpoints, ${all.length} faults; seed ${seed} (DEPLOY_ACTION_FAULTS_SEED)`)
      say(`${asked.length} are asked for, ${left.length} are left; ${ledger.file}`)
      await sweep(stacks, left, {
        isOver: () => ending.value !== null || elapsed() > seconds,
        onTried: (tried) => {
          if (ending.value === 'drop') return
          ledger.add({ kind: 'tried', sitting, seconds: elapsed(), tried })
          say(`${asked.length - ledger.left(asked).length}/${asked.length} ${told(tried)}`)
        },
      })
    })
  } finally {
    ending.unheard()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** How it is to end; null as long as nobody has said so. */
const endingOf = (say: Sitting['say']): { readonly value: Ending | null; unheard(): void } => {
  let value: Ending | null = null
  const end = (how: Ending) => (): void => {
    value ??= how
    say(how === 'finish' ? 'The sitting ends with the tries that are under way…' : 'The sitting ends; what is under way does not count…')
  }
  const [finish, drop] = [end('finish'), end('drop')]
  process.on('SIGTERM', finish).on('SIGHUP', finish).on('SIGINT', drop)
  return {
    get value() {
      return value
    },
    unheard: () => void process.off('SIGTERM', finish).off('SIGHUP', finish).off('SIGINT', drop),
  }
}

const given = (name: string, otherwise: number): number => Number(process.env[`DEPLOY_ACTION_FAULTS_${name}`] ?? otherwise)

/** `sitting.ts [--attended] [FOLDER]`: prints the file of the ledger; in a folder of its own it is not what docs/faults.md tells. */
const main = async (words: readonly string[]): Promise<void> => {
  // who started it holds its standard input, and may be gone without a word
  if (words.includes('--attended')) process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM')).resume()
  const folder = words.find((word) => !word.startsWith('--'))
  const ledger = Ledger.open(folder ?? TRIES, await sweepKey())
  process.stdout.write(`${ledger.file}\n`)
  try {
    await sit({
      seed: given('SEED', 20_261_121),
      seconds: given('SECONDS', 86_400),
      tries: given('TRIES', Number.POSITIVE_INFINITY),
      machines: given('MACHINES', Number.POSITIVE_INFINITY),
      only: new RegExp(process.env.DEPLOY_ACTION_FAULTS_ONLY ?? ''),
      ledger,
      say: (text) => void process.stderr.write(`${text}\n`),
    })
  } finally {
    if (folder === undefined && ledger.passed !== null) {
      ledger.replaceOthers()
      writePage(ledger)
    }
  }
}

if (import.meta.filename === process.argv[1]) {
  await main(process.argv.slice(2))
  process.exit()
}
