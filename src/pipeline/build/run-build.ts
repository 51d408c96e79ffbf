import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { buildxBuild } from '../../commands/buildx.ts'
import { tarExtract } from '../../commands/tar.ts'
import type { ImageConfig } from '../../config/schema.ts'
import type { Context } from '../../entry/context.ts'
import { DeployError } from '../../errors.ts'
import { untilCancelled } from '../cancelled.ts'
import { childEnvironment } from '../environment.ts'
import { lastLines } from '../last-lines.ts'
import type { Builder } from './builder.ts'
import { layerCache } from './cache.ts'
import { readBuildFailure } from './failure.ts'
import type { ImageJob } from './image-job.ts'
import { labelsOf } from './labels.ts'

export interface BuildJob extends ImageJob {
  readonly builder: Builder
}

/** So that a secret may be called PATH. */
const SECRET = 'DEPLOY_BUILD_SECRET_'

/** Builds one image for all its platforms into a folder with an OCI layout. @throws DeployError BUILD */
export const runBuild = async (context: Context, { builder, name, image, layoutFolder }: BuildJob): Promise<void> => {
  const { ports, project, commit } = context
  const dockerfile = image.dockerfile ?? join(image.context, 'Dockerfile')
  const cache = await layerCache({ env: ports.env, project, scope: cacheScope(context, name, image), ephemeral: builder.ephemeral })
  const argv = buildxBuild({
    builder: builder.name,
    context: join(project, image.context),
    dockerfile: join(project, dockerfile),
    target: image.target,
    platforms: image.platforms,
    args: image.args,
    secrets: Object.fromEntries(Object.keys(image.secrets).map((id) => [id, `${SECRET}${id}`])),
    labels: labelsOf(context, name),
    cacheFrom: cache.from,
    cacheTo: cache.to,
    archive: `${layoutFolder}.tar`,
    // the commit's, so the same source yields the same config
    created: Math.floor(Date.parse(commit.created) / 1000),
  })
  const result = await untilCancelled(ports, () =>
    ports.programs.run(argv, {
      cwd: project,
      env: childEnvironment(ports.env, Object.fromEntries(Object.entries(image.secrets).map(([id, value]) => [`${SECRET}${id}`, value]))),
      onLine: (line) => ports.log.foreign(line),
    }),
  )
  if (result.code !== 0) throw failed(name, result.stderr, dockerfile)
  await cache.keep()
  await unpack(context, `${layoutFolder}.tar`, layoutFolder)
}

/** Machines that each build a part of one image share no cache entry, either: the last to write would throw out the others'. */
const cacheScope = ({ config }: Context, name: string, { platforms }: ImageConfig): string => {
  const isPart = platforms.length < (config.images[name]?.platforms.length ?? 0)
  return [config.project, name, ...(isPart ? platforms.map((platform) => platform.replace('/', '-')) : [])].join('-')
}

const unpack = async (context: Context, archive: string, folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true })
  const result = await untilCancelled(context.ports, () => context.ports.programs.run(tarExtract(archive, folder)))
  await rm(archive)
  if (result.code !== 0)
    throw new DeployError('BUILD', `the built image could not be unpacked to ${folder}`, {
      evidence: lastLines(result.stderr),
      hint: 'df -h',
    })
}

const failed = (name: string, output: string, dockerfile: string): DeployError => {
  const { step, reason, places, hint } = readBuildFailure(output, dockerfile)
  return new DeployError('BUILD', `image ${name} did not build${step === null ? '' : ` at ${step}`}: ${reason}`, {
    evidence: lastLines(output),
    places,
    hint,
  })
}
