/** script/bench [--turns N] [NAME…]: measures, prints a table, and fails where a limit is broken. */
import { execFileSync } from 'node:child_process'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openSandbox } from '../../script/lanes/sandbox.ts'
import { FIGURES } from './figures/all.ts'
import type { Bench } from './figures/figure.ts'
import { type Measurement, verdict } from './measurement.ts'
import { bundled, type Product } from './product.ts'
import { benchSample, type Sample } from './sample.ts'
import { benchServer } from './server.ts'
import { table } from './table.ts'

const root = join(import.meta.dirname, '../..')
const say = (sentence: string): void => console.error(sentence)

const asked = (): { readonly names: readonly string[]; readonly turns: number } => {
  const { values, positionals } = parseArgs({ options: { turns: { type: 'string', default: '7' } }, allowPositionals: true })
  const unknown = positionals.filter((name) => !Object.hasOwn(FIGURES, name))
  const turns = Number(values.turns)
  if (unknown.length > 0) throw new Error(`no figure ${unknown.join(', ')}; there are ${Object.keys(FIGURES).join(', ')}`)
  if (!Number.isInteger(turns) || turns < 1) throw new Error(`--turns must be a number from 1, not ${values.turns}`)
  return { names: positionals.length === 0 ? Object.keys(FIGURES) : positionals, turns }
}

/** One sample for all figures, made when the first asks for it. */
const benchWith = (product: Product, turns: number, cleanUp: AsyncDisposableStack): Bench => {
  let sample: Promise<Sample> | undefined
  return {
    turns,
    product,
    server: benchServer,
    sample: () => {
      sample ??= benchSample(product, benchServer()).then((made) => cleanUp.use(made))
      return sample
    },
    say: (sentence) => say(`  ${sentence}`),
  }
}

const measure = async (names: readonly string[], turns: number): Promise<readonly Measurement[]> => {
  await using cleanUp = new AsyncDisposableStack()
  const product = cleanUp.use(await bundled())
  if (names.some((name) => FIGURES[name]?.needsSandbox)) {
    const sandbox = openSandbox(root)
    cleanUp.defer(sandbox.close)
    Object.assign(process.env, sandbox.env)
  }
  const bench = benchWith(product, turns, cleanUp)
  const measurements: Measurement[] = []
  for (const name of names) {
    say(`── ${name}`)
    measurements.push(...((await FIGURES[name]?.measure(bench)) ?? []))
  }
  return measurements
}

/** Where the figures come from: without it they say little. */
const origin = (turns: number): string => {
  const commit = execFileSync('git', ['-C', root, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  const load = loadavg().map((value) => value.toFixed(1))
  return `commit ${commit}, Node ${process.versions.node}, ${turns} turns, load average ${load.join(' ')} before`
}

const { names, turns } = asked()
const from = origin(turns)
const measurements = await measure(names, turns)
console.log(`${table(measurements)}\n${from}`)
const broken = measurements.filter((measurement) => verdict(measurement) === 'broken')
if (broken.length > 0)
  say(
    `${broken.length} of the limits ${broken.length === 1 ? 'is' : 'are'} broken: ${broken.map(({ figure, what }) => `${figure} (${what})`).join('; ')}`,
  )
process.exitCode = broken.length === 0 ? 0 : 1
