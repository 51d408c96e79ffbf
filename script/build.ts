import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { input, output } from '../rolldown.config.ts'

/** `script/build [FOLDER]`: bundles into dist/ or the folder, then holds the result against its limits: what a runner downloads and parses before it works. */
const LIMITS = { total: 1_400_000, gzipped: 390_000, entry: 10_000 } as const
const ENTRIES = ['cli.js', 'action.js']
/** Loaded by few runs, and large by what others wrote: each has a limit of its own (docs/decisions/committed-dist.md). */
const APART: Readonly<Record<string, number>> = { 'github.js': 35_000 }

const root = join(import.meta.dirname, '..')
const dist = resolve(root, process.argv[2] ?? 'dist')

type Files = ReadonlyMap<string, string>

const bundled = async (): Promise<Files> => {
  const bundle = await rolldown({ ...input, cwd: root })
  const { output: chunks } = await bundle.generate(output)
  await bundle.close()
  const files = chunks.map((chunk): [string, string] => [chunk.fileName, chunk.type === 'chunk' ? chunk.code : String(chunk.source)])
  // modules wherever the folder is copied to
  return new Map([...files, ['package.json', '{ "type": "module" }\n']])
}

/** Only what changed is written, whole: a bundle that runs meanwhile is disturbed as little as can be. */
const write = (files: Files): void => {
  mkdirSync(dist, { recursive: true })
  const before = new Map(readdirSync(dist).map((name) => [name, readFileSync(join(dist, name), 'utf8')]))
  for (const [name, text] of files) {
    if (before.get(name) === text) continue
    const next = join(dist, `.${name}.next`)
    writeFileSync(next, text)
    renameSync(next, join(dist, name))
  }
  for (const name of before.keys()) if (!files.has(name)) rmSync(join(dist, name))
  chmodSync(join(dist, 'cli.js'), 0o755)
}

/** Sentences about what is too big; none is well. */
const measured = (files: Files): readonly string[] => {
  const scripts = [...files].filter(([name]) => name.endsWith('.js')).map(([name, text]) => ({ name, bytes: Buffer.from(text) }))
  const usual = scripts.filter(({ name }) => APART[name] === undefined)
  const total = sum(usual.map(({ bytes }) => bytes.length))
  const gzipped = sum(usual.map(({ bytes }) => gzippedSize(bytes)))
  const apart = scripts.flatMap(({ name, bytes }) =>
    APART[name] === undefined ? [] : [{ name, size: gzippedSize(bytes), limit: APART[name] }],
  )
  const entries = scripts.filter(({ name }) => ENTRIES.includes(name))
  const shown = entries.map(({ name, bytes }) => `${name} ${bytes.length} B`).join(', ')
  const besides = apart.map(({ name, size }) => `${name} ${size} B gzipped`).join(', ')
  console.error(`dist: ${scripts.length} files, ${total} B, ${gzipped} B gzipped, besides ${besides}; ${shown}`)
  return [
    ...(total > LIMITS.total ? [`dist has ${total} B of JavaScript, more than ${LIMITS.total}`] : []),
    ...(gzipped > LIMITS.gzipped ? [`dist has ${gzipped} B gzipped, more than ${LIMITS.gzipped}`] : []),
    ...apart.filter(({ size, limit }) => size > limit).map(({ name, limit }) => `${name} has more than ${limit} B gzipped`),
    ...entries.filter(({ bytes }) => bytes.length > LIMITS.entry).map(({ name }) => `${name} has more than ${LIMITS.entry} B`),
  ]
}

const gzippedSize = (bytes: Buffer): number => gzipSync(bytes, { level: 9 }).length

const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0)

const files = await bundled()
write(files)
const tooBig = measured(files)
for (const sentence of tooBig) console.error(sentence)
process.exitCode = tooBig.length === 0 ? 0 : 1
