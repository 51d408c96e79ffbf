import { basename } from 'node:path'
import { gitIsUnchanged, gitMergeBase } from '../../commands/git.ts'
import type { StageConfig } from '../../config/schema.ts'
import type { Context } from '../../entry/context.ts'

/**
 * A stage whose config says what it is about (`paths`), in a pull request that touches none of it. Only there: on the way
 * to a server each stage runs, because nobody knows whether it passed before. Where git does not know, it runs, too.
 */
export const isUntouched = async (context: Context, { paths, compose }: StageConfig): Promise<boolean> => {
  const { env, programs } = context.ports
  const about = { cwd: context.project }
  const base = env.GITHUB_BASE_REF ?? ''
  if (paths === undefined || context.commit.dirty || env.GITHUB_EVENT_NAME !== 'pull_request' || base === '') return false
  const since = await programs.run(gitMergeBase(`origin/${base}`, 'HEAD'), about)
  if (since.code !== 0) return false
  const files = [...paths, basename(context.request.configPath), ...(compose === undefined ? [] : [compose.file])]
  return (await programs.run(gitIsUnchanged(since.stdout.trim(), 'HEAD', files), about)).code === 0
}
