import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { command, environmentFor } from '../product.ts'
import { benchStack } from '../stack.ts'
import type { Figure } from './figure.ts'

const PEAK = join(import.meta.dirname, '../peak-memory.cjs')

/** The most memory that Node has during real deploys. */
export const memory: Figure = async ({ product, sample: getSample, server: getServer, turns, say }) => {
  const [server, sample] = [getServer(), await getSample()]
  await using stack = await benchStack(product, sample, server)
  const folder = await mkdtemp(join(tmpdir(), 'deploy-action-bench-memory-'))
  const file = join(folder, 'peak')
  const env = await environmentFor(server, { PEAK_MEMORY_FILE: file })
  const peaks: number[] = []
  for (let turn = 0; turn < turns; turn += 1) {
    await sample.checkout(2)
    await command(product, ['deploy', ...sample.images[2]], { project: sample.folder, env, node: ['--require', PEAK] })
    peaks.push(Number(await readFile(file, 'utf8')) / 1024)
    say(`${peaks.at(-1)?.toFixed(1)} MiB`)
    if (turn + 1 < turns) await stack.rollback()
  }
  await rm(folder, { recursive: true })
  return [{ figure: 'memory', what: 'peak of a deploy of version 2', unit: 'MiB', ours: peaks, limit: 90 }]
}
