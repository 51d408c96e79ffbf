import { rename, rm } from 'node:fs/promises'
import { csvField } from '../../commands/buildx.ts'
import { localFolder } from '../record.ts'

/** Where layers are found again at the next build. */
export interface LayerCache {
  readonly from: readonly string[]
  readonly to: readonly string[]
  /** After a build that succeeded. */
  readonly keep: () => Promise<void>
}

interface CacheQuestion {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly project: string
  /** Two images of one project share no cache entry: each would throw out the other's. */
  readonly scope: string
  /** The builder vanishes with this run, and its own cache with it. */
  readonly ephemeral: boolean
}

/**
 * On a runner GitHub's cache; with a builder of ours a folder; an engine that stays has a cache of its own, and
 * writing a second one would only cost time.
 */
export const layerCache = async (question: CacheQuestion): Promise<LayerCache> => {
  if (hasActionsCache(question.env)) return actionsCache(question.scope)
  return question.ephemeral ? folderCache(question.project, question.scope) : { from: [], to: [], keep: async () => {} }
}

/** buildx drops `type=gha` without a word where these are absent. */
const hasActionsCache = (env: CacheQuestion['env']): boolean =>
  Boolean(env.ACTIONS_RUNTIME_TOKEN) && Boolean(env.ACTIONS_RESULTS_URL || env.ACTIONS_CACHE_URL)

/** A cache that cannot be written must not fail a build. */
const actionsCache = (scope: string): LayerCache => ({
  from: [`type=gha,scope=${scope}`],
  to: [`type=gha,scope=${scope},mode=max,ignore-error=true`],
  keep: async () => {},
})

/** Written beside the old one and then put in its place: written over it, it would grow forever. */
const folderCache = async (project: string, scope: string): Promise<LayerCache> => {
  const folder = await localFolder(project, 'cache', 'layers', scope)
  const next = `${folder}.next`
  await rm(next, { recursive: true, force: true })
  return {
    from: [`type=local,${csvField(`src=${folder}`)}`],
    to: [`type=local,${csvField(`dest=${next}`)},mode=max,ignore-error=true`],
    keep: async () => {
      await rm(folder, { recursive: true, force: true })
      await rename(next, folder).catch(() => {})
    },
  }
}
