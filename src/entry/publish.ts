import { withHooks } from '../pipeline/hooks.ts'
import { publishImages } from '../pipeline/publish/publish.ts'
import type { Command } from './context.ts'

/** Tags what was built and scanned of this commit; `latest` moves forwards only. */
export const run: Command = async (context) => ({
  outcome: 'succeeded',
  message: await withHooks(context, 'Publish', () => publishImages(context)),
})
