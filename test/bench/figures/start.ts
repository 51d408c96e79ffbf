import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { succeeded } from '../programs.ts'
import { inTurns } from '../turns.ts'
import type { Figure } from './figure.ts'

const STOP = join(import.meta.dirname, '../stop-at-first-input.cjs')
/** Cheap, and its noise is large against what it measures. */
const TURNS_FACTOR = 3

/** From the start of Node to the first read of an input, against a script that does nothing else. */
export const start: Figure = async ({ product, turns }) => {
  const empty = join(product.dist, 'empty-script.js')
  await writeFile(empty, 'void process.env.INPUT_NOTHING\n')
  const run = (file: string) => async (): Promise<number> =>
    (await succeeded([process.execPath, '--require', STOP, file], { env: { PATH: process.env.PATH } })).milliseconds
  const [ours, theirs] = [run(join(product.dist, 'action.js')), run(empty)]
  // both from the page cache
  await ours()
  await theirs()
  const times = await inTurns(turns * TURNS_FACTOR, ours, theirs)
  return [{ figure: 'start', what: 'to the first read of an input, beside an empty script', unit: 'ms', ...times, limit: 1.4 }]
}
