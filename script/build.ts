import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { input, output } from '../rolldown.config.ts'

/** `script/build [FOLDER]`: bundles into dist/ or the folder, then holds the result against its limits: what a runner downloads and parses before it works. */
const LIMITS = { total: 1_400_000, gzipped: 390_000, entry: 10_000 } as const
const ENTRIES = ['cli.js', 'action.js']

const bundle = await rolldown({ ...input, cwd: join(import.meta.dirname, '..') })
const dist = resolve(process.argv[2] ?? join(import.meta.dirname, '../dist'))
// made aside and moved: who runs the old bundle meanwhile never finds half of the new one
const aside = `${dist}.${process.pid}`
await bundle.write({ ...output, dir: aside })
await bundle.close()
// modules wherever the folder is copied to
writeFileSync(join(aside, 'package.json'), '{ "type": "module" }\n')
if (existsSync(dist)) renameSync(dist, `${aside}.old`)
renameSync(aside, dist)
rmSync(`${aside}.old`, { recursive: true, force: true })

const files = readdirSync(dist)
  .filter((name) => name.endsWith('.js'))
  .map((name) => ({ name, text: readFileSync(join(dist, name)) }))
const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0)
const total = sum(files.map((file) => file.text.length))
const gzipped = sum(files.map((file) => gzipSync(file.text, { level: 9 }).length))
const entries = files.filter((file) => ENTRIES.includes(file.name))

console.error(
  `dist: ${files.length} files, ${total} B, ${gzipped} B gzipped; ${entries.map((file) => `${file.name} ${file.text.length} B`).join(', ')}`,
)
const tooBig = [
  total > LIMITS.total && `dist has ${total} B of JavaScript, more than ${LIMITS.total}`,
  gzipped > LIMITS.gzipped && `dist has ${gzipped} B gzipped, more than ${LIMITS.gzipped}`,
  ...entries.map((file) => file.text.length > LIMITS.entry && `${file.name} has ${file.text.length} B, more than ${LIMITS.entry}`),
].filter((sentence) => sentence !== false)
for (const sentence of tooBig) console.error(sentence)
process.exitCode = tooBig.length === 0 ? 0 : 1
