import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../config/schema.ts'
import { DeployError, type Place } from '../../errors.ts'

interface Revision {
  readonly file: string
  readonly line: number
  readonly id: string
  readonly before: readonly string[]
}

/** Two newest revisions: `upgrade head` would refuse on the server what can be seen here. @throws DeployError CHECK at both */
export const refuseTwoHeads = (config: Config, project: string): void => {
  const { migrate } = config
  if (migrate?.preset !== 'alembic') return
  const revisions = versionFolders(config, project).flatMap((folder) => revisionsIn(project, folder))
  const followed = new Set(revisions.flatMap(({ before }) => before))
  const heads = revisions.filter(({ id }) => !followed.has(id))
  if (heads.length < 2) return
  const places = heads.map(
    ({ file, line, id }): Place => ({ file, line, column: 1, message: `revision ${id} is one of ${heads.length} heads` }),
  )
  throw new DeployError(
    'CHECK',
    `the migrations have ${heads.length} heads, ${heads.map(({ id }) => id).join(' and ')}, of which none comes after the other`,
    {
      places,
      hint: `by hand: join them: alembic merge -m "join" ${heads.map(({ id }) => id).join(' ')}; or let one of them follow the other (down_revision)`,
    },
  )
}

/** Where alembic.ini says that they are; a configuration elsewhere, or made by code, is not looked at. */
const versionFolders = ({ migrate, images }: Config, project: string): readonly string[] => {
  const name = migrate?.config?.startsWith('/') ? 'alembic.ini' : (migrate?.config ?? 'alembic.ini')
  const roots = [...new Set(['.', ...Object.values(images).map(({ context }) => context)])]
  const root = roots.find((folder) => existsSync(join(project, folder, name)))
  if (root === undefined) return []
  const base = join(root, name, '..')
  const text = readFileSync(join(project, root, name), 'utf8')
  const location = /^script_location\s*[=:]\s*(.+?)\s*$/m.exec(text)?.[1]?.replace(/^%\(here\)s\/?/, '')
  if (location === undefined || location.includes(':')) return []
  const folder = join(base, location, 'versions')
  return existsSync(join(project, folder)) ? [folder] : []
}

const revisionsIn = (project: string, folder: string): readonly Revision[] =>
  readdirSync(join(project, folder))
    .filter((name) => name.endsWith('.py'))
    .toSorted()
    .flatMap((name) => {
      const file = join(folder, name)
      return revisionOf(file, readFileSync(join(project, file), 'utf8'))
    })

/** `revision = "…"` and `down_revision = …`, as alembic's template writes them, with or without types. */
const revisionOf = (file: string, text: string): readonly Revision[] => {
  const id = /^revision\b[^=\n]*=\s*["']([^"']+)["']/m.exec(text)
  const before = /^down_revision\b[^=\n]*=\s*(None|["'][^"']*["']|[([][^)\]]*[)\]])/m.exec(text)
  if (id === null || before === null) return []
  const line = text.slice(0, id.index).split('\n').length
  return [{ file, line, id: id[1] ?? '', before: [...(before[1] ?? '').matchAll(/["']([^"']+)["']/g)].map((match) => match[1] ?? '') }]
}
