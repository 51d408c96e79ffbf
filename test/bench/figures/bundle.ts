import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Figure } from './figure.ts'

const ENTRIES = ['action.js', 'cli.js']

/** Loaded by few runs, with a limit of its own: docs/decisions/committed-dist.md. */
const APART = 'follow.js'

/** What a runner downloads and parses. */
export const bundle: Figure = async ({ product }) => {
  const names = (await readdir(product.dist)).filter((name) => /\.[cm]?js$/.test(name) && name !== APART)
  const files = await Promise.all(names.map(async (name) => ({ name, bytes: await readFile(join(product.dist, name)) })))
  const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0)
  const row = (what: string, size: number, limit: number) => ({ figure: 'bundle', what, unit: 'B' as const, ours: [size], limit })
  return [
    row('JavaScript', sum(files.map(({ bytes }) => bytes.length)), 1_400_000),
    row('JavaScript, gzipped', sum(files.map(({ bytes }) => gzipSync(bytes, { level: 9 }).length)), 390_000),
    ...ENTRIES.map((entry) => row(`entry ${entry}`, files.find(({ name }) => name === entry)?.bytes.length ?? Number.NaN, 10_000)),
  ]
}
