import { dirname, join } from 'node:path'
import { type Finding, fail, pass } from '../../doctor/finding.ts'
import { seedFiles } from '../../plan/seeds.ts'
import type { Context } from '../context.ts'
import { COMMIT_IT, missingSeedFiles } from '../seed-files.ts'

/** Whether what the seeds are made of is here; a deploy without it is refused. Nothing where no seed names a file. */
export const lookAtSeeds = (context: Context): readonly Finding[] => {
  const named = context.config.seed.flatMap(seedFiles)
  if (named.length === 0) return []
  const missing = missingSeedFiles(context)
  if (missing.length === 0) return [pass('seeds', `${[...new Set(named)].join(', ')} ${named.length === 1 ? 'is' : 'are'} here`)]
  return missing.map(({ file, line, column, message }) =>
    fail('seeds', `${join(dirname(context.request.configPath), file)}:${line}:${column}: ${message}`, COMMIT_IT),
  )
}
