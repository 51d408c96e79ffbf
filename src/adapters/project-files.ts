import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DeployError } from '../errors.ts'

/** What goes to a server is configuration, not data: more than this is a mistake. */
const LIMIT_BYTES = 16 * 1024 * 1024

export interface ProjectFile {
  readonly content: Buffer
  /** As git keeps it: that is all of a mode that goes to a server. */
  readonly executable: boolean
}

/**
 * The files of a project that go to the server, folders with everything in them, by path.
 * @throws DeployError CONFIG for what does not exist, for links, and for too much; all at once
 */
export const readProjectFiles = (project: string, paths: readonly string[]): Record<string, ProjectFile> => {
  const problems: string[] = []
  const files: Record<string, ProjectFile> = Object.create(null)
  for (const path of paths) collect(project, path.replace(/\/+$/, ''), files, problems)
  const size = Object.values(files).reduce((sum, { content }) => sum + content.length, 0)
  if (size > LIMIT_BYTES)
    problems.push(`the files to bring are ${Math.ceil(size / 1024 / 1024)} MiB together; at most ${LIMIT_BYTES / 1024 / 1024} MiB go`)
  if (problems.length > 0)
    throw new DeployError('CONFIG', problems.join('; '), {
      hint: 'by hand: see compose.files and compose.sync in the config; what so far lies only on the server belongs into the repository, since each release has files of its own',
    })
  return files
}

const collect = (project: string, path: string, files: Record<string, ProjectFile>, problems: string[]): void => {
  const full = join(project, path)
  const found = lstatSync(full, { throwIfNoEntry: false })
  if (found === undefined) problems.push(`${path} does not exist in the project`)
  else if (found.isSymbolicLink()) problems.push(`${path} is a symbolic link: name the file itself`)
  else if (found.isDirectory()) for (const name of readdirSync(full).toSorted()) collect(project, `${path}/${name}`, files, problems)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
  else if (/[\u0000-\u001f\u007f\\]/.test(path)) problems.push(`${JSON.stringify(path)} has a control character or backslash in its name`)
  else if (found.isFile()) files[path] = { content: readFileSync(full), executable: (found.mode & 0o100) !== 0 }
}
