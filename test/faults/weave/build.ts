/** `build.ts FOLDER [failpoints] [DEFECT]`: a bundle for the faults lane, made of the same sources with patches applied to their text. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { rolldown } from 'rolldown'
import { input, output } from '../../../rolldown.config.ts'
import { DEFECTS } from '../defects.ts'
import { failpointPatches } from './failpoints.ts'
import { type Patch, patched } from './patch.ts'

const root = join(import.meta.dirname, '../../..')

const weaver = (patches: readonly Patch[], used: Set<Patch>) => ({
  name: 'weaver',
  load: (id: string) => {
    const file = relative(root, id)
    const mine = patches.filter((patch) => patch.file === file)
    if (mine.length === 0) return null
    for (const patch of mine) used.add(patch)
    const code = patched(readFileSync(id, 'utf8'), mine)
    return file.endsWith('.ts') ? { code, moduleType: 'ts' as const } : { code }
  },
})

/** @param asked failpoints, and defects by their names */
export const build = async (folder: string, asked: readonly string[]): Promise<void> => {
  const patches = asked.flatMap(patchesNamed)
  const used = new Set<Patch>()
  const bundle = await rolldown({ ...input, cwd: root, plugins: [weaver(patches, used), ...[input.plugins].flat()] })
  const { output: chunks } = await bundle.generate(output)
  await bundle.close()
  const unused = patches.find((patch) => !used.has(patch))
  if (unused) throw new Error(`nothing was bundled of ${unused.file}`)
  mkdirSync(folder, { recursive: true })
  for (const chunk of chunks) writeFileSync(join(folder, chunk.fileName), chunk.type === 'chunk' ? chunk.code : chunk.source)
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
}

const patchesNamed = (name: string): readonly Patch[] => {
  if (name === 'failpoints') return failpointPatches()
  const defect = DEFECTS.find((one) => one.name === name)
  if (!defect) throw new Error(`no defect ${name}; there are ${DEFECTS.map((one) => one.name).join(', ')}`)
  return defect.patches
}

if (import.meta.filename === process.argv[1]) {
  const [folder, ...asked] = process.argv.slice(2)
  if (folder === undefined) throw new Error('usage: build.ts FOLDER [failpoints] [DEFECT]')
  await build(resolve(folder), asked)
}
