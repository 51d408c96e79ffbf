import { createHash } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { readProjectFiles } from '../adapters/project-files.ts'
import { DeployError, type Place } from '../errors.ts'
import { type Contents, seedFiles } from '../plan/seeds.ts'
import type { Context } from './context.ts'

/** Files that seeds hand over to services: they go to the server. */
export const handedOver = (context: Context): readonly string[] =>
  context.config.seed.flatMap(({ http }) => (http?.file === undefined || kindOf(context, http.file) !== 'file' ? [] : [http.file]))

/** What the seeds are made of, as it lies in the project. */
export const seedContents = (context: Context): Contents =>
  Object.fromEntries(
    context.config.seed
      .flatMap(seedFiles)
      .filter((path) => kindOf(context, path) !== null)
      .map((path) => [path, hashOf(context.project, path)]),
  )

/** Git ignores data now and then: it is there on a laptop, and not in the checkout of a job. */
export const missingSeedFiles = (context: Context): readonly Place[] =>
  context.config.seed.flatMap(({ name, files, http }, index) => [
    ...files.flatMap((path, at) =>
      kindOf(context, path) === null ? [context.placeOf(['seed', index, 'files', at], absent(name, path))] : [],
    ),
    ...(http?.file === undefined || kindOf(context, http.file) === 'file'
      ? []
      : [
          context.placeOf(
            ['seed', index, 'http', 'file'],
            kindOf(context, http.file) === null
              ? absent(name, http.file)
              : `${http.file} is a folder: a request takes one file, such as an archive of it`,
          ),
        ]),
  ])

/** What mends each of them. */
export const COMMIT_IT =
  'by hand: commit the file (git add --force where .gitignore names it), or let a step of the job make it before this one'

/** @throws DeployError CONFIG with the line of each file that is not there */
export const refuseMissingSeedFiles = (context: Context): void => {
  const places = missingSeedFiles(context)
  if (places.length === 0) return
  throw new DeployError('CONFIG', `seeds lack what they are made of: ${places.map(({ message }) => message).join('; ')}`, {
    places,
    evidence: places.map((place) => `${place.file}:${place.line}:${place.column}: ${place.message}`),
    hint: COMMIT_IT,
  })
}

const absent = (seed: string, path: string): string => `${path}, of the seed ${seed}, is not in this checkout`

const kindOf = ({ project }: Context, path: string): 'file' | 'folder' | null => {
  const found = lstatSync(join(project, path), { throwIfNoEntry: false })
  if (found === undefined) return null
  return found.isDirectory() ? 'folder' : 'file'
}

const hashOf = (project: string, path: string): string => {
  const hash = createHash('sha256')
  for (const [name, { content }] of Object.entries(readProjectFiles(project, [path])))
    hash.update(`${name}\0${content.length}\0`).update(content)
  return hash.digest('hex')
}
