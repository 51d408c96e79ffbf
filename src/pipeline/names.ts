import { type ImageNames, imageNames } from '../config/images.ts'
import type { Context } from '../entry/context.ts'

/** Where an image of the config lives in this run. */
export const namesOf = (context: Context, name: string): ImageNames =>
  imageNames(context.config, name, context.commit.repository?.split('/')[0] ?? null, context.request.registry)
