import { bringsCode, isCopied } from './code-in-image.ts'
import type { OwnService } from './kinds.ts'
import type { MigrationTool } from './migration-tools.ts'
import type { Migration } from './migrations.ts'
import { placeIn, scripts } from './startup.ts'
import { folderOf, type SourceTree } from './tree.ts'

/** What a package of the project calls it knows its options; a line that does more than that is no migration. */
export const scriptFor = (tree: SourceTree, { up, atStart }: MigrationTool, sign: string): readonly string[] | null => {
  if (up !== null && up[0] !== 'npx') return null
  for (let folder = folderOf(sign); ; folder = folderOf(folder)) {
    const lines = Object.entries(scripts(tree, [folder, 'package.json'].filter(Boolean).join('/')))
    const [name] = lines.find(([, line]) => atStart.test(line) && !/[&|;]/.test(line)) ?? []
    if (name !== undefined) return ['npm', 'run', name]
    if (folder === '') return null
  }
}

const SCRIPTS = ['migrate', 'db:migrate', 'migrate:up', 'migration:run', 'migrations:run', 'migrate:deploy']

/** No tool that we know, but a script that says what it is, in an image that holds it: best in the one that runs it as it starts. */
export const byScript = (tree: SourceTree, services: readonly OwnService[]): Migration | null => {
  const found = services.flatMap((own) => {
    const { service, image, startup, kind } = own
    const file = image.context === '' ? 'package.json' : `${image.context}/package.json`
    const name = SCRIPTS.find((one) => scripts(tree, file)[one] !== undefined)
    if (kind === 'once' || name === undefined || !(isCopied(file, image) || bringsCode(tree, image))) return []
    const onStart = new RegExp(`(npm run|yarn( run)?|pnpm( run)?) ${name}\\b`).test(startup.text)
    const migration: Migration = {
      service: service.name,
      preset: null,
      config: null,
      up: onStart ? null : ['npm', 'run', name],
      onStart,
      reason: `the script "${name}" of ${file}${onStart ? `; ${placeIn(startup, new RegExp(name)) ?? 'its start'} runs it` : ''}`,
      doubts: onStart ? [] : [`whether \`npm run ${name}\` works in the image, without development packages`],
    }
    return [{ migration, rank: (onStart ? 2 : 0) + (kind === 'web' || kind === 'bot' ? 1 : 0) }]
  })
  return found.toSorted((a, b) => b.rank - a.rank)[0]?.migration ?? null
}
