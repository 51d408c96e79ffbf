import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DeployError } from '../errors.ts'
import type { ImageReport, ScannedPlatform } from '../report/document.ts'

export interface BuiltImage {
  /** HOST/PATH where it was pushed, or would have been. */
  readonly repository: string
  readonly digest: string
  readonly platforms: Readonly<Record<string, string>>
  /** Folder with the OCI layout, of a build that pushed nothing; relative to the project. */
  readonly layout: string | null
  readonly scans: Readonly<Record<string, ScannedPlatform>>
  /** Tags that this commit's publish put on exactly this digest. */
  readonly tags: readonly string[]
}

/** What was built of one commit, and what became of it: written by build, completed by scan and publish. */
export interface BuildRecord {
  readonly version: 1
  readonly commit: string
  readonly dirty: boolean
  readonly images: Readonly<Record<string, BuiltImage>>
}

const FOLDER = '.deploy-action'

/** A folder of ours inside the project, which git does not see. */
export const localFolder = async (project: string, ...path: readonly string[]): Promise<string> => {
  const root = join(project, FOLDER)
  const folder = join(root, ...path)
  await mkdir(folder, { recursive: true })
  await writeFile(join(root, '.gitignore'), '*\n')
  return folder
}

/** null where nothing was built of this commit here. */
export const readRecord = async (project: string, commit: string): Promise<BuildRecord | null> => {
  const path = recordPath(project, commit)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw new DeployError('CONFIG', `${path} cannot be read (${error.code})`, { cause: error })
  })
  return text === null ? null : parseRecord(text, path, commit)
}

/** Replaced whole, so that a run that dies leaves the old or the new one. */
export const writeRecord = async (project: string, record: BuildRecord): Promise<void> => {
  await localFolder(project, 'builds')
  const path = recordPath(project, record.commit)
  await writeFile(`${path}.${process.pid}.part`, `${JSON.stringify(record, null, 2)}\n`)
  await rename(`${path}.${process.pid}.part`, path)
}

/** The record with one image changed. */
export const withImage = (record: BuildRecord, name: string, change: Partial<BuiltImage>): BuildRecord => {
  const image = record.images[name]
  return image === undefined ? record : { ...record, images: { ...record.images, [name]: { ...image, ...change } } }
}

export const reportOf = (image: BuiltImage): ImageReport => ({
  reference: `${image.repository}@${image.digest}`,
  digest: image.digest,
  platforms: image.platforms,
  ...(image.tags.length === 0 ? {} : { tags: image.tags }),
  ...(Object.keys(image.scans).length === 0 ? {} : { scans: image.scans }),
})

export const reportsOf = (record: BuildRecord): Record<string, ImageReport> =>
  Object.fromEntries(Object.entries(record.images).map(([name, image]) => [name, reportOf(image)]))

const recordPath = (project: string, commit: string): string => join(project, FOLDER, 'builds', `${commit}.json`)

const parseRecord = (text: string, path: string, commit: string): BuildRecord => {
  let record: BuildRecord | undefined
  try {
    record = JSON.parse(text) as BuildRecord
  } catch {
    // told below
  }
  if (record?.version !== 1 || record.commit !== commit || typeof record.images !== 'object')
    throw new DeployError('CONFIG', `${path} is not a build record of ${commit}`, {
      hint: `by hand: delete it and build again: rm ${path}`,
    })
  return record
}
