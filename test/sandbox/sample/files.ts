/** The sample project as text, so that its versions and faults can be made by editing text. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Path inside the project → content. */
export type Files = ReadonlyMap<string, string>

const EXAMPLE = fileURLToPath(new URL('../../../examples/bot-and-api', import.meta.url))
/** What a run of the sample's own tests may leave beside its sources. */
const LEFTOVERS = /(^|\/)(__pycache__|reports|\.deploy-action|\.env)(\/|$)/

export const exampleFiles = async (): Promise<Files> => {
  const entries = await readdir(EXAMPLE, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => relative(EXAMPLE, join(entry.parentPath, entry.name)))
  const wanted = paths.filter((path) => !LEFTOVERS.test(path)).sort()
  return new Map(await Promise.all(wanted.map(async (path) => [path, await readFile(join(EXAMPLE, path), 'utf8')] as const)))
}

export const withFile = (files: Files, path: string, content: string): Files => new Map([...files, [path, content]])

/** @throws Error where the text is not in the file exactly once: the example has changed, and the edit with it must */
export const withText = (files: Files, path: string, from: string, to: string): Files => {
  const parts = files.get(path)?.split(from) ?? []
  if (parts.length !== 2)
    throw new Error(`${path} of the sample holds ${JSON.stringify(from)} ${Math.max(parts.length - 1, 0)} times, not once`)
  return withFile(files, path, parts.join(to))
}

/** Replaces each occurrence; there must be one. */
export const withEveryText = (files: Files, path: string, from: string, to: string): Files => {
  const content = files.get(path)
  if (!content?.includes(from)) throw new Error(`${path} of the sample does not hold ${JSON.stringify(from)}`)
  return withFile(files, path, content.replaceAll(from, to))
}

/** Writes the files, and removes `before` where they are no longer among them. */
export const writeFiles = async (directory: string, files: Files, before: readonly string[] = []): Promise<void> => {
  for (const path of before) if (!files.has(path)) await rm(join(directory, path), { force: true })
  for (const [path, content] of files) {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), content)
  }
}
