import { join } from 'node:path'
import { gitHasCommit, gitIsAncestor, gitIsUnchanged } from '../../commands/git.ts'
import type { ImageConfig } from '../../config/schema.ts'
import type { Context } from '../../entry/context.ts'
import type { Argv, Registry } from '../../ports.ts'
import { type ImageConfigDocument, parseManifest, readConfig, readPlatforms } from '../image-index.ts'
import { namesOf } from '../names.ts'
import { splitRepository } from '../reference.ts'
import { buildInputs, INPUTS_LABEL, REVISION_LABEL } from './labels.ts'

/** An image of an earlier commit that is as good as one of this commit. */
export interface Unchanged {
  readonly digest: string
  readonly platforms: Readonly<Record<string, string>>
  /** The commit it was built of. */
  readonly revision: string
}

/**
 * For an image whose config says which files it is made of (`paths`): what `latest` is, where none of them has changed
 * since. null where it has to be built: also where anything about that is not known.
 */
export const unchangedImage = async (context: Context, registry: Registry, name: string): Promise<Unchanged | null> => {
  if (context.config.images[name]?.paths === undefined || context.commit.dirty) return null
  const { repository } = splitRepository(namesOf(context, name).actual)
  const stored = await registry.manifest(repository, 'latest')
  if (stored === null) return null
  const platforms = await readPlatforms(registry, repository, stored)
  const missing = context.config.images[name]?.platforms.some((platform) => platforms[platform] === undefined)
  if (missing !== false) return null
  const revisions = await Promise.all(Object.values(platforms).map((digest) => unchangedSince(context, registry, name, digest)))
  const [revision] = revisions
  return typeof revision === 'string' && revisions.every((other) => other === revision)
    ? { digest: stored.digest, platforms, revision }
    : null
}

/** The commit that one platform's image is of, where it is an earlier one and nothing has changed since; else null. */
export const unchangedSince = async (context: Context, registry: Registry, name: string, digest: string): Promise<string | null> => {
  const image = context.config.images[name]
  if (image?.paths === undefined) return null
  const labels = (await configOf(registry, splitRepository(namesOf(context, name).actual).repository, digest))?.labels ?? {}
  const revision = labels[REVISION_LABEL] ?? ''
  if (!/^[0-9a-f]{40}$/.test(revision) || labels[INPUTS_LABEL] !== buildInputs(image)) return null
  const { sha } = context.commit
  const questions = [gitHasCommit(revision), gitIsAncestor(revision, sha), gitIsUnchanged(revision, sha, filesOf(image))]
  for (const question of questions) if ((await exitCode(context, question)) !== 0) return null
  return revision
}

const filesOf = ({ context, dockerfile, paths = [] }: ImageConfig): readonly string[] => {
  const file = dockerfile ?? join(context, 'Dockerfile')
  return [...paths, file, `${file}.dockerignore`, join(context, '.dockerignore'), ...(context === '.' ? [] : [context])]
}

const configOf = async (registry: Registry, repository: string, digest: string): Promise<ImageConfigDocument | null> => {
  const stored = await registry.manifest(repository, digest)
  const config = stored === null ? null : parseManifest(stored).config
  return config === null ? null : readConfig(registry, repository, config)
}

const exitCode = async (context: Context, argv: Argv): Promise<number | null> =>
  (await context.ports.programs.run(argv, { cwd: context.project })).code
