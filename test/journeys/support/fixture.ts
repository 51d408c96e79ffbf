/** A project of a folder beside the tests, as text, so that its versions can be made by editing text. */
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { parse } from 'yaml'
import { type Files, withEveryText } from '../../sandbox/sample/files.ts'
import { imageOf } from '../../sandbox/scenarios/images.ts'

const PROJECTS = join(import.meta.dirname, '../projects')

/** Path inside the project → content. */
export const fixtureFiles = async (name: string): Promise<Files> => {
  const root = join(PROJECTS, name)
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => relative(root, join(entry.parentPath, entry.name)))
  const wanted = paths.filter((path) => !/(^|\/)__pycache__\//.test(path)).sort()
  return new Map(await Promise.all(wanted.map(async (path) => [path, await readFile(join(root, path), 'utf8')] as const)))
}

/** The same with each text replaced wherever it stands in that file. @throws where the fixture does not hold it */
export const edited = (files: Files, edits: readonly (readonly [path: string, from: string, to: string])[]): Files =>
  edits.reduce((before, [path, from, to]) => withEveryText(before, path, from, to), files)

export const without = (files: Files, ...paths: readonly string[]): Files =>
  new Map([...files].filter(([path]) => !paths.some((gone) => path === gone || path.startsWith(`${gone}/`))))

interface ImageOfConfig {
  readonly name?: string
  readonly context?: string
  readonly dockerfile?: string
}

/**
 * The images of the project's deploy.yml, built by docker once for each content and version, for this platform alone.
 * The build gets APP_VERSION as an argument. What is not in an image (`inImage` says no) may change without a build.
 * @returns key in `images` → repository@sha256:…
 */
export const fixtureImages = async (
  files: Files,
  version: string,
  inImage: (path: string) => boolean = (path) => !/(^|\/)(deploy\.yml|docker-compose[^/]*|\.env[^/]*|README\.md)$/.test(path),
): Promise<Readonly<Record<string, string>>> => {
  const config = parse(files.get('deploy.yml') ?? '') as { readonly project: string; readonly images: Record<string, ImageOfConfig | null> }
  const content: Files = new Map([...files].filter(([path]) => inImage(path)))
  const built: Record<string, string> = {}
  // one after the other: they share their base, and the machine has few cores
  for (const [key, image] of Object.entries(config.images)) {
    const context = image?.context ?? '.'
    built[key] = await imageOf({
      name: image?.name ?? `${config.project}-${key}`,
      files: content,
      context,
      dockerfile: image?.dockerfile ?? (context === '.' ? 'Dockerfile' : `${context}/Dockerfile`),
      version,
    })
  }
  return built
}
