import { withHooks } from '../pipeline/hooks.ts'
import { publishImages } from '../pipeline/publish/publish.ts'
import type { Command } from './context.ts'

/** Tags what was built and scanned of this commit; `latest` moves forwards only. A dry run changes nothing, and nobody knows what hooks do. */
export const run: Command = async (context) => ({
  outcome: 'succeeded',
  message: await (context.request.dryRun ? publishImages(context) : withHooks(context, 'Publish', () => publishImages(context))),
})
