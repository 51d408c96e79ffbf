import { join } from 'node:path'
import type { ImageConfig } from '../../config/schema.ts'
import type { Context } from '../../entry/context.ts'
import type { Argv, RunResult } from '../../ports.ts'
import { untilCancelled } from '../cancelled.ts'
import { childEnvironment } from '../environment.ts'
import { namesOf } from '../names.ts'
import { labelsOf } from './labels.ts'

/** One image that has to be built, and where its layout goes. */
export interface ImageJob {
  readonly name: string
  readonly image: ImageConfig
  readonly layoutFolder: string
}

/** Runs a command of the project's own for an image, in its context, with what it has to know as variables. */
export const runForImage = (
  context: Context,
  { name, image }: ImageJob,
  command: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<RunResult> => {
  const { ports, project, commit } = context
  const variables = {
    ...image.args,
    ...image.secrets,
    IMAGE_NAME: namesOf(context, name).declared,
    IMAGE_PLATFORMS: image.platforms.join(','),
    IMAGE_REVISION: commit.sha,
    IMAGE_VERSION: labelsOf(context, name)['org.opencontainers.image.version'] ?? '',
    // what tools date by: https://reproducible-builds.org/specs/source-date-epoch/
    SOURCE_DATE_EPOCH: String(Math.floor(Date.parse(commit.created) / 1000)),
    ...more,
  }
  return untilCancelled(ports, () =>
    ports.programs.run(command as readonly [string, ...string[]] satisfies Argv, {
      cwd: join(project, image.context),
      env: childEnvironment(ports.env, variables),
      onLine: (line) => ports.log.foreign(line),
    }),
  )
}
