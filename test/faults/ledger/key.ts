/**
 * What the tries of a sweep depend on, as two digests: what is tried, and who tries and judges it. A result counts as long
 * as both are the same: comments, types and the names of variables are not in them, nor what a deploy of the swept stack
 * does not come by. With another judge of the same sources a person may say that it counts all the same (carry.ts).
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { input, withoutComments } from '../../../rolldown.config.ts'
import { config, SCHEMA_GOES_BACK } from '../sweep/stack.ts'

const ROOT = join(import.meta.dirname, '../../..')

/** Who starts the program and follows it, by which connection, from which front; and how it ended. */
const CLIENT = ['src/entry/transact.ts', 'src/entry/verdict.ts']
/** Who makes a try and judges it. */
const JUDGES = ['test/faults/sweep/try.ts', 'test/faults/weave/failpoints.ts', 'test/faults/weave/client.ts']
const WOVEN = ['failpoints.sh', 'program.sh', 'front.sh']
/** What these import is in it, too, where it lies here: not what only collects, refuses or tells. What is planned is in `planned`. */
const IN_IT = /\/(src\/(transaction|commands)\/|src\/adapters\/ssh|src\/errors\.ts|test\/)/

export const sweepKey = async (): Promise<string> => {
  const swept = [await planned([config(22), config(22, SCHEMA_GOES_BACK)]), await closure(CLIENT)]
  const judges = [
    await closure(JUDGES),
    ...WOVEN.map((name) => withoutComments(readFileSync(join(import.meta.dirname, '../weave', name), 'utf8'))),
  ]
  return [swept, judges].map(digest).join('-')
}

const digest = (parts: unknown): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12)

/** These modules and all that they import of ours, as it is bundled. */
const closure = async (modules: readonly string[]): Promise<string> => {
  const isAsked = (id: string): boolean => modules.some((file) => id === join(ROOT, file))
  const chunks = await bundled(modules, (id) => !isAsked(id) && !IN_IT.test(id.replace(ROOT, '')))
  return (
    chunks
      .toSorted()
      .join('\n')
      .replaceAll(ROOT, '')
      // wherever the packages lie
      .replaceAll(/(?<=["'`])[^"'`\n]*\/node_modules\//g, '')
  )
}

/** The programs of planned.ts: bundled, because Node knows no import of a shell script. */
const planned = async (texts: readonly string[]): Promise<readonly string[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'faults-key-'))
  try {
    const [code = ''] = await bundled(['test/faults/ledger/planned.ts'], () => false)
    writeFileSync(join(folder, 'planned.mjs'), code.slice(code.indexOf('\n') + 1))
    const { plannedPrograms } = (await import(join(folder, 'planned.mjs'))) as typeof import('./planned.ts')
    return texts.flatMap(plannedPrograms)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** "NAME\nCODE" of each chunk. */
const bundled = async (modules: readonly string[], isLeftOut: (id: string) => boolean): Promise<readonly string[]> => {
  const bundle = await rolldown({
    ...input,
    input: Object.fromEntries(modules.map((file, index) => [`${index}`, file])),
    cwd: ROOT,
    external: (id, _, isResolved) => isResolved && isLeftOut(id),
  })
  const { output } = await bundle.generate({ format: 'esm', minify: true, comments: { legal: false }, chunkFileNames: '[name].js' })
  await bundle.close()
  return output.flatMap((chunk) => (chunk.type === 'chunk' ? [`${chunk.fileName}\n${chunk.code}`] : []))
}

if (import.meta.filename === process.argv[1]) process.stdout.write(`${await sweepKey()}\n`)
