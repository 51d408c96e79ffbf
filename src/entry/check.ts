import { runCompose } from '../adapters/compose-test.ts'
import { checkStages } from '../pipeline/check/check.ts'
import { refuseTwoHeads } from '../pipeline/check/revisions.ts'
import { withHooks } from '../pipeline/hooks.ts'
import type { Command } from './context.ts'
import { refuseMissingSeedFiles } from './seed-files.ts'

/** Runs the lint and test stages of the config. */
export const run: Command = async (context) => {
  refuseTwoHeads(context.config, context.project)
  refuseMissingSeedFiles(context)
  if (context.config.check.length === 0) return { outcome: 'unchanged', message: 'the config names no check stages' }
  return { outcome: 'succeeded', message: await withHooks(context, 'Check', () => checkStages(context, runCompose)) }
}
