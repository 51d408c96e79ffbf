import { gitHasCommit, gitIsAncestor, gitIsShallow } from '../../commands/git.ts'
import type { Context } from '../../entry/context.ts'
import type { Registry } from '../../ports.ts'
import { REVISION_LABEL } from '../build/labels.ts'
import { type ImageConfigDocument, parseManifest, platformsOfIndex, readConfig } from '../image-index.ts'

export type LatestDecision =
  | { readonly kind: 'move'; readonly why: string /** What `latest` is now; null: nothing. */; readonly present: string | null }
  /** Already newer: what is wanted. */
  | { readonly kind: 'keep'; readonly why: string }
  /** Not known whether it would be a step back. */
  | { readonly kind: 'unknown'; readonly why: string; readonly remedy: string }

/** May `latest` be moved to this commit? Never backwards in the history of the branch. */
export const decideLatest = async (context: Context, registry: Registry, repository: string): Promise<LatestDecision> => {
  const present = await readLatest(registry, repository)
  if (present === null) return { kind: 'move', why: 'there is no latest yet', present: null }
  const revision = present.config?.labels[REVISION_LABEL]
  if (revision === undefined || !/^[0-9a-f]{40}$/.test(revision)) return withoutRevision(context, present)
  if (revision === context.commit.sha) return { kind: 'move', why: 'latest is of this commit', present: present.digest }
  return compare(context, revision, present.digest)
}

interface Present {
  readonly digest: string
  readonly config: ImageConfigDocument | null
}

const readLatest = async (registry: Registry, repository: string): Promise<Present | null> => {
  const stored = await registry.manifest(repository, 'latest')
  if (stored === null) return null
  const { manifests, config } = parseManifest(stored)
  if (config !== null) return { digest: stored.digest, config: await readConfig(registry, repository, config) }
  const [child] = Object.values(platformsOfIndex(manifests))
  const image = child === undefined ? null : await registry.manifest(repository, child.digest)
  const childConfig = image === null ? null : parseManifest(image).config
  return { digest: stored.digest, config: childConfig === null ? null : await readConfig(registry, repository, childConfig) }
}

/** An image that others built before this commit was made cannot be newer than it. */
const withoutRevision = (context: Context, { digest, config }: Present): LatestDecision => {
  const created = Date.parse(config?.created ?? '')
  if (created < Date.parse(context.commit.created))
    return { kind: 'move', why: 'the present latest names no commit, and is older than this one', present: digest }
  return {
    kind: 'unknown',
    why: 'the present latest does not say which commit it is of',
    remedy: `Move it once by hand: docker buildx imagetools create -t IMAGE:latest IMAGE:${context.commit.sha}`,
  }
}

const compare = async (context: Context, revision: string, present: string): Promise<LatestDecision> => {
  const { sha } = context.commit
  const here = await exitCode(context, gitHasCommit(revision))
  if (here === 0 && (await exitCode(context, gitIsAncestor(revision, sha))) === 0)
    return { kind: 'move', why: `${revision.slice(0, 12)}, which latest is of, is an ancestor`, present }
  if (here === 0 && (await exitCode(context, gitIsAncestor(sha, revision))) === 0)
    return { kind: 'keep', why: `latest is of ${revision.slice(0, 12)}, which is newer than this commit` }
  if (here !== 0 || (await isShallow(context)))
    return {
      kind: 'unknown',
      why: `latest is of ${revision.slice(0, 12)}, and this clone does not show whether that is older`,
      remedy: 'Clone with history: actions/checkout with `fetch-depth: 0`, or git fetch --unshallow',
    }
  return {
    kind: 'unknown',
    why: `latest is of ${revision.slice(0, 12)}, which is on another branch than this commit`,
    remedy: `If this commit is to be latest: docker buildx imagetools create -t IMAGE:latest IMAGE:${sha}`,
  }
}

const isShallow = async (context: Context): Promise<boolean> => {
  const result = await context.ports.programs.run(gitIsShallow(), { cwd: context.project })
  return result.code !== 0 || result.stdout.trim() === 'true'
}

const exitCode = async (context: Context, argv: Parameters<Context['ports']['programs']['run']>[0]): Promise<number | null> =>
  (await context.ports.programs.run(argv, { cwd: context.project })).code
