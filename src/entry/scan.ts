import { installTool } from '../adapters/tool-cache.ts'
import { withHooks } from '../pipeline/hooks.ts'
import { scanImages } from '../pipeline/scan/images.ts'
import { byRulesOfBase } from './base-rules.ts'
import type { Command } from './context.ts'

/** Scans every platform of every image that was built of this commit, or that --image names. */
export const run: Command = async (asked) => {
  const context = await byRulesOfBase(asked)
  const scanned = await withHooks(context, 'Scan', () => scanImages(context, installTool))
  return { outcome: 'succeeded', message: scanned }
}
