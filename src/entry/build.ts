import { buildImages } from '../pipeline/build/build.ts'
import { withHooks } from '../pipeline/hooks.ts'
import type { Command } from './context.ts'

/** Builds every image for all its platforms and pushes it by digest; with --dry-run nothing is pushed. */
export const run: Command = async (context) => {
  const record = await withHooks(context, 'Build', () => buildImages(context))
  const images = Object.entries(record.images).map(([name, image]) => `${name} ${image.digest.slice(0, 19)}`)
  const where = context.request.dryRun ? 'built, nothing pushed' : 'built and pushed by digest'
  return { outcome: 'succeeded', message: `${where}: ${images.join(', ')}` }
}
