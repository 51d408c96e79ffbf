import { buildImages } from '../pipeline/build/build.ts'
import { buildMatrix } from '../pipeline/build/matrix.ts'
import { mergeImages } from '../pipeline/build/merge.ts'
import { selectedImages } from '../pipeline/build/selection.ts'
import { withHooks } from '../pipeline/hooks.ts'
import type { Verdict } from '../report/document.ts'
import type { Command, Context } from './context.ts'

/**
 * Builds images and pushes them by digest; with --dry-run nothing is pushed. With --matrix it only says what has to be
 * built where, and with --parts it makes one image of what several machines built.
 */
export const run: Command = async (context) => {
  if (context.request.matrix === true) return whereToBuild(context)
  // hooks belong to building, and every machine has had its own
  const record =
    context.request.parts === undefined ? await withHooks(context, 'Build', () => buildImages(context)) : await mergeImages(context)
  const images = Object.entries(record.images).map(([name, image]) => `${name} ${image.digest.slice(0, 19)}`)
  return { outcome: 'succeeded', message: `${whatWasDone(context)}: ${images.join(', ')}` }
}

const whatWasDone = ({ request }: Context): string => {
  if (request.parts !== undefined) return 'made one image of each, pushed by digest'
  return request.dryRun ? 'built, nothing pushed' : 'built and pushed by digest'
}

const whereToBuild = (context: Context): Verdict => {
  const matrix = buildMatrix(selectedImages(context), context.request.runners)
  context.facts.matrix = matrix
  const legs = matrix.include.map(({ name, runner }) => `${name} on ${runner}`)
  return { outcome: 'succeeded', message: `to be built: ${legs.join('; ')}` }
}
