/**
 * What the tries of a sweep depend on, as one digest. A result counts as long as this is the same: comments, types and
 * the names of variables are not in it, nor what a deploy of the swept stack does not come by.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { rolldown } from 'rolldown'
import { input, withoutComments } from '../../../rolldown.config.ts'
import { readConfig } from '../../../src/config/read.ts'
import { config, SCHEMA_GOES_BACK } from '../sweep/stack.ts'

const ROOT = join(import.meta.dirname, '../../..')

/** What has to happen; the program and the front on the server; who starts and follows them, and by which connection; how it ended. */
const PRODUCT = ['src/plan/reconcile.ts', 'src/transaction/compile.ts', 'src/entry/transact.ts', 'src/entry/verdict.ts']
/** Who makes a try and judges it. */
const JUDGES = ['test/faults/sweep/try.ts', 'test/faults/weave/failpoints.ts', 'test/faults/weave/client.ts']
const WOVEN = ['failpoints.sh', 'program.sh', 'front.sh']
/**
 * What these import is in it, too, where it lies here. Not what only collects, refuses or tells; nor what the swept stack has
 * not, a database. How the config is read is in what it yields.
 */
const IN_IT =
  /\/(src\/(transaction\/(?!databases\/|program\/restore\.sh)|plan\/|commands\/|adapters\/ssh|entry\/scribe\.ts|errors\.ts)|test\/)/

export const sweepKey = async (): Promise<string> => {
  const parts = [
    await closure(PRODUCT),
    await closure(JUDGES),
    ...WOVEN.map((name) => withoutComments(readFileSync(join(import.meta.dirname, '../weave', name), 'utf8'))),
    ...[{}, SCHEMA_GOES_BACK].map((odd) => yielded(config(22, odd))),
  ]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)
}

/** These modules and all that they import of ours, as it is bundled. */
const closure = async (modules: readonly string[]): Promise<string> => {
  const bundle = await rolldown({
    ...input,
    input: Object.fromEntries(modules.map((file, index) => [`${index}`, file])),
    cwd: ROOT,
    external: (id, _, isResolved) => isResolved && !modules.some((file) => id === join(ROOT, file)) && !IN_IT.test(id.replace(ROOT, '')),
  })
  const { output } = await bundle.generate({ format: 'esm', minify: true, comments: { legal: false }, chunkFileNames: '[name].js' })
  await bundle.close()
  return (
    output
      .map((chunk) => (chunk.type === 'chunk' ? `${chunk.fileName}\n${chunk.code}` : ''))
      .toSorted()
      .join('\n')
      .replaceAll(ROOT, '')
      // wherever the packages lie
      .replaceAll(/(?<=["'`])[^"'`\n]*\/node_modules\//g, '')
  )
}

const yielded = (text: string): string =>
  JSON.stringify(
    readConfig({ bytes: Buffer.from(text), file: relative(ROOT, 'deploy.yml'), environment: { SSH_HOST: 'host' }, isUnused: () => false })
      .config,
  )

if (import.meta.filename === process.argv[1]) process.stdout.write(`${await sweepKey()}\n`)
